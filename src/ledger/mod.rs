//! **The durable record** of every occurrence, so that the next process decides as this one would have.
//!
//! The loop hands every change of an occurrence to a [`LedgerWriter`], whose thread owns a [`Journal`], and the call that
//! a change announces leaves when the change is durable. The journal writes to a [`Ledger`] and goes on without it when
//! it fails: it keeps what could not be written and writes it later. [`Sqlite`] is the ledger of one daemon;
//! [`NullLedger`] is the one for runs that are to leave no trace.
//!
//! A ledger that is lost costs some questions to App Runner, never a wrong action. So nothing here ends the process,
//! but for a file that belongs to somebody else: another daemon, a newer reveille, another program.

mod error;
mod journal;
mod null;
mod sqlite;
mod writer;

pub use error::LedgerError;
pub use journal::Journal;
pub use null::NullLedger;
pub use sqlite::{Opened, Sqlite};
pub use writer::{LedgerWriter, Recalled};

use crate::api::ServiceArn;
use crate::planner::{Change, LastOccurrence};
use jiff::{SignedDuration, Timestamp};
use std::future::Future;

/// How long history is kept: a year, and a month for whoever looks back at it.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(400 * 24);

/// One change, and when it was recorded.
///
/// Instants and durations are kept to the microsecond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the wall clock said when it was recorded.
    pub at: Timestamp,
    /// The change as the planner reported it.
    pub change: Change,
}

/// Where changes outlive the process.
///
/// Every method may be given up halfway (its future dropped): nothing of it, or all of it, has then been done, and
/// doing it again does no harm.
pub trait Ledger: Send {
    /// The latest occurrence of each service, the one whose change was written last. Its cost grows with the number
    /// of services, not with their history. What cannot be read any more is left out, and said in the log.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    fn recall(&mut self) -> impl Future<Output = Result<Vec<LastOccurrence>, LedgerError>> + Send;

    /// Makes these changes durable in this order, all of them or none. An entry that was written before is passed over.
    ///
    /// # Errors
    ///
    /// When they could not be made durable.
    fn write(&mut self, entries: &[Entry]) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Notes that this version of the schedule file, a digest of its text, is in force from this instant on. A version
    /// that is in force already is not noted again.
    ///
    /// # Errors
    ///
    /// When it could not be made durable.
    fn config_in_force(
        &mut self,
        at: Timestamp,
        version: &str,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// The version of the schedule file that was noted last; none where none is kept.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    fn last_config(&mut self) -> impl Future<Output = Result<Option<String>, LedgerError>> + Send {
        std::future::ready(Ok(None))
    }

    /// Forgets some of what is older than [`RETENTION`], never the latest occurrence of a service. Its work is bounded; it
    /// says how many occurrences it forgot, and when that is none, nothing old is left.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    fn trim(&mut self, now: Timestamp) -> impl Future<Output = Result<u64, LedgerError>> + Send;

    /// The last changes, oldest first, of one service or of all. A service goes by its present name.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    fn history(
        &mut self,
        last: u32,
        of: Option<&ServiceArn>,
    ) -> impl Future<Output = Result<Vec<Entry>, LedgerError>> + Send;

    /// Ends its use in order. Without it nothing is lost; the next start has a little more to do.
    fn close(self) -> impl Future<Output = ()> + Send;
}
