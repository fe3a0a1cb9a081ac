//! How an operation is followed to its end, and what its end means.

use super::{Detail, Machine, Turn};
use crate::api::{
    NARROWEST_GAP, OVERDUE_AFTER, Operation, OperationId, OperationStatus, Outcome, wall_since,
};
use crate::planner::backoff::SLOWEST_WAIT;
use crate::planner::change::{Ending, Severity, State};
use crate::planner::event::Why;
use crate::planner::manual_change::manual_change;
use crate::planner::occurrence::{Following, MOST_OPERATIONS, MOST_PAGES, Step};
use crate::planner::told::Alert;
use crate::planner::verdict;
use crate::text::humane;
use jiff::SignedDuration;
use std::time::Duration;

/// A new operation may be listed late. After this long it is looked for in another way.
const LISTED_WITHIN: Duration = Duration::from_mins(2);

impl Machine {
    /// Follows an operation of this age from here on. It is as good as ours.
    pub(super) fn follow(&mut self, operation: OperationId, age: Duration, turn: &mut Turn<'_>) {
        self.ours.add(operation.clone());
        let Some(owed) = &mut self.owed else { return };
        let estimate = *self.estimates.of(owed.transition.action);
        owed.step = Step::Follow(Following::begin(operation, age, turn.now.elapsed));
        owed.attempts.goes_well();
        owed.doubts.is_followed();
        owed.busy.is_over();
        owed.refused_with = None;
        self.enter(State::Tracking, Detail::default(), Severity::Info, turn);
        self.poll_after(estimate.next_poll(0).saturating_sub(age), turn);
    }

    /// A page of operations has come for the operation that is followed.
    pub(super) fn followed(
        &mut self,
        operations: &[Operation],
        next_page: Option<String>,
        turn: &mut Turn<'_>,
    ) {
        let Some(owed) = &mut self.owed else { return };
        let Step::Follow(following) = &mut owed.step else { return };
        following.pages = following.pages.saturating_add(1);
        let found = operations.iter().find(|seen| seen.id.as_ref() == Some(&following.operation));
        // What is older than the occurrence is no operation of it: the one that is followed is not listed yet.
        let since = owed.transition.at;
        let far_enough = operations.last().is_some_and(|oldest| verdict::began_before(oldest, since));
        if found.is_none() && next_page.is_some() && following.pages < MOST_PAGES && !far_enough {
            following.page = next_page;
            return;
        }
        following.back_to_first_page();
        following.polls = following.polls.saturating_add(1);
        owed.attempts.goes_well();
        match found.map(|operation| (operation, operation.outcome())) {
            Some((operation, Outcome::Succeeded)) => self.operation_succeeded(operation),
            Some((operation, Outcome::Failed)) => self.ended_failed(operation, operations, turn),
            Some((operation, Outcome::GoesOn)) => {
                following.listed = true;
                self.report_unknown_status(operation, turn);
                self.poll_again(turn);
            }
            None => self.not_listed(turn),
        }
    }

    /// App Runner says that it succeeded; a look at the service's state makes sure.
    fn operation_succeeded(&mut self, operation: &Operation) {
        let Some(owed) = &mut self.owed else { return };
        if let (Some(began), Some(ended)) = (operation.started_at, operation.ended_at) {
            self.estimates.of(owed.transition.action).learn(wall_since(ended, began));
        }
        if let Step::Follow(following) = &owed.step {
            owed.step = Step::Confirm(following.operation.clone());
        }
    }

    /// App Runner says that it failed. The same list may show that a person has changed their mind meanwhile.
    fn ended_failed(&mut self, operation: &Operation, operations: &[Operation], turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        // The list may show others that nobody followed: those of a process whose ledger is lost.
        owed.attempts.operation_failed(verdict::failed_operations(owed.transition, operations));
        let changed = self.question().and_then(|(_, question)| manual_change(&question, operations));
        if let Some(why) = changed {
            return self.end(Ending::OverriddenByUser, Detail::error(why), turn);
        }
        let status = operation.status.as_ref().map_or("FAILED", |status| status.as_str());
        let error = format!("the operation ended {status}; App Runner gives no reason here, its logs do");
        self.operation_failed(error, operation.id.clone(), turn);
    }

    /// A failed try. After the last there is no other.
    pub(super) fn operation_failed(
        &mut self,
        error: String,
        operation: Option<OperationId>,
        turn: &mut Turn<'_>,
    ) {
        let Some(owed) = &mut self.owed else { return };
        owed.step = Step::Act;
        owed.doubts.calls_are_settled();
        let detail = Detail { error: Some(error), operation, ..Detail::default() };
        if owed.attempts.are_used_up() {
            let error =
                detail.error.map(|error| format!("{error}; it was the last of {MOST_OPERATIONS} tries"));
            self.end(Ending::Failed, Detail { error, ..detail }, turn);
        } else {
            self.back_off_with(detail, Severity::Warn, turn);
        }
    }

    /// A status that this version does not know counts as still going on, and is logged once.
    fn report_unknown_status(&mut self, operation: &Operation, turn: &mut Turn<'_>) {
        let (Some(owed), Some(OperationStatus::Unknown(status))) = (&mut self.owed, &operation.status) else {
            return;
        };
        if owed.told.first(Alert::UnknownStatus) {
            let error = format!(
                "App Runner gives the operation the status {status}, which this version does not know: it counts as in \
                 progress"
            );
            self.enter(State::Tracking, Detail::error(error), Severity::Warn, turn);
        }
    }

    /// The operation goes on. When it is overdue, somebody is told once.
    fn poll_again(&mut self, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let estimate = *self.estimates.of(owed.transition.action);
        let Step::Follow(following) = &mut owed.step else { return };
        let is_overdue = following.age(turn.now.elapsed) >= OVERDUE_AFTER;
        let gap = if is_overdue { SLOWEST_WAIT } else { estimate.next_poll(following.polls) };
        let first_told = is_overdue && owed.told.first(Alert::Overdue);
        let was_backing_off = owed.state != State::Tracking;
        if first_told {
            let error = format!("the operation has been going on for more than {}", humane(OVERDUE_AFTER));
            self.enter(State::Tracking, Detail::error(error), Severity::Error, turn);
        } else if was_backing_off {
            self.enter(State::Tracking, Detail::default(), Severity::Info, turn);
        }
        self.poll_after(gap, turn);
    }

    /// Asks again after a while, and the sooner the nearer the window's end is: what has succeeded by then is not to
    /// expire for want of a question.
    fn poll_after(&mut self, gap: Duration, turn: &Turn<'_>) {
        let left =
            self.owed.as_ref().map_or(Duration::MAX, |owed| wall_since(owed.window.closes(), turn.now.wall));
        let gap = gap.min(left.mul_f64(0.5).max(NARROWEST_GAP));
        self.timer = Some((turn.now.elapsed.after(gap), Why::Poll));
    }

    /// The operation is not in the list: it may be listed late, or under another id.
    fn not_listed(&mut self, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let Step::Follow(following) = &owed.step else { return };
        if following.age(turn.now.elapsed) < LISTED_WITHIN || following.listed {
            self.poll_again(turn);
            return;
        }
        let error = format!("operation {} is in no list", following.operation);
        let began = following.age(turn.now.elapsed);
        let began = turn.now.wall.saturating_sub(SignedDuration::try_from(began).unwrap_or_default());
        owed.doubts.call_leaves(began.unwrap_or(owed.transition.at));
        owed.refused_with = Some(error);
        owed.step = Step::Describe;
    }
}
