//! What the calls for an occurrence may have begun without anybody having seen it.
//!
//! A call is in doubt from when it leaves until its outcome is known (`unsure_since`); an operation that ended is in doubt
//! until the service is seen in its state (`unconfirmed`). These last as long as the occurrence. What outlives it, for the
//! service may still change by it, is in `service/lost_calls.rs` and `service/own_work.rs`.

use crate::api::OperationId;
use crate::planner::tolerances::{CLAIMED_BEFORE, NO_MANUAL_CHANGE_WITHIN};
use jiff::Timestamp;

/// An occurrence's doubts about its own calls, and about those of the occurrence before.
#[derive(Debug)]
pub(in crate::planner) struct Doubts {
    /// A call whose outcome nobody knows left at this instant.
    unsure_since: Option<Timestamp>,
    /// When a call that changes the service last left for it, as far as is known.
    acted_at: Option<Timestamp>,
    /// An operation of ours seems to be under way that is in no list yet.
    unlisted: bool,
    /// An operation of ours succeeded, and the service was not in its state.
    unconfirmed: Option<OperationId>,
    /// From when on an opposite operation counts as a manual change.
    manual_changes_from: Timestamp,
}

impl Doubts {
    /// Those of an occurrence for which nothing was called: a call of the one before may have been on its way at its
    /// instant.
    pub(in crate::planner) fn at(instant: Timestamp) -> Self {
        Self {
            unsure_since: None,
            acted_at: None,
            unlisted: false,
            unconfirmed: None,
            manual_changes_from: no_manual_change_until(instant),
        }
    }

    /// Those of an occurrence whose last row was written at this instant by the process before, and said since when a call
    /// was in doubt. `was_busy`: the service was busy with what may have been an operation of ours that no list showed.
    pub(in crate::planner) fn remembered(
        instant: Timestamp,
        unsure_since: Option<Timestamp>,
        written: Timestamp,
        was_busy: bool,
    ) -> Self {
        let unlisted = was_busy && unsure_since.is_some();
        Self { unsure_since, acted_at: Some(written), unlisted, ..Self::at(instant) }
    }

    /// A call leaves at this instant, and nobody knows what will become of it.
    pub(in crate::planner) fn call_leaves(&mut self, sent: Timestamp) {
        self.acted_at = Some(sent);
        let since = sent.saturating_sub(CLAIMED_BEFORE).unwrap_or(sent);
        self.unsure_since.get_or_insert(since);
    }

    /// The call that left last began nothing: what was in doubt before it left still is, and no more.
    pub(in crate::planner) fn call_began_nothing(&mut self, unsure_before: Option<Timestamp>) {
        self.unsure_since = unsure_before;
    }

    /// It is known what became of every call.
    pub(in crate::planner) fn calls_are_settled(&mut self) {
        self.unsure_since = None;
    }

    /// The call was taken and its operation not named. Where the service is busy, that is the operation.
    pub(in crate::planner) fn taken_without_a_name(&mut self, is_busy: bool) {
        self.unlisted = is_busy;
    }

    /// The service is busy. While a call is in doubt and the list shows no work, that may be its operation.
    pub(in crate::planner) fn busy(&mut self, sees_work: bool) {
        self.unlisted |= self.unsure_since.is_some() && !sees_work;
    }

    /// An operation is followed from now on, so nothing is unlisted or unconfirmed.
    pub(in crate::planner) fn is_followed(&mut self) {
        self.unconfirmed = None;
        self.unlisted = false;
    }

    /// The look found the service unchanged; whether an operation of ours that was in no list has ended so.
    pub(in crate::planner) fn nothing_is_under_way(&mut self) -> bool {
        self.calls_are_settled();
        std::mem::take(&mut self.unlisted)
    }

    /// This operation succeeded, and the service is not in its state.
    pub(in crate::planner) fn not_confirmed(&mut self, operation: OperationId) {
        self.unconfirmed = Some(operation);
    }

    /// A look decides about the operation that succeeded without its state, if one did.
    pub(in crate::planner) fn take_unconfirmed(&mut self) -> Option<OperationId> {
        self.unconfirmed.take()
    }

    /// A call of an earlier occurrence was in flight at this instant: what it began is not a manual change.
    pub(in crate::planner) fn call_was_in_flight_at(&mut self, wall: Timestamp) {
        self.manual_changes_count_from(no_manual_change_until(wall));
    }

    /// What begins before this instant does not count as a manual change.
    pub(in crate::planner) fn manual_changes_count_from(&mut self, until: Timestamp) {
        self.manual_changes_from = self.manual_changes_from.max(until);
    }

    /// From when on an opposite operation counts as a manual change.
    pub(in crate::planner) fn manual_changes_from(&self) -> Timestamp {
        self.manual_changes_from
    }

    /// Since when it is not known what became of a call.
    pub(in crate::planner) fn unsure_since(&self) -> Option<Timestamp> {
        self.unsure_since
    }

    /// When a call that changes the service last left, as far as is known.
    pub(in crate::planner) fn acted_at(&self) -> Option<Timestamp> {
        self.acted_at
    }

    /// Should it end now: when the call left of which nobody has seen what it began.
    pub(in crate::planner) fn unseen_act(&self, now: Timestamp) -> Option<Timestamp> {
        self.unsure_since.map(|_| self.acted_at.unwrap_or(now))
    }

    /// Whether no call can have an effect that is still to be seen.
    pub(in crate::planner) fn are_none(&self) -> bool {
        self.unsure_since.is_none() && !self.unlisted
    }
}

fn no_manual_change_until(wall: Timestamp) -> Timestamp {
    wall.saturating_add(NO_MANUAL_CHANGE_WITHIN).unwrap_or(wall)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    const INSTANT: Timestamp = Timestamp::constant(1_783_317_600, 0);

    #[test]
    fn a_second_call_in_doubt_does_not_end_the_doubt_about_the_first() {
        let mut doubts = Doubts::at(INSTANT);
        doubts.call_leaves(INSTANT);
        let before = doubts.unsure_since();
        doubts.call_leaves(INSTANT + 90.seconds());
        doubts.call_began_nothing(before);
        assert_eq!(doubts.unsure_since(), Some(INSTANT - 60.seconds()));
        assert_eq!(doubts.unseen_act(INSTANT), Some(INSTANT + 90.seconds()));
        assert!(!doubts.are_none());
    }

    #[test]
    fn a_busy_service_without_work_in_its_list_is_at_our_operation_only_while_a_call_is_in_doubt() {
        let mut doubts = Doubts::at(INSTANT);
        doubts.busy(false);
        assert!(doubts.are_none());
        doubts.call_leaves(INSTANT);
        doubts.busy(true);
        assert!(!doubts.nothing_is_under_way(), "the list showed whose work it was");
        doubts.call_leaves(INSTANT);
        doubts.busy(false);
        assert!(doubts.nothing_is_under_way());
        assert!(doubts.are_none());
    }

    #[test]
    fn an_instant_is_never_spared_for_a_shorter_time_than_before() {
        let mut doubts = Doubts::at(INSTANT);
        assert_eq!(doubts.manual_changes_from(), INSTANT + 20.seconds());
        doubts.call_was_in_flight_at(INSTANT - 5.seconds());
        assert_eq!(doubts.manual_changes_from(), INSTANT + 20.seconds());
        doubts.call_was_in_flight_at(INSTANT + 5.seconds());
        assert_eq!(doubts.manual_changes_from(), INSTANT + 25.seconds());
    }
}
