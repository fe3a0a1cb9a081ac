//! Logs: one line for each change of an occurrence's state, and everything else by `tracing`.
//!
//! The log goes to standard error, where systemd, containers and supervisors look for it; standard output is left to
//! what was asked for. With `journald` it goes to the journal's own socket, so that fields stay fields. Either way it
//! goes through a bounded queue: a reader that stalls stops nothing but the log.

mod change;
mod journald;
mod json;
mod line;
mod queue;
mod short;
mod tally;
mod terminal;

use crate::config::LogFormat;
use crate::planner::Change;
use change::log_change;
pub(crate) use change::milliseconds;
use jiff::tz::TimeZone;
use journald::{Journal, JournalLayer};
pub use json::ChangeRecord;
use line::OneLine;
use queue::{Gap, Queue};
use std::io::{self, IsTerminal};
use std::panic::PanicHookInfo;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
pub use tally::Tally;
use terminal::{ARN, Terminal, TerminalLayer};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{ParseError, filter_fn};
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// What is logged unless `RUST_LOG` says otherwise.
///
/// The libraries of the network are heard when something is wrong, the search for credentials when it is an error: what it
/// finds missing the keyring tells, once. The job scheduler is not heard: what it cannot do it
/// returns, and the alarm tells it in words that help; its own lines are about its insides.
const DEFAULT_FILTER: &str = "info,aws=warn,aws_config=error,aws_runtime=error,hyper=warn,h2=warn,rustls=warn,tokio_cron_scheduler=off";

/// The libraries that write whole requests, signatures and tokens included, when they log at TRACE.
const SEE_SECRETS: [&str; 4] = ["aws", "hyper", "h2", "rustls"];

/// At its end the process waits this long for the reader of its log. Any reader that reads has taken the whole queue long
/// before, and together with the replies that a stop awaits it stays below the 20 s after which supervisors kill.
const LAST_LINES_AWAITED: Duration = Duration::from_secs(2);

/// The log, once it is set up.
static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    /// What waits for the reader.
    queue: Arc<Queue>,
    /// Where changes become short lines, if the reader is a person at a terminal.
    terminal: Option<Arc<Terminal>>,
    /// Whether changes are of a dry run, so that they are not taken for done.
    is_dry_run: bool,
}

/// Why the log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum CannotLog {
    /// It can be set up once in a process.
    #[error("failed to set up the log: it was set up before; do it once, at the start of the process")]
    SetUpBefore,
    /// The system refused the thread that writes it.
    #[error("failed to set up the log: cannot start the thread that writes it: {0}")]
    System(#[from] io::Error),
}

/// Sets up the log for the whole process; a panic goes to it as well.
///
/// `RUST_LOG` chooses what is logged, in the usual syntax; if it cannot be read, the log says so and uses the default.
/// Where there is no journal, `journald` becomes `human`, and the log says that too. People at a terminal in this zone
/// are given short lines. Of a dry run every change says that it is one.
///
/// # Errors
///
/// When the log was set up before, or the system has no thread for it.
pub fn init(format: LogFormat, people_in: Option<TimeZone>, is_dry_run: bool) -> Result<(), CannotLog> {
    let (filter, bad_filter) = filter(variable("RUST_LOG").as_deref());
    let (output, log, no_journal) = output(format, people_in)?;
    tracing::subscriber::set_global_default(subscriber(output, filter))
        .map_err(|_| CannotLog::SetUpBefore)?;
    LOG.set(Log { is_dry_run, ..log }).map_err(|_| CannotLog::SetUpBefore)?;
    log_panics();
    if let Some(error) = bad_filter {
        tracing::warn!(%error, "RUST_LOG could not be read and is ignored; it looks like info,reveille=debug");
    }
    if let Some(error) = no_journal {
        tracing::warn!(%error, "the journal could not be reached; the log goes to standard error");
    }
    Ok(())
}

/// Waits until the log's reader has everything that was logged so far, for a moment at most: for the end of the process.
pub fn flush() {
    if let Some(log) = LOG.get() {
        log.queue.flush(LAST_LINES_AWAITED);
    }
}

/// A panic is one line of the log like any other, and is written before the process ends.
fn log_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if tracing::enabled!(tracing::Level::ERROR) {
            log_panic(panic);
        } else {
            usual(panic);
        }
        flush();
    }));
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(tracing::field::display);
    let message = panic.payload_as_str().unwrap_or("it left no message");
    tracing::error!(
        place,
        thread = std::thread::current().name(),
        "reveille panicked, which is a bug: {message}"
    );
}

