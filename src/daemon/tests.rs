//! The shell, with a ledger and an App Runner that a test plays, and a clock that stands still while it looks on.

use super::*;
use crate::planner::{OperationId, Remembered, Request, ServiceStatus, State};
use crate::schedule::{Action, ServiceArn, parse};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use signals::Mailbox;
use std::io::Write;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tracing::subscriber::DefaultGuard;

/// No test waits longer: it is a limit for a broken program, not a measure of a slow one.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_call_that_was_decided_before_a_stop_is_made_and_its_reply_is_awaited() {
    let mut stage = Stage::set(Hangs::OnIntents);
    let hung = stage.hung.take().unwrap();
    stage.until("the resume is decided", |_| hung.try_recv().is_ok()).await;
    stage.mailbox.stop.notify_one();
    stage.until("it stops", |log| log.contains("stopping: ")).await;
    assert!(!stage.calls().contains(&"ResumeService"), "its record is not durable yet");
    // As an echo of the first one comes.
    stage.mailbox.stop.notify_one();

    stage.disk_answers();
    let outcome = stage.end().await;
    assert_eq!(stage.calls().last(), Some(&"ResumeService"));
    let log = stage.log.text();
    assert!(
        log.contains(
            "stopping: no new calls are decided; calls that were decided already are made, and replies are awaited \
             for up to 10 s calls_in_flight=0 calls_to_leave=1"
        ),
        "{log}"
    );
    assert_eq!(log.matches("stopping: ").count(), 1, "{log}");
    assert_eq!((outcome.tally.of(State::Tracking), outcome.is_settled), (1, false), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_is_stopped_before_its_ledger_is_read_begins_nothing() {
    let mut stage = Stage::set(Hangs::WhenRead);
    let hung = stage.hung.take().unwrap();
    stage.until("the ledger is read", |_| hung.try_recv().is_ok()).await;
    stage.mailbox.stop.notify_one();
    // The disk does not answer, and nobody waits for it.
    let outcome = stage.end().await;
    assert_eq!(stage.calls(), [""; 0]);
    assert!(
        stage.log.text().contains("reveille ends before it has planned anything"),
        "{}",
        stage.log.text()
    );
    assert!(!outcome.is_settled, "nobody knows what is owed");
}

/// A daemon with one service whose resume is owed, and everything around it.
struct Stage {
    daemon: Option<JoinHandle<Result<Outcome, CannotRun>>>,
    mailbox: Arc<Mailbox>,
    calls: Arc<Mutex<Vec<&'static str>>>,
    /// Says so when the disk hangs.
    hung: Option<Receiver<()>>,
    /// Keeps the disk hanging.
    hold: Option<Sender<()>>,
    log: Log,
    _listening: DefaultGuard,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn set(hangs: Hangs) -> Self {
        let log = Log::default();
        let listening = log.listen();
        let folder = tempfile::tempdir().unwrap();
        let (tell, hung) = channel();
        let (hold, held) = channel();
        let calls = Arc::default();
        let (signals, mailbox) = Signals::of_a_test();
        let setup = Setup {
            version: Version { config: parse(&owed()).unwrap(), digest: String::new(), warnings: Vec::new() },
            source: Source {
                path: folder.path().join("schedule.toml"),
                files: Stamps::default(),
                read: Arc::new(|| panic!("nobody asks for it")),
            },
            door: Arc::new(Door(Arc::clone(&calls))),
            ledger: LedgerWriter::new(Disk { hangs, tell, held }).unwrap(),
            horizon: Horizon::Endless,
        };
        let clock = Clock::new();
        let daemon = Daemon::new(setup, clock, Alarm::without_scheduler(clock).0, signals);
        let daemon = Some(tokio::spawn(daemon.run()));
        Self {
            daemon,
            mailbox,
            calls,
            hung: Some(hung),
            hold: Some(hold),
            log,
            _listening: listening,
            _folder: folder,
        }
    }

    /// Lets the daemon go on until this is so. It is never idle meanwhile, so no time passes by its timers.
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock of the daemon stands still here; a broken test must end"
    )]
    async fn until(&self, what: &str, mut is_so: impl FnMut(&str) -> bool) {
        let began = std::time::Instant::now();
        while !is_so(&self.log.text()) {
            assert!(began.elapsed() < PATIENCE, "never came: {what}\n{}", self.log.text());
            tokio::task::yield_now().await;
        }
    }

    fn disk_answers(&mut self) {
        self.hold = None;
    }

    async fn end(&mut self) -> Outcome {
        let daemon = self.daemon.take().unwrap();
        self.until("it ends", |_| daemon.is_finished()).await;
        daemon.await.unwrap().unwrap()
    }

    /// The calls that were made.
    fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().clone()
    }
}

/// One service whose resume was due two minutes ago.
fn owed() -> String {
    let due = (clock::wall() - 2.minutes()).to_zoned(TimeZone::UTC);
    format!(
        "timezone = \"UTC\"\n[[service]]\nresume = \"{} {} * * *\"\n\
         arn = \"arn:aws:apprunner:eu-west-1:123456789012:service/checkout/8fe1e10304f84fd2b0df550fe98a71fa\"\n",
        due.minute(),
        due.hour()
    )
}

/// An App Runner whose service sleeps, and which answers at once.
struct Door(Arc<Mutex<Vec<&'static str>>>);

impl AppRunner for Door {
    async fn call(&self, _: &ServiceArn, request: &Request) -> Result<Reply, Refusal> {
        self.0.lock().unwrap().push(request.api_name());
        Ok(match request {
            Request::Describe => Reply::Described { status: ServiceStatus::Paused },
            Request::ListOperations { .. } => Reply::Operations { operations: Vec::new(), next_page: None },
            Request::Act(_) => Reply::Accepted {
                operation: Some(OperationId::new("op-1")),
                status: ServiceStatus::OperationInProgress,
            },
        })
    }
}

/// When a disk hangs.
#[derive(PartialEq)]
enum Hangs {
    WhenRead,
    OnIntents,
}

/// A ledger on a disk that hangs once.
struct Disk {
    hangs: Hangs,
    tell: Sender<()>,
    held: Receiver<()>,
}

impl Disk {
    fn hang(&self) {
        // A test that is over neither listens nor holds.
        self.tell.send(()).ok();
        self.held.recv().ok();
    }
}

impl crate::ledger::Ledger for Disk {
    async fn recall(&mut self) -> Result<Vec<Remembered>, LedgerError> {
        if self.hangs == Hangs::WhenRead {
            self.hang();
        }
        Ok(Vec::new())
    }

    async fn write(&mut self, entries: &[Entry]) -> Result<(), LedgerError> {
        let is_intent =
            |entry: &Entry| entry.change.to == State::Calling && entry.change.action == Action::Resume;
        if self.hangs == Hangs::OnIntents && entries.iter().any(is_intent) {
            self.hang();
        }
        Ok(())
    }

    async fn config_in_force(&mut self, _: Timestamp, _: &str) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn trim(&mut self, _: Timestamp) -> Result<u64, LedgerError> {
        Ok(0)
    }

    async fn history(&mut self, _: u32, _: Option<&ServiceArn>) -> Result<Vec<Entry>, LedgerError> {
        Ok(Vec::new())
    }

    async fn close(self) {}
}

/// What is logged on the test's thread, which is the loop's as well.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen(&self) -> DefaultGuard {
        let log = self.clone();
        let format = tracing_subscriber::fmt().with_ansi(false).without_time().with_target(false);
        tracing::subscriber::set_default(format.with_writer(move || log.clone()).finish())
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
