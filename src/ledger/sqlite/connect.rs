//! From a path to a connection with the tables of this version behind it.

use super::fault::{Fault, classify, classify_migration};
use super::lock::beside;
use crate::ledger::LedgerError;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row, SqlStr, SqliteConnection};
use std::borrow::Cow;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// The tables of each version: what was applied once is never edited, a change is a new file. They are compiled in.
const MIGRATIONS: [(i64, &str, &str); 2] = [
    (1, "occurrences", include_str!("../migrations/0001_occurrences.sql")),
    (2, "holds and files", include_str!("../migrations/0002_holds_and_files.sql")),
];

/// How long another program's lock is waited for. The loop waits as well, so it is short: whoever reads blocks nobody,
/// and whoever writes here is a person at a prompt, who will be longer than any patience of ours.
const LOCK_AWAITED: Duration = Duration::from_millis(250);

/// The largest file that is read from end to end at the start, which takes some tenths of a second. Of a larger one the
/// services are looked through; what is wrong with its history is found when it is met.
const LOOKED_THROUGH: u64 = 64 * 1024 * 1024;

/// Rows that the database may be ahead of us: each handing over wakes a thread.
const ROWS_AHEAD: usize = 1024;

/// WAL: one fsync a commit, and people may read while we write.
///
/// FULL: in WAL mode anything less leaves the last commits to the system's cache, where a power cut finds them. The
/// intent of a call must not be lost after the call has left; an fsync a turn of the loop is all that it costs.
///
/// A log that a long reader made grow is cut back to 64 MiB.
const SETTINGS: &str =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;";

/// Which of the file's contents are looked through before it is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// None: it was looked through before, or it is fresh.
    Quick,
    /// All of a small file, the services of a large one.
    LookThrough,
}

/// Opens the file, makes it if there is none, and brings its tables to the present version.
pub(super) async fn connect(path: &Path, care: Care) -> Result<SqliteConnection, Fault> {
    create(path).map_err(|error| {
        Fault::Other(LedgerError::Unavailable { path: path.to_owned(), cause: error.to_string() })
    })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(LOCK_AWAITED)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging();
    let mut connection = options.connect().await.map_err(|error| classify(&error, path))?;
    match prepare(&mut connection, path, care).await {
        Ok(()) => Ok(connection),
        Err(fault) => {
            // Closed for good before the file is renamed. What it says to that is no news.
            drop(connection.close().await);
            Err(fault)
        }
    }
}

/// The history shows when people work, so others may not read it. The group may, and the umask decides.
fn create(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path).map(drop)
}

async fn prepare(connection: &mut SqliteConnection, path: &Path, care: Care) -> Result<(), Fault> {
    let failed = |error: sqlx::Error| classify(&error, path);
    if is_foreign(connection).await.map_err(failed)? {
        return Err(Fault::Other(LedgerError::Foreign { path: path.to_owned() }));
    }
    sqlx::raw_sql(SETTINGS).execute(&mut *connection).await.map_err(failed)?;
    if care == Care::LookThrough {
        look_through(connection, path).await?;
    }
    migrate(connection, path).await
}

/// Whether there are tables in it, and none that every ledger has. Nothing has been written to it yet.
async fn is_foreign(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // The table of migrations is the library's, and others use that library too.
    let tables = "SELECT count(*), count(*) FILTER (WHERE name IN ('service', 'occurrence', 'change')) \
                  FROM sqlite_schema WHERE type = 'table' AND name <> '_sqlx_migrations'";
    let row = sqlx::query(tables).fetch_one(connection).await?;
    Ok(row.try_get::<i64, _>(0)? > 0 && row.try_get::<i64, _>(1)? == 0)
}

async fn look_through(connection: &mut SqliteConnection, path: &Path) -> Result<(), Fault> {
    let size = |path: &Path| path.metadata().map_or(0, |file| file.len());
    let check = check_for(size(path).saturating_add(size(&beside(path, "-wal"))));
    let row = sqlx::query(check).fetch_one(connection).await.map_err(|error| classify(&error, path))?;
    match row.try_get::<String, _>(0) {
        Ok(said) if said == "ok" => Ok(()),
        Ok(said) => Err(Fault::Damaged(said)),
        Err(error) => Err(Fault::Damaged(error.to_string())),
    }
}

fn check_for(size: u64) -> &'static str {
    if size <= LOOKED_THROUGH { "PRAGMA quick_check(1)" } else { "PRAGMA quick_check('service')" }
}

async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), Fault> {
    let migrations = MIGRATIONS.map(|(version, description, sql)| {
        let description = Cow::Borrowed(description);
        Migration::new(version, description, MigrationType::Simple, SqlStr::from_static(sql), false)
    });
    let known = MIGRATIONS.map(|(version, ..)| version).into_iter().max().unwrap_or_default();
    Migrator::with_migrations(migrations.into())
        .run_direct(None, connection, false)
        .await
        .map_err(|error| classify_migration(error, path, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sound_file_of_any_size_is_found_sound() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = connect(&folder.path().join("ledger.db"), Care::Quick).await.unwrap();
        for (size, looked_at) in [(LOOKED_THROUGH, "(1)"), (LOOKED_THROUGH + 1, "('service')")] {
            assert!(check_for(size).ends_with(looked_at));
            let said =
                sqlx::query_scalar::<_, String>(check_for(size)).fetch_all(&mut connection).await.unwrap();
            assert_eq!(said, ["ok"]);
        }
    }

    #[tokio::test]
    async fn a_commit_is_on_the_disk_before_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = connect(&folder.path().join("ledger.db"), Care::Quick).await.unwrap();
        let journal = sqlx::query_scalar::<_, String>("PRAGMA journal_mode").fetch_one(&mut connection).await;
        let synchronous = sqlx::query_scalar::<_, i64>("PRAGMA synchronous").fetch_one(&mut connection).await;
        assert_eq!((journal.unwrap().as_str(), synchronous.unwrap()), ("wal", 2));
    }
}
