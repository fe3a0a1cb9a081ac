//! What is written to the ledger is what the next process reads from it.

use crate::support::{at, change, entry, open, service};
use reveille::ledger::{Entry, Ledger};
use reveille::planner::{Ending, OperationId, Remembered, Severity, State};
use reveille::schedule::Action;
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
    let last: Vec<Remembered> =
        written.iter().skip(1).step_by(2).map(|entry| Remembered::of(&entry.change, entry.at)).collect();
    assert_eq!(last.len(), State::ALL.len());
    assert_eq!(recalled, last);
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
