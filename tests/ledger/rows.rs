//! What is written to the ledger is what the next process reads from it.

use super::support::{at, change, count, entry, execute, open, service, stranger};
use reveille::api::Action;
use reveille::api::OperationId;
use reveille::ledger::{Entry, Ledger, LedgerError, NullLedger};
use reveille::planner::{Ending, LastOccurrence, Severity, State};
use std::path::Path;
use std::time::Duration;

#[tokio::test]
async fn a_year_of_changes_comes_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(&folder.path().join("ledger.db")).await;
    let written = a_year(3);
    for part in written.chunks(1000) {
        ledger.write(part).await.unwrap();
    }
    ledger.close().await;

    let mut ledger = open(&folder.path().join("ledger.db")).await;
    assert_eq!(written.len(), 3 * 365 * 2 * 3);
    assert_eq!(ledger.history(u32::MAX, None).await.unwrap(), written);
    let of_one: Vec<Entry> = written.iter().filter(|entry| entry.change.arn == service(1)).cloned().collect();
    assert_eq!(ledger.history(10, Some(&service(1))).await.unwrap(), of_one[of_one.len() - 10..]);
    assert_eq!(ledger.recall().await.unwrap().len(), 3);
}

#[tokio::test]
async fn the_latest_occurrence_comes_back_in_every_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut written = Vec::new();
    for (number, state) in State::ALL.into_iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        written.push(entry(number, Action::Pause, 0, State::Due, State::Ended(Ending::Superseded)));
        let mut last = entry(number, Action::Resume, 60, State::Due, state);
        last.change.operation = (state == State::Tracking).then(|| OperationId::new("op-7"));
        last.change.unsure_since = (state == State::Calling).then(|| at(59));
        last.change.attempt = number;
        last.change.failed_operations = 2;
        written.push(last);
    }
    let mut ledger = open(&path).await;
    ledger.write(&written).await.unwrap();
    drop(ledger);

    let recalled = open(&path).await.recall().await.unwrap();
    let last: Vec<LastOccurrence> =
        written.iter().skip(1).step_by(2).map(|entry| LastOccurrence::of(&entry.change, entry.at)).collect();
    assert_eq!(last.len(), State::ALL.len());
    assert_eq!(recalled, last);
}

#[tokio::test]
async fn the_latest_occurrence_is_the_one_that_was_written_last() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(&folder.path().join("ledger.db")).await;
    let of_a_wrong_clock = entry(1, Action::Resume, 9_000_000, State::Due, State::Calling);
    let of_the_right_one = entry(1, Action::Pause, 60, State::Due, State::Ended(Ending::Already));
    ledger.write(&[of_a_wrong_clock, of_the_right_one.clone()]).await.unwrap();

    let recalled = ledger.recall().await.unwrap();
    assert_eq!(recalled, [LastOccurrence::of(&of_the_right_one.change, of_the_right_one.at)]);
}

#[tokio::test]
async fn what_is_written_twice_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(&folder.path().join("ledger.db")).await;
    let entries = occurrence(1, Action::Resume, 60);
    ledger.write(&entries[..2]).await.unwrap();
    ledger.write(&entries).await.unwrap();
    assert_eq!(ledger.history(9, None).await.unwrap(), entries);
}

#[tokio::test]
async fn a_renamed_service_goes_by_its_present_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(&folder.path().join("ledger.db")).await;
    let mut entries = occurrence(1, Action::Resume, 60);
    entries[2].change.service = "python-app".into();
    ledger.write(&entries).await.unwrap();
    let names: Vec<_> =
        ledger.history(9, None).await.unwrap().into_iter().map(|entry| entry.change.service).collect();
    assert_eq!(names, ["python-app".into(), "python-app".into(), "python-app".into()]);
}

#[tokio::test]
async fn ten_thousand_changes_are_one_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    open(&path).await.close().await;
    let mut ledger = open(&path).await;
    assert_eq!(commits(&path), 0, "a sound ledger of this version is opened without a commit");
    let burst: Vec<Entry> =
        (0..10_000).map(|number| entry(number, Action::Resume, 60, State::Due, State::Calling)).collect();
    ledger.write(&burst).await.unwrap();
    assert_eq!(commits(&path), 1);
    assert_eq!(ledger.recall().await.unwrap().len(), 10_000);
}

#[tokio::test]
async fn one_entry_that_fails_makes_none_land() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    let refusal = "CREATE TRIGGER refuse BEFORE INSERT ON change WHEN NEW.error LIKE 'Throttling%'
                   BEGIN SELECT RAISE(ABORT, 'refused'); END";
    execute(&mut stranger(&path).await, refusal).await;
    let error = ledger.write(&occurrence(1, Action::Resume, 60)).await.unwrap_err();

    // No ledger refuses a change, so it is taken for damaged. Its first change was not refused, and is not there.
    let LedgerError::Damaged { set_aside: Some(set_aside), .. } = error else { panic!("{error}") };
    let mut set_aside = stranger(&set_aside).await;
    assert_eq!(count(&mut set_aside, "SELECT count(*) FROM change").await, 0);
    assert_eq!(count(&mut set_aside, "SELECT count(*) FROM service").await, 0);
}

