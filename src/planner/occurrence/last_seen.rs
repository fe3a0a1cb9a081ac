//! When a service was last seen, and whether that is too long ago: somebody may have acted meanwhile.

use crate::api::Elapsed;
use crate::planner::tolerances::STALE_AFTER;

/// When App Runner last said how a service stands, if it has.
#[derive(Debug, Default)]
pub(in crate::planner) struct LastSeen(Option<Elapsed>);

impl LastSeen {
    /// It is seen now.
    pub(in crate::planner) fn seen(&mut self, now: Elapsed) {
        self.0 = Some(now);
    }

    /// Nobody knows any more.
    pub(in crate::planner) fn forget(&mut self) {
        self.0 = None;
    }

    pub(super) fn is_stale(&self, now: Elapsed) -> bool {
        self.0.is_none_or(|seen| now.since(seen) > STALE_AFTER)
    }
}
