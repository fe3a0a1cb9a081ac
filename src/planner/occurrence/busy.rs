//! Busy is no error: how often a service is looked at that is busy with an operation which is not ours.

use crate::api::{Elapsed, OVERDUE_AFTER};
use crate::planner::backoff::SLOWEST_WAIT;
use std::time::Duration;

/// The first and the widest gap between looks at a busy service.
const GAPS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));

/// How long a service has been busy, and how often it was looked at.
#[derive(Debug, Default)]
pub(in crate::planner) struct BusyWait {
    since: Option<Elapsed>,
    /// Looks at a busy service, for the pace.
    looks: u32,
}

impl BusyWait {
    /// A look has found it busy: the gap before the next look, and whether it has been so for too long.
    pub(in crate::planner) fn found_busy(&mut self, now: Elapsed) -> (Duration, bool) {
        let since = *self.since.get_or_insert(now);
        let (first, widest) = GAPS;
        let gap = first.saturating_mul(1 << self.looks.min(8)).min(widest);
        self.looks = self.looks.saturating_add(1);
        let is_overdue = now.since(since) >= OVERDUE_AFTER;
        (if is_overdue { SLOWEST_WAIT } else { gap }, is_overdue)
    }

    /// It is busy no longer, or with an operation of ours.
    pub(in crate::planner) fn is_over(&mut self) {
        self.since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_service_is_looked_at_more_and_more_slowly_and_after_twenty_minutes_at_the_slowest_pace() {
        let mut busy = BusyWait::default();
        let mut found = |seconds| busy.found_busy(Elapsed(Duration::from_secs(seconds)));
        let gaps: Vec<u64> = [0, 5, 15, 35, 65].map(|seconds| found(seconds).0.as_secs()).into();
        assert_eq!(gaps, [5, 10, 20, 30, 30]);
        assert_eq!(found(20 * 60 - 1), (Duration::from_secs(30), false));
        assert_eq!(found(20 * 60), (SLOWEST_WAIT, true));
    }
}
