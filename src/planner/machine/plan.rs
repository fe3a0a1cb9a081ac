//! When an occurrence begins: by the schedule, by a reload, and what it supersedes.

use super::{Detail, Machine, Turn};
use crate::api::{Action, wall_since};
use crate::config::Service;
use crate::planner::change::{Ending, Severity, State};
use crate::planner::horizon::Lifecycle;
use crate::planner::occurrence::{CatchUpWindow, Occurrence, Step};
use crate::planner::tolerances::STALE_AFTER;
use crate::schedule::Transition;
use std::sync::Arc;

impl Machine {
    /// Plans by the schedule: its latest transition is owed if it was not begun before and its window is open.
    ///
    /// Where nothing is known of the time before, it looks before it acts; what a person has done since is in the list of
    /// operations, and wins.
    pub(in crate::planner) fn plan(&mut self, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        let from = self.begun.latest().map_or(wall, |begun| wall.max(begun.at));
        let schedule = &self.service.schedule;
        self.next =
            turn.transition_cache.next_after(schedule, from).filter(|_| self.lifecycle == Lifecycle::Endless);
        let latest = turn.transition_cache.latest_at(schedule, wall);
        let undone = self.begun.take_undone();
        if let Some(latest) = latest.filter(|_| self.begun.latest().is_none() || undone == latest) {
            self.begin_what_may_be_done(latest, turn);
        } else if let Some(latest) = latest.filter(|latest| self.begun.is_news(*latest)) {
            self.begin(latest, turn);
            self.expire(turn);
            self.skip_what_is_too_late(turn);
        } else if !self.lifecycle.is_leaving()
            && latest.is_some_and(|latest| self.begun.paused_since(latest, wall))
        {
            self.begin_what_may_be_done(Transition { at: wall, action: Action::Resume }, turn);
        }
        self.rest(turn);
    }

    /// Begins what somebody may have done already: it is looked at first. A resume whose catch-up window has closed is
    /// only looked at, so that no service sleeps through its hours in silence.
    fn begin_what_may_be_done(&mut self, latest: Transition, turn: &mut Turn<'_>) {
        let is_open = turn.now.wall < CatchUpWindow::of(latest, self.service.catch_up).closes();
        let is_resume = latest.action == Action::Resume;
        if !is_resume && (!is_open || self.is_too_late(latest, turn)) {
            return;
        }
        self.begin(latest, turn);
        if let Some(owed) = &mut self.owed {
            owed.step = Step::Describe;
            if !is_open {
                owed.window.look_only();
            }
        }
    }

    /// The file says something else of the service. What was begun goes on; what was settled is not done again.
    pub(in crate::planner) fn change(&mut self, service: Service, turn: &mut Turn<'_>) {
        if let Some(owed) = &mut self.owed {
            owed.window.change(owed.transition, service.catch_up);
        }
        self.service = service;
        if self.lifecycle.is_leaving() {
            self.lifecycle = Lifecycle::Endless;
        }
        self.plan(turn);
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

    /// Begins what the schedule asks for by now. After a long sleep that is the latest of several transitions; the
    /// one that was waited for is told too, as superseded.
    pub(super) fn begin_latest(&mut self, next: Transition, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        let schedule = Arc::clone(&self.service.schedule);
        self.begin(next, turn);
        self.next = turn.transition_cache.next_after(&schedule, next.at);
        if self.next.is_some_and(|following| following.at <= wall) {
            self.begin(turn.transition_cache.latest_at(&schedule, wall).unwrap_or(next), turn);
            self.next = turn.transition_cache.next_after(&schedule, wall);
        }
        self.skip_what_is_too_late(turn);
    }

    /// A transition makes an occurrence; the one before it, if it is still owed, is superseded.
    pub(super) fn begin(&mut self, transition: Transition, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        let late = wall_since(wall, transition.at);
        let may_be_undone = self.ours.lands_until(transition.action.opposite(), turn.now.elapsed).is_some();
        let plain = self.owed.is_none() && self.in_flight.is_none() && !may_be_undone && late <= STALE_AFTER;
        let before = self.supersede(transition, turn);
        let step = if plain { Step::Act } else { Step::Describe };
        let mut owed = Occurrence::new(transition, self.service.catch_up, step, wall);
        if let Some(before) = before {
            owed.succeed(&before);
        }
        if let Some(acted_at) = self.ours.acted_unseen() {
            owed.doubts.spare_operations_from(acted_at);
        }
        self.begun.set(Some(transition));
        self.owed = Some(Box::new(owed));
        self.timer = None;
    }

    /// A later transition comes first. A resume that a pause supersedes was never done: somebody must look.
    fn supersede(&mut self, by: Transition, turn: &mut Turn<'_>) -> Option<Box<Occurrence>> {
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
}
