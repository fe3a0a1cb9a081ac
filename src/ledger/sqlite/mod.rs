//! The ledger of one daemon: a file.

mod connect;
mod fault;
mod file_id;
mod lock;
mod queries;
mod rows;
mod set_aside;

use super::{Entry, Ledger, LedgerError, RETENTION};
use crate::api::ServiceArn;
use crate::planner::LastOccurrence;
use connect::Care;
use fault::Fault;
use file_id::FileId;
use jiff::Timestamp;
use lock::Lock;
use rows::Batch;
use sqlx::{Connection, SqliteConnection};
use std::path::{Path, PathBuf};

/// A ledger in a `SQLite` file.
///
/// It belongs to this process alone: `<file>.lock` is locked for as long as it lives. People may read it meanwhile, with
/// any `SQLite`; the view `history` is made for them.
///
/// After any failure the connection is thrown away, and the next use opens a new one. That leaves no doubt about what
/// is still open in it, and mends what a new connection can mend.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    open: Option<Open>,
    lock: Option<Lock>,
    /// The file was looked through once; that is not done again at every trouble.
    looked_through: bool,
    /// The latest instant that it was told, for the name of a file that is set aside.
    latest: Timestamp,
}

/// A connection, and the file that it was made to.
#[derive(Debug)]
struct Open {
    connection: SqliteConnection,
    file: Option<FileId>,
}

/// A ledger that is ready, and what had to be done for it.
#[derive(Debug)]
pub struct Opened {
    /// Ready for use, with the tables of this version.
    pub ledger: Sqlite,
    /// The file was damaged: it now has this name, and the ledger is a fresh one. The log has said so, as an error.
    pub set_aside: Option<PathBuf>,
}

impl Sqlite {
    /// Opens the ledger, makes it if there is none, brings an older one to the present version, and sets a damaged one
    /// aside.
    ///
    /// # Errors
    ///
    /// When [`LedgerError::is_fatal`], the file belongs to somebody else. Otherwise go on from memory, with a
    /// [`Journal::holding_back`](super::journal::Journal::holding_back) around [`Sqlite::unopened`].
    pub async fn open(path: &Path, now: Timestamp) -> Result<Opened, LedgerError> {
        let mut ledger = Self::unopened(path, now);
        let (open, set_aside) = ledger.connect().await?;
        ledger.open = Some(open);
        Ok(Opened { ledger, set_aside })
    }

    /// The ledger at this path, not opened: its first use opens it, as [`Sqlite::open`] does.
    pub fn unopened(path: &Path, now: Timestamp) -> Self {
        // An absolute path is neither changed by a change of directory nor taken by SQLite for a URI or for a memory.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { path, open: None, lock: None, looked_through: false, latest: now }
    }

    /// What is open. It is out of `self` while it is used, so a use that is given up or fails leaves nothing behind.
    async fn take(&mut self) -> Result<Open, LedgerError> {
        if let Some(open) = self.open.take() {
            if open.file == FileId::of(&self.path) {
                self.keep_locked()?;
                return Ok(open);
            }
            tracing::error!(
                ledger = %self.path.display(),
                "the ledger was removed or replaced while it was in use; reopening it"
            );
            drop(open.connection.close().await);
            // The lock file may have gone with it.
            self.lock = None;
            self.looked_through = false;
        }
        self.connect().await.map(|(open, _)| open)
    }

    /// Takes the lock anew if its file was removed or replaced: whoever came meanwhile has the ledger.
    fn keep_locked(&mut self) -> Result<(), LedgerError> {
        if self.lock.as_ref().is_some_and(Lock::is_in_place) {
            return Ok(());
        }
        tracing::error!(
            ledger = %self.path.display(),
            "the ledger's lock file was removed or replaced while it was in use; locking it again"
        );
        self.lock = None;
        self.lock = Some(Lock::take(&self.path)?);
        Ok(())
    }

