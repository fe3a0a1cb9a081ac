//! What becomes of an occurrence when the clocks do not go on as they should: when the wall clock is set back before its
//! instant, and when time has gone by that nobody saw. Who acts late looks first.

use super::{Detail, Machine, Turn};
use crate::api::{Action, Now, wall_since};
use crate::planner::change::Ending;
use crate::planner::occurrence::Step;
use crate::planner::tolerances::CLOCK_WENT_FAR_BACK;
use crate::schedule::Transition;
use std::time::Duration;

/// Whether a clock that was ahead by so much has woken a service that may stay awake until its time comes.
pub(super) fn is_woken_early(begun: Transition, ahead: Duration) -> bool {
    begun.action == Action::Resume && ahead <= CLOCK_WENT_FAR_BACK
}

impl Machine {
    /// The wall clock has been set back. What was begun at an instant that is yet to come is void.
    ///
    /// A service that was paused before its time is woken again. One that was woken before its time stays awake, unless
    /// that time is far: a pause now might still be going on when the morning comes.
    pub(in crate::planner) fn clock_went_back(&mut self, turn: &mut Turn<'_>) {
        let is_ahead = |begun: &Transition| begun.at > turn.now.wall;
        if let Some(begun) = self.begun.latest().filter(is_ahead) {
            let woken_early = is_woken_early(begun, wall_since(begun.at, turn.now.wall));
            if woken_early && self.owed.is_some() {
                return;
            }
            if self.owed.is_some() {
                let why = "the clock was set back before its instant";
                self.end(Ending::Superseded, Detail::error(why), turn);
            }
            let settled = self.settled_before_its_time(begun, turn).filter(|_| woken_early);
            self.begun.set(settled);
        }
        // Of a service that has left the file, or is disabled, nothing new begins.
        if !self.lifecycle.is_leaving() {
            self.plan(turn);
        }
    }

    /// What counts as settled where a service was woken before its time: that transition, unless another comes before it.
    pub(super) fn settled_before_its_time(
        &self,
        early: Transition,
        turn: &mut Turn<'_>,
    ) -> Option<Transition> {
        let (schedule, wall) = (&self.service.schedule, turn.now.wall);
        if turn.transition_cache.next_after(schedule, wall) == Some(early) {
            return Some(early);
        }
        turn.transition_cache.latest_at(schedule, wall)
    }

    /// Time has gone by that nobody saw, and people may have done something in it. A look begins anew, and what was to
    /// be done at once is looked at first.
    pub(in crate::planner) fn lose_sight(&mut self, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.last_seen.forget();
        owed.lateness.may_be_awake_at(turn.now.wall);
        match owed.step {
            Step::List(_) => owed.step = Step::Describe,
            Step::Act if self.in_flight.is_none() => self.look_before_a_late_try(turn.now),
            Step::Act | Step::Describe | Step::Confirm(_) | Step::Follow(_) => {}
        }
    }

    /// A try that comes late is a look first. (One that only waits its turn among other calls is not late.)
    pub(super) fn look_before_a_late_try(&mut self, now: Now) {
        let Some(owed) = &mut self.owed else { return };
        if matches!(owed.step, Step::Act) && owed.has_lost_sight(now) {
            owed.step = Step::Describe;
        }
    }
}
