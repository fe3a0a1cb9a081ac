//! Unix signals: SIGTERM and SIGINT stop the daemon, SIGHUP reloads it, a second stop ends the process at once.
//!
//! A terminal that closes sends SIGHUP too. To a process that was started on it, that is a stop.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals as Incoming};
use signal_hook::{SigId, flag, low_level};
use std::io::{self, IsTerminal};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::Notify;

/// The signals that ask the daemon to stop.
const STOP_SIGNALS: [i32; 2] = [SIGTERM, SIGINT];

/// What a process that a signal ended leaves as its exit code, plus the signal's number: 143 for SIGTERM. The second
/// stop leaves it too, so that nobody takes a forced end for an orderly one.
const EXIT_BY_SIGNAL: i32 = 128;

/// How soon after the first stop another one still counts as its echo.
///
/// `timeout` and some supervisors send one stop twice, to the process and to its group. People are slower than this.
const ECHO: Duration = Duration::from_millis(50);

/// The terminal is looked at for half a second after SIGHUP: some terminals send the signal first and close then.
const LOOKS_AT_TERMINAL: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Whether the daemon does not listen yet, once [`handle_early`] was called.
static IS_STARTING: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Sees to the signals that come before the daemon listens, while it reads its file or AWS's settings: a stop ends the
/// process, and a reload changes nothing, for the file is compared as soon as it is followed. On a terminal a SIGHUP ends it
/// as well.
///
/// That is what the system does with a stop, except for process 1 of a container, which it spares every signal that is
/// not handled; and a reload it would take for the end.
pub(crate) fn handle_early() -> io::Result<()> {
    if !Terminal::of_this_process().is_any() {
        flag::register(SIGHUP, Arc::default())?;
    }
    if process::id() != 1 {
        return Ok(());
    }
    let is_starting = IS_STARTING.get_or_init(|| Arc::new(AtomicBool::new(true)));
    for signal in STOP_SIGNALS {
        let code = EXIT_BY_SIGNAL.saturating_add(signal);
        flag::register_conditional_shutdown(signal, code, Arc::clone(is_starting))?;
    }
    Ok(())
}

/// What somebody asks of the daemon by a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGTERM, SIGINT, or SIGHUP of a terminal that closes: stop in order.
    Stop,
    /// SIGHUP: read the file again.
    Reload,
}

/// Listens for signals on a thread of its own, so that even a loop that hangs can be stopped.
///
/// While it lives, the second SIGTERM or SIGINT ends the process at once with exit code 128 plus the signal's number.
/// After it is dropped, the three signals are ignored until the process ends.
pub(crate) struct Signals {
    mailbox: Arc<Mailbox>,
    incoming: Handle,
    thread: Option<JoinHandle<()>>,
    forced_stops: Vec<SigId>,
}

impl Signals {
    /// Installs the signal handlers, and starts the thread that passes signals on.
    pub(crate) fn listen() -> io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let forced_stops = STOP_SIGNALS
            .iter()
            .map(|&signal| {
                flag::register_conditional_shutdown(
                    signal,
                    EXIT_BY_SIGNAL.saturating_add(signal),
                    Arc::clone(&stopping),
                )
            })
            .collect::<io::Result<_>>()?;

        let signals = Incoming::new(STOP_SIGNALS.iter().chain(&[SIGHUP]))?;
        let incoming = signals.handle();
        let mailbox = Arc::new(Mailbox::default());
        let terminal = Terminal::of_this_process();
        let thread = thread::Builder::new().name("signals".to_owned()).spawn({
            let mailbox = Arc::clone(&mailbox);
            move || deliver(signals, &mailbox, &stopping, terminal)
        })?;
        if let Some(is_starting) = IS_STARTING.get() {
            is_starting.store(false, Ordering::SeqCst);
        }
        Ok(Self { mailbox, incoming, thread: Some(thread), forced_stops })
    }

    /// Waits for a stop; a reload waits meanwhile. Nothing is lost if this future is dropped.
    pub(crate) async fn stop(&self) {
        self.mailbox.stop.notified().await;
    }

    /// The next signal; a stop goes before a reload. Nothing is lost if this future is dropped.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            () = self.mailbox.stop.notified() => Signal::Stop,
            () = self.mailbox.reload.notified() => Signal::Reload,
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.incoming.close();
        if let Some(Err(_panic)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the signal thread panicked; signals may have been lost");
        }
        for id in self.forced_stops.drain(..) {
            low_level::unregister(id);
        }
    }
}

#[cfg(test)]
impl Signals {
    /// Hears of no signal of the process, only of those that a test puts into the mailbox.
    pub(super) fn of_a_test() -> (Self, Arc<Mailbox>) {
        let mailbox = Arc::<Mailbox>::default();
        let incoming = Incoming::new(std::iter::empty::<i32>()).unwrap().handle();
        let signals =
            Self { mailbox: Arc::clone(&mailbox), incoming, thread: None, forced_stops: Vec::new() };
        (signals, mailbox)
    }
}

/// Holds at most one signal of each kind: two reloads that nobody has begun yet are one, as the kernel has it too.
#[derive(Default)]
pub(super) struct Mailbox {
    pub(super) stop: Notify,
    reload: Notify,
}

/// The terminal that a process was started on, as far as its standard input and standard error are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Terminal {
    stdin: bool,
    stderr: bool,
}

impl Terminal {
    fn of_this_process() -> Self {
        Self { stdin: io::stdin().is_terminal(), stderr: io::stderr().is_terminal() }
    }

    fn is_any(self) -> bool {
        self.stdin || self.stderr
    }

    /// Whether it has closed since, or does so within a moment. Once it has, the kernel calls it no terminal any more.
    fn has_closed(self) -> bool {
        self.is_any()
            && (0..LOOKS_AT_TERMINAL).any(|_| {
                thread::sleep(BETWEEN_LOOKS);
                Self::of_this_process() != self
            })
    }
}

/// The thread: hands signals over until the listener is closed.
fn deliver(mut signals: Incoming, mailbox: &Mailbox, stopping: &AtomicBool, terminal: Terminal) {
    for signal in signals.forever() {
        if signal == SIGHUP && !terminal.has_closed() {
            mailbox.reload.notify_one();
            continue;
        }
        mailbox.stop.notify_one();
        thread::sleep(ECHO);
        stopping.store(true, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Names the part that a test plays when it runs itself as a child.
    const CHILD: &str = "daemon::signals::tests::child_that_hangs_when_stopped";

    #[tokio::test]
    async fn signals_arrive_and_equal_ones_that_wait_are_one() {
        let mut signals = Signals::listen().unwrap();
        low_level::raise(SIGHUP).unwrap();
        assert_eq!(signals.next().await, Signal::Reload);

        low_level::raise(SIGTERM).unwrap();
        assert_eq!(signals.next().await, Signal::Stop);
    }

    #[test]
    fn the_second_stop_ends_the_process_at_once() {
        let ended = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", CHILD, "--ignored", "--nocapture"])
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(143), "{ended:?}");
    }

    #[test]
    #[ignore = "runs as the child of another test"]
    fn child_that_hangs_when_stopped() {
        let _signals = Signals::listen().unwrap();
        low_level::raise(SIGINT).unwrap();
        low_level::raise(SIGINT).unwrap();
        thread::sleep(ECHO * 4);
        println!("an echo is no second stop");
        loop {
            low_level::raise(SIGTERM).unwrap();
            thread::sleep(ECHO);
        }
    }
}
