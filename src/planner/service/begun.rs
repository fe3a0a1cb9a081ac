//! Which transitions of a service were begun already, and are not begun again: not by a restart, a reload or a clock.

use crate::api::Action;
use crate::schedule::Transition;
use jiff::Timestamp;

/// What was begun for a service.
#[derive(Debug, Default)]
pub(in crate::planner) struct Begun {
    /// The transition that was begun last.
    latest: Option<Transition>,
    /// A resume that the process before could not do.
    undone: Option<Transition>,
}

impl Begun {
    /// The transition that was begun last.
    pub(in crate::planner) fn latest(&self) -> Option<Transition> {
        self.latest
    }

    /// This transition counts as the last that was begun; without one, nothing was.
    pub(in crate::planner) fn set(&mut self, latest: Option<Transition>) {
        self.latest = latest;
    }

    /// The process before could not do this resume: it may be tried again, once.
    pub(in crate::planner) fn try_again(&mut self, undone: Transition) {
        self.undone = Some(undone);
    }

    /// The resume that may be tried again, if there is one; from now on there is none.
    pub(in crate::planner) fn take_undone(&mut self) -> Option<Transition> {
        self.undone.take()
    }

    /// Whether this was not begun yet, and nothing later was.
    pub(in crate::planner) fn is_news(&self, transition: Transition) -> bool {
        self.latest.is_none_or(|begun| {
            transition.at > begun.at || (transition.at == begun.at && transition.action != begun.action)
        })
    }

    /// Whether a pause was begun since this resume, the latest transition, which the file does not have any more: its hours
    /// were extended after their end, and the service is to be awake.
    pub(in crate::planner) fn paused_since(&self, latest: Transition, wall: Timestamp) -> bool {
        let is_void =
            |begun: Transition| begun.action == Action::Pause && begun.at > latest.at && begun.at <= wall;
        latest.action == Action::Resume && self.latest.is_some_and(is_void)
    }
}
