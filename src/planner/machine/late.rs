//! What is late: an occurrence expires when its catch-up window closes, a resume that is not done is told, and no morning
//! waits for a pause that is late.

use super::{Detail, Machine, Turn};
use crate::api::{Action, wall_since};
use crate::planner::change::{Ending, Severity, State};
use crate::planner::horizon::Lifecycle;
use crate::planner::told::Alert;
use crate::planner::tolerances::STALE_AFTER;
use crate::schedule::Transition;
use crate::text::humane;
use std::time::Duration;

/// A late pause is not made when the next resume is this near: the morning would have to wait for its end.
const RESUME_IS_NEAR: Duration = Duration::from_mins(20);

impl Machine {
    /// Ends what was not done before its window closed.
    pub(super) fn expire(&mut self, turn: &mut Turn<'_>) {
        let Some(owed) = self.owed.as_ref().filter(|owed| owed.window.closes() <= turn.now.wall) else {
            return;
        };
        let window = humane(wall_since(owed.window.closes(), owed.transition.at));
        let cause = owed.last_error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let why = format!("the catch-up window of {window} closed before it could be done{cause}");
        self.end(Ending::Expired, Detail::error(why), turn);
    }

    /// Ends what was only to be looked at, and turned out not to be done; whether it did.
    pub(super) fn leave_what_was_missed(&mut self, turn: &mut Turn<'_>) -> bool {
        let catch_up = self.service.catch_up;
        let Some(owed) = &mut self.owed else { return false };
        if !owed.window.was_missed(owed.transition, catch_up, turn.now.wall) {
            return false;
        }
        let window = humane(catch_up);
        let why = format!("its catch-up window of {window} has closed, and the service is asleep");
        self.end(Ending::Expired, Detail::error(why), turn);
        true
    }

    /// A resume that is not done long after its instant is told, once, whatever the cause.
    pub(super) fn tell_if_late(&mut self, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        let Some(owed) = &mut self.owed else { return };
        let (owed_since, late_from) = (owed.lateness.owed_since(), owed.lateness.late_from());
        if owed.transition.action != Action::Resume || wall < late_from || !owed.told.first(Alert::Late) {
            return;
        }
        let late = humane(Duration::from_secs(wall_since(wall, owed_since).as_secs()));
        let instant = if owed_since == owed.transition.at {
            "its instant".to_owned()
        } else {
            format!("the first of the resumes since {owed_since}")
        };
        let state = owed.state;
        let cause = match (&owed.last_error, state) {
            (_, State::Tracking) => ": its operation is still going on".to_owned(),
            (Some(error), _) => format!(": {error}"),
            (None, _) => String::new(),
        };
        let why = Detail::error(format!("not done {late} after {instant}{cause}"));
        self.enter(state, why, Severity::Error, turn);
    }

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
            Lifecycle::Leaving | Lifecycle::Disabled => None,
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
