//! One service: which occurrence is owed, and when it begins and ends.
//!
//! Which call it makes next stands in `call.rs`, what each reply does in `reply.rs`. What the machine knows is in small
//! structs, each in the file of the rules that read and write it.

use super::Horizon;
use super::begun::Begun;
use super::call::InFlight;
use super::catch_up::CatchUpWindow;
use super::change::{Change, Ending, Severity, State};
use super::enforce::Enforcing;
use super::event::{Effect, Why};
use super::follow::Estimates;
use super::occurrence::Occurrence;
use super::own_work::OwnWork;
use super::step::Step;
use super::tolerances::STALE_AFTER;
use super::transition_cache::TransitionCache;
use crate::api::{Action, Elapsed, Now, OperationId, wall_since};
use crate::config::Service;
use crate::schedule::Transition;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// What a turn of the planner passes to a machine: the time, the jitter's generator, and where effects go.
pub(super) struct Turn<'a> {
    pub(super) now: Now,
    pub(super) transition_cache: &'a mut TransitionCache,
    pub(super) rng: &'a mut fastrand::Rng,
    pub(super) effects: &'a mut Vec<Effect>,
}

/// One service's state machine.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) service: Service,
    /// The coming transition.
    pub(super) next: Option<Transition>,
    pub(super) begun: Begun,
    pub(super) owed: Option<Box<Occurrence>>,
    pub(super) in_flight: Option<InFlight>,
    /// Until when the machine keeps still.
    pub(super) timer: Option<(Elapsed, Why)>,
    pub(super) ours: OwnWork,
    pub(super) estimates: Estimates,
    pub(super) lifecycle: Lifecycle,
    pub(super) enforcing: Enforcing,
}

/// How far a machine looks ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifecycle {
    /// It follows its schedule for ever.
    Endless,
    /// It settles what is owed and begins nothing new.
    WhatIsOwed,
    /// The same, and then it is gone: its service has left the file.
    Leaving,
}

/// What to add to the line that tells of a change.
#[derive(Debug, Default)]
pub(super) struct Detail {
    pub(super) error: Option<String>,
    pub(super) operation: Option<OperationId>,
    pub(super) retry_in: Option<Duration>,
    pub(super) late: Option<Duration>,
}

impl Detail {
    pub(super) fn error(text: impl Into<String>) -> Self {
        Self { error: Some(text.into()), ..Self::default() }
    }
}

impl Machine {
    /// A machine that has yet to be planned.
    pub(super) fn new(service: Service, horizon: Horizon) -> Self {
        Self {
            service,
            next: None,
            begun: Begun::default(),
            owed: None,
            in_flight: None,
            timer: None,
            ours: OwnWork::default(),
            estimates: Estimates::default(),
            lifecycle: match horizon {
                Horizon::Endless => Lifecycle::Endless,
                Horizon::WhatIsOwed => Lifecycle::WhatIsOwed,
            },
            enforcing: Enforcing::default(),
        }
    }

    /// Plans by the schedule: its latest transition is owed if it was not begun before and its window is open.
    ///
    /// Where nothing is known of the time before, it looks before it acts; what a person has done since is in the list of
    /// operations, and wins.
    pub(super) fn plan(&mut self, turn: &mut Turn<'_>) {
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
        } else if self.lifecycle != Lifecycle::Leaving
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
    pub(super) fn change(&mut self, service: Service, turn: &mut Turn<'_>) {
        if let Some(owed) = &mut self.owed {
            owed.window.change(owed.transition, service.catch_up);
        }
        self.service = service;
        if self.lifecycle == Lifecycle::Leaving {
            self.lifecycle = Lifecycle::Endless;
        }
        self.plan(turn);
    }

    /// The service has left the file. What was begun goes on to its end; nothing new begins, and a pause for which no call
    /// can have had an effect is not made any more.
    pub(super) fn leave(&mut self, turn: &mut Turn<'_>) {
        self.lifecycle = Lifecycle::Leaving;
        self.next = None;
        let pause = self.owed.as_ref().filter(|owed| owed.transition.action == Action::Pause);
        if self.in_flight.is_none() && pause.is_some_and(|pause| pause.has_begun_nothing()) {
            self.end(Ending::Superseded, Detail::error("the service has left the file"), turn);
        }
        self.rest(turn);
    }

    /// Whether the service has left the file and nothing of it is left to do.
    pub(super) fn is_gone(&self) -> bool {
        self.lifecycle == Lifecycle::Leaving && self.owed.is_none() && self.in_flight.is_none()
    }

    /// Does what the clocks ask for.
    pub(super) fn tick(&mut self, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        if let Some(next) = self.next.filter(|next| next.at <= wall) {
            self.begin_latest(next, turn);
        }
        self.expire(turn);
        self.tell_if_late(turn);
        if self.timer.is_some_and(|(at, _)| at <= turn.now.elapsed) {
            self.timer = None;
            self.look_before_a_late_try(turn.now);
        }
    }

    /// Begins what the schedule asks for by now. After a long sleep that is the latest of several transitions; the
    /// one that was waited for is told too, as superseded.
    fn begin_latest(&mut self, next: Transition, turn: &mut Turn<'_>) {
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

    /// The one place where an occurrence changes its state, and tells of it.
    pub(super) fn enter(&mut self, to: State, detail: Detail, severity: Severity, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let from = std::mem::replace(&mut owed.state, to);
        if let Some(error) = &detail.error {
            owed.last_error = Some(error.clone());
        }
        turn.effects.push(Effect::Record(Change {
            arn: self.service.arn.clone(),
            service: self.service.name.clone(),
            action: owed.transition.action,
            scheduled: owed.transition.at,
            from,
            to,
            severity,
            operation: detail.operation.or_else(|| owed.step.operation().cloned()),
            attempt: owed.attempts.acts(),
            failed_operations: owed.attempts.failed_operations(),
            unsure_since: owed.in_doubt_since(turn.now),
            error: detail.error,
            retry_in: detail.retry_in,
            late: detail.late,
        }));
    }

    /// The occurrence is over.
    pub(super) fn end(&mut self, ending: Ending, detail: Detail, turn: &mut Turn<'_>) {
        let severity = match ending {
            Ending::Succeeded | Ending::Already | Ending::OverriddenByUser => Severity::Info,
            Ending::Superseded => Severity::Warn,
            Ending::Expired | Ending::Failed => Severity::Error,
        };
        self.end_with(ending, detail, severity, turn);
    }

    pub(super) fn end_with(
        &mut self,
        ending: Ending,
        detail: Detail,
        severity: Severity,
        turn: &mut Turn<'_>,
    ) {
        self.enter(State::Ended(ending), detail, severity, turn);
        self.remember_what_was_not_seen(turn.now);
        if let Some(owed) = self.owed.take() {
            self.enforcing.ended(owed.transition.action, ending);
        }
        self.rest(turn);
    }

    /// When the wall clock next matters.
    pub(super) fn wall_deadline(&self) -> Option<(Timestamp, Why)> {
        let transition = self.next.map(|next| (next.at, Why::Transition));
        let window = self.owed.as_ref().map(|owed| (owed.window.closes(), Why::CatchUpCloses));
        let late = self.owed.as_ref().and_then(|owed| owed.tells_late_at()).map(|at| (at, Why::Late));
        transition.into_iter().chain(window).chain(late).min()
    }

    /// When the clock that is never stepped next matters.
    pub(super) fn elapsed_deadline(&self) -> Option<(Elapsed, Why)> {
        self.timer
    }
}
