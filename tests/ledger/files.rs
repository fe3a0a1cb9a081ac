//! Whose file it is: of an older reveille, a newer one, another daemon, another program, of nobody.

use super::other_process::{OtherProcess, keep, takes};
use super::support::{at, count, due, entry, execute, files, open, seconds, stranger};
use reveille::api::Action;
use reveille::api::OperationId;
use reveille::ledger::{Journal, Ledger, LedgerError, Sqlite};
use reveille::planner::State;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[tokio::test]
async fn a_ledger_of_version_1_is_brought_to_the_present_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    execute(&mut stranger(&path).await, include_str!("version_1.sql")).await;

    let mut ledger = open(&path).await;
    let recalled = ledger.recall().await.unwrap();
    assert_eq!(recalled.len(), 1);
    assert_eq!(
        (recalled[0].state, &recalled[0].operation),
        (State::Tracking, &Some(OperationId::new("op-1")))
    );
    assert_eq!(ledger.history(9, None).await.unwrap().len(), 2);
    ledger.config_in_force(at(0), "a").await.unwrap();
    let version = "SELECT max(version) FROM _sqlx_migrations WHERE success";
    assert_eq!(count(&mut stranger(&path).await, version).await, 2);
}

#[tokio::test]
async fn a_ledger_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    open(&path).await.close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (3, 'of tomorrow', true, x'00', 0)";
    execute(&mut stranger(&path).await, newer).await;

    let error = refused(&path).await;
    assert!(error.is_fatal());
    assert_eq!(
        error.to_string(),
        format!(
            "{} was written by a newer reveille (its version is 3, this one knows 2); install that version again, or move the file away: a new ledger costs some calls to App Runner",
            path.display()
        )
    );
    let version = "SELECT max(version) FROM _sqlx_migrations";
    assert_eq!(count(&mut stranger(&path).await, version).await, 3);
}

#[tokio::test]
async fn the_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("music.db");
    let tables = "CREATE TABLE song (title TEXT); CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY)";
    execute(&mut stranger(&path).await, tables).await;
    let before = std::fs::read(&path).unwrap();

    let error = refused(&path).await;
    assert!(error.is_fatal());
    assert_eq!(
        error.to_string(),
        format!("{} is another program's database; name another file in [daemon] ledger", path.display())
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn the_second_daemon_is_refused_until_the_first_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let first = open(&path).await;
    let error = refused(&path).await;
    assert!(error.is_fatal());
    assert_eq!(
        error.to_string(),
        format!(
            "{} is in use by another reveille (process {}); stop it, or give this one its own ledger ([daemon] ledger)",
            path.display(),
            std::process::id()
        )
    );
    first.close().await;
    open(&path).await.close().await;
    assert_eq!(files(folder.path()), ["ledger.db", "ledger.db.lock"]);
}

#[tokio::test]
async fn a_ledger_is_free_as_soon_as_its_daemon_is_killed() {
    if let Some(path) = takes() {
        let mut ledger = open(&path).await;
        ledger.write(&[due(1)]).await.unwrap();
        keep();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let other = OtherProcess::that_takes(
        &path,
        concat!(module_path!(), "::a_ledger_is_free_as_soon_as_its_daemon_is_killed"),
    );
    assert_eq!(refused(&path).await, LedgerError::InUse { path: path.clone(), process: Some(other.id()) });
    other.kill();
    assert_eq!(open(&path).await.history(9, None).await.unwrap(), [due(1)]);
}

#[tokio::test]
async fn a_lock_file_without_a_holder_locks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    std::fs::write(folder.path().join("ledger.db.lock"), "4194304999\n").unwrap();
    let _first = open(&path).await;
    let LedgerError::InUse { process, .. } = refused(&path).await else { panic!("not refused") };
    assert_eq!(process, Some(std::process::id()));
}

#[tokio::test]
async fn a_lock_file_that_says_nothing_still_locks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let _first = open(&path).await;
    std::fs::write(folder.path().join("ledger.db.lock"), "").unwrap();
    let message = refused(&path).await.to_string();
    assert!(message.contains("is in use by another reveille; stop it"), "{message}");
}

#[tokio::test]
async fn the_world_does_not_read_when_people_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    ledger.write(&[entry(1, Action::Resume, 0, State::Due, State::Calling)]).await.unwrap();
    assert_eq!(
        files(folder.path()),
        ["ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.db.lock"],
        "these files are looked at"
    );
    for name in files(folder.path()) {
        let mode = folder.path().join(&name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o027, 0, "{name} has mode {mode:o}");
    }
}

#[tokio::test]
async fn a_missing_directory_does_not_prevent_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("ledger.db");
    let error = refused(&path).await;
    assert!(!error.is_fatal());
    assert_eq!(
        error.to_string(),
        format!(
            "{}.lock cannot be used: No such file or directory (os error 2); check that its directory exists and that \
             reveille may write to it",
            path.display()
        )
    );
    let mut ledger = Sqlite::unopened(&path, at(0));
    std::fs::create_dir(folder.path().join("missing")).unwrap();
    ledger.write(&[entry(1, Action::Resume, 0, State::Due, State::Calling)]).await.unwrap();
    assert_eq!(ledger.recall().await.unwrap().len(), 1);
}

async fn refused(path: &Path) -> LedgerError {
    match Sqlite::open(path, at(0)).await {
        Ok(opened) => panic!("it was opened: {opened:?}"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_lock_file_that_is_removed_is_locked_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut first = open(&path).await;
    std::fs::remove_file(folder.path().join("ledger.db.lock")).unwrap();
    first.write(&[due(1)]).await.unwrap();
    assert!(matches!(refused(&path).await, LedgerError::InUse { .. }));
    assert_eq!(first.history(9, None).await.unwrap(), [due(1)]);
}

#[tokio::test]
async fn a_daemon_whose_lock_file_was_removed_makes_way_for_the_one_that_came_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut first = Journal::new(open(&path).await);
    std::fs::remove_file(folder.path().join("ledger.db.lock")).unwrap();
    let mut second = open(&path).await;
    // What the heartbeat asks for.
    first.trim(at(60), seconds(60)).await;
    assert!(matches!(first.lost(), Some(LedgerError::InUse { .. })), "{:?}", first.lost());
    second.write(&[due(1)]).await.unwrap();
}
