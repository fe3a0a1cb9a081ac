//! What can be seen of a world from outside: for those who draw it, and for those who judge it.

use super::trouble::{ManualAction, Trouble};
use crate::api::{Now, OperationId, Refusal, Reply, ServiceArn, ServiceStatus};
use crate::config::Config;
use crate::planner::{Call, Change, LastOccurrence};
use jiff::{SignedDuration, Timestamp};

/// Somebody who looks on.
pub trait Observer {
    /// This was seen at this true time.
    fn see(&mut self, at: Timestamp, observation: Observation<'_>);
}

/// Something that can be seen.
#[derive(Debug, Clone, Copy)]
pub enum Observation<'a> {
    /// A process begins.
    Begins {
        /// Its clocks.
        now: Now,
        /// The file.
        config: &'a Config,
        /// What the ledger told it.
        remembered: &'a [LastOccurrence],
    },
    /// The process is killed.
    Dies,
    /// The ledger is lost.
    LedgerLost,
    /// Another file is in force.
    Reloads {
        /// Its clocks.
        now: Now,
        /// The file.
        config: &'a Config,
    },
    /// A turn's change was recorded, before the calls of the same turn leave.
    Records {
        /// The change.
        change: &'a Change,
        /// The clocks of the turn.
        now: Now,
    },
    /// A call leaves.
    Calls {
        /// The call.
        call: &'a Call,
        /// The clocks of the turn.
        now: Now,
    },
    /// A reply, or the want of one, is handed to the planner.
    Replies {
        /// Whose.
        arn: &'a ServiceArn,
        /// What was said.
        reply: &'a Result<Reply, Refusal>,
        /// Whether it answers a call that changes a service.
        acted: bool,
    },
    /// A call of ours that changes a service has reached App Runner.
    Arrives {
        /// The call.
        call: &'a Call,
        /// When it left.
        sent: Timestamp,
        /// What began.
        operation: Option<&'a OperationId>,
    },
    /// Somebody else has done something to a service.
    ByHand {
        /// The service.
        arn: &'a ServiceArn,
        /// What.
        action_by_hand: ManualAction,
        /// The operation that began, if it was taken.
        operation: Option<&'a OperationId>,
    },
    /// The process is stopped until then.
    Stops {
        /// Until when.
        until: Timestamp,
    },
    /// A service is in this state from now on, unless something is done to it.
    Stands {
        /// The service.
        arn: &'a ServiceArn,
        /// Its state.
        status: &'a ServiceStatus,
    },
    /// Trouble of another kind begins.
    Other {
        /// What it is.
        trouble: &'a Trouble,
    },
    /// The wall clock was set.
    ClockSteps {
        /// By so much.
        by: SignedDuration,
    },
    /// The planner asks to be woken at once, over and over.
    Spins,
}

/// Nobody.
impl Observer for () {
    fn see(&mut self, _: Timestamp, _: Observation<'_>) {}
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn see(&mut self, at: Timestamp, observation: Observation<'_>) {
        self.0.see(at, observation);
        self.1.see(at, observation);
    }
}
