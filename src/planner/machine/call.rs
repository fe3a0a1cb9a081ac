//! Which call a service makes next, and how urgent it is; one at a time.

use super::{Detail, Machine, Turn};
use crate::api::{Action, Request, wall_since};
use crate::planner::change::{Ending, Severity, State};
use crate::planner::event::{Call, CallId};
use crate::planner::occurrence::{MOST_CALLS, Step};
use crate::planner::rate_limiter::Urgency;
use crate::planner::service::InFlight;
use crate::schedule::Transition;
use jiff::Timestamp;

impl Machine {
    /// Whether there is a call to make now, and how much it matters.
    pub(in crate::planner) fn wants(&self) -> Option<Urgency> {
        if self.in_flight.is_some() || self.timer.is_some() {
            return None;
        }
        let Some(owed) = &self.owed else { return self.is_enforced().then_some(Urgency::Follow) };
        Some(match (&owed.step, owed.transition.action) {
            (Step::Follow(_) | Step::Confirm(_), _) => Urgency::Follow,
            (Step::Act | Step::Describe | Step::List(_), Action::Resume) => Urgency::Resume,
            (Step::Act | Step::Describe | Step::List(_), Action::Pause) => Urgency::Pause,
        })
    }

    /// The call's turn has come: it leaves, and the intent of an act is recorded before it.
    pub(in crate::planner) fn call(&mut self, id: CallId, turn: &mut Turn<'_>) -> Option<Call> {
        if self.leave_what_is_disabled(turn) {
            return None;
        }
        if self.owed.as_ref().is_some_and(|owed| matches!(owed.step, Step::Act))
            && (self.leave_what_was_missed(turn) || self.skip_what_is_too_late(turn))
        {
            return None;
        }
        let Some(owed) = &mut self.owed else { return self.call_to_enforce(id, turn) };
        if !owed.attempts.may_call() {
            let why = format!("gave up after {MOST_CALLS} API calls");
            self.end(Ending::Failed, Detail::error(why), turn);
            return None;
        }
        let transition = owed.transition;
        let request = match &owed.step {
            Step::Act => Request::Act(transition.action),
            Step::Describe | Step::Confirm(_) => Request::Describe,
            Step::List(listing) => Request::ListOperations { page: listing.page.clone() },
            Step::Follow(following) => Request::ListOperations { page: following.page.clone() },
        };
        let unsure_before = owed.doubts.unsure_since();
        if matches!(request, Request::Act(_)) {
            owed.attempts.act_leaves();
            // Should the process end now, the next one knows of a call, and nothing of its outcome.
            owed.doubts.call_leaves(turn.now.wall);
            let late = Some(wall_since(turn.now.wall, transition.at));
            let error = owed.refused_with.take();
            self.enter(State::Calling, Detail { late, error, ..Detail::default() }, Severity::Info, turn);
        }
        Some(self.send(id, request, unsure_before, transition, turn))
    }

    pub(super) fn send(
        &mut self,
        id: CallId,
        request: Request,
        unsure_before: Option<Timestamp>,
        transition: Transition,
        turn: &Turn<'_>,
    ) -> Call {
        let (number, sent) = (id.number, turn.now);
        self.in_flight = Some(InFlight { number, request: request.clone(), sent, unsure_before, transition });
        Call { id, arn: self.service.arn.clone(), request, decided: sent }
    }
}
