//! What an error of the database means.

use crate::ledger::LedgerError;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use std::path::Path;

/// The low byte of `SQLite`'s codes says what kind of error it is, the others which of the kind.
const KIND: i32 = 0xff;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const FULL: i32 = 13;

/// What is said of a file that is no ledger, or not any more. The first two: a statement or a row of ours does not fit
/// the tables. They fit every ledger that our migrations have made, so these are not ours any more.
const GENERAL: i32 = 1;
const CONSTRAINT: i32 = 19;
const CORRUPT: i32 = 11;
const NOT_A_DATABASE: i32 = 26;

/// Why a database could not be used.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is no database, or not any more.
    Damaged(String),
    Other(LedgerError),
}

/// Says what kind of error this is.
pub(super) fn classify(error: &sqlx::Error, path: &Path) -> Fault {
    let path = path.to_owned();
    let kind = error.as_database_error().and_then(kind);
    Fault::Other(match kind {
        Some(GENERAL | CONSTRAINT | CORRUPT | NOT_A_DATABASE) => return Fault::Damaged(error_text(error)),
        Some(BUSY | LOCKED) => LedgerError::Locked { path },
        Some(FULL) => LedgerError::DiskFull { path },
        Some(_) | None => LedgerError::Unavailable { path, cause: error_text(error) },
    })
}

/// Says what kind of error a migration met.
///
/// A ledger whose past differs from this build's, and which is not of a newer build, is damaged.
pub(super) fn classify_migration(error: MigrateError, path: &Path, known: i64) -> Fault {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => classify(&error, path),
        MigrateError::VersionMissing(version) if version > known => {
            Fault::Other(LedgerError::Newer { path: path.to_owned(), version, known })
        }
        error => Fault::Damaged(error.to_string()),
    }
}

fn kind(error: &dyn DatabaseError) -> Option<i32> {
    error.code()?.parse::<i32>().ok().map(|code| code & KIND)
}

/// What was said, without the words that the library puts before it.
fn error_text(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        error => error.to_string(),
    }
}
