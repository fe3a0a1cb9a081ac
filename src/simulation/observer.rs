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
    /// A process begins, with the file as it is now.
    Begins {
        /// What its clocks show when it begins.
        now: Now,
        /// The configuration that it starts with.
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
        /// The clocks of the process that reloads.
        now: Now,
        /// The configuration from now on.
        config: &'a Config,
    },
    /// A turn's change was recorded, before the calls of the same turn leave.
    Records {
        /// What the planner asked to have recorded.
        change: &'a Change,
        /// The clocks of the turn.
        now: Now,
    },
    /// The planner makes a call, which may be lost on its way.
    Calls {
        /// What is sent, to which service, and when it was decided.
        call: &'a Call,
        /// The clocks of the turn.
        now: Now,
    },
    /// A reply, or the want of one, is handed to the planner.
    Replies {
        /// The service that the call was for.
        arn: &'a ServiceArn,
        /// App Runner's answer, or why there is none.
        reply: &'a Result<Reply, Refusal>,
        /// Whether it answers a call that changes a service.
        acted: bool,
    },
    /// A call of ours that changes a service has reached App Runner.
    Arrives {
        /// The call that arrives.
        call: &'a Call,
        /// When the call left the daemon, in true time.
        sent: Timestamp,
        /// The operation that it started; `None` if App Runner refused it or named none.
        operation: Option<&'a OperationId>,
    },
    /// Somebody else has done something to a service.
    ByHand {
        /// The service that was changed.
        arn: &'a ServiceArn,
        /// What the person, or AWS, did to it.
        action_by_hand: ManualAction,
        /// The operation that began, if it was taken.
        operation: Option<&'a OperationId>,
    },
    /// The process is stopped until then.
    Stops {
        /// The true time at which it continues.
        until: Timestamp,
    },
    /// A service is in this state from now on, unless something is done to it.
    Stands {
        /// The service whose state is told.
        arn: &'a ServiceArn,
        /// The actual state, which the daemon may not have seen yet.
        status: &'a ServiceStatus,
    },
    /// Trouble of another kind begins.
    Other {
        /// What begins, with its length where it has one.
        trouble: &'a Trouble,
    },
    /// The wall clock was set.
    ClockSteps {
        /// How far the wall clock moved; negative when it was set back.
        by: SignedDuration,
    },
    /// The planner asks to be woken at once, over and over.
    Spins,
}

/// For worlds that nobody watches: discards what is seen.
impl Observer for () {
    fn see(&mut self, _: Timestamp, _: Observation<'_>) {}
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn see(&mut self, at: Timestamp, observation: Observation<'_>) {
        self.0.see(at, observation);
        self.1.see(at, observation);
    }
}
