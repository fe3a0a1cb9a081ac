//! A ledger that forgets.

use super::{Entry, Ledger, LedgerError};
use crate::api::ServiceArn;
use crate::planner::LastOccurrence;
use jiff::Timestamp;

/// Takes everything and remembers nothing: for runs that are to leave no trace, such as a dry run.
#[derive(Debug, Clone, Copy, Default)]
pub struct NullLedger;

impl Ledger for NullLedger {
    async fn recall(&mut self) -> Result<Vec<LastOccurrence>, LedgerError> {
        Ok(Vec::new())
    }

    async fn write(&mut self, _: &[Entry]) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn config_in_force(&mut self, _: Timestamp, _: &str) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn trim(&mut self, _: Timestamp) -> Result<u64, LedgerError> {
        Ok(0)
    }

    async fn history(&mut self, _: u32, _: Option<&ServiceArn>) -> Result<Vec<Entry>, LedgerError> {
        Ok(Vec::new())
    }

    async fn close(self) {}
}
