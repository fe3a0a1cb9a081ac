//! The call of a service that is on its way; there is one at a time.

use crate::api::{Now, Request};
use crate::planner::tolerances::STALE_AFTER;
use crate::schedule::Transition;
use jiff::Timestamp;

/// A call whose reply has not come.
#[derive(Debug)]
pub(in crate::planner) struct InFlight {
    pub(in crate::planner) number: u64,
    pub(in crate::planner) request: Request,
    /// When it left.
    pub(in crate::planner) sent: Now,
    /// What was in doubt before it left.
    pub(in crate::planner) unsure_before: Option<Timestamp>,
    /// The occurrence that it was made for.
    pub(in crate::planner) transition: Transition,
}

impl InFlight {
    /// Whether it left so long ago that its reply does not say how things stand now.
    pub(in crate::planner) fn is_old(&self, now: Now) -> bool {
        now.since(self.sent) > STALE_AFTER
    }
}
