//! The shell, with a ledger and an App Runner that a test plays, and a clock that stands still while it looks on.

use super::*;
use crate::api::{Action, OperationId, Request, ServiceArn, ServiceStatus};
use crate::config::parse;
use crate::planner::{Ending, LastOccurrence, State};
use jiff::ToSpan;
use jiff::tz::TimeZone;
use signals::Mailbox;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
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

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_awaited_for_ten_seconds_after_a_stop() {
    let mut stage = Stage::set(Hangs::Calls);
    let calls = Arc::clone(&stage.calls);
    stage.until("the look leaves", |_| !calls.lock().unwrap().is_empty()).await;
    stage.mailbox.stop.notify_one();
    stage.until("it stops", |log| log.contains("stopping: ")).await;
    tokio::time::advance(REPLIES_AWAITED - Duration::from_millis(10)).await;
    stage.goes_on().await;
    assert!(stage.daemon.as_ref().is_some_and(|daemon| !daemon.is_finished()));
    tokio::time::advance(Duration::from_millis(20)).await;
    let outcome = stage.end().await;
    let log = stage.log.text();
    assert!(
        log.contains("reveille ends with calls unanswered; the next start looks what became of them"),
        "{log}"
    );
    assert!(!outcome.is_settled, "{log}");
}

#[tokio::test(start_paused = true)]
async fn old_history_is_removed_at_the_start_and_with_each_heartbeat() {
    let stage = Stage::set(Hangs::Calls);
    let trims = || stage.trims.load(Ordering::Relaxed);
    stage.until("history is removed", |_| trims() == 1).await;
    stage.goes_on().await;
    for beats in 2..4 {
        tokio::time::advance(Duration::from_secs(100)).await;
        stage.until("history is removed again", |_| trims() == beats).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_owed_is_done_and_then_a_daemon_that_does_no_more_ends() {
    let mut stage = Stage::within(Horizon::WhatIsOwed, Hangs::Never, ServiceStatus::Running);
    let outcome = stage.end().await;
    let log = stage.log.text();
    assert_eq!(stage.calls(), ["DescribeService"], "{log}");
    assert_eq!((outcome.tally.of(State::Ended(Ending::Already)), outcome.is_settled), (1, true), "{log}");
    assert!(!log.contains("stopping: "), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_has_nothing_to_do_goes_on_until_it_is_stopped() {
    let mut stage = Stage::within(Horizon::Endless, Hangs::Never, ServiceStatus::Running);
    stage.until("it is awake", |log| log.contains("already")).await;
    stage.goes_on().await;
    assert!(stage.daemon.as_ref().is_some_and(|daemon| !daemon.is_finished()));
    stage.mailbox.stop.notify_one();
    assert!(stage.end().await.is_settled);
    assert!(stage.log.text().contains("reveille ends owed=0"), "{}", stage.log.text());
}

/// A daemon with one service whose resume is owed, and everything around it.
struct Stage {
    daemon: Option<JoinHandle<Result<Outcome, CannotRun>>>,
    mailbox: Arc<Mailbox>,
    calls: Arc<Mutex<Vec<&'static str>>>,
    /// How often old history was removed.
    trims: Arc<AtomicU32>,
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
        Self::within(Horizon::Endless, hangs, ServiceStatus::Paused)
    }

    fn within(horizon: Horizon, hangs: Hangs, status: ServiceStatus) -> Self {
        let log = Log::default();
        let listening = log.listen();
        let folder = tempfile::tempdir().unwrap();
        let (tell, hung) = channel();
        let (hold, held) = channel();
        let (calls, trims) = (Arc::default(), Arc::default());
        let (signals, mailbox) = Signals::of_a_test();
        let setup = Setup {
            version: Version { config: parse(&owed()).unwrap(), digest: String::new(), warnings: Vec::new() },
            source: Source {
                path: folder.path().join("schedule.toml"),
                files: Stamps::default(),
                read: Arc::new(|| panic!("nobody asks for it")),
            },
            client: Arc::new(Client { calls: Arc::clone(&calls), status, hangs: hangs == Hangs::Calls }),
            ledger: LedgerWriter::new(Disk { hangs, tell, held, trims: Arc::clone(&trims) }).unwrap(),
            horizon,
        };
        let clock = Clock::new();
        let daemon = Daemon::new(setup, clock, Alarm::without_scheduler(clock).0, signals);
        let daemon = Some(tokio::spawn(daemon.run()));
        Self {
            daemon,
            mailbox,
            calls,
            trims,
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

    /// Lets the daemon do all that it has to do without any time passing.
    async fn goes_on(&self) {
        for _ in 0..1000 {
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

/// An App Runner with a service in this state, which answers at once or never.
struct Client {
    calls: Arc<Mutex<Vec<&'static str>>>,
    status: ServiceStatus,
    hangs: bool,
}

impl AppRunner for Client {
    async fn call(&self, _: &ServiceArn, request: &Request) -> Result<Reply, Refusal> {
        self.calls.lock().unwrap().push(request.api_name());
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Ok(match request {
            Request::Describe => Reply::Described { status: self.status.clone() },
            Request::ListOperations { .. } => Reply::Operations { operations: Vec::new(), next_page: None },
            Request::Act(_) => Reply::Accepted {
                operation: Some(OperationId::new("op-1")),
                status: ServiceStatus::OperationInProgress,
            },
        })
    }
}

/// What hangs.
#[derive(PartialEq)]
enum Hangs {
    Never,
    /// The disk, when the ledger is read.
    WhenRead,
    /// The disk, when a resume is about to leave.
    OnIntents,
    /// App Runner.
    Calls,
}

/// A ledger on a disk that hangs once.
struct Disk {
    hangs: Hangs,
    tell: Sender<()>,
    held: Receiver<()>,
    trims: Arc<AtomicU32>,
}

impl Disk {
    fn hang(&self) {
        // A test that is over neither listens nor holds.
        self.tell.send(()).ok();
        self.held.recv().ok();
    }
}

impl crate::ledger::Ledger for Disk {
    async fn recall(&mut self) -> Result<Vec<LastOccurrence>, LedgerError> {
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
        self.trims.fetch_add(1, Ordering::Relaxed);
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
