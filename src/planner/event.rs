//! What goes into the planner and what comes out.

use super::change::{Change, Severity};
use super::last_occurrence::LastOccurrence;
use crate::api::{Cause, Elapsed, Now, Refusal, Reply, Request, ServiceArn};
use crate::config::{Difference, Service};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// What the shell reports to the planner. The time comes beside it.
#[derive(Debug)]
pub enum Event {
    /// The process begins: these are the services, and this is what is remembered of them. Comes first, and once.
    Start {
        /// Every service of the file.
        services: Vec<Service>,
        /// The latest occurrence of each service of which one is remembered.
        remembered: Vec<LastOccurrence>,
    },
    /// The file has changed.
    Reload(Difference),
    /// Time has passed: look at the deadlines.
    Tick,
    /// A call came back. Every [`Effect::Call`] is answered by exactly one of these.
    Replied {
        /// The call that it answers.
        call: CallId,
        /// What App Runner said.
        reply: Result<Reply, Refusal>,
    },
    /// The daemon is to stop: begin no more calls.
    Stop,
}

/// Something for the shell to carry out, in the order in which the planner gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Log, keep and count this change. It comes before the call that it announces.
    Record(Change),
    /// Make this call, once, and hand in its reply.
    Call(Call),
    /// Say that calls are held back by `[limits]`. Once each time that a queue forms.
    HeldBack {
        /// The region whose calls wait.
        region: String,
        /// The account whose calls wait.
        account: String,
        /// How many services wait.
        waiting: usize,
    },
    /// Say that the wall clock was set back by so much. Once a step, or a row of small steps.
    ClockSetBack {
        /// How far it was set back, as a positive duration.
        by: Duration,
    },
    /// Say that a service whose schedule is enforced could not be looked at, and will be looked at again. Once until a
    /// look succeeds.
    NotSeen {
        /// The service that could not be looked at.
        arn: ServiceArn,
        /// Its label for people.
        service: Arc<str>,
        /// The error of the failed look, for people.
        error: String,
        /// When it is looked at again, from now.
        retry_in: Duration,
        /// Who has to know: somebody must look where it will not be seen again by itself.
        severity: Severity,
    },
}

/// One API call to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its number, to be handed in with the reply.
    pub id: CallId,
    /// The service that the call is for; its region and account say where it goes.
    pub arn: ServiceArn,
    /// What is asked of App Runner.
    pub request: Request,
    /// When it was decided.
    pub decided: Now,
}

/// A call leaves within so long of its decision, or not at all. Between the two the process may have been stopped, or
/// its host asleep, and a pause that was decided in the evening must not leave in the morning.
pub(crate) const LEAVES_WITHIN: Duration = Duration::from_secs(5);

impl Call {
    /// Whether it must not leave any more: it was decided long ago, or the clock by which it was has been set back.
    pub fn is_too_late_to_leave(&self, now: Now) -> bool {
        now.since(self.decided).max(self.decided.since(now)) > LEAVES_WITHIN
    }

    /// What the planner is told of a call that was too late to leave.
    pub fn never_left() -> Refusal {
        let message = format!(
            "the call could not leave within {} s, and was not made: the process or its host stood still",
            LEAVES_WITHIN.as_secs()
        );
        Refusal { cause: Cause::NotSent, message }
    }
}

/// The number of a call, and of the service in the planner that asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId {
    pub(super) service: ServiceIndex,
    pub(super) number: u64,
}

/// A service's place in the planner.
pub(super) type ServiceIndex = usize;

/// The next instants at which the planner wants to be woken, one a clock, each with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextDeadline {
    /// On the wall clock.
    pub wall: Option<(Timestamp, Why)>,
    /// On the clock that is never stepped.
    pub elapsed: Option<(Elapsed, Why)>,
}

/// Why the planner wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// A transition of the schedule is due.
    Transition,
    /// An occurrence's catch-up window closes.
    CatchUpCloses,
    /// A resume counts as late.
    Late,
    /// A failed attempt is tried again.
    Retry,
    /// An operation is asked about.
    Poll,
    /// A busy service is looked at again.
    Busy,
    /// A service that is kept awake against people is looked at.
    Enforce,
    /// The rate of calls allows another.
    Rate,
}
