//! What each reply of App Runner does to the occurrence that is owed.

use super::backoff::{SLOWEST_WAIT, backoff};
use super::change::{Ending, Severity, State};
use super::event::Why;
use super::look;
use super::look::{Question, Snapshot, Verdict};
use super::machine::{Detail, InFlight, Machine, Turn};
use super::occurrence::{Following, Listing, Occurrence, Step};
use super::told::Alert;
use crate::api::{
    Action, DurationEstimate, NARROWEST_GAP, OVERDUE_AFTER, Operation, OperationId, Outcome, Policy, Refusal,
    Reply, Request, ServiceStatus, is_gone, may_have_been_carried_out, policy, wall_since,
};
use crate::config::OnManualChange;
use crate::text::humane;
use jiff::SignedDuration;
use std::time::Duration;

/// The most operations for one occurrence.
const MOST_OPERATIONS: u32 = 3;

/// The most pages of operations that one look reads: with 20 a page, 200 operations back.
const MOST_PAGES: u32 = 10;

/// A new operation may be listed late. After this long it is looked for in another way.
const LISTED_WITHIN: Duration = Duration::from_mins(2);

/// The first and the widest gap between looks at a service that is busy with something else.
const BUSY_GAPS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));

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
                self.owed.iter_mut().for_each(|owed| owed.look_again());
            }
            Ok(reply) => self.answered(reply, &flight, turn),
            Err(refusal) => self.refused(&refusal, &flight, turn),
        }
    }

    fn answered(&mut self, reply: Reply, flight: &InFlight, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.seen_at = Some(turn.now.elapsed);
        match (reply, &mut owed.step) {
            (Reply::Accepted { operation: Some(operation), .. }, Step::Act) => {
                owed.unsure_since = None;
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
            self.late_calls.lost(owed.transition.action, flight.sent.wall, turn.now);
        }
        if *status == ServiceStatus::after(owed.transition.action) {
            self.settle(Ending::Already, Detail::default(), turn);
        } else {
            owed.unlisted = *status == ServiceStatus::OperationInProgress;
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
            owed.unconfirmed = Some(operation);
            owed.step = Step::List(Listing::begin(status));
        }
    }

    /// The service is as it should be, and that is the end of it, unless an earlier call of ours may still undo it.
    fn settle(&mut self, ending: Ending, detail: Detail, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let opposite = owed.transition.action.opposite();
        let Some(until) = self.late_calls.until(opposite, turn.now.elapsed) else {
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

    fn question(&mut self) -> Option<(&mut Occurrence, Question<'_>)> {
        let owed = self.owed.as_mut()?;
        let question = Question {
            action: owed.transition.action,
            since: owed.transition.at,
            strangers_from: owed.strangers_from,
            unsure_since: owed.unsure_since,
            ours: &self.ours,
            late_calls: &self.late_calls,
            respect: self.service.on_manual_change == OnManualChange::Respect,
        };
        Some((owed, question))
    }

    fn carry_out(&mut self, verdict: Verdict, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let refused_with = owed.refused_with.take();
        match verdict {
            Verdict::Already => {
                let operation = owed.unconfirmed.take();
                let ending = if operation.is_some() { Ending::Succeeded } else { Ending::Already };
                self.settle(ending, Detail { operation, ..Detail::default() }, turn);
            }
            Verdict::Succeeded(operation) => {
                self.remember_ours(Some(operation.clone()));
                let detail = Detail { operation: Some(operation), ..Detail::default() };
                self.settle(Ending::Succeeded, detail, turn);
            }
            Verdict::Adopt { operation, started_at } => {
                let age = started_at.map_or(Duration::ZERO, |at| wall_since(turn.now.wall, at));
                self.follow(operation, age, turn);
            }
            Verdict::Busy(why) => {
                owed.unlisted |= owed.unsure_since.is_some() && !owed.sees_work();
                self.wait(&why, turn);
            }
            Verdict::OverriddenByUser(why) => self.end(Ending::OverriddenByUser, Detail::error(why), turn),
            Verdict::GiveUp(why) => self.end(Ending::Failed, Detail::error(why), turn),
            Verdict::Act { failed_operations } => match owed.unconfirmed.take() {
                Some(operation) => self.hollow_success(operation, failed_operations, turn),
                None => self.act_again(failed_operations, refused_with, turn),
            },
        }
    }

    /// The look found the action still owed. If App Runner has just refused it, or an operation failed, not at once.
    fn act_again(&mut self, failed: u32, refused_with: Option<String>, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.step = Step::Act;
        owed.unsure_since = None;
        owed.waiting_since = None;
        // What was under way and in no list has ended, and changed nothing: it counts, or there would be no last try.
        let unlisted = u32::from(std::mem::take(&mut owed.unlisted));
        let failed = failed.max(owed.failed_operations.saturating_add(unlisted));
        if failed > owed.failed_operations {
            owed.failed_operations = failed;
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
        owed.failed_operations = owed.failed_operations.saturating_add(1).max(failed);
        let wanted = ServiceStatus::after(owed.transition.action);
        let error = format!("operation {operation} ended SUCCEEDED, and the service is not {wanted}");
        self.operation_failed(error, Some(operation), turn);
    }

    /// Follows an operation of this age from here on. It is as good as ours.
    fn follow(&mut self, operation: OperationId, age: Duration, turn: &mut Turn<'_>) {
        self.remember_ours(Some(operation.clone()));
        let estimate = *self.estimate();
        let Some(owed) = &mut self.owed else { return };
        owed.step = Step::Follow(Following::begin(operation, age, turn.now.elapsed));
        owed.failures = 0;
        owed.unconfirmed = None;
        owed.waiting_since = None;
        owed.unlisted = false;
        owed.refused_with = None;
        self.enter(State::Tracking, Detail::default(), Severity::Info, turn);
        self.poll_after(estimate.next_poll(0).saturating_sub(age), turn);
    }

    /// A page of operations has come for the operation that is followed.
    fn followed(&mut self, operations: &[Operation], next_page: Option<String>, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let Step::Follow(following) = &mut owed.step else { return };
        following.pages = following.pages.saturating_add(1);
        let found = operations.iter().find(|seen| seen.id.as_ref() == Some(&following.operation));
        // What is older than the occurrence is no operation of it: the one that is followed is not listed yet.
        let since = owed.transition.at;
        let far_enough = operations.last().is_some_and(|oldest| look::began_before(oldest, since));
        if found.is_none() && next_page.is_some() && following.pages < MOST_PAGES && !far_enough {
            following.page = next_page;
            return;
        }
        following.page = None;
        following.pages = 0;
        following.polls = following.polls.saturating_add(1);
        owed.failures = 0;
        match found.map(|operation| (operation, operation.outcome())) {
            Some((operation, Outcome::Succeeded)) => self.operation_succeeded(operation),
            Some((operation, Outcome::Failed)) => {
                // The list may show others that nobody followed: those of a process whose ledger is lost.
                let listed = look::failed_operations(owed.transition, operations);
                owed.failed_operations = owed.failed_operations.saturating_add(1).max(listed);
                let status = operation.status.as_ref().map_or("FAILED", |status| status.as_str());
                let error =
                    format!("the operation ended {status}; App Runner gives no reason here, its logs do");
                let failed = operation.id.clone();
                // The same list may show that a person has changed their mind meanwhile.
                let person =
                    self.question().and_then(|(_, question)| look::persons_doing(&question, operations));
                match person {
                    Some(why) => self.end(Ending::OverriddenByUser, Detail::error(why), turn),
                    None => self.operation_failed(error, failed, turn),
                }
            }
            Some((_, Outcome::GoesOn)) => {
                following.listed = true;
                self.poll_again(turn);
            }
            None => self.not_listed(turn),
        }
    }

    /// App Runner says that it succeeded; a look at the service's state makes sure.
    fn operation_succeeded(&mut self, operation: &Operation) {
        if let (Some(began), Some(ended)) = (operation.started_at, operation.ended_at) {
            let took = wall_since(ended, began);
            self.estimate().learn(took);
        }
        let Some(owed) = &mut self.owed else { return };
        if let Step::Follow(following) = &owed.step {
            owed.step = Step::Confirm(following.operation.clone());
        }
    }

    /// A failed try. After the last there is no other.
    fn operation_failed(&mut self, error: String, operation: Option<OperationId>, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.step = Step::Act;
        owed.unsure_since = None;
        let detail = Detail { error: Some(error), operation, ..Detail::default() };
        if owed.failed_operations >= MOST_OPERATIONS {
            let error =
                detail.error.map(|error| format!("{error}; it was the last of {MOST_OPERATIONS} tries"));
            self.end(Ending::Failed, Detail { error, ..detail }, turn);
        } else {
            self.back_off_with(detail, Severity::Warn, turn);
        }
    }

    /// The operation goes on. When it is overdue, somebody is told once.
    fn poll_again(&mut self, turn: &mut Turn<'_>) {
        let estimate = *self.estimate();
        let Some(owed) = &mut self.owed else { return };
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
        let left = self.owed.as_ref().map_or(Duration::MAX, |owed| wall_since(owed.closes, turn.now.wall));
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
        owed.be_unsure(began.unwrap_or(owed.transition.at));
        owed.refused_with = Some(error);
        owed.step = Step::Describe;
    }

    /// The service is busy with an operation that is not ours: wait it out. After a long time somebody is told.
    fn wait(&mut self, why: &str, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let since = *owed.waiting_since.get_or_insert(turn.now.elapsed);
        let (first, widest) = BUSY_GAPS;
        let gap = first.saturating_mul(1 << owed.waits.min(8)).min(widest);
        owed.waits = owed.waits.saturating_add(1);
        owed.step = Step::Describe;
        let is_overdue = turn.now.elapsed.since(since) >= OVERDUE_AFTER;
        let gap = if is_overdue { SLOWEST_WAIT } else { gap };
        let first_told = is_overdue && owed.told.first(Alert::Busy);
        let begins = owed.state != State::Waiting;
        if begins || first_told {
            let severity = if first_told { Severity::Error } else { Severity::Warn };
            let detail = Detail { retry_in: Some(gap), ..Detail::error(why) };
            self.enter(State::Waiting, detail, severity, turn);
        }
        self.timer = Some((turn.now.elapsed.after(gap), Why::Busy));
    }

    /// The call was not taken, or nobody knows: the retry table decides.
    fn refused(&mut self, refusal: &Refusal, flight: &InFlight, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let acting = matches!(flight.request, Request::Act(_));
        match flight.request {
            Request::Act(action) if may_have_been_carried_out(refusal) => {
                self.late_calls.lost(action, flight.sent.wall, turn.now);
            }
            _ => owed.unsure_since = flight.unsure_before,
        }
        owed.start_over();
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

    fn back_off_with(&mut self, detail: Detail, severity: Severity, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.failures = owed.failures.saturating_add(1);
        let wait = backoff(owed.failures, turn.rng);
        self.enter(State::BackingOff, Detail { retry_in: Some(wait), ..detail }, severity, turn);
        self.timer = Some((turn.now.elapsed.after(wait), Why::Retry));
    }

    fn estimate(&mut self) -> &mut DurationEstimate {
        match self.owed.as_ref().map(|owed| owed.transition.action) {
            Some(Action::Pause) => &mut self.pause_estimate,
            Some(Action::Resume) | None => &mut self.resume_estimate,
        }
    }
}
