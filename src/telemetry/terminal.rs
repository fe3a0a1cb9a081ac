//! The log on a terminal: each event is one short line, with the local time, a sign, the service and what happened.

use super::line::harmless;
use super::queue::Queue;
use super::short::{Short, Sign, sign, with_cause};
use crate::api::{Action, Elapsed, ServiceArn};
use crate::clock;
use crate::clock::Clock;
use crate::planner::{Change, State};
use crate::text::{columns, humane, localised, wrap_words};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
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

/// The columns of the time, the sign and the spaces behind them. What a line has no room for goes on below, behind as many.
const MARGIN: usize = 11;

/// Nothing is wrapped to less, however narrow the terminal is.
const NARROWEST: usize = 20;

/// The field that people are spared: `service` says which one it is, and the other formats have it.
pub(super) const ARN: &str = "arn";

/// What identifies things for programs; `--verbose` and the other formats have it. The place in a file is in the words.
const IDENTIFIERS: [&str; 4] = [ARN, "operation", "line", "column"];

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
    pub(super) fn change(&self, change: &Change, is_dry_run: bool) {
        let took = self.took(change);
        let words = if is_dry_run { Short::of_a_dry_run(change) } else { Short::of(change, took) };
        self.line(sign(change, is_dry_run), &change.service, words);
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

    fn line(&self, sign: Sign, service: &str, words: Short) {
        let width = terminal_size_of(io::stderr()).map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0));
        let now = clock::wall().to_zoned(self.zone.clone());
        self.queue.put(line(&now, sign, service, words, width, self.colour).into_bytes());
    }
}

/// One event. Nothing in it ends a line or controls the terminal but what is written here.
///
/// It is one line where its words can be cut to that, or have the room; else they go on below it, behind the margin.
fn line(now: &Zoned, sign: Sign, service: &str, words: Short, width: usize, colour: bool) -> String {
    let service = harmless(service);
    let room = width.saturating_sub(MARGIN).max(NARROWEST);
    let gap = if service.is_empty() { "" } else { " " };
    let taken = columns(&service).saturating_add(gap.len());
    let words = words.told(|text| localised(text, now.time_zone(), |at| clock_time(at, now)));
    let words = harmless(&words.fit(room.saturating_sub(taken), sign));
    let lines = wrap_words(&format!("{service}{gap}{words}"), room);
    let text = lines.join(&format!("\n{:MARGIN$}", ""));
    let time = clock_time(now, now);
    let (shape, paint) = sign.shape();
    match text.strip_prefix(&service).filter(|_| colour) {
        Some(words) => {
            format!("\x1b[2m{time}\x1b[0m \x1b[{paint}m{shape}\x1b[0m \x1b[1m{service}\x1b[0m{words}\n")
        }
        None => format!("{time} {shape} {text}\n"),
    }
}

