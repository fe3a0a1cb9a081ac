//! One service: which occurrence is owed, what is done about it next, and when.
//!
//! The reader finds here when occurrences begin and end and which call leaves; `reply.rs` says what each reply does.

use super::Horizon;
use super::almanac::Almanac;
use super::call::{OperationId, Request};
use super::change::{Change, Ending, Severity, State};
use super::event::{Call, CallId, Effect, Why};
use super::lane::Urgency;
use super::memory::Remembered;
use super::now::{Elapsed, Now, wall_since};
use super::owed::{Following, LOOK_WHEN_LATER_THAN, Owed, Step};
use super::pace::Habit;
use super::watch::CLOCK_WENT_BACK;
use crate::schedule::{Action, Service, Transition};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// The most API calls for one occurrence: twelve hours of the slowest pace fit in it many times over.
const MOST_ATTEMPTS: u32 = 10_000;

/// How many of our latest operations are remembered, so that they are not taken for a person's.
const OURS_REMEMBERED: usize = 8;

/// What a turn of the planner passes to a machine: the time, the jitter's generator, and where effects go.
pub(super) struct Turn<'a> {
    pub(super) now: Now,
    pub(super) almanac: &'a mut Almanac,
    pub(super) rng: &'a mut fastrand::Rng,
    pub(super) effects: &'a mut Vec<Effect>,
}

/// One service's state machine.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) service: Service,
    /// The coming transition.
    next: Option<Transition>,
    /// The transition that was begun last.
    pub(super) begun: Option<Transition>,
    pub(super) owed: Option<Box<Owed>>,
    pub(super) in_flight: Option<InFlight>,
    /// Until when the machine keeps still.
    pub(super) timer: Option<(Elapsed, Why)>,
    /// Operations that this process began, the latest last.
    pub(super) ours: Vec<OperationId>,
    pub(super) resume_habit: Habit,
    pub(super) pause_habit: Habit,
    pub(super) outlook: Outlook,
    /// It has been said that a look at an enforced service failed, and none has succeeded since.
    pub(super) told_not_seen: bool,
}

/// How far a machine looks ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// It follows its schedule for ever.
    Endless,
    /// It settles what is owed and begins nothing new.
    WhatIsOwed,
    /// The same, and then it is gone: its service has left the file.
    Leaving,
}

/// A call whose reply has not come.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) number: u64,
    pub(super) request: Request,
    /// When it left.
    sent: Now,
    /// What was in doubt before it left.
    pub(super) unsure_before: Option<Timestamp>,
    /// The occurrence that it was made for.
    pub(super) transition: Transition,
}