/// Tells of a change of an occurrence's state: one log line and one count, written from here and nowhere else.
pub fn record(change: &Change, tally: &mut Tally) {
    let is_dry_run = LOG.get().is_some_and(|log| log.is_dry_run);
    match LOG.get().and_then(|log| log.terminal.as_ref()) {
        Some(terminal) if change::is_logged(change) => terminal.change(change, is_dry_run),
        Some(_) => {}
        None => log_change(change, is_dry_run),
    }
    tally.count(change);
}

type Output = Box<dyn Layer<Registry> + Send + Sync>;

/// The output in this format, and what stands behind it; also why it is not the journal, if that was asked for and failed.
fn output(format: LogFormat, people_in: Option<TimeZone>) -> io::Result<(Output, Log, Option<io::Error>)> {
    let no_journal = match format {
        LogFormat::Journald => match Journal::connect(Path::new(journald::SOCKET)) {
            Ok(journal) => {
                let queue = Queue::start(move |record| journal.send(record), Gap::report)?;
                let output = Box::new(JournalLayer(Arc::clone(&queue)));
                return Ok((output, Log { queue, terminal: None, is_dry_run: false }, None));
            }
            Err(error) => Some(error),
        },
        LogFormat::Json | LogFormat::Human => None,
    };
    let queue = Queue::start(queue::write_to_stderr, Gap::report)?;
    let (no_color, terminal) = (variable("NO_COLOR"), variable("TERM"));
    let colour = wants_colour(io::stderr().is_terminal(), no_color.as_deref(), terminal.as_deref());
    if let Some(zone) = people_in {
        let terminal = Arc::new(Terminal::new(Arc::clone(&queue), zone, colour));
        let output = Box::new(TerminalLayer(Arc::clone(&terminal)));
        return Ok((output, Log { queue, terminal: Some(terminal), is_dry_run: false }, no_journal));
    }
    let writer = queue::Writer(Arc::clone(&queue));
    let output = match format {
        LogFormat::Json => json(writer, SystemTime),
        LogFormat::Human | LogFormat::Journald => human(writer, SystemTime, colour),
    };
    Ok((output, Log { queue, terminal: None, is_dry_run: false }, no_journal))
}

/// Colour is for terminals that can show it, and not for whoever has set `NO_COLOR` to anything.
fn wants_colour(is_terminal: bool, no_color: Option<&str>, terminal: Option<&str>) -> bool {
    is_terminal && no_color.is_none_or(str::is_empty) && terminal != Some("dumb")
}

fn subscriber(output: Output, filter: EnvFilter) -> impl Subscriber + Send + Sync {
    Registry::default().with(output).with(filter).with(filter_fn(|event| !shows_secrets(event)))
}

/// What `RUST_LOG` asks for, or the default and what is wrong with it.
fn filter(rust_log: Option<&str>) -> (EnvFilter, Option<ParseError>) {
    let default = || EnvFilter::new(DEFAULT_FILTER);
    match rust_log.filter(|text| !text.is_empty()).map(|text| EnvFilter::builder().parse(text)) {
        None => (default(), None),
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (default(), Some(error)),
    }
}

/// No setting of `RUST_LOG` brings a credential into the log.
fn shows_secrets(event: &Metadata<'_>) -> bool {
    *event.level() == tracing::Level::TRACE
        && SEE_SECRETS.iter().any(|library| event.target().starts_with(library))
}

fn human<W, T>(writer: W, timer: T, colour: bool) -> Output
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
    T: FormatTime + Send + Sync + 'static,
{
    // The message comes first, so each field behind it brings its own space.
    let fields =
        debug_fn(|writer: &mut Writer<'_>, field, value| match (field.name(), writer.has_ansi_escapes()) {
            ("message", _) => write!(writer, "{}", OneLine(value)),
            (ARN, _) => Ok(()),
            (name, false) => write!(writer, " {name}={}", OneLine(value)),
            (name, true) => write!(writer, " \x1b[2m{name}=\x1b[0m{}", OneLine(value)),
        });
    let layer = fmt::layer().with_writer(writer).with_timer(timer).with_ansi(colour).with_target(false);
    Box::new(layer.fmt_fields(fields))
}

fn json<W, T>(writer: W, timer: T) -> Output
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
    T: FormatTime + Send + Sync + 'static,
{
    let layer = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    Box::new(layer.with_writer(writer).with_timer(timer))
}

#[expect(
    clippy::disallowed_methods,
    reason = "RUST_LOG, NO_COLOR and TERM are the log's own settings everywhere"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests;
