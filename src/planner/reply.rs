//! What each reply of App Runner does to the occurrence that is owed.

use super::backoff::SLOWEST_WAIT;
use super::call::InFlight;
use super::change::{Ending, Severity, State};
use super::event::Why;
use super::look;
use super::look::{Question, Snapshot, Verdict};
use super::machine::{Detail, Machine, Turn};
use super::occurrence::Occurrence;
use super::step::{Listing, Step};
use super::told::Alert;
use crate::api::{
    OperationId, Policy, Refusal, Reply, Request, ServiceStatus, is_gone, may_have_been_carried_out, policy,
    wall_since,
};
use crate::config::OnManualChange;
use std::time::Duration;

/// The most pages of operations that one look reads: with 20 a page, 200 operations back.
pub(super) const MOST_PAGES: u32 = 10;

impl Machine {
    /// A call came back.
    pub(super) fn replied(&mut self, number: u64, reply: Result<Reply, Refusal>, turn: &mut Turn<'_>) {
        let Some(flight) = self.in_flight.take_if(|flight| flight.number == number) else { return };
        let is_old = flight.is_old(turn.now);
        if self.owed.is_none() && flight.request == Request::Describe {
            match reply {
                Ok(Reply::Described { status }) if !is_old => self.enforce(&status, turn),
                Ok(_) => self.not_seen("the reply was no answer, or an old one".to_owned(), turn),
                Err(refusal) => self.look_refused(&refusal, turn),
            }
            return;
        }
        if self.owed.as_ref().is_none_or(|owed| owed.transition != flight.transition) {
            self.remember_stale(&flight, reply, turn);
            return;
        }
        match reply {
            Ok(
                Reply::Accepted { operation: None, .. } | Reply::Described { .. } | Reply::Operations { .. },
            ) if is_old => {
                self.owed.iter_mut().for_each(|owed| owed.step.look_again());
            }
            Ok(reply) => self.answered(reply, &flight, turn),
            Err(refusal) => self.refused(&refusal, &flight, turn),
        }
    }

    fn answered(&mut self, reply: Reply, flight: &InFlight, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.last_seen.seen(turn.now.elapsed);
        match (reply, &mut owed.step) {
            (Reply::Accepted { operation: Some(operation), .. }, Step::Act) => {
                owed.doubts.calls_are_settled();
                self.follow(operation, Duration::ZERO, turn);
            }
            (Reply::Accepted { operation: None, status }, Step::Act) => {
                self.accepted_without_operation(&status, flight, turn);
            }
            (Reply::Described { status }, Step::Describe) => self.described(status, turn),
            (Reply::Described { status }, Step::Confirm(operation)) => {
                let operation = operation.clone();
                self.confirmed(operation, status, turn);
            }
            (Reply::Operations { operations, next_page }, Step::List(listing)) => {
                listing.seen.extend(operations);
                listing.page = next_page;
                listing.pages = listing.pages.saturating_add(1);
                self.listed(turn);
            }
            (Reply::Operations { operations, next_page }, Step::Follow(_)) => {
                self.followed(&operations, next_page, turn);
            }
            (reply, _) => {
                let error =
                    format!("a reply of another kind came to {}: {reply:?}", flight.request.api_name());
                owed.step = Step::Describe;
                self.back_off(error, turn);
            }
        }
    }

    /// App Runner took the call and began nothing: it was there already, or only a look can tell.
    fn accepted_without_operation(&mut self, status: &ServiceStatus, flight: &InFlight, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        if *status != ServiceStatus::after(owed.transition.action) {
            // Whatever it began has no name by which it would be known later.
            self.ours.lost(owed.transition.action, flight.sent.wall, turn.now);
        }
        if *status == ServiceStatus::after(owed.transition.action) {
            self.settle(Ending::Already, Detail::default(), turn);
        } else {
            owed.doubts.taken_without_a_name(*status == ServiceStatus::OperationInProgress);
            owed.refused_with = Some(format!("the reply named no operation, and the service is {status}"));
            owed.step = Step::Describe;
        }
    }

    /// A look has seen the service's state. Where that does not settle it, the operations are read too.
    fn described(&mut self, status: ServiceStatus, turn: &mut Turn<'_>) {
        let Some((owed, question)) = self.question() else { return };
        if look::status_settles(&question, &status) {
            let verdict = look::judge(&question, Snapshot { status: &status, operations: &[] });
            self.carry_out(verdict, turn);
        } else {
            owed.step = Step::List(Listing::begin(status));
        }
    }