    async fn connect(&mut self) -> Result<(Open, Option<PathBuf>), LedgerError> {
        if self.lock.is_none() {
            self.lock = Some(Lock::take(&self.path)?);
        }
        let care = if self.looked_through { Care::Quick } else { Care::LookThrough };
        let (connection, set_aside) = match connect::connect(&self.path, care).await {
            Ok(connection) => (connection, None),
            Err(Fault::Other(error)) => return Err(error),
            Err(Fault::Damaged(cause)) => {
                let new_name = set_aside::set_aside(&self.path, &cause, self.latest)?;
                let fresh = connect::connect(&self.path, Care::Quick).await;
                (fresh.map_err(|fault| self.unmendable(fault))?, Some(new_name))
            }
        };
        self.looked_through = true;
        Ok((Open { connection, file: FileId::of(&self.path) }, set_aside))
    }

    /// Puts back what is open after a use that went well, and throws it away after one that did not.
    async fn finish<T>(&mut self, open: Open, done: Result<T, sqlx::Error>) -> Result<T, LedgerError> {
        let error = match done {
            Ok(value) => {
                self.open = Some(open);
                return Ok(value);
            }
            Err(error) => error,
        };
        // Closed for good before a file is renamed. What it says to that is no news: it has failed already.
        drop(open.connection.close().await);
        match fault::classify(&error, &self.path) {
            Fault::Other(error) => Err(error),
            Fault::Damaged(cause) => {
                let new_name = set_aside::set_aside(&self.path, &cause, self.latest)?;
                Err(LedgerError::Damaged { path: self.path.clone(), cause, set_aside: Some(new_name) })
            }
        }
    }

    fn unmendable(&self, fault: Fault) -> LedgerError {
        match fault {
            Fault::Other(error) => error,
            Fault::Damaged(cause) => LedgerError::Damaged { path: self.path.clone(), cause, set_aside: None },
        }
    }
}

impl Ledger for Sqlite {
    async fn recall(&mut self) -> Result<Vec<LastOccurrence>, LedgerError> {
        let mut open = self.take().await?;
        let done = queries::recall(&mut open.connection).await;
        let rows = self.finish(open, done).await?;
        Ok(readable("services", rows.iter().map(rows::remembered)))
    }

    async fn write(&mut self, entries: &[Entry]) -> Result<(), LedgerError> {
        let Some(last) = entries.last() else { return Ok(()) };
        self.latest = last.at;
        let batch = Batch::of(entries);
        let mut open = self.take().await?;
        let done = queries::write(&mut open.connection, batch).await;
        self.finish(open, done).await
    }

    async fn config_in_force(&mut self, at: Timestamp, version: &str) -> Result<(), LedgerError> {
        self.latest = at;
        let mut open = self.take().await?;
        let done = queries::config_in_force(&mut open.connection, at, version).await;
        self.finish(open, done).await
    }

    async fn last_config(&mut self) -> Result<Option<String>, LedgerError> {
        let mut open = self.take().await?;
        let done = queries::last_config(&mut open.connection).await;
        self.finish(open, done).await
    }

    async fn trim(&mut self, now: Timestamp) -> Result<u64, LedgerError> {
        self.latest = now;
        let Ok(before) = now.checked_sub(RETENTION) else { return Ok(0) };
        let mut open = self.take().await?;
        let done = queries::trim(&mut open.connection, before).await;
        self.finish(open, done).await
    }

    async fn history(&mut self, last: u32, of: Option<&ServiceArn>) -> Result<Vec<Entry>, LedgerError> {
        let mut open = self.take().await?;
        let done = queries::history(&mut open.connection, last, of).await;
        let rows = self.finish(open, done).await?;
        Ok(readable("changes", rows.iter().rev().map(rows::entry)))
    }

    async fn close(mut self) {
        if let Some(open) = self.open.take() {
            // What was written is durable, whatever is said to this. The lock goes last, with `self`.
            drop(open.connection.close().await);
        }
    }
}

/// Leaves out what cannot be read any more, and says how much that is: a start without it asks App Runner instead.
fn readable<T>(what: &str, rows: impl Iterator<Item = Option<T>>) -> Vec<T> {
    let mut unreadable = 0_usize;
    let kept = rows.filter_map(|row| {
        unreadable = unreadable.saturating_add(usize::from(row.is_none()));
        row
    });
    let kept = kept.collect();
    if unreadable > 0 {
        tracing::warn!(unreadable, "the ledger contains invalid {what}; ignoring them");
    }
    kept
}
