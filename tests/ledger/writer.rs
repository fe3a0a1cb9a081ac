//! The ledger's own thread: what the loop hands over, and what it is told.

use super::support::{at, due, listen, open};
use jiff::Timestamp;
use reveille::api::ServiceArn;
use reveille::ledger::{Entry, Ledger, LedgerError, LedgerWriter, Recalled};
use reveille::planner::LastOccurrence;
use std::future::Future;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test]
async fn a_change_is_handled_when_the_ledger_has_it_and_not_before() {
    let (mut writer, disk) = writer();
    assert_eq!(writer.recall().await, Ok(Recalled::default()));
    let number = writer.record(vec![due(1), due(2)]);
    assert!(is_pending(writer.handled(number)).await, "the disk hangs");
    assert!(!writer.has_handled(number));
    disk.answers();
    writer.handled(number).await;
    assert!(writer.has_handled(number));
    assert_eq!(disk.written(), [[due(1), due(2)]]);
    disk.is_quick();
    writer.close().await;
}

#[tokio::test]
async fn what_comes_while_the_disk_is_busy_becomes_one_transaction() {
    let (mut writer, disk) = writer();
    let first = writer.record(vec![due(1)]);
    disk.is_asked();
    for number in 2..=20 {
        writer.record(vec![due(number)]);
    }
    disk.answers();
    writer.handled(first).await;
    disk.answers();
    let last = writer.record(Vec::new());
    assert_eq!(last, 20, "no change, no new number");
    writer.handled(last).await;
    let written = disk.written();
    assert_eq!((written.len(), written[1].len()), (2, 19));
    disk.is_quick();
    writer.close().await;
}

#[tokio::test]
async fn a_thread_that_does_not_take_changes_keeps_the_newest() {
    let (mut writer, disk) = writer();
    writer.record(vec![due(0)]);
    disk.is_asked();
    // The bound is for what waited before a turn, so that no turn is too large by itself.
    for turn in 0..3 {
        writer.record((0..100_000).map(|number| due(turn * 100_000 + number)).collect());
    }
    let last = writer.record(vec![due(7)]);
    disk.is_quick();
    writer.handled(last).await;
    let written: Vec<Entry> = disk.written().into_iter().flatten().collect();
    assert_eq!((written.len(), written[0].clone(), written[1].clone()), (100_002, due(0), due(200_000)));
    assert_eq!(written[100_001], due(7));
    writer.close().await;
}

