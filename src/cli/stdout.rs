//! Standard output, in the two shapes that every printing subcommand has.

use super::exit;
use crate::config::Paint;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use terminal_size::{Width, terminal_size};

/// How long the last words before an exit wait for a reader that does not read.
const LAST_WORDS_AWAITED: Duration = Duration::from_secs(2);

/// Work that takes longer at the start is said to hang.
const STARTS_WITHIN: Duration = Duration::from_secs(5);

/// What standard output is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Text for people to read.
    Human,
    /// One JSON object per line, for programs.
    Json,
}

/// Colours for a terminal, unless its user wants none (`NO_COLOR`, `TERM=dumb`).
#[expect(
    clippy::disallowed_methods,
    reason = "these two variables are a terminal's own settings, not reveille's"
)]
pub(super) fn paint_for(stream: &impl IsTerminal) -> Paint {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    if stream.is_terminal() && !unwanted { Paint::Colour } else { Paint::Plain }
}

/// Writes to standard output, and ends with this exit code.
///
/// A reader that has seen enough (`reveille next | head`) changes nothing about the answer. Any other error is said, with
/// exit code 70.
pub(super) fn write_stdout(code: ExitCode, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> ExitCode {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let written = write(&mut stdout).and_then(|()| stdout.flush());
    match written {
        Ok(()) => code,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => code,
        Err(error) => {
            print_error(&format!("reveille: cannot write to standard output: {error}\n"));
            exit::BROKEN.into()
        }
    }
}

/// How many columns the terminal has that shows standard output; `None` where none does.
pub(super) fn terminal_columns() -> Option<usize> {
    let size = io::stdout().is_terminal().then(terminal_size).flatten();
    size.map(|(Width(columns), _)| usize::from(columns))
}

/// Writes to standard error. A failure to do so cannot be reported.
pub(super) fn print_error(text: &str) {
    io::stderr().lock().write_all(text.as_bytes()).ok();
}

/// Does the daemon's first work, before it has a log, and prints this text if that takes long: a file system that does
/// not answer would otherwise hold it up silently.
pub(super) fn warn_if_slow<T>(text: &'static str, work: impl FnOnce() -> T) -> T {
    call_if_slow(STARTS_WITHIN, move || print_error(text), work)
}

fn call_if_slow<T>(than: Duration, call: impl FnOnce() + Send + 'static, work: impl FnOnce() -> T) -> T {
    let (end, ended) = channel::<()>();
    let watch = move || {
        if ended.recv_timeout(than) == Err(RecvTimeoutError::Timeout) {
            call();
        }
    };
    // Where no thread can be started, the work matters more than the warning.
    drop(thread::Builder::new().name("start".to_owned()).spawn(watch));
    let done = work();
    drop(end);
    done
}

/// Writes the daemon's last error to standard error, and waits only so long for its reader: one that has stopped reading
/// must not keep the process from ending, or it would never be restarted.
pub(super) fn print_last_error(text: &str) {
    let (sender, is_written) = channel();
    let words = text.to_owned();
    let write = move || {
        print_error(&words);
        sender.send(()).ok();
    };
    match thread::Builder::new().name("last-words".to_owned()).spawn(write) {
        Ok(_) => drop(is_written.recv_timeout(LAST_WORDS_AWAITED)),
        Err(_) => print_error(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_hangs_is_reported_meanwhile() {
        let (tell, told) = channel();
        let hangs = || told.recv();
        assert_eq!(
            call_if_slow(Duration::ZERO, move || tell.send("it hangs").unwrap(), hangs),
            Ok("it hangs")
        );
    }

    #[test]
    fn a_start_in_time_is_not_reported() {
        let (tell, told) = channel();
        assert_eq!(call_if_slow(Duration::MAX, move || tell.send("it hangs").unwrap(), || 7), 7);
        assert!(told.recv().is_err(), "nothing was said, and nobody is left to say it");
    }
}