#[tokio::test]
async fn a_version_of_the_file_is_noted_when_it_differs_from_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    for (seconds, version) in [(0, "a"), (1, "a"), (2, "b"), (3, "a")] {
        ledger.config_in_force(at(seconds), version).await.unwrap();
    }
    let mut reader = stranger(&path).await;
    let noted = "SELECT sum(id * 1000 + (at - 1798761600000000) / 1000000) FROM config";
    assert_eq!(count(&mut reader, noted).await, 1000 + 2002 + 3003);
}

#[tokio::test]
async fn the_next_process_knows_the_version_of_the_file_that_was_noted_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    assert_eq!(ledger.last_config().await.unwrap(), None);
    for (seconds, version) in [(0, "a"), (1, "b"), (2, "a")] {
        ledger.config_in_force(at(seconds), version).await.unwrap();
    }
    ledger.close().await;
    assert_eq!(open(&path).await.last_config().await.unwrap().as_deref(), Some("a"));
}

#[tokio::test]
async fn history_is_kept_for_400_days_and_a_latest_occurrence_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    let day = 24 * 3600;
    ledger.config_in_force(at(0), "before the first").await.unwrap();
    ledger.config_in_force(at(day), "in force until day 300").await.unwrap();
    ledger.config_in_force(at(300 * day), "in force today").await.unwrap();
    let mut written = occurrence(1, Action::Resume, 0).to_vec();
    written.extend((0..1200).flat_map(|number| occurrence(2, Action::Resume, number)));
    written.extend(occurrence(2, Action::Pause, 300 * day));
    ledger.write(&written).await.unwrap();

    assert_eq!(ledger.trim(at(400 * day)).await.unwrap(), 0, "nothing is older than 400 days");
    assert_eq!(ledger.history(u32::MAX, None).await.unwrap(), written);
    let mut forgotten = Vec::new();
    for _ in 0..4 {
        forgotten.push(ledger.trim(at(450 * day)).await.unwrap());
    }
    assert_eq!(forgotten, [500, 500, 200, 0], "the work of one call is bounded");
    let mut kept = occurrence(1, Action::Resume, 0).to_vec();
    kept.extend(occurrence(2, Action::Pause, 300 * day));
    assert_eq!(ledger.history(u32::MAX, None).await.unwrap(), kept);
    assert_eq!(ledger.recall().await.unwrap().len(), 2);
    assert_eq!(count(&mut stranger(&path).await, "SELECT count(*) FROM config").await, 2);
}

#[tokio::test]
async fn people_read_the_history_while_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    ledger.write(&occurrence(1, Action::Resume, 6 * 3600)).await.unwrap();
    let line = "SELECT count(*) FROM history
                WHERE at = '2027-01-01T06:00:02.000000Z' AND scheduled = '2027-01-01T06:00:00Z'
                  AND service = 'service 1' AND action = 'resume' AND to_state = 'succeeded' AND operation = 'op-1'";
    assert_eq!(count(&mut stranger(&path).await, line).await, 1);
}

#[tokio::test]
async fn the_forgetful_ledger_takes_everything_and_remembers_nothing() {
    let mut ledger = NullLedger;
    ledger.write(&occurrence(1, Action::Resume, 0)).await.unwrap();
    ledger.config_in_force(at(0), "a").await.unwrap();
    assert_eq!(ledger.recall().await.unwrap(), []);
    assert_eq!(ledger.history(9, None).await.unwrap(), []);
    assert_eq!(ledger.trim(at(0)).await.unwrap(), 0);
}

/// The commits in the write-ahead log: its frames that say how large the database is after them.
fn commits(path: &Path) -> usize {
    let log = std::fs::read(path.with_extension("db-wal")).unwrap_or_default();
    let Some((header, frames)) = log.split_at_checked(32) else { return 0 };
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let frame = 24 + usize::try_from(number(&header[8..12])).unwrap();
    frames.chunks_exact(frame).filter(|frame| number(&frame[4..8]) > 0).count()
}

/// Three changes for each of two transitions a day.
fn a_year(services: u32) -> Vec<Entry> {
    let mut entries = Vec::new();
    for day in 0..365 {
        for (hour, action) in [(6, Action::Resume), (18, Action::Pause)] {
            for number in 0..services {
                entries.extend(occurrence(number, action, (day * 24 + hour) * 3600));
            }
        }
    }
    entries
}

fn occurrence(number: u32, action: Action, seconds: i64) -> [Entry; 3] {
    let mut calling = change(number, action, seconds, State::Due, State::Calling);
    calling.late = Some(Duration::from_micros(1234));
    calling.unsure_since = Some(at(seconds - 60));
    let mut backing_off = change(number, action, seconds, State::Calling, State::BackingOff);
    backing_off.severity = Severity::Warn;
    backing_off.error = Some("ThrottlingException: \"slow\" down,\n\u{1}\u{0} 🐌".to_owned());
    backing_off.retry_in = Some(Duration::from_millis(900));
    let mut ended = change(number, action, seconds, State::BackingOff, State::Ended(Ending::Succeeded));
    ended.operation = Some(OperationId::new("op-1"));
    ended.attempt = 2;
    [(0, calling), (1, backing_off), (2, ended)]
        .map(|(later, change)| Entry { at: at(seconds + later), change })
}