#[tokio::test]
async fn at_the_end_everything_that_waits_is_written() {
    let (mut writer, disk) = writer();
    writer.config_in_force(at(0), "a".to_owned());
    writer.record(vec![due(1)]);
    disk.is_quick();
    writer.close().await;
    assert_eq!(disk.written(), [[due(1)]]);
    assert_eq!(*disk.0.configs.lock().unwrap(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_opens_and_is_never_read_delays_no_start_and_is_written_when_it_answers() {
    let (log, _listening) = listen();
    let (mut writer, disk) = writer_that(Trouble::HangsWhenRead);
    assert_eq!(writer.recall().await, Ok(Recalled::default()));
    assert_eq!(
        log.lines(),
        [
            "ERROR the ledger did not answer within 5 s: starting without it, so each service is checked first; check \
             its disk"
        ]
    );
    let number = writer.record(vec![due(1)]);
    assert!(!writer.has_handled(number));
    // Reading goes on, and what it brings is news to nobody.
    disk.is_quick();
    writer.handled(number).await;
    assert_eq!((disk.written(), writer.fatal()), (vec![vec![due(1)]], None));
    writer.close().await;
}

#[tokio::test]
async fn a_ledger_that_another_daemon_has_taken_is_given_up_at_once() {
    let in_use = LedgerError::InUse { path: "ledger.db".into(), process: Some(7) };
    let (mut writer, disk) = writer_that(Trouble::Refuses(in_use.clone()));
    writer.recall().await.unwrap();
    disk.is_quick();
    assert_eq!(writer.fatal(), None);
    let number = writer.record(vec![due(1)]);
    writer.lost().await;
    writer.handled(number).await;
    assert_eq!(writer.fatal(), Some(in_use));
    // Nothing waits for a thread that has ended.
    writer.handled(number + 1).await;
    writer.close().await;
}

#[tokio::test]
async fn any_other_trouble_gives_nothing_up() {
    let newer = LedgerError::Newer { path: "ledger.db".into(), version: 9, known: 2 };
    let (mut writer, disk) = writer_that(Trouble::Refuses(newer));
    writer.recall().await.unwrap();
    disk.is_quick();
    let number = writer.record(vec![due(1)]);
    writer.handled(number).await;
    assert_eq!(writer.fatal(), None, "the daemon works on from memory");
    writer.close().await;
}

/// Whether it is not over, when everything that can happen by itself has happened.
async fn is_pending(future: impl Future<Output = ()>) -> bool {
    tokio::select! {
        biased;
        () = future => false,
        () = tokio::task::yield_now() => true,
    }
}

fn writer() -> (LedgerWriter, Disk) {
    writer_that(Trouble::None)
}

fn writer_that(trouble: Trouble) -> (LedgerWriter, Disk) {
    let (asked, is_asked) = channel();
    let (answer, answers) = channel();
    let shared = Arc::new(Shared::default());
    let ledger = Slow { shared: Arc::clone(&shared), asked, answers: Some(answers), trouble };
    (LedgerWriter::new(ledger).unwrap(), Disk(shared, is_asked, Mutex::new(Some(answer))))
}

#[derive(Default)]
struct Shared {
    written: Mutex<Vec<Vec<Entry>>>,
    configs: Mutex<Vec<String>>,
}

/// The test's side of the disk.
struct Disk(Arc<Shared>, Receiver<()>, Mutex<Option<Sender<()>>>);

impl Disk {
    /// Waits until a write hangs.
    fn is_asked(&self) {
        self.1.recv().unwrap();
    }

    /// Lets one write be done.
    fn answers(&self) {
        self.2.lock().unwrap().as_ref().unwrap().send(()).unwrap();
    }

    /// Lets all writes be done.
    fn is_quick(&self) {
        self.2.lock().unwrap().take();
    }

    fn written(&self) -> Vec<Vec<Entry>> {
        self.0.written.lock().unwrap().clone()
    }
}

/// What else is wrong with a ledger.
enum Trouble {
    None,
    /// It hangs when it is read, too.
    HangsWhenRead,
    /// It takes nothing.
    Refuses(LedgerError),
}

/// A ledger whose writes hang, as system calls do, until the test lets them go on.
struct Slow {
    shared: Arc<Shared>,
    asked: Sender<()>,
    answers: Option<Receiver<()>>,
    trouble: Trouble,
}

impl Slow {
    fn hang(&mut self) {
        if self.answers.as_ref().is_some_and(|answers| answers.recv().is_err()) {
            self.answers = None;
        }
    }
}

impl Ledger for Slow {
    async fn recall(&mut self) -> Result<Vec<LastOccurrence>, LedgerError> {
        if matches!(self.trouble, Trouble::HangsWhenRead) {
            self.hang();
        }
        Ok(Vec::new())
    }

    async fn write(&mut self, entries: &[Entry]) -> Result<(), LedgerError> {
        // A test that is over does not listen any more.
        self.asked.send(()).ok();
        self.hang();
        if let Trouble::Refuses(error) = &self.trouble {
            return Err(error.clone());
        }
        self.shared.written.lock().unwrap().push(entries.to_vec());
        Ok(())
    }

    async fn config_in_force(&mut self, _: Timestamp, version: &str) -> Result<(), LedgerError> {
        self.shared.configs.lock().unwrap().push(version.to_owned());
        Ok(())
    }

    async fn trim(&mut self, _: Timestamp) -> Result<u64, LedgerError> {
        Ok(0)
    }

    async fn history(&mut self, _: u32, _: Option<&ServiceArn>) -> Result<Vec<Entry>, LedgerError> {
        Ok(self.shared.written.lock().unwrap().concat())
    }

    async fn close(self) {}
}

#[tokio::test]
async fn a_daemon_with_nothing_to_write_notices_with_the_heartbeat_that_another_has_its_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut first = LedgerWriter::open(path.clone()).unwrap();
    first.recall().await.unwrap();
    std::fs::remove_file(folder.path().join("ledger.db.lock")).unwrap();
    let _second = open(&path).await;
    first.trim(at(60));
    // A limit for a broken program, not a measure of a slow one.
    timeout(Duration::from_secs(20), first.lost()).await.unwrap();
    assert!(matches!(first.fatal(), Some(LedgerError::InUse { .. })), "{:?}", first.fatal());
}
