//! Ask, then act, when unsure: a look reads the service's state and its operations, and what it means is carried out.

use super::{Detail, Machine, Turn};
use crate::api::{OperationId, ServiceStatus, wall_since};
use crate::config::OnManualChange;
use crate::planner::change::{Ending, Severity, State};
use crate::planner::event::Why;
use crate::planner::occurrence::{Listing, MOST_PAGES, Occurrence, Step};
use crate::planner::question::Question;
use crate::planner::told::Alert;
use crate::planner::verdict::{self, Snapshot, Verdict};
use std::time::Duration;

impl Machine {
    /// A look has seen the service's state. Where that does not settle it, the operations are read too.
    pub(super) fn described(&mut self, status: ServiceStatus, turn: &mut Turn<'_>) {
        let Some((owed, question)) = self.question() else { return };
        if verdict::status_settles(&question, &status) {
            let verdict = verdict::judge(&question, Snapshot { status: &status, operations: &[] });
            self.carry_out(verdict, turn);
        } else {
            owed.step = Step::List(Listing::begin(status));
        }
    }

    /// A look has seen a page of operations. It reads on until what it sees is older than the occurrence.
    pub(super) fn listed(&mut self, turn: &mut Turn<'_>) {
        let Some((owed, question)) = self.question() else { return };
        let Step::List(listing) = &owed.step else { return };
        let far_enough =
            listing.seen.last().is_some_and(|oldest| verdict::began_before(oldest, question.since));
        if listing.page.is_some() && listing.pages < MOST_PAGES && !far_enough {
            return;
        }
        let snapshot = Snapshot { status: &listing.status, operations: &listing.seen };
        let verdict = verdict::judge(&question, snapshot);
        self.carry_out(verdict, turn);
    }

    /// The operation of ours that succeeded is held against the service's state: a rollback can look like a success.
    pub(super) fn confirmed(&mut self, operation: OperationId, status: ServiceStatus, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        if status == ServiceStatus::after(owed.transition.action) {
            let detail = Detail { operation: Some(operation), ..Detail::default() };
            self.settle(Ending::Succeeded, detail, turn);
        } else {
            owed.doubts.not_confirmed(operation);
            owed.step = Step::List(Listing::begin(status));
        }
    }

    pub(super) fn question(&mut self) -> Option<(&mut Occurrence, Question<'_>)> {
        let owed = self.owed.as_mut()?;
        let question = Question {
            action: owed.transition.action,
            since: owed.transition.at,
            manual_changes_from: owed.doubts.manual_changes_from(),
            unsure_since: owed.doubts.unsure_since(),
            ours: &self.ours,
            respect: self.service.on_manual_change == OnManualChange::Respect,
        };
        Some((owed, question))
    }

    fn carry_out(&mut self, verdict: Verdict, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let refused_with = owed.refused_with.take();
        match verdict {
            Verdict::Already => {
                let operation = owed.doubts.take_unconfirmed();
                let ending = if operation.is_some() { Ending::Succeeded } else { Ending::Already };
                self.settle(ending, Detail { operation, ..Detail::default() }, turn);
            }
            Verdict::Succeeded(operation) => {
                self.ours.add(operation.clone());
                let detail = Detail { operation: Some(operation), ..Detail::default() };
                self.settle(Ending::Succeeded, detail, turn);
            }
            Verdict::Adopt { operation, started_at } => {
                let age = started_at.map_or(Duration::ZERO, |at| wall_since(turn.now.wall, at));
                self.follow(operation, age, turn);
            }
            Verdict::Busy(why) => {
                owed.doubts.busy(owed.step.sees_work());
                self.wait(&why, turn);
            }
            Verdict::OverriddenByUser(why) => self.end(Ending::OverriddenByUser, Detail::error(why), turn),
            Verdict::GiveUp(why) => self.end(Ending::Failed, Detail::error(why), turn),
            Verdict::Act { failed_operations } => match owed.doubts.take_unconfirmed() {
                Some(operation) => self.success_without_effect(operation, failed_operations, turn),
                None => self.act_again(failed_operations, refused_with, turn),
            },
        }
    }

    /// The service is as it should be, and that is the end of it, unless an earlier call of ours may still undo it.
    pub(super) fn settle(&mut self, ending: Ending, detail: Detail, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let opposite = owed.transition.action.opposite();
        let Some(until) = self.ours.may_take_effect_until(opposite, turn.now.elapsed) else {
            return self.end(ending, detail, turn);
        };
        owed.step = detail.operation.map_or(Step::Describe, Step::Confirm);
        self.timer = Some((until, Why::Busy));
        let retry_in = Some(until.since(turn.now.elapsed));
        let error = format!("an earlier {opposite} of ours may still take effect");
        if owed.state != State::Waiting {
            self.enter(State::Waiting, Detail { retry_in, ..Detail::error(error) }, Severity::Warn, turn);
        }
    }

    /// The service is busy with an operation that is not ours: wait it out. After a long time somebody is told.
    fn wait(&mut self, why: &str, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let (gap, is_overdue) = owed.busy.found_busy(turn.now.elapsed);
        owed.step = Step::Describe;
        let first_told = is_overdue && owed.told.first(Alert::Busy);
        let begins = owed.state != State::Waiting;
        if begins || first_told {
            let severity = if first_told { Severity::Error } else { Severity::Warn };
            let detail = Detail { retry_in: Some(gap), ..Detail::error(why) };
            self.enter(State::Waiting, detail, severity, turn);
        }
        self.timer = Some((turn.now.elapsed.after(gap), Why::Busy));
    }

    /// The look found the action still owed. If App Runner has just refused it, or an operation failed, not at once.
    fn act_again(&mut self, failed: u32, refused_with: Option<String>, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.step = Step::Act;
        owed.busy.is_over();
        // What was under way and in no list has ended, and changed nothing: it counts, or there would be no last try.
        let unlisted = u32::from(owed.doubts.nothing_is_under_way());
        if owed.attempts.failed_unfollowed(failed, unlisted) {
            self.operation_failed(
                "an operation for it failed while nobody followed it".to_owned(),
                None,
                turn,
            );
        } else if let Some(error) = refused_with {
            self.back_off(error, turn);
        }
    }

    /// The operation succeeded, and the service is not in the state that it should bring: a failed try.
    fn success_without_effect(&mut self, operation: OperationId, failed: u32, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.attempts.operation_failed(failed);
        let wanted = ServiceStatus::after(owed.transition.action);
        let error = format!("operation {operation} ended SUCCEEDED, and the service is not {wanted}");
        self.operation_failed(error, Some(operation), turn);
    }
}
