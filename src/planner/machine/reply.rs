//! What each reply of App Runner does to the occurrence that is owed.

use super::{Detail, Machine, Turn};
use crate::api::{
    Policy, Refusal, Reply, Request, ServiceStatus, is_gone, may_have_been_carried_out, policy,
};
use crate::planner::backoff::SLOWEST_WAIT;
use crate::planner::change::{Ending, Severity, State};
use crate::planner::event::Why;
use crate::planner::occurrence::Step;
use crate::planner::service::InFlight;
use crate::planner::told::Alert;
use std::time::Duration;

impl Machine {
    /// A call came back.
    pub(in crate::planner) fn replied(
        &mut self,
        number: u64,
        reply: Result<Reply, Refusal>,
        turn: &mut Turn<'_>,
    ) {
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

    /// A call of an occurrence that is over came back: whatever it began may be under way now.
    fn remember_stale(&mut self, flight: &InFlight, reply: Result<Reply, Refusal>, turn: &Turn<'_>) {
        let Request::Act(action) = flight.request else { return };
        match reply {
            Ok(Reply::Accepted { operation: Some(operation), .. }) => self.ours.add(operation),
            Ok(Reply::Described { .. } | Reply::Operations { .. }) => {}
            // It began nothing, so whatever has begun meanwhile is a manual change.
            Err(refusal) if !may_have_been_carried_out(&refusal) => return,
            Ok(Reply::Accepted { operation: None, .. }) | Err(_) => {
                self.ours.lost(action, flight.sent.wall, turn.now);
            }
        }
        if let Some(owed) = &mut self.owed {
            owed.doubts.call_was_in_flight_at(turn.now.wall);
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
            Policy::GiveUp => self.give_up(refusal, flight, turn),
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

    /// No other try would fare better: the occurrence has failed.
    fn give_up(&mut self, refusal: &Refusal, flight: &InFlight, turn: &mut Turn<'_>) {
        let error = format!("{}: {refusal}", flight.request.api_name());
        self.end(Ending::Failed, Detail::error(error), turn);
    }

    /// Only a person can mend it: tell somebody at once, go on at the slowest pace.
    fn try_slowly(&mut self, refusal: &Refusal, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let severity = if owed.told.first(Alert::Access) { Severity::Error } else { Severity::Warn };
        let detail = Detail { retry_in: Some(SLOWEST_WAIT), ..Detail::error(refusal.to_string()) };
        self.enter(State::BackingOff, detail, severity, turn);
        self.timer = Some((turn.now.elapsed.after(SLOWEST_WAIT), Why::Retry));
    }

    pub(super) fn back_off(&mut self, error: String, turn: &mut Turn<'_>) {
        self.back_off_with(Detail::error(error), Severity::Warn, turn);
    }

    pub(super) fn back_off_with(&mut self, detail: Detail, severity: Severity, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let wait = owed.attempts.failed(turn.rng);
        self.enter(State::BackingOff, Detail { retry_in: Some(wait), ..detail }, severity, turn);
        self.timer = Some((turn.now.elapsed.after(wait), Why::Retry));
    }
}
