//! The journal before a ledger that fails when it is told to.

use super::support::{at, due, listen, seconds};
use jiff::Timestamp;
use reveille::api::ServiceArn;
use reveille::ledger::{Entry, Journal, Ledger, LedgerError};
use reveille::planner::LastOccurrence;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn what_a_ledger_does_not_take_is_held_back_in_order_and_said_once() {
    let (mut journal, ledger) = journal();
    let (log, _listening) = listen();
    journal.record(vec![due(1)], seconds(0)).await;
    ledger.fails_with(Some(full()));
    journal.record(vec![due(2), due(3)], seconds(1)).await;
    journal.config_in_force(at(1), "a".to_owned(), seconds(1)).await;
    journal.record(vec![due(4)], seconds(6)).await;
    assert!(!journal.is_healthy());
    assert_eq!(log.lines().len(), 1);
    assert_eq!(journal.backlog(), 3);

    ledger.fails_with(None);
    journal.record(vec![], seconds(11)).await;
    assert!(journal.is_healthy());
    assert_eq!(ledger.written(), [due(1), due(2), due(3), due(4)]);
    assert_eq!(ledger.configs(), ["a"]);
    assert_eq!(log.lines(), ["INFO the ledger is written again; nothing that was held back is lost"]);
}

#[tokio::test]
async fn a_ledger_in_trouble_is_tried_every_five_seconds_and_not_at_every_turn() {
    let (mut journal, ledger) = journal();
    ledger.fails_with(Some(full()));
    for turn in 0..100 {
        journal.record(vec![due(turn)], seconds(u64::from(turn) / 10)).await;
    }
    assert_eq!(ledger.tries(), 2, "at 0 s and at 5 s");
    assert_eq!(journal.next_try(), Some(seconds(10)));
}

#[tokio::test]
async fn another_trouble_is_said_as_well() {
    let (mut journal, ledger) = journal();
    let (log, _listening) = listen();
    ledger.fails_with(Some(full()));
    journal.record(vec![due(1)], seconds(0)).await;
    ledger.fails_with(Some(LedgerError::Locked { path: PathBuf::from("ledger.db") }));
    journal.record(vec![], seconds(5)).await;
    let lines = log.lines();
    assert!(lines[0].starts_with("ERROR the ledger cannot be written"), "{lines:?}");
    assert!(
        lines[0].ends_with("error=no space is left for ledger.db; free some space on its disk"),
        "{lines:?}"
    );
    assert_eq!(
        lines[1..],
        [
            "WARN the ledger still cannot be written, now for another reason error=ledger.db is locked by another \
          program; end that program, or its transaction"
        ]
    );
}

#[tokio::test]
async fn when_there_is_no_room_the_oldest_go_and_are_counted() {
    let (mut journal, ledger) = journal();
    let (log, _listening) = listen();
    ledger.fails_with(Some(full()));
    for turn in 0..25 {
        let entries = (0..5_000).map(|number| due(5_000 * turn + number)).collect();
        journal.record(entries, seconds(u64::from(turn))).await;
    }
    let errors: Vec<String> = log.lines().into_iter().filter(|line| line.starts_with("ERROR")).collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert_eq!(
        errors[1],
        "ERROR there is no room for more changes: the oldest are dropped until the ledger can be written \
         held_back=100000 error=no space is left for ledger.db; free some space on its disk"
    );
    ledger.fails_with(None);
    journal.record(vec![], seconds(1000)).await;
    let written = ledger.written();
    assert_eq!((written.len(), &written[0]), (100_000, &due(25_000)));
    assert_eq!(
        log.lines(),
        [
            "WARN the ledger is written again; its history lacks the changes that there was no room for dropped=25000"
        ]
    );
    assert_eq!(ledger.largest_write(), 10_000, "it is written in parts");
}

