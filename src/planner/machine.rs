//! One service: which occurrence is owed, what is done about it next, and when.
//!
//! The reader finds here when occurrences begin and end and which call leaves; `reply.rs` says what each reply does.

use super::Horizon;
use super::change::{Change, Ending, Severity, State};
use super::clock_monitor::{CLOCK_WENT_BACK, CLOCK_WENT_FAR_BACK};
use super::enforce::Enforcing;
use super::event::{Call, CallId, Effect, Why};
use super::last_occurrence::LastOccurrence;
use super::late_calls::{LANDS_WITHIN, LateCalls};
use super::occurrence::{Following, LOOK_WHEN_LATER_THAN, Occurrence, Step, window_closes};
use super::rate_limiter::Urgency;
use super::told::Alert;
use super::transition_cache::TransitionCache;
use crate::api::{
    Action, DurationEstimate, Elapsed, Now, OperationId, Refusal, Reply, Request, may_have_been_carried_out,
    wall_since,
};
use crate::config::Service;
use crate::schedule::Transition;
use crate::text::humane;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// The most API calls for one occurrence: a month at the slowest pace of looks fits in it.
const MOST_CALLS: u32 = 100_000;

/// A pause that is late is not made when the next resume is this near: the morning would have to wait for its end.
const TOO_LATE_TO_PAUSE: Duration = Duration::from_mins(20);

/// How far back a transition is looked for that was missed: rules that fire every few minutes hide none of the day before.
const MOST_STEPS_BACK: u32 = 200;

const JUST_BEFORE: SignedDuration = SignedDuration::from_nanos(1);

/// How many of our latest operations are remembered, so that they are not taken for a person's.
const OURS_REMEMBERED: usize = 8;

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
    next: Option<Transition>,
    /// The transition that was begun last.
    pub(super) begun: Option<Transition>,
    pub(super) owed: Option<Box<Occurrence>>,
    pub(super) in_flight: Option<InFlight>,
    /// Until when the machine keeps still.
    pub(super) timer: Option<(Elapsed, Why)>,
    /// Operations that this process began, the latest last.
    pub(super) ours: Vec<OperationId>,
    /// Calls of which nobody knows what became of them.
    pub(super) late_calls: LateCalls,
    /// When a call last left, or was last remembered, of which it was never seen what it began: an operation that is listed
    /// later, and began by then, may be its work.
    acted_unseen: Option<Timestamp>,
    /// A resume that the process before could not do.
    undone: Option<Transition>,
    pub(super) resume_estimate: DurationEstimate,
    pub(super) pause_estimate: DurationEstimate,
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

