//! The log on a terminal: each event is one short line, with the local time, a sign, the service and what happened.

use super::line::harmless;
use super::queue::Queue;
use super::short::{Short, Sign, sign};
use crate::clock::{self, Clock};
use crate::columns::columns;
use crate::duration::humane;
use crate::planner::{Change, Elapsed, State};
use crate::schedule::{Action, ServiceArn};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use terminal_size::terminal_size_of;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// How wide a terminal is that does not say so.
const USUAL_WIDTH: usize = 80;

/// The columns of the time, the sign and the spaces behind them.
const MARGIN: usize = 11;

/// What identifies things for programs; `--verbose` and the other formats have it. The place in a file is in the words.
const IDENTIFIERS: [&str; 4] = [super::ARN, "operation", "line", "column"];

/// Where people read the log.
#[derive(Debug)]
pub(super) struct Terminal {
    queue: Arc<Queue>,
    zone: TimeZone,
    colour: bool,
    clock: Clock,
    /// When the first call of each occurrence that goes on left.
    called: Mutex<BTreeMap<(ServiceArn, Action, Timestamp), Elapsed>>,
}

impl Terminal {
    pub(super) fn new(queue: Arc<Queue>, zone: TimeZone, colour: bool) -> Self {
        Self { queue, zone, colour, clock: Clock::new(), called: Mutex::default() }
    }

    /// Writes the line of a change.
    pub(super) fn change(&self, change: &Change) {
        let words = Short::of(change, self.took(change));
        self.line(sign(change), &change.service, &words);
    }

    /// How long ago the occurrence's first call left, if this process made it.
    fn took(&self, change: &Change) -> Option<Duration> {
        let occurrence = (change.arn.clone(), change.action, change.scheduled);
        let now = self.clock.now().elapsed;
        // Nothing is left half done under the lock.
        let mut called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        match change.to {
            State::Ended(_) => called.remove(&occurrence).map(|at| now.since(at)),
            State::Calling => Some(now.since(*called.entry(occurrence).or_insert(now))),
            State::Due | State::Tracking | State::BackingOff | State::Waiting => None,
        }
    }

    fn line(&self, sign: Sign, service: &str, words: &Short) {
        let width = terminal_size_of(io::stderr()).map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0));
        let time = clock::wall().to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string();
        self.queue.put(line(&time, sign, service, words, width, self.colour).into_bytes());
    }
}

/// One line. Nothing in it ends a line or speaks to the terminal but what is written here; an error is never cut.
fn line(time: &str, sign: Sign, service: &str, words: &Short, width: usize, colour: bool) -> String {
    let service = harmless(service);
    let gap = if service.is_empty() { "" } else { " " };
    let margin = MARGIN.saturating_add(columns(&service)).saturating_add(gap.len());
    let most = if sign == Sign::Error { usize::MAX } else { width.saturating_sub(margin) };
    let words = harmless(&words.fit(most));
    let (shape, paint) = sign.shape();
    if colour {
        format!("\x1b[2m{time}\x1b[0m \x1b[{paint}m{shape}\x1b[0m \x1b[1m{service}\x1b[0m{gap}{words}\n")
    } else {
        format!("{time} {shape} {service}{gap}{words}\n")
    }
}

/// Writes every event that is not a change.
pub(super) struct TerminalLayer(pub(super) Arc<Terminal>);

impl<S: Subscriber> Layer<S> for TerminalLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let sign = match *event.metadata().level() {
            Level::ERROR => Sign::Error,
            Level::WARN => Sign::Warning,
            Level::INFO | Level::DEBUG | Level::TRACE => Sign::Plain,
        };
        let service = std::mem::take(&mut fields.service);
        self.0.line(sign, &service, &fields.words());
    }
}

/// What an event says.
#[derive(Default)]
struct Fields {
    message: String,
    service: String,
    error: String,
    others: Vec<String>,
}

impl Fields {
    fn words(self) -> Short {
        let mut what = self.message;
        if !self.error.is_empty() {
            what = format!("{what}: {}", self.error);
        }
        let aside = match self.others.is_empty() {
            true => String::new(),
            false => format!(" ({})", self.others.join(", ")),
        };
        Short::whole(what, aside)
    }

