//! A disk that is full or read-only, a lock that another holds: the daemon works on, and writes later what it held back.

use super::namespace::{has_mounts_of_its_own, mount_memory, remount};
use super::other_process::{OtherProcess, keep, takes};
use super::support::{at, count, due, execute, listen, open, seconds, stranger};
use reveille::ledger::{Entry, Journal, Ledger, LedgerError, Sqlite};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

#[tokio::test]
async fn a_lock_that_another_program_holds_is_waited_out() {
    if let Some(path) = takes() {
        let mut connection = stranger(&path).await;
        execute(&mut connection, "BEGIN EXCLUSIVE").await;
        keep();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut journal = Journal::new(open(&path).await);
    let (log, _listening) = listen();
    let other = OtherProcess::that_takes(
        &path,
        concat!(module_path!(), "::a_lock_that_another_program_holds_is_waited_out"),
    );
    journal.record(vec![due(1)], seconds(0)).await;
    assert!(!journal.is_healthy());
    assert_eq!(
        log.lines(),
        [format!(
            "ERROR the ledger cannot be written; changes are held back in memory, and the daemon works on \
             error={} is locked by another program; end that program, or its transaction",
            path.display()
        )]
    );
    journal.record(vec![due(2)], seconds(5)).await;
    assert_eq!(log.lines(), [""; 0], "it has been said");

    other.release();
    journal.record(vec![due(3)], seconds(10)).await;
    assert!(journal.is_healthy());
    assert_eq!(log.lines(), ["INFO the ledger is written again; nothing that was held back is lost"]);
    assert_eq!(journal.history(9, None).await.unwrap(), [due(1), due(2), due(3)]);
    assert_eq!(count(&mut stranger(&path).await, "SELECT count(*) FROM change").await, 3);
}

#[tokio::test]
async fn a_fresh_file_that_is_locked_is_begun_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut other = stranger(&path).await;
    execute(&mut other, "BEGIN EXCLUSIVE").await;
    let error = Sqlite::open(&path, at(0)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Locked { .. }), "{error}");

    let mut journal = Journal::holding_back(Sqlite::unopened(&path, at(0)), error, seconds(0));
    assert_eq!(journal.recall(seconds(0)).await, []);
    journal.record(vec![due(1)], seconds(5)).await;
    assert!(!journal.is_healthy());
    execute(&mut other, "COMMIT").await;
    journal.record(vec![due(2)], seconds(10)).await;
    assert!(journal.is_healthy());
    assert_eq!(journal.history(9, None).await.unwrap(), [due(1), due(2)]);
}

#[tokio::test]
async fn a_write_that_is_given_up_halfway_is_done_again_without_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    let mut written = Vec::new();
    for number in 0..50 {
        written.push(due(number));
        // Given up after a few steps, another number each time: before, within or after its transaction.
        give_up_after(number % 9, ledger.write(&written)).await;
        write_at_last(&mut ledger, &written).await;
    }
    assert_eq!(ledger.history(u32::MAX, None).await.unwrap(), written);
}

#[tokio::test]
async fn on_a_disk_that_was_full_before_the_daemon_begins_from_memory() {
    if !has_mounts_of_its_own(concat!(
        module_path!(),
        "::on_a_disk_that_was_full_before_the_daemon_begins_from_memory"
    )) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    mount_memory(folder.path(), "1m");
    let path = folder.path().join("ledger.db");
    let ballast = folder.path().join("ballast");
    // More than there is room for.
    std::fs::write(&ballast, vec![0; 1 << 21]).unwrap_err();
    let error = Sqlite::open(&path, at(0)).await.unwrap_err();
    assert!(!error.is_fatal(), "{error}");

    let mut journal = Journal::holding_back(Sqlite::unopened(&path, at(0)), error, seconds(0));
    journal.record(vec![due(1)], seconds(5)).await;
    assert!(!journal.is_healthy());
    std::fs::remove_file(&ballast).unwrap();
    journal.record(vec![due(2)], seconds(10)).await;
    assert!(journal.is_healthy());
    assert_eq!(journal.history(9, None).await.unwrap(), [due(1), due(2)]);
}