impl InFlight {
    /// Whether it left so long ago that its reply does not say how things stand now.
    pub(super) fn is_old(&self, now: Now) -> bool {
        now.since(self.sent) > LOOK_WHEN_LATER_THAN
    }
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
            begun: None,
            owed: None,
            in_flight: None,
            timer: None,
            ours: Vec::new(),
            resume_habit: Habit::default(),
            pause_habit: Habit::default(),
            outlook: match horizon {
                Horizon::Endless => Outlook::Endless,
                Horizon::WhatIsOwed => Outlook::WhatIsOwed,
            },
            told_not_seen: false,
        }
    }

    /// Takes up what is remembered of the latest occurrence: its operation is followed on; for the rest, what has
    /// become of it meanwhile is looked at before anything is called.
    ///
    /// An occurrence whose instant is far ahead is the work of a clock that was wrong, and is forgotten.
    pub(super) fn remember(&mut self, remembered: Remembered, turn: &Turn<'_>) {
        if wall_since(remembered.transition.at, turn.now.wall) > CLOCK_WENT_BACK {
            return;
        }
        self.begun = Some(remembered.transition);
        self.remember_ours(remembered.operation.clone());
        if remembered.state.is_end() {
            return;
        }
        let step = match (remembered.state, remembered.operation) {
            (State::Tracking, Some(operation)) => {
                let age = wall_since(turn.now.wall, remembered.at);
                Step::Follow(Following::begin(operation, turn.now.elapsed.before(age)))
            }
            _ => Step::Describe,
        };
        self.owed = Some(Box::new(Owed {
            state: remembered.state,
            attempts: remembered.attempts,
            failed_operations: remembered.failed_operations,
            unsure_since: remembered.unsure_since,
            acted_at: Some(remembered.at),
            ..Owed::new(remembered.transition, self.service.catch_up, step)
        }));
    }

    /// Plans by the schedule: its latest transition is owed if it was not begun before and its window is open.
    ///
    /// Where nothing is known of the time before, it looks before it acts.
    pub(super) fn plan(&mut self, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        let knows_nothing = self.begun.is_none();
        let from = self.begun.map_or(wall, |begun| wall.max(begun.at));
        let schedule = &self.service.schedule;
        self.next = turn.almanac.next_after(schedule, from).filter(|_| self.outlook == Outlook::Endless);
        let latest = turn.almanac.latest_at(schedule, wall).filter(|latest| self.is_news(*latest));
        if let Some(latest) = latest.filter(|latest| wall_since(wall, latest.at) < self.service.catch_up) {
            self.begin(latest, turn);
            if let Some(owed) = self.owed.as_mut().filter(|_| knows_nothing) {
                owed.step = Step::Describe;
            }
        }
        self.rest(turn);
    }

    fn is_news(&self, transition: Transition) -> bool {
        self.begun.is_none_or(|begun| {
            transition.at > begun.at || (transition.at == begun.at && transition.action != begun.action)
        })
    }

    /// The file says something else of the service. What was begun goes on; what was settled is not done again.
    pub(super) fn change(&mut self, service: Service, turn: &mut Turn<'_>) {
        if let Some(owed) = &mut self.owed {
            owed.catch_up_within(service.catch_up);
        }
        self.service = service;
        if self.outlook == Outlook::Leaving {
            self.outlook = Outlook::Endless;
        }
        self.plan(turn);
    }

    /// The service has left the file. What was begun goes on to its end; nothing new begins.
    pub(super) fn leave(&mut self, turn: &mut Turn<'_>) {
        self.outlook = Outlook::Leaving;
        self.next = None;
        self.rest(turn);
    }

    /// Whether the service has left the file and nothing of it is left to do.
    pub(super) fn is_gone(&self) -> bool {
        self.outlook == Outlook::Leaving && self.owed.is_none() && self.in_flight.is_none()
    }

    /// What is worth remembering of a service that is gone; once.
    pub(super) fn farewell(&mut self, wall: Timestamp) -> Option<Remembered> {
        Some(Remembered {
            arn: self.service.arn.clone(),
            transition: self.begun.take()?,
            // How it ended has been told; all that matters is that it has.
            state: State::Ended(Ending::Succeeded),
            operation: self.ours.pop(),
            attempts: 0,
            failed_operations: 0,
            unsure_since: None,
            at: wall,
        })
    }

    /// Does what the clocks ask for.
    pub(super) fn tick(&mut self, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        if let Some(next) = self.next.filter(|next| next.at <= wall) {
            self.begin_latest(next, turn);
        }
        if self.owed.as_ref().is_some_and(|owed| owed.closes <= wall) {
            let hours = humane(self.service.catch_up);
            let why = format!("the catch-up window of {hours} closed before it could be done");
            self.end(Ending::Expired, Detail::error(why), turn);
        }
        if self.timer.is_some_and(|(at, _)| at <= turn.now.elapsed) {
            self.timer = None;
            self.look_before_a_late_try(turn.now);
        }
    }

    /// A try that comes late is a look first. (One that only waits its turn among other calls is not late.)
    fn look_before_a_late_try(&mut self, now: Now) {
        let Some(owed) = &mut self.owed else { return };
        if matches!(owed.step, Step::Act) && owed.has_lost_sight(now) {
            owed.step = Step::Describe;
        }
    }

    /// Time has gone by that nobody saw, and people may have done something in it. A look begins anew, and what was to
    /// be done at once is looked at first.
    pub(super) fn lose_sight(&mut self, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.seen_at = None;
        match owed.step {
            Step::List(_) => owed.step = Step::Describe,
            Step::Act if self.in_flight.is_none() => self.look_before_a_late_try(turn.now),
            Step::Act | Step::Describe | Step::Follow(_) => {}
        }
    }

    /// Begins what the schedule asks for by now. After a long sleep that is the latest of several transitions; the
    /// one that was waited for is told too, as superseded.
    fn begin_latest(&mut self, next: Transition, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        let schedule = Arc::clone(&self.service.schedule);
        self.begin(next, turn);
        self.next = turn.almanac.next_after(&schedule, next.at);
        if self.next.is_some_and(|following| following.at <= wall) {
            self.begin(turn.almanac.latest_at(&schedule, wall).unwrap_or(next), turn);
            self.next = turn.almanac.next_after(&schedule, wall);
        }
    }

    /// A transition makes an occurrence; the one before it, if it is still owed, is superseded.
    pub(super) fn begin(&mut self, transition: Transition, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        let late = wall_since(wall, transition.at);
        let in_doubt = self.owed.as_ref().filter(|before| before.unsure_since.is_some());
        let in_doubt = in_doubt.map(|before| before.acted_at.unwrap_or(wall));
        let plain = self.owed.is_none() && self.in_flight.is_none() && late <= LOOK_WHEN_LATER_THAN;
        if self.owed.is_some() {
            let why = format!("the {} at {} came first", transition.action, transition.at);
            self.end(Ending::Superseded, Detail::error(why), turn);
        }
        let step = if plain { Step::Act } else { Step::Describe };
        let mut owed = Owed::new(transition, self.service.catch_up, step);
        if let Some(acted_at) = in_doubt {
            owed.spare_operations_from(acted_at);
        }
        self.begun = Some(transition);
        self.owed = Some(Box::new(owed));
        self.timer = None;
    }

    /// The wall clock has been set back far. What was begun at an instant that is yet to come is void.
    pub(super) fn clock_went_back(&mut self, turn: &mut Turn<'_>) {
        if self.begun.is_some_and(|begun| begun.at > turn.now.wall) {
            if self.owed.is_some() {
                let why = "the clock was set back before its instant";
                self.end(Ending::Superseded, Detail::error(why), turn);
            }
            self.begun = None;
        }
        self.plan(turn);
    }

    /// Whether there is a call to make now, and how much it matters.
    pub(super) fn wants(&self) -> Option<Urgency> {
        if self.in_flight.is_some() || self.timer.is_some() {
            return None;
        }
        let Some(owed) = &self.owed else { return self.is_enforced().then_some(Urgency::Follow) };
        Some(match (&owed.step, owed.transition.action) {
            (Step::Follow(_), _) => Urgency::Follow,
            (Step::Act | Step::Describe | Step::List(_), Action::Resume) => Urgency::Resume,
            (Step::Act | Step::Describe | Step::List(_), Action::Pause) => Urgency::Pause,
        })
    }

    /// The call's turn has come: it leaves, and the intent of an act is recorded before it.
    pub(super) fn call(&mut self, id: CallId, turn: &mut Turn<'_>) -> Option<Call> {
        let Some(owed) = &mut self.owed else { return self.call_to_enforce(id, turn) };
        if owed.attempts >= MOST_ATTEMPTS {
            let why = format!("gave up after {MOST_ATTEMPTS} API calls");
            self.end(Ending::Failed, Detail::error(why), turn);
            return None;
        }
        owed.attempts = owed.attempts.saturating_add(1);
        let transition = owed.transition;
        let request = match &owed.step {
            Step::Act => Request::Act(transition.action),
            Step::Describe => Request::Describe,
            Step::List(listing) => Request::ListOperations { page: listing.page.clone() },
            Step::Follow(following) => Request::ListOperations { page: following.page.clone() },
        };
        let unsure_before = owed.unsure_since;
        if matches!(request, Request::Act(_)) {
            // Should the process end now, the next one knows of a call, and nothing of its outcome.
            owed.be_unsure(turn.now.wall);
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
        Call { id, arn: self.service.arn.clone(), request }
    }

    /// A call of an occurrence that is over came back: whatever it began may be under way now.
    pub(super) fn remember_stale(
        &mut self,
        flight: &InFlight,
        operation: Option<OperationId>,
        turn: &Turn<'_>,
    ) {
        if !matches!(flight.request, Request::Act(_)) {
            return;
        }
        if let Some(owed) = &mut self.owed {
            owed.spare_operations_from(turn.now.wall);
        }
        self.remember_ours(operation);
    }

    pub(super) fn remember_ours(&mut self, operation: Option<OperationId>) {
        let Some(operation) = operation.filter(|operation| !self.ours.contains(operation)) else { return };
        if self.ours.len() >= OURS_REMEMBERED {
            self.ours.remove(0);
        }
        self.ours.push(operation);
    }

    /// The one place where an occurrence changes its state, and tells of it.
    pub(super) fn enter(&mut self, to: State, detail: Detail, severity: Severity, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let from = std::mem::replace(&mut owed.state, to);
        turn.effects.push(Effect::Record(Change {
            arn: self.service.arn.clone(),
            service: self.service.name.clone(),
            action: owed.transition.action,
            scheduled: owed.transition.at,
            from,
            to,
            severity,
            operation: detail.operation.or_else(|| owed.operation().cloned()),
            attempt: owed.attempts,
            failed_operations: owed.failed_operations,
            unsure_since: owed.unsure_since,
            error: detail.error,
            retry_in: detail.retry_in,
            late: detail.late,
        }));
    }

    /// The occurrence is over.
    pub(super) fn end(&mut self, ending: Ending, detail: Detail, turn: &mut Turn<'_>) {
        let severity = match ending {
            Ending::Succeeded | Ending::Already | Ending::Overruled => Severity::Info,
            Ending::Superseded => Severity::Warn,
            Ending::Expired | Ending::Failed => Severity::Error,
        };
        self.enter(State::Ended(ending), detail, severity, turn);
        self.owed = None;
        self.rest(turn);
    }

    /// When the wall clock next matters.
    pub(super) fn wall_deadline(&self) -> Option<(Timestamp, Why)> {
        let transition = self.next.map(|next| (next.at, Why::Transition));
        let window = self.owed.as_ref().map(|owed| (owed.closes, Why::CatchUpCloses));
        transition.into_iter().chain(window).min()
    }

    /// When the clock that is never stepped next matters.
    pub(super) fn elapsed_deadline(&self) -> Option<(Elapsed, Why)> {
        self.timer
    }
}

/// A duration as people write it: `12h`, `1h 30m`, `45s`.
pub(super) fn humane(duration: Duration) -> String {
    SignedDuration::try_from(duration).map_or_else(|_| "ages".to_owned(), |duration| format!("{duration:#}"))
}
