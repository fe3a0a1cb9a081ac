//! No morning waits for a pause that is late: such a pause is not made when the next resume is near.

use super::change::{Ending, Severity};
use super::machine::{Detail, Lifecycle, Machine, Turn};
use super::tolerances::STALE_AFTER;
use crate::api::{Action, wall_since};
use crate::schedule::Transition;
use std::time::Duration;

/// A late pause is not made when the next resume is this near: the morning would have to wait for its end.
const RESUME_IS_NEAR: Duration = Duration::from_mins(20);

impl Machine {
    /// Whether this pause is late and the next resume so near that it would have to wait for the pause's end. A pause at
    /// its instant is made, however near the resume is: the file says so.
    pub(super) fn is_too_late(&self, transition: Transition, turn: &mut Turn<'_>) -> bool {
        let wall = turn.now.wall;
        if transition.action == Action::Resume || wall_since(wall, transition.at) <= STALE_AFTER {
            return false;
        }
        let next = match self.lifecycle {
            Lifecycle::Endless => self.next,
            // What it does not begin somebody else will.
            Lifecycle::WhatIsOwed => turn.transition_cache.next_after(&self.service.schedule, wall),
            Lifecycle::Leaving => None,
        };
        next.is_some_and(|next| next.action == Action::Resume && wall_since(next.at, wall) < RESUME_IS_NEAR)
    }

    /// Ends a pause that is too late; whether it did.
    pub(super) fn skip_what_is_too_late(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(transition) = self.owed.as_ref().map(|owed| owed.transition) else { return false };
        let skips = self.is_too_late(transition, turn);
        if skips {
            let why = Detail::error("it is late, and the next resume is near");
            self.end_with(Ending::Expired, why, Severity::Warn, turn);
        }
        skips
    }
}
