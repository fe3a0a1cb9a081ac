//! When an occurrence begins: by the schedule, by a reload.

use super::{Machine, Turn};
use crate::api::{Action, wall_since};
use crate::config::Service;
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
    /// only looked at, so that no service stays paused through its hours unreported.
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
        let may_be_undone =
            self.ours.may_take_effect_until(transition.action.opposite(), turn.now.elapsed).is_some();
        let plain = self.owed.is_none() && self.in_flight.is_none() && !may_be_undone && late <= STALE_AFTER;
        let before = self.supersede(transition, turn);
        let step = if plain { Step::Act } else { Step::Describe };
        let mut owed = Occurrence::new(transition, self.service.catch_up, step, wall);
        if let Some(before) = before {
            owed.succeed(&before);
        }
        if let Some(acted_at) = self.ours.acted_unseen() {
            owed.doubts.call_was_in_flight_at(acted_at);
        }
        self.begun.set(Some(transition));
        self.owed = Some(Box::new(owed));
        self.timer = None;
    }
}
