//! What becomes of occurrences whose instant has yet to come, because a clock that was ahead is set back.

use super::change::Ending;
use super::machine::{Detail, Lifecycle, Machine, Turn};
use super::tolerances::CLOCK_WENT_FAR_BACK;
use crate::api::{Action, wall_since};
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
    pub(super) fn clock_went_back(&mut self, turn: &mut Turn<'_>) {
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
        // Of a service that has left the file nothing new begins.
        if self.lifecycle != Lifecycle::Leaving {
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
}
