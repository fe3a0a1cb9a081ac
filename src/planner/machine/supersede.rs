//! What ends an occurrence before it is done: a later transition, or the file, which has its service no longer or disabled.

use super::{Detail, Machine, Turn};
use crate::api::Action;
use crate::planner::change::{Ending, Severity, State};
use crate::planner::horizon::Lifecycle;
use crate::planner::occurrence::Occurrence;
use crate::schedule::Transition;

impl Machine {
    /// A later transition comes first. A resume that a pause supersedes was never done: somebody must look.
    pub(super) fn supersede(&mut self, by: Transition, turn: &mut Turn<'_>) -> Option<Box<Occurrence>> {
        let owed = self.owed.as_ref()?;
        let is_only_looked_at = owed.window.is_only_looked_at() && owed.state == State::Due;
        let is_failing =
            (owed.state != State::Tracking && !is_only_looked_at) || by.at >= owed.lateness.late_from();
        let never_awake =
            owed.transition.action == Action::Resume && by.action == Action::Pause && is_failing;
        let cause = owed.last_error.as_ref().map(|error| format!("; before: {error}")).unwrap_or_default();
        let why = Detail::error(format!("the {} at {} came first{cause}", by.action, by.at));
        let severity = if never_awake { Severity::Error } else { Severity::Warn };
        self.enter(State::Ended(Ending::Superseded), why, severity, turn);
        self.remember_what_was_not_seen(turn.now);
        self.owed.take()
    }

    /// The service has left the file. What was begun goes on to its end; nothing new begins, and a pause for which no call
    /// can have had an effect is not made any more.
    pub(in crate::planner) fn leave(&mut self, turn: &mut Turn<'_>) {
        self.lifecycle = Lifecycle::Leaving;
        self.next = None;
        let pause = self.owed.as_ref().filter(|owed| owed.transition.action == Action::Pause);
        if self.in_flight.is_none() && pause.is_some_and(|pause| pause.has_begun_nothing()) {
            self.end(Ending::Superseded, Detail::error("the service has left the file"), turn);
        }
        self.rest(turn);
    }

    /// The service is disabled: whatever has begun nothing is given up, now or when its next call would leave. A call that
    /// may have had an effect is followed to its end.
    pub(in crate::planner) fn disable(&mut self, turn: &mut Turn<'_>) {
        self.lifecycle = Lifecycle::Disabled;
        self.next = None;
        if self.in_flight.is_none() {
            self.leave_what_is_disabled(turn);
        }
        self.rest(turn);
    }

    /// Ends what has begun nothing, if the service is disabled; whether it did. It then counts as never begun: enabled again,
    /// the service is planned as one that joins the file.
    pub(super) fn leave_what_is_disabled(&mut self, turn: &mut Turn<'_>) -> bool {
        let has_begun_nothing = self.owed.as_ref().is_some_and(|owed| owed.has_begun_nothing());
        let leaves = self.lifecycle == Lifecycle::Disabled && has_begun_nothing;
        if leaves {
            self.end(Ending::Superseded, Detail::error("the service is disabled"), turn);
            self.begun.set(None);
        }
        leaves
    }
}