#[tokio::test]
async fn more_changes_than_are_ever_held_back_are_written_in_one_turn() {
    let (mut journal, ledger) = journal();
    journal.record((0..100_001).map(due).collect(), seconds(0)).await;
    assert!(journal.is_healthy());
    assert_eq!(ledger.written().len(), 100_001);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_does_not_answer_is_given_up_for_now() {
    let (mut journal, ledger) = journal();
    let (log, _listening) = listen();
    ledger.hangs(true);
    journal.record(vec![due(1)], seconds(0)).await;
    assert!(!journal.is_healthy());
    assert_eq!(
        log.lines(),
        ["ERROR the ledger cannot be written; changes are held back in memory, and the daemon works on \
          error=the ledger did not answer for 5 s; check its disk"]
    );
    journal.record(vec![due(2)], seconds(59)).await;
    assert_eq!(ledger.tries(), 1, "waiting for it costs the loop more than a lock does");
    ledger.hangs(false);
    journal.record(vec![], seconds(60)).await;
    assert_eq!(ledger.written(), [due(1), due(2)]);
}

#[tokio::test(start_paused = true)]
async fn the_longer_a_disk_hangs_the_less_often_it_is_tried() {
    let (mut journal, ledger) = journal();
    ledger.hangs(true);
    for minute in 0..=24 * 60 {
        journal.record(vec![due(1)], seconds(60 * minute)).await;
    }
    // After 1, 2, 4, 8, 16 and 32 minutes, and then each hour of the day.
    assert_eq!(ledger.tries(), 1 + 6 + 22, "each leaves a connection behind");

    ledger.hangs(false);
    journal.record(vec![], seconds(25 * 3600)).await;
    assert!(journal.is_healthy());
    ledger.hangs(true);
    journal.record(vec![due(2)], seconds(26 * 3600)).await;
    ledger.hangs(false);
    journal.record(vec![], seconds(26 * 3600 + 60)).await;
    assert!(journal.is_healthy(), "another trouble begins anew");
}

#[tokio::test(start_paused = true)]
async fn history_that_a_hanging_disk_does_not_remove_is_tried_once_an_hour() {
    let (mut journal, ledger) = journal();
    ledger.hangs(true);
    for minute in 0..=24 * 60 {
        assert_eq!(journal.trim(at(0), seconds(60 * minute)).await, 0);
    }
    assert_eq!(ledger.tries(), 25, "each leaves a connection behind");
}

#[tokio::test]
async fn the_history_has_what_is_held_back() {
    let (mut journal, ledger) = journal();
    journal.record(vec![due(1), due(2)], seconds(0)).await;
    ledger.fails_with(Some(full()));
    journal.record(vec![due(3), due(2), due(4)], seconds(0)).await;
    assert_eq!(journal.history(4, None).await.unwrap(), [due(2), due(3), due(2), due(4)]);
    let of_one = due(2).change.arn;
    assert_eq!(journal.history(9, Some(&of_one)).await.unwrap(), [due(2), due(2)]);
}

#[tokio::test]
async fn what_cannot_be_remembered_is_nothing() {
    let (mut journal, ledger) = journal();
    ledger.fails_with(Some(full()));
    assert_eq!(journal.recall(seconds(0)).await, []);
    assert!(!journal.is_healthy());
    assert_eq!(journal.trim(at(0), seconds(5)).await, 0);
}

#[tokio::test]
async fn at_the_end_it_is_tried_a_last_time_and_what_is_lost_is_said() {
    let (mut journal, ledger) = journal();
    ledger.fails_with(Some(full()));
    journal.record(vec![due(1), due(2)], seconds(0)).await;
    let (log, _listening) = listen();
    journal.close().await;
    assert_eq!(
        log.lines(),
        [
            "ERROR the ledger could not be written; the next start asks App Runner instead error=no space is left for \
          ledger.db; free some space on its disk lost=2"
        ]
    );

    let (mut journal, ledger) = self::journal();
    ledger.fails_with(Some(full()));
    journal.record(vec![due(1)], seconds(0)).await;
    ledger.fails_with(None);
    journal.close().await;
    assert_eq!(ledger.written(), [due(1)]);
    assert_eq!(
        log.lines().last().unwrap(),
        "INFO the ledger is written again; nothing that was held back is lost"
    );
}

#[tokio::test]
async fn a_version_of_the_file_that_could_not_be_noted_is_noted_later() {
    let (mut journal, ledger) = journal();
    ledger.fails_with(Some(full()));
    journal.config_in_force(at(0), "a".to_owned(), seconds(0)).await;
    ledger.fails_with(None);
    journal.record(vec![], seconds(5)).await;
    assert_eq!(ledger.configs(), ["a"]);
}

#[tokio::test]
async fn a_failed_trim_holds_back_no_changes_and_is_said_once() {
    let (mut journal, ledger) = journal();
    let (log, _listening) = listen();
    for minute in 0..30 {
        ledger.fails_with(Some(full()));
        assert_eq!(journal.trim(at(0), seconds(60 * minute)).await, 0);
        ledger.fails_with(None);
        journal.record(vec![due(1)], seconds(60 * minute + 1)).await;
        assert!(journal.is_healthy());
    }
    assert_eq!(
        log.lines(),
        [
            "WARN cannot remove old history from the ledger; this will be retried error=no space is left for ledger.db; \
          free some space on its disk"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn our_own_hung_request_is_not_blamed_on_another_program() {
    let (mut journal, ledger) = journal();
    ledger.hangs(true);
    journal.record(vec![due(1)], seconds(0)).await;
    ledger.hangs(false);
    ledger.fails_with(Some(LedgerError::Locked { path: PathBuf::from("ledger.db") }));
    let (log, _listening) = listen();
    journal.record(vec![], seconds(60)).await;
    assert_eq!(
        log.lines(),
        [
            "WARN the ledger still cannot be written, now for another reason error=ledger.db is still busy with an \
          earlier request of this process, which its disk has not answered; check its disk"
        ]
    );
    ledger.fails_with(None);
    journal.record(vec![], seconds(65)).await;
    ledger.fails_with(Some(LedgerError::Locked { path: PathBuf::from("ledger.db") }));
    log.lines();
    journal.record(vec![due(2)], seconds(66)).await;
    assert!(
        log.lines()[0]
            .ends_with("ledger.db is locked by another program; end that program, or its transaction")
    );
}

fn journal() -> (Journal<Scripted>, Scripted) {
    let ledger = Scripted::default();
    (Journal::new(ledger.clone()), ledger)
}

fn full() -> LedgerError {
    LedgerError::DiskFull { path: PathBuf::from("ledger.db") }
}

/// A ledger that fails when it is told to. All copies are one.
#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    fails_with: Option<LedgerError>,
    hangs: bool,
    written: Vec<Entry>,
    configs: Vec<String>,
    tries: usize,
    largest_write: usize,
}

impl Scripted {
    fn fails_with(&self, error: Option<LedgerError>) {
        self.0.lock().unwrap().fails_with = error;
    }

    fn hangs(&self, hangs: bool) {
        self.0.lock().unwrap().hangs = hangs;
    }

    fn written(&self) -> Vec<Entry> {
        self.0.lock().unwrap().written.clone()
    }

    fn configs(&self) -> Vec<String> {
        self.0.lock().unwrap().configs.clone()
    }

    fn tries(&self) -> usize {
        self.0.lock().unwrap().tries
    }

    fn largest_write(&self) -> usize {
        self.0.lock().unwrap().largest_write
    }

    async fn answer<T>(&self, done: impl FnOnce(&mut Script) -> T) -> Result<T, LedgerError> {
        self.0.lock().unwrap().tries += 1;
        if self.0.lock().unwrap().hangs {
            std::future::pending::<()>().await;
        }
        let mut script = self.0.lock().unwrap();
        match script.fails_with.clone() {
            Some(error) => Err(error),
            None => Ok(done(&mut script)),
        }
    }
}

impl Ledger for Scripted {
    async fn recall(&mut self) -> Result<Vec<LastOccurrence>, LedgerError> {
        self.answer(|_| Vec::new()).await
    }

    async fn write(&mut self, entries: &[Entry]) -> Result<(), LedgerError> {
        let keep = |script: &mut Script| {
            script.written.extend_from_slice(entries);
            script.largest_write = script.largest_write.max(entries.len());
        };
        self.answer(keep).await
    }

    async fn config_in_force(&mut self, _: Timestamp, version: &str) -> Result<(), LedgerError> {
        self.answer(|script| script.configs.push(version.to_owned())).await
    }

    async fn trim(&mut self, _: Timestamp) -> Result<u64, LedgerError> {
        self.answer(|_| 0).await
    }

    async fn history(&mut self, last: u32, of: Option<&ServiceArn>) -> Result<Vec<Entry>, LedgerError> {
        let mut entries = self.written();
        entries.retain(|entry| of.is_none_or(|arn| entry.change.arn == *arn));
        let last = usize::try_from(last).unwrap();
        Ok(entries.split_off(entries.len().saturating_sub(last)))
    }

    async fn close(self) {}
}
