//! How often something was tried for an occurrence, and how often at most.

use crate::planner::backoff::backoff;
use std::time::Duration;

/// The most API calls for one occurrence: a month at the slowest pace of looks fits in it.
pub(in crate::planner) const MOST_CALLS: u32 = 100_000;

/// The most operations for one occurrence.
pub(in crate::planner) const MOST_OPERATIONS: u32 = 3;

/// What was tried for one occurrence.
#[derive(Debug, Default)]
pub(in crate::planner) struct Attempts {
    /// Calls to act.
    acts: u32,
    /// All API calls, looks among them.
    calls: u32,
    /// Attempts in a row that failed.
    failures: u32,
    /// Operations that failed.
    failed_operations: u32,
}

impl Attempts {
    /// Those that the process before has recorded.
    pub(in crate::planner) fn remembered(acts: u32, failed_operations: u32) -> Self {
        Self { acts, failed_operations, ..Self::default() }
    }

    /// Calls to act that were made.
    pub(in crate::planner) fn acts(&self) -> u32 {
        self.acts
    }

    /// Operations that failed.
    pub(in crate::planner) fn failed_operations(&self) -> u32 {
        self.failed_operations
    }

    /// Another API call is to leave; whether it may.
    pub(in crate::planner) fn may_call(&mut self) -> bool {
        let may = self.calls < MOST_CALLS;
        if may {
            self.calls = self.calls.saturating_add(1);
        }
        may
    }

    /// A call to act leaves.
    pub(in crate::planner) fn act_leaves(&mut self) {
        self.acts = self.acts.saturating_add(1);
    }

    /// An attempt failed; how long to wait before the next.
    pub(in crate::planner) fn failed(&mut self, rng: &mut fastrand::Rng) -> Duration {
        self.failures = self.failures.saturating_add(1);
        backoff(self.failures, rng)
    }

    /// The row of failures is over.
    pub(in crate::planner) fn goes_well(&mut self) {
        self.failures = 0;
    }

    /// An operation failed. The list may show more that nobody followed: those of a process whose ledger is lost.
    pub(in crate::planner) fn operation_failed(&mut self, listed: u32) {
        self.failed_operations = self.failed_operations.saturating_add(1).max(listed);
    }

    /// The list shows so many failed operations, and so many more ended in no list; whether one of them is news.
    pub(in crate::planner) fn failed_unfollowed(&mut self, listed: u32, unlisted: u32) -> bool {
        let failed = listed.max(self.failed_operations.saturating_add(unlisted));
        let is_news = failed > self.failed_operations;
        self.failed_operations = failed;
        is_news
    }

    /// Whether there is no other operation after this one.
    pub(in crate::planner) fn are_used_up(&self) -> bool {
        self.failed_operations >= MOST_OPERATIONS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_the_list_has_shown_before_is_no_news() {
        let mut attempts = Attempts::default();
        attempts.operation_failed(0);
        assert!(!attempts.failed_unfollowed(1, 0));
        assert!(attempts.failed_unfollowed(1, 1));
        assert!(!attempts.are_used_up());
        attempts.operation_failed(3);
        assert_eq!(attempts.failed_operations(), 3);
        assert!(attempts.are_used_up());
    }

    #[test]
    fn the_calls_for_one_occurrence_have_a_bound() {
        let mut attempts = Attempts::default();
        assert!((0..MOST_CALLS).all(|_| attempts.may_call()));
        assert!(!attempts.may_call());
    }
}
