//! Which operations are our own work, or may be: what a look finds of them is no manual change.

use super::lost_calls::LostCalls;
use crate::api::{Action, Elapsed, Now, Operation, OperationId};
use jiff::Timestamp;

/// How many of our latest operations are remembered.
const REMEMBERED: usize = 8;

/// What is known of a service's operations that this process, or the one before, began or may have begun.
///
/// It belongs to the service and not to an occurrence: operations and calls outlive the occurrence that they were for.
#[derive(Debug, Default)]
pub(in crate::planner) struct OwnWork {
    /// Operations that this process began or followed, the latest last.
    operations: Vec<OperationId>,
    /// Calls of which nobody knows what became of them.
    lost_calls: LostCalls,
    /// When a call last left, or was last remembered, of which it was never seen what it began: an operation that is listed
    /// later, and began by then, may be its work.
    acted_unseen: Option<Timestamp>,
}

impl OwnWork {
    #[cfg(test)]
    pub(in crate::planner) const fn none() -> Self {
        Self { operations: Vec::new(), lost_calls: LostCalls::none(), acted_unseen: None }
    }

    /// This operation was begun or followed by us.
    pub(in crate::planner) fn add(&mut self, operation: OperationId) {
        if self.operations.contains(&operation) {
            return;
        }
        if self.operations.len() >= REMEMBERED {
            self.operations.remove(0);
        }
        self.operations.push(operation);
    }

    /// Nobody knows what becomes of a call that left at this wall time.
    pub(in crate::planner) fn lost(&mut self, action: Action, sent: Timestamp, now: Now) {
        self.lost_calls.lost(action, sent, now);
    }

    /// Until when a lost call for this may still take effect, if one may.
    pub(in crate::planner) fn may_take_effect_until(&self, action: Action, now: Elapsed) -> Option<Elapsed> {
        self.lost_calls.until(action, now)
    }

    /// Whether an operation for this is ours, or may be the work of a lost call.
    pub(in crate::planner) fn may_include(&self, action: Action, operation: &Operation) -> bool {
        operation.id.as_ref().is_some_and(|id| self.operations.contains(id))
            || operation.started_at.is_some_and(|at| self.lost_calls.may_have_begun(action, at))
    }

    /// An occurrence ends in doubt about a call that left at this instant: what that began may be seen later.
    pub(in crate::planner) fn ends_unseen(&mut self, acted_at: Timestamp) {
        self.acted_unseen = self.acted_unseen.max(Some(acted_at));
    }

    /// When a call left of which it was never seen what it began.
    pub(in crate::planner) fn acted_unseen(&self) -> Option<Timestamp> {
        self.acted_unseen
    }

    /// Gives away the latest operation, for who remembers it after us.
    pub(in crate::planner) fn take_latest(&mut self) -> Option<OperationId> {
        self.operations.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::OperationKind;

    #[test]
    fn the_latest_eight_operations_are_ours_and_the_one_before_is_forgotten() {
        let id = |number: usize| OperationId::new(&format!("operation-{number}"));
        let operation = |number| Operation {
            id: Some(id(number)),
            kind: Some(OperationKind::PauseService),
            status: None,
            started_at: None,
            ended_at: None,
        };
        let mut ours = OwnWork::default();
        for number in [0, 1, 2, 3, 4, 5, 6, 7, 8, 8] {
            ours.add(id(number));
        }
        let known = (0..10).filter(|number| ours.may_include(Action::Pause, &operation(*number)));
        assert_eq!(known.collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
        assert_eq!(ours.take_latest(), Some(id(8)));
    }
}
