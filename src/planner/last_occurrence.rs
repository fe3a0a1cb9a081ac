//! What is known of a service's latest occurrence from before the process began.

use super::change::{Change, State};
use crate::api::{OperationId, ServiceArn};
use crate::schedule::Transition;
use jiff::Timestamp;

/// The latest occurrence of a service as a ledger remembers it: its last change, and when that was.
///
/// A service of which nothing is remembered is looked at before anything is called for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastOccurrence {
    /// The service that the occurrence is about.
    pub arn: ServiceArn,
    /// What was to be done, and when.
    pub transition: Transition,
    /// The state that its last change led to.
    pub state: State,
    /// The operation that was followed, or that ended it.
    pub operation: Option<OperationId>,
    /// Calls to act made for it.
    pub attempts: u32,
    /// Operations for it that failed.
    pub failed_operations: u32,
    /// A call whose outcome nobody knows left at this instant, or the operation that was followed began then.
    pub unsure_since: Option<Timestamp>,
    /// When the change was recorded.
    pub at: Timestamp,
}

impl LastOccurrence {
    /// What a change, recorded at this instant, leaves behind.
    pub fn of(change: &Change, at: Timestamp) -> Self {
        Self {
            arn: change.arn.clone(),
            transition: Transition { at: change.scheduled, action: change.action },
            state: change.to,
            operation: change.operation.clone(),
            attempts: change.attempt,
            failed_operations: change.failed_operations,
            unsure_since: change.unsure_since,
            at,
        }
    }

    /// The operation that was followed when the process ended, and since when. One whose failure was told is followed no
    /// more.
    pub(super) fn followed(&self) -> Option<(&OperationId, Timestamp)> {
        let since = match self.state {
            State::Tracking | State::Waiting => Some(self.unsure_since.unwrap_or(self.at)),
            State::BackingOff => self.unsure_since,
            State::Due | State::Calling | State::Ended(_) => None,
        };
        self.operation.as_ref().zip(since)
    }
}