/// A call whose reply has not come.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) number: u64,
    pub(super) request: Request,
    /// When it left.
    pub(super) sent: Now,
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
            late_calls: LateCalls::default(),
            acted_unseen: None,
            undone: None,
            resume_estimate: DurationEstimate::default(),
            pause_estimate: DurationEstimate::default(),
            lifecycle: match horizon {
                Horizon::Endless => Lifecycle::Endless,
                Horizon::WhatIsOwed => Lifecycle::WhatIsOwed,
            },
            enforcing: Enforcing::default(),
        }
    }

    /// Takes up what is remembered of the latest occurrence: its operation is followed on; for the rest, what has
    /// become of it meanwhile is looked at before anything is called.
    ///
    /// An occurrence whose instant is well ahead is the work of a clock that was wrong, as in
    /// [`Machine::clock_went_back`].
    pub(super) fn remember(&mut self, remembered: &LastOccurrence, turn: &mut Turn<'_>) {
        let ahead = wall_since(remembered.transition.at, turn.now.wall);
        self.remember_ours(remembered.operation.clone());
        if ahead > CLOCK_WENT_BACK {
            let woken_early = remembered.transition.action == Action::Resume && ahead <= CLOCK_WENT_FAR_BACK;
            if !woken_early {
                return;
            }
        }
        self.begun = Some(remembered.transition);
        if ahead > CLOCK_WENT_BACK && remembered.state.is_end() {
            self.begun = self.settled_before_its_time(remembered.transition, turn);
        }
        if remembered.unsure_since.is_some() {
            self.acted_unseen = Some(remembered.at);
        }
        let is_undone = matches!(remembered.state, State::Ended(Ending::Failed | Ending::Expired));
        self.undone = Some(remembered.transition).filter(|of| is_undone && of.action == Action::Resume);
        let followed = remembered.followed();
        if followed.is_none() && (remembered.state == State::Calling || remembered.unsure_since.is_some()) {
            self.late_calls.lost(remembered.transition.action, remembered.at, turn.now);
        }
        if remembered.state.is_end() {
            return;
        }
        // The row replaced that of the occurrence before, whose call may have been lost as late as this row was written.
        self.late_calls.lost(remembered.transition.action.opposite(), remembered.at, turn.now);
        let unsure_since = remembered.unsure_since.filter(|_| followed.is_none());
        let step = followed.map_or(Step::Describe, |(operation, since)| {
            let age = wall_since(turn.now.wall, since);
            Step::Follow(Following::begin(operation.clone(), age, turn.now.elapsed))
        });
        // It may have waited for an earlier call of ours of which this process knows nothing.
        let may_be_ours = matches!(remembered.state, State::Waiting | State::BackingOff);
        let spared_until = remembered.at.saturating_add(LANDS_WITHIN).unwrap_or(remembered.at);
        let mut owed = Occurrence {
            state: remembered.state,
            attempts: remembered.attempts,
            failed_operations: remembered.failed_operations,
            unsure_since,
            acted_at: Some(remembered.at),
            // The service was busy with what may have been an operation of ours that no list showed.
            unlisted: remembered.state == State::Waiting && unsure_since.is_some(),
            ..Occurrence::new(remembered.transition, self.service.catch_up, step, turn.now.wall)
        };
        if may_be_ours {
            owed.strangers_from = owed.strangers_from.max(spared_until);
        }
        self.owed = Some(Box::new(owed));
    }

    /// Plans by the schedule: its latest transition is owed if it was not begun before and its window is open.
    ///
    /// Where nothing is known of the time before, it looks before it acts; what a person has done since is in the list of
    /// operations, and wins.
    pub(super) fn plan(&mut self, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        let from = self.begun.map_or(wall, |begun| wall.max(begun.at));
        let schedule = &self.service.schedule;
        self.next =
            turn.transition_cache.next_after(schedule, from).filter(|_| self.lifecycle == Lifecycle::Endless);
        let latest = turn.transition_cache.latest_at(schedule, wall);
        let undone = self.undone.take();
        if let Some(latest) = latest.filter(|_| self.begun.is_none() || undone == latest) {
            self.begin_what_may_be_done(latest, turn);
        } else if let Some(latest) = latest.filter(|latest| self.is_news(*latest)) {
            self.begin(latest, turn);
            self.expire(turn);
            self.skip_what_is_too_late(turn);
        } else if latest.is_some_and(|latest| self.was_put_to_sleep_since(latest, wall)) {
            self.begin_what_may_be_done(Transition { at: wall, action: Action::Resume }, turn);
        }
        self.rest(turn);
    }

    /// Begins what somebody may have done already: it is looked at first. A resume whose catch-up window has closed is
    /// only looked at, so that no service sleeps through its hours in silence.
    fn begin_what_may_be_done(&mut self, latest: Transition, turn: &mut Turn<'_>) {
        let is_open = turn.now.wall < window_closes(latest, self.service.catch_up);
        let is_resume = latest.action == Action::Resume;
        if !is_resume && (!is_open || self.is_too_late(latest, turn)) {
            return;
        }
        self.begin(latest, turn);
        if let Some(owed) = &mut self.owed {
            owed.step = Step::Describe;
            if !is_open {
                owed.look_only();
            }
        }
    }

    /// Whether a pause was begun since the latest transition, a resume, which the file does not have any more: its hours
    /// were extended after their end, and the service is to be awake.
    fn was_put_to_sleep_since(&self, latest: Transition, wall: Timestamp) -> bool {
        let is_void =
            |begun: Transition| begun.action == Action::Pause && begun.at > latest.at && begun.at <= wall;
        latest.action == Action::Resume
            && self.lifecycle != Lifecycle::Leaving
            && self.begun.is_some_and(is_void)
    }

    /// The process was down at a transition that another has followed since. It is begun, so that it is told as superseded
    /// by what [`Machine::plan`] begins next: a service that slept through its hours did so in nobody's silence. Of several
    /// that were missed this is the latest of its kind; a month's absence is not a month of lines.
    pub(super) fn begin_what_was_missed(&mut self, turn: &mut Turn<'_>) {
        let Some(begun) = self.begun else { return };
        let schedule = Arc::clone(&self.service.schedule);
        let Some(latest) = turn.transition_cache.latest_at(&schedule, turn.now.wall) else { return };
        let mut missed = latest;
        for _ in 0..MOST_STEPS_BACK {
            let before = missed.at.saturating_sub(JUST_BEFORE).unwrap_or(missed.at);
            match turn.transition_cache.latest_at(&schedule, before).filter(|before| before.at > begun.at) {
                Some(found) => missed = found,
                None => return,
            }
            if missed.action != latest.action {
                self.begin(missed, turn);
                if let Some(owed) = &mut self.owed {
                    owed.last_error = Some("the process was down".to_owned());
                }
                return;
            }
        }
    }

    /// Whether this pause is late and the next resume so near that it would have to wait for the pause's end. A pause at
    /// its instant is made, however near the resume is: the file says so.
    fn is_too_late(&self, transition: Transition, turn: &mut Turn<'_>) -> bool {
        let wall = turn.now.wall;
        if transition.action == Action::Resume || wall_since(wall, transition.at) <= LOOK_WHEN_LATER_THAN {
            return false;
        }
        let next = match self.lifecycle {
            Lifecycle::Endless => self.next,
            // What it does not begin somebody else will.
            Lifecycle::WhatIsOwed => turn.transition_cache.next_after(&self.service.schedule, wall),
            Lifecycle::Leaving => None,
        };
        next.is_some_and(|next| {
            next.action == Action::Resume && wall_since(next.at, wall) < TOO_LATE_TO_PAUSE
        })
    }

    /// Ends a pause that is too late; whether it did.
    fn skip_what_is_too_late(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(transition) = self.owed.as_ref().map(|owed| owed.transition) else { return false };
        let skips = self.is_too_late(transition, turn);
        if skips {
            let why = Detail::error("it is late, and the next resume is near");
            self.end_with(Ending::Expired, why, Severity::Warn, turn);
        }
        skips
    }

    /// Ends what was only to be looked at, and turned out not to be done; whether it did. A file with a longer window, or a
    /// clock that was set back, may have it done all the same.
    fn leave_what_was_missed(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(owed) = self.owed.as_mut().filter(|owed| owed.is_only_looked_at) else { return false };
        let closes = window_closes(owed.transition, self.service.catch_up);
        if turn.now.wall < closes {
            (owed.is_only_looked_at, owed.closes) = (false, closes);
            return false;
        }
        let window = humane(self.service.catch_up);
        let why = format!("its catch-up window of {window} has closed, and the service is asleep");
        self.end(Ending::Expired, Detail::error(why), turn);
        true
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

    /// What is worth remembering of a service that is gone; once.
    pub(super) fn retire(&mut self, wall: Timestamp) -> Option<LastOccurrence> {
        Some(LastOccurrence {
            arn: self.service.arn.clone(),
            transition: self.begun.take()?,
            // How it ended has been told; all that matters is that it has.
            state: State::Ended(Ending::Succeeded),
            operation: self.ours.pop(),
            attempts: 0,
            failed_operations: 0,
            unsure_since: self.acted_unseen,
            at: self.acted_unseen.unwrap_or(wall),
        })
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

    /// The catch-up window closes.
    fn expire(&mut self, turn: &mut Turn<'_>) {
        let Some(owed) = self.owed.as_ref().filter(|owed| owed.closes <= turn.now.wall) else { return };
        let window = humane(wall_since(owed.closes, owed.transition.at));
        let cause = owed.last_error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let why = format!("the catch-up window of {window} closed before it could be done{cause}");
        self.end(Ending::Expired, Detail::error(why), turn);
    }

    /// A resume that is not done long after its instant is told, once, whatever the cause.
    fn tell_if_late(&mut self, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        let Some(owed) = &mut self.owed else { return };
        if owed.transition.action != Action::Resume || wall < owed.late_from || !owed.told.first(Alert::Late)
        {
            return;
        }
        let late = humane(Duration::from_secs(wall_since(wall, owed.owed_since).as_secs()));
        let instant = if owed.owed_since == owed.transition.at {
            "its instant".to_owned()
        } else {
            format!("the first of the resumes since {}", owed.owed_since)
        };
        let state = owed.state;
        let cause = match (&owed.last_error, state) {
            (_, State::Tracking) => ": its operation is still going on".to_owned(),
            (Some(error), _) => format!(": {error}"),
            (None, _) => String::new(),
        };
        self.enter(
            state,
            Detail::error(format!("not done {late} after {instant}{cause}")),
            Severity::Error,
            turn,
        );
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
        owed.may_be_awake_at(turn.now.wall);
        match owed.step {
            Step::List(_) => owed.step = Step::Describe,
            Step::Act if self.in_flight.is_none() => self.look_before_a_late_try(turn.now),
            Step::Act | Step::Describe | Step::Confirm(_) | Step::Follow(_) => {}
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
        let may_be_undone = self.late_calls.until(transition.action.opposite(), turn.now.elapsed).is_some();
        let plain =
            self.owed.is_none() && self.in_flight.is_none() && !may_be_undone && late <= LOOK_WHEN_LATER_THAN;
        let before = self.supersede(transition, turn);
        let step = if plain { Step::Act } else { Step::Describe };
        let mut owed = Occurrence::new(transition, self.service.catch_up, step, wall);
        if let Some(before) = before {
            owed.succeed(&before);
        }
        if let Some(acted_at) = self.acted_unseen {
            owed.spare_operations_from(acted_at);
        }
        self.begun = Some(transition);
        self.owed = Some(Box::new(owed));
        self.timer = None;
    }

    /// A later transition comes first. A resume that a pause supersedes was never done: somebody must look.
    fn supersede(&mut self, by: Transition, turn: &mut Turn<'_>) -> Option<Box<Occurrence>> {
        let owed = self.owed.as_ref()?;
        let is_only_looked_at = owed.is_only_looked_at && owed.state == State::Due;
        let is_failing = (owed.state != State::Tracking && !is_only_looked_at) || by.at >= owed.late_from;
        let never_awake =
            owed.transition.action == Action::Resume && by.action == Action::Pause && is_failing;
        let cause = owed.last_error.as_ref().map(|error| format!("; before: {error}")).unwrap_or_default();
        let why = Detail::error(format!("the {} at {} came first{cause}", by.action, by.at));
        let severity = if never_awake { Severity::Error } else { Severity::Warn };
        self.enter(State::Ended(Ending::Superseded), why, severity, turn);
        self.remember_what_was_not_seen(turn.now);
        self.owed.take()
    }

    /// The wall clock has been set back. What was begun at an instant that is yet to come is void.
    ///
    /// A service that was paused before its time is woken again. One that was woken before its time stays awake, unless
    /// that time is far: a pause now might still be going on when the morning comes.
    pub(super) fn clock_went_back(&mut self, turn: &mut Turn<'_>) {
        let is_ahead = |begun: &Transition| begun.at > turn.now.wall;
        if let Some(begun) = self.begun.filter(is_ahead) {
            let ahead = wall_since(begun.at, turn.now.wall);
            let woken_early = begun.action == Action::Resume && ahead <= CLOCK_WENT_FAR_BACK;
            if woken_early && self.owed.is_some() {
                return;
            }
            if self.owed.is_some() {
                let why = "the clock was set back before its instant";
                self.end(Ending::Superseded, Detail::error(why), turn);
            }
            self.begun = self.settled_before_its_time(begun, turn).filter(|_| woken_early);
        }
        // Of a service that has left the file nothing new begins.
        if self.lifecycle != Lifecycle::Leaving {
            self.plan(turn);
        }
    }

    /// What counts as settled where a service was woken before its time: that transition, unless another comes before it.
    fn settled_before_its_time(&self, early: Transition, turn: &mut Turn<'_>) -> Option<Transition> {
        let (schedule, wall) = (&self.service.schedule, turn.now.wall);
        if turn.transition_cache.next_after(schedule, wall) == Some(early) {
            return Some(early);
        }
        turn.transition_cache.latest_at(schedule, wall)
    }

    /// Whether there is a call to make now, and how much it matters.
    pub(super) fn wants(&self) -> Option<Urgency> {
        if self.in_flight.is_some() || self.timer.is_some() {
            return None;
        }
        let Some(owed) = &self.owed else { return self.is_enforced().then_some(Urgency::Follow) };
        Some(match (&owed.step, owed.transition.action) {
            (Step::Follow(_) | Step::Confirm(_), _) => Urgency::Follow,
            (Step::Act | Step::Describe | Step::List(_), Action::Resume) => Urgency::Resume,
            (Step::Act | Step::Describe | Step::List(_), Action::Pause) => Urgency::Pause,
        })
    }

    /// The call's turn has come: it leaves, and the intent of an act is recorded before it.
    pub(super) fn call(&mut self, id: CallId, turn: &mut Turn<'_>) -> Option<Call> {
        if self.owed.as_ref().is_some_and(|owed| matches!(owed.step, Step::Act))
            && (self.leave_what_was_missed(turn) || self.skip_what_is_too_late(turn))
        {
            return None;
        }
        let Some(owed) = &mut self.owed else { return self.call_to_enforce(id, turn) };
        if owed.calls >= MOST_CALLS {
            let why = format!("gave up after {MOST_CALLS} API calls");
            self.end(Ending::Failed, Detail::error(why), turn);
            return None;
        }
        owed.calls = owed.calls.saturating_add(1);
        let transition = owed.transition;
        let request = match &owed.step {
            Step::Act => Request::Act(transition.action),
            Step::Describe | Step::Confirm(_) => Request::Describe,
            Step::List(listing) => Request::ListOperations { page: listing.page.clone() },
            Step::Follow(following) => Request::ListOperations { page: following.page.clone() },
        };
        let unsure_before = owed.unsure_since;
        if matches!(request, Request::Act(_)) {
            owed.attempts = owed.attempts.saturating_add(1);
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
        Call { id, arn: self.service.arn.clone(), request, decided: sent }
    }

    /// A call of an occurrence that is over came back: whatever it began may be under way now.
    pub(super) fn remember_stale(
        &mut self,
        flight: &InFlight,
        reply: Result<Reply, Refusal>,
        turn: &Turn<'_>,
    ) {
        let Request::Act(action) = flight.request else { return };
        let operation = match reply {
            Ok(Reply::Accepted { operation, .. }) => {
                if operation.is_none() {
                    self.late_calls.lost(action, flight.sent.wall, turn.now);
                }
                operation
            }
            Ok(Reply::Described { .. } | Reply::Operations { .. }) => None,
            // It began nothing, so whatever has begun meanwhile is somebody's will.
            Err(refusal) if !may_have_been_carried_out(&refusal) => return,
            Err(_) => {
                self.late_calls.lost(action, flight.sent.wall, turn.now);
                None
            }
        };
        if let Some(owed) = &mut self.owed {
            owed.spare_operations_from(turn.now.wall);
        }
        self.remember_ours(operation);
    }

    /// The occurrence ends in doubt about a call: what that began may be seen later, and is not a person's doing then.
    fn remember_what_was_not_seen(&mut self, now: Now) {
        let in_doubt = self.owed.as_ref().filter(|owed| owed.unsure_since.is_some());
        if let Some(acted_at) = in_doubt.map(|owed| owed.acted_at.unwrap_or(now.wall)) {
            self.acted_unseen = self.acted_unseen.max(Some(acted_at));
        }
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
            operation: detail.operation.or_else(|| owed.operation().cloned()),
            attempt: owed.attempts,
            failed_operations: owed.failed_operations,
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

    fn end_with(&mut self, ending: Ending, detail: Detail, severity: Severity, turn: &mut Turn<'_>) {
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
        let window = self.owed.as_ref().map(|owed| (owed.closes, Why::CatchUpCloses));
        let late = self.owed.as_ref().and_then(|owed| owed.tells_late_at()).map(|at| (at, Why::Late));
        transition.into_iter().chain(window).chain(late).min()
    }

    /// When the clock that is never stepped next matters.
    pub(super) fn elapsed_deadline(&self) -> Option<(Elapsed, Why)> {
        self.timer
    }
}