    fn put(&mut self, name: &str, value: String) {
        match name {
            "message" => self.message = value,
            "service" => self.service = value,
            "error" => self.error = value,
            name if IDENTIFIERS.contains(&name) => {}
            name => self.others.push(format!("{} {value}", name.replace('_', " "))),
        }
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name().strip_suffix("_ms") {
            Some(name) => self.put(name, humane(Duration::from_millis(value))),
            None => self.put(field.name(), value.to_string()),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // Writing to a string fails only if the value's own Debug does; then what came before it is the value.
        write!(text, "{value:?}").ok();
        self.put(field.name(), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::{Ending, OperationId, Severity};

    fn change(from: State, to: State, severity: Severity) -> Change {
        Change {
            arn: "arn:aws:apprunner:eu-west-1:123456789012:service/checkout/8fe1e10304f84fd2b0df550fe98a71fa"
                .parse()
                .unwrap(),
            service: "checkout".into(),
            action: Action::Resume,
            scheduled: Timestamp::UNIX_EPOCH,
            from,
            to,
            severity,
            operation: Some(OperationId::new("17fe9f55")),
            attempt: 1,
            failed_operations: 0,
            unsure_since: None,
            error: None,
            retry_in: None,
            late: None,
        }
    }

    fn shown(change: &Change, took: Option<Duration>, width: usize) -> String {
        let words = Short::of(change, took);
        line("08:00:00", sign(change), &change.service, &words, width, false)
    }

    #[test]
    fn each_change_is_a_short_line() {
        use Severity::{Error, Info, Warn};
        use State::{BackingOff, Calling, Due, Tracking, Waiting};
        let busy = Change {
            error: Some("the service is busy with START_DEPLOYMENT".to_owned()),
            retry_in: Some(Duration::from_secs(5)),
            ..change(Calling, Waiting, Warn)
        };
        let throttled = Change {
            error: Some("ThrottlingException: Rate exceeded".to_owned()),
            retry_in: Some(Duration::from_millis(730)),
            ..change(Calling, BackingOff, Warn)
        };
        let late = Change { late: Some(Duration::from_secs(300)), ..change(Due, Calling, Info) };
        let hidden = Change {
            error: Some("not done 20m after its instant".to_owned()),
            ..change(Waiting, Waiting, Error)
        };
        let pause =
            Change { action: Action::Pause, ..change(Tracking, State::Ended(Ending::Succeeded), Info) };
        let lines = [
            (change(Due, Calling, Info), "08:00:00 · checkout resume sent"),
            (late, "08:00:00 · checkout resume sent, 5 min late"),
            (change(Calling, Tracking, Info), "08:00:00 · checkout resume in progress"),
            (change(Tracking, State::Ended(Ending::Succeeded), Info), "08:00:00 ✓ checkout resumed in 4.8 s"),
            (pause, "08:00:00 ✓ checkout paused in 4.8 s"),
            (change(Due, State::Ended(Ending::Already), Info), "08:00:00 ✓ checkout already running"),
            (
                busy,
                "08:00:00 ! checkout resume waits: the service is busy with START_DEPLOYMENT, again in 5 s",
            ),
            (
                throttled,
                "08:00:00 ! checkout resume failed: ThrottlingException: Rate exceeded, again in 0.7 s",
            ),
            (hidden, "08:00:00 ✗ checkout resume is late: not done 20m after its instant"),
        ];
        for (change, expected) in lines {
            assert_eq!(shown(&change, Some(Duration::from_millis(4_800)), 120), format!("{expected}\n"));
        }
    }

    #[test]
    fn a_long_cause_is_cut_to_the_width_and_that_of_an_error_is_not() {
        let error = Some("a very long cause ".repeat(20));
        let retried = Change {
            error,
            retry_in: Some(Duration::from_secs(5)),
            ..change(State::Calling, State::BackingOff, Severity::Warn)
        };
        let cut = shown(&retried, None, 80);
        assert!(columns(cut.trim_end()) <= 80 && cut.ends_with("…, again in 5 s\n"), "{cut}");
        let given_up = Change { severity: Severity::Error, ..retried };
        assert!(columns(&shown(&given_up, None, 80)) > 300);
    }

    #[test]
    fn nothing_that_is_named_or_said_elsewhere_breaks_a_line_or_speaks_to_the_terminal() {
        let hostile = Change {
            service: "日本\u{1b}[2J\n".into(),
            error: Some("line one\nline two\r\u{1b}]0;title\u{7}".to_owned()),
            ..change(State::Calling, State::BackingOff, Severity::Error)
        };
        let shown = shown(&hostile, None, 80);
        assert_eq!(shown.matches('\n').count(), 1, "{shown:?}");
        assert!(shown.trim_end().chars().all(|c| !c.is_control()), "{shown:?}");
    }

    #[test]
    fn what_there_is_no_room_for_is_left_out() {
        let words = |aside: &str| Short::whole("planned".to_owned(), aside.to_owned());
        let shown = |aside| line("08:00:00", Sign::Plain, "", &words(aside), 30, false);
        assert_eq!(shown(" (remembered 0, owed 1)"), "08:00:00 · planned\n");
        assert_eq!(shown(" (owed 1)"), "08:00:00 · planned (owed 1)\n");
    }
}