    /// A look has seen a page of operations. It reads on until what it sees is older than the occurrence.
    fn listed(&mut self, turn: &mut Turn<'_>) {
        let Some((owed, question)) = self.question() else { return };
        let Step::List(listing) = &owed.step else { return };
        let far_enough = listing.seen.last().is_some_and(|oldest| look::began_before(oldest, question.since));
        if listing.page.is_some() && listing.pages < MOST_PAGES && !far_enough {
            return;
        }
        let snapshot = Snapshot { status: &listing.status, operations: &listing.seen };
        let verdict = look::judge(&question, snapshot);
        self.carry_out(verdict, turn);
    }

    /// The operation of ours that succeeded is held against the service's state: a rollback can look like a success.
    fn confirmed(&mut self, operation: OperationId, status: ServiceStatus, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        if status == ServiceStatus::after(owed.transition.action) {
            let detail = Detail { operation: Some(operation), ..Detail::default() };
            self.settle(Ending::Succeeded, detail, turn);
        } else {
            owed.doubts.not_confirmed(operation);
            owed.step = Step::List(Listing::begin(status));
        }
    }

    /// The service is as it should be, and that is the end of it, unless an earlier call of ours may still undo it.
    fn settle(&mut self, ending: Ending, detail: Detail, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let opposite = owed.transition.action.opposite();
        let Some(until) = self.ours.lands_until(opposite, turn.now.elapsed) else {
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

    pub(super) fn question(&mut self) -> Option<(&mut Occurrence, Question<'_>)> {
        let owed = self.owed.as_mut()?;
        let question = Question {
            action: owed.transition.action,
            since: owed.transition.at,
            strangers_from: owed.doubts.strangers_from(),
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
                Some(operation) => self.hollow_success(operation, failed_operations, turn),
                None => self.act_again(failed_operations, refused_with, turn),
            },
        }
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
    fn hollow_success(&mut self, operation: OperationId, failed: u32, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.attempts.operation_failed(failed);
        let wanted = ServiceStatus::after(owed.transition.action);
        let error = format!("operation {operation} ended SUCCEEDED, and the service is not {wanted}");
        self.operation_failed(error, Some(operation), turn);
    }

    /// The call was not taken, or nobody knows: the retry table decides.
    fn refused(&mut self, refusal: &Refusal, flight: &InFlight, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let acting = matches!(flight.request, Request::Act(_));
        match flight.request {
            Request::Act(action) if may_have_been_carried_out(refusal) => {
                self.ours.lost(action, flight.sent.wall, turn.now);
            }
            _ => owed.doubts.call_began_nothing(flight.unsure_before),
        }
        owed.step.start_over();
        match policy(refusal) {
            Policy::GiveUp if !acting && !is_gone(refusal) => self.back_off(refusal.to_string(), turn),
            Policy::GiveUp => {
                let error = format!("{}: {refusal}", flight.request.api_name());
                self.end(Ending::Failed, Detail::error(error), turn);
            }
            Policy::TrySlowly => self.try_slowly(refusal, turn),
            Policy::TellAndTry => {
                let first = owed.told.first(Alert::Access);
                let severity = if first { Severity::Error } else { Severity::Warn };
                self.back_off_with(Detail::error(refusal.to_string()), severity, turn);
            }
            Policy::LookNow if acting => {
                owed.refused_with = Some(refusal.to_string());
                owed.step = Step::Describe;
            }
            Policy::LookThenAct if acting => {
                owed.step = Step::Describe;
                self.back_off(refusal.to_string(), turn);
            }
            Policy::TryAgain | Policy::LookNow | Policy::LookThenAct => {
                self.back_off(refusal.to_string(), turn);
            }
        }
    }

    /// Only a person can mend it: tell somebody at once, go on at the slowest pace.
    fn try_slowly(&mut self, refusal: &Refusal, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let severity = if owed.told.first(Alert::Access) { Severity::Error } else { Severity::Warn };
        let detail = Detail { retry_in: Some(SLOWEST_WAIT), ..Detail::error(refusal.to_string()) };
        self.enter(State::BackingOff, detail, severity, turn);
        self.timer = Some((turn.now.elapsed.after(SLOWEST_WAIT), Why::Retry));
    }

    fn back_off(&mut self, error: String, turn: &mut Turn<'_>) {
        self.back_off_with(Detail::error(error), Severity::Warn, turn);
    }

    pub(super) fn back_off_with(&mut self, detail: Detail, severity: Severity, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let wait = owed.attempts.failed(turn.rng);
        self.enter(State::BackingOff, Detail { retry_in: Some(wait), ..detail }, severity, turn);
        self.timer = Some((turn.now.elapsed.after(wait), Why::Retry));
    }
}