#[tokio::test]
async fn on_a_full_disk_changes_are_held_back_until_there_is_room() {
    if !has_mounts_of_its_own(concat!(
        module_path!(),
        "::on_a_full_disk_changes_are_held_back_until_there_is_room"
    )) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    mount_memory(folder.path(), "2m");
    let path = folder.path().join("ledger.db");
    let ballast = folder.path().join("ballast");
    std::fs::write(&ballast, vec![0; 1 << 20]).unwrap();
    let mut journal = Journal::new(open(&path).await);

    let (log, _listening) = listen();
    // They fill the disk, some way or another: in the middle of a transaction, or of its log.
    let mut written = Vec::new();
    let mut turn = 0;
    while journal.is_healthy() {
        turn += 1;
        assert!(turn < 1000, "the disk is never full");
        let entries: Vec<Entry> = (0..100).map(|number| due(100 * turn + number)).collect();
        written.extend(entries.clone());
        journal.record(entries, seconds(u64::from(turn))).await;
    }
    assert_eq!(
        log.lines(),
        [format!(
            "ERROR the ledger cannot be written; changes are held back in memory, and the daemon works on \
             error=no space is left for {}; free some space on its disk",
            path.display()
        )]
    );
    journal.record(vec![due(1)], seconds(5000)).await;
    assert!(!journal.is_healthy());
    assert_eq!(
        journal.history(u32::MAX, None).await.unwrap().len(),
        written.len() + 1,
        "held back ones included"
    );

    std::fs::remove_file(&ballast).unwrap();
    journal.record(vec![due(2)], seconds(5005)).await;
    assert!(journal.is_healthy());
    written.extend([due(1), due(2)]);
    journal.close().await;
    assert_eq!(open(&path).await.history(u32::MAX, None).await.unwrap(), written);
}

#[tokio::test]
async fn on_a_read_only_file_system_the_daemon_begins_from_memory() {
    if !has_mounts_of_its_own(concat!(
        module_path!(),
        "::on_a_read_only_file_system_the_daemon_begins_from_memory"
    )) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    mount_memory(folder.path(), "8m");
    let mut ledger = open(&path).await;
    ledger.write(&[due(1)]).await.unwrap();
    ledger.close().await;
    remount(folder.path(), "ro");

    let error = Sqlite::open(&path, at(0)).await.unwrap_err();
    assert!(!error.is_fatal());
    assert_eq!(
        error.to_string(),
        format!(
            "{}.lock cannot be used: Read-only file system (os error 30); check that its directory exists and that \
             reveille may write to it",
            path.display()
        )
    );
    let mut journal = Journal::holding_back(Sqlite::unopened(&path, at(0)), error, seconds(0));
    journal.record(vec![due(2)], seconds(5)).await;
    assert!(!journal.is_healthy());
    remount(folder.path(), "rw");
    journal.record(vec![due(3)], seconds(10)).await;
    assert!(journal.is_healthy());
    assert_eq!(journal.history(9, None).await.unwrap(), [due(1), due(2), due(3)]);
}

/// Drops the future after it has been polled this often.
async fn give_up_after(polls: u32, future: impl Future<Output = Result<(), LedgerError>>) {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        // An end that came before is as good.
        future.as_mut().poll(context).map(drop)
    })
    .await;
}

/// The connection that was given up may still be at work, and then holds its lock for a moment.
async fn write_at_last(ledger: &mut Sqlite, entries: &[Entry]) {
    for _ in 0..100 {
        match ledger.write(entries).await {
            Ok(()) => return,
            Err(error) => assert!(matches!(error, LedgerError::Locked { .. }), "{error}"),
        }
    }
    panic!("it stays locked");
}