/// A time for people: with its date where that is not today's.
fn clock_time(at: &Zoned, now: &Zoned) -> String {
    let format = match at {
        at if at.date() == now.date() => "%H:%M:%S",
        at if at.year() == now.year() => "%a %-d %b %H:%M:%S",
        _ => "%a %-d %b %Y %H:%M:%S",
    };
    at.strftime(format).to_string()
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
        self.0.line(sign, &service, fields.words());
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
        let what = with_cause(&self.message, &self.error);
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
    use crate::api::OperationId;
    use crate::planner::{Ending, Severity};

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

    /// Eight in the morning in Berlin.
    fn eight() -> Zoned {
        "2027-03-29T08:00:00[Europe/Berlin]".parse().unwrap()
    }

    /// What an event says that is no change, with these fields.
    fn event(sign: Sign, message: &str, error: &str, others: &[&str], width: usize) -> String {
        let others = others.iter().map(|other| (*other).to_owned()).collect();
        let fields =
            Fields { message: message.to_owned(), error: error.to_owned(), others, ..Fields::default() };
        line(&eight(), sign, "", fields.words(), width, false)
    }

    fn shown(change: &Change, took: Option<Duration>, width: usize) -> String {
        let words = Short::of(change, took);
        line(&eight(), sign(change, false), &change.service, words, width, false)
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
            error: Some("not done 20 min after its instant".to_owned()),
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
            (hidden, "08:00:00 ✗ checkout resume is late: not done 20 min after its instant"),
        ];
        for (change, expected) in lines {
            assert_eq!(shown(&change, Some(Duration::from_millis(4_800)), 120), format!("{expected}\n"));
        }
    }

    #[test]
    fn a_dry_run_says_of_each_change_that_it_is_none() {
        use Severity::{Info, Warn};
        use State::{Calling, Due, Tracking, Waiting};
        let succeeded = State::Ended(Ending::Succeeded);
        let busy = Change { error: Some("the service is busy".to_owned()), ..change(Due, Waiting, Warn) };
        let pause = Change { action: Action::Pause, ..change(Tracking, succeeded, Info) };
        let lines = [
            (change(Due, Calling, Info), "08:00:00 · checkout dry run: resume would be sent"),
            (change(Calling, Tracking, Info), "08:00:00 · checkout dry run: resume would begin"),
            (change(Tracking, succeeded, Info), "08:00:00 · checkout dry run: would be resumed"),
            (pause, "08:00:00 · checkout dry run: would be paused"),
            (
                change(Due, State::Ended(Ending::Already), Info),
                "08:00:00 · checkout dry run: already running",
            ),
            (busy, "08:00:00 ! checkout dry run: resume waits: the service is busy"),
        ];
        for (change, expected) in lines {
            let words = Short::of_a_dry_run(&change);
            let line = line(&eight(), sign(&change, true), &change.service, words, 120, false);
            assert_eq!(line, format!("{expected}\n"));
        }
    }

    #[test]
    fn a_long_cause_is_cut_to_the_width_and_that_of_an_error_is_wrapped() {
        let cause = "a very long cause ".repeat(20).trim().to_owned();
        let retried = Change {
            error: Some(cause.clone()),
            retry_in: Some(Duration::from_secs(5)),
            ..change(State::Calling, State::BackingOff, Severity::Warn)
        };
        let cut = shown(&retried, None, 80);
        assert!(columns(cut.trim_end()) <= 80 && cut.ends_with("…, again in 5 s\n"), "{cut}");
        let given_up = shown(&Change { severity: Severity::Error, ..retried }, None, 80);
        assert!(given_up.lines().all(|line| columns(line) <= 80), "{given_up}");
        assert!(given_up.lines().skip(1).all(|line| line.starts_with("           ")), "{given_up}");
        let words: Vec<&str> = given_up.split_whitespace().collect();
        let whole = format!("08:00:00 ✗ checkout resume failed: {cause}, again in 5 s");
        assert_eq!(words.join(" "), whole);
    }

    #[test]
    fn a_long_event_that_is_not_a_change_continues_below_its_line() {
        let shown = event(
            Sign::Warning,
            "the clock was set back: services that were paused before their time are resumed",
            "",
            &["by 2 h", "names checkout, reports"],
            60,
        );
        assert_eq!(
            shown,
            "08:00:00 ! the clock was set back: services that were paused\n\
             \u{20}          before their time are resumed (by 2 h, names\n\
             \u{20}          checkout, reports)\n"
        );
        for width in [0, 20, 40, 80] {
            let url = format!("http://127.0.0.1:9292/{}", "x".repeat(100));
            let shown = event(Sign::Plain, &format!("it is at {url} now"), "", &["left out"], width);
            let words: Vec<&str> = shown.split_whitespace().collect();
            assert_eq!(words.join(" "), format!("08:00:00 · it is at {url} now"), "nothing is lost");
        }
    }

    #[test]
    fn a_cause_that_begins_as_the_message_does_is_not_said_twice() {
        let message = "no AWS credentials found; each call will look for them again";
        let cases = [
            ("no AWS credentials found; set AWS_PROFILE", ": set AWS_PROFILE"),
            ("no AWS credentials found: there is no profile `x`", ": there is no profile `x`"),
            ("no AWS credentials: it hangs", ": it hangs"),
            ("no AWS credentials found", ""),
            ("no AWS cred: it hangs", ": no AWS cred: it hangs"),
            ("it hangs", ": it hangs"),
            ("", ""),
        ];
        for (error, expected) in cases {
            let shown = event(Sign::Error, message, error, &[], 200);
            assert_eq!(shown, format!("08:00:00 ✗ {message}{expected}\n"));
        }
    }

    #[test]
    fn instants_are_shown_in_local_time_with_the_date_where_it_is_not_todays() {
        let cases = [
            ("2027-03-29T16:30:00Z", "18:30:00"),
            ("2027-03-29T22:17:40Z", "Tue 30 Mar 00:17:40"),
            ("2028-01-01T07:00:00Z", "Sat 1 Jan 2028 08:00:00"),
        ];
        for (instant, expected) in cases {
            let shown = event(Sign::Plain, &format!("planned: next transition at {instant}"), "", &[], 80);
            assert_eq!(shown, format!("08:00:00 · planned: next transition at {expected}\n"));
        }
        let superseded = Change {
            action: Action::Pause,
            error: Some("the resume at 2027-03-29T06:00:00Z came first".to_owned()),
            ..change(State::Due, State::Ended(Ending::Superseded), Severity::Warn)
        };
        let expected = "08:00:00 ! checkout pause superseded: the resume at 08:00:00 came first\n";
        assert_eq!(shown(&superseded, None, 80), expected);
    }

    #[test]
    fn nothing_from_outside_breaks_a_line_or_controls_the_terminal() {
        let hostile = Change {
            service: "日本\u{1b}[2J\n".into(),
            error: Some("line one\nline two\r\u{1b}]0;title\u{7}".to_owned()),
            ..change(State::Calling, State::BackingOff, Severity::Error)
        };
        for width in [20, 200] {
            let shown = shown(&hostile, None, width);
            let forged = shown.lines().skip(1).find(|line| !line.starts_with("           "));
            assert_eq!(forged, None, "{shown:?}");
            assert!(shown.lines().flat_map(str::chars).all(|c| !c.is_control()), "{shown:?}");
        }
        assert_eq!(shown(&hostile, None, 200).matches('\n').count(), 1);
    }

    #[test]
    fn details_without_room_are_dropped_unless_somebody_has_to_act() {
        let aside = ["remembered 0", "owed 1"];
        assert_eq!(event(Sign::Plain, "planned", "", &aside, 30), "08:00:00 · planned\n");
        assert_eq!(event(Sign::Plain, "planned", "", &["owed 1"], 30), "08:00:00 · planned (owed 1)\n");
        let whole = "08:00:00 ! planned (remembered\n           0, owed 1)\n";
        assert_eq!(event(Sign::Warning, "planned", "", &aside, 30), whole);
    }
}
