//! The daemon's process: it begins, wakes, has its turns, is stopped, and is killed.

use super::host::Host;
use super::observer::{Observation, Observer};
use super::queue::Coming;
use super::timing::Timing;
use super::trouble::{Boundary, LedgerLoss};
use super::world::World;
use crate::config::Config;
use crate::planner::{Call, Effect, Event, Horizon, NextDeadline, Planner};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// A planner that is woken so often at one instant asks for it for ever.
const MOST_TURNS_AT_ONE_INSTANT: u32 = 100_000;

/// The process that runs, if one does, and those before it.
#[derive(Debug, Default)]
pub(crate) struct Process {
    planner: Option<Planner>,
    /// Which process it is, so that replies to an earlier one reach nobody.
    number: u32,
    alarm: Alarm,
    ordered: Ordered,
    /// Until when it is stopped.
    stopped_until: Option<Timestamp>,
}

/// When the daemon will wake by itself.
#[derive(Debug, Default)]
struct Alarm {
    /// For the deadline that it last told.
    wake: Option<(NextDeadline, Timestamp)>,
    turns_at_this_instant: u32,
}

/// What happens to a process in the next turn in which it has something to do.
#[derive(Debug, Default)]
struct Ordered {
    crash: Option<Crash>,
    /// It is to be stopped for so long before the next calls leave.
    stall: Option<Duration>,
}

/// A crash that waits for its turn.
#[derive(Debug, Clone)]
pub(crate) struct Crash {
    pub(crate) boundary: Boundary,
    pub(crate) down: Duration,
    pub(crate) ledger: LedgerLoss,
    pub(crate) edited: Option<Arc<Config>>,
}

impl Process {
    pub(crate) fn is_running(&self) -> bool {
        self.planner.is_some()
    }

    /// Which process it is.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Whether this process runs still.
    pub(crate) fn still_runs(&self, number: u32) -> bool {
        number == self.number && self.is_running()
    }

    /// How many occurrences have not ended, while a process runs.
    pub(crate) fn owed(&self) -> Option<usize> {
        self.planner.as_ref().map(Planner::owed)
    }

    /// Until when it is stopped, if it is.
    pub(crate) fn stopped_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.stopped_until.filter(|until| *until > now)
    }

    pub(crate) fn crash_soon(&mut self, crash: Crash) {
        if self.is_running() {
            self.ordered.crash = Some(crash);
        }
    }

    pub(crate) fn stop_soon(&mut self, stall: Duration) {
        self.ordered.stall = Some(stall);
    }

    /// Nothing more happens to it.
    pub(crate) fn has_peace(&mut self) {
        self.ordered = Ordered::default();
    }

    /// What the deadline was reckoned from has changed: it is reckoned anew.
    pub(crate) fn reckon_anew(&mut self) {
        self.alarm.wake = None;
    }

    /// Time has passed.
    pub(crate) fn time_passes(&mut self) {
        self.alarm.turns_at_this_instant = 0;
    }

    /// When it wakes by itself, in true time.
    pub(crate) fn next_wake(
        &mut self,
        now: Timestamp,
        host: &Host,
        timing: &Timing,
        rng: &mut fastrand::Rng,
    ) -> Option<Timestamp> {
        let next = self.planner.as_ref()?.next_deadline();
        if host.frozen_until().is_some() || self.stopped_until(now).is_some() {
            return None;
        }
        if let Some((_, at)) = self.alarm.wake.filter(|(of, _)| *of == next) {
            return Some(at);
        }
        let wall = next.wall.map(|(at, _)| host.when_wall_shows(at));
        let elapsed = next.elapsed.map(|(at, _)| host.when_elapsed_shows(at));
        let at = wall.into_iter().chain(elapsed).min()?;
        let late = at.max(now).saturating_add(timing.oversleeps(rng)).unwrap_or(at);
        self.alarm.wake = Some((next, late));
        Some(late)
    }

    fn is_gone(&mut self) {
        self.planner = None;
        self.alarm.wake = None;
    }
}

impl<O: Observer> World<O> {
    pub(crate) fn begin_process(&mut self) {
        if self.process.is_running() {
            return;
        }
        self.process.number = self.process.number.saturating_add(1);
        self.host.begin_process(self.now);
        let planner = Planner::new(self.config.limits, Horizon::Endless, self.rng.u64(..));
        self.process.planner = Some(planner);
        self.process.reckon_anew();
        if self.ledger.fails() {
            self.observer.see(self.now, Observation::LedgerLost);
        }
        let remembered = self.ledger.recall();
        let now = self.host.read(self.now);
        self.observer
            .see(self.now, Observation::Begins { now, config: &self.config, remembered: &remembered });
        self.turn(Event::Start { services: self.config.services.clone(), remembered });
    }

    /// One turn of the daemon: an event, the commit, the calls.
    pub(crate) fn turn(&mut self, event: Event) {
        let Some(planner) = &mut self.process.planner else { return };
        let turns = &mut self.process.alarm.turns_at_this_instant;
        *turns = turns.saturating_add(1);
        if *turns > MOST_TURNS_AT_ONE_INSTANT {
            self.observer.see(self.now, Observation::Spins);
            self.process.planner = None;
            return;
        }
        let now = self.host.read(self.now);
        let effects = planner.handle(event, now);
        if effects.is_empty() {
            return;
        }
        let crash = self.process.ordered.crash.take();
        if let Some(crash) = crash.as_ref().filter(|crash| crash.boundary == Boundary::BeforeTheCommit) {
            self.die(crash);
            return;
        }
        let changes = effects.iter().filter_map(|effect| match effect {
            Effect::Record(change) => Some(change),
            Effect::Call(_)
            | Effect::HeldBack { .. }
            | Effect::ClockSetBack { .. }
            | Effect::NotSeen { .. } => None,
        });
        for change in changes.clone() {
            self.observer.see(self.now, Observation::Records { change, now });
        }
        self.ledger.write(changes, now.wall);
        let calls = effects.into_iter().filter_map(|effect| match effect {
            Effect::Call(call) => Some(call),
            Effect::Record(_)
            | Effect::HeldBack { .. }
            | Effect::ClockSetBack { .. }
            | Effect::NotSeen { .. } => None,
        });
        self.after_the_commit(calls, crash.as_ref());
    }

    /// The calls of a turn leave, unless the process is stopped before, or killed among them.
    fn after_the_commit(&mut self, calls: impl Iterator<Item = Call>, crash: Option<&Crash>) {
        let most = match crash.map(|crash| crash.boundary) {
            Some(Boundary::AfterCalls(most)) => most,
            Some(Boundary::BeforeTheCommit) | None => usize::MAX,
        };
        let calls: Vec<Call> = calls.take(most).collect();
        if let Some(crash) = crash {
            self.leave(calls);
            self.die(crash);
        } else if let Some(stall) = self.process.ordered.stall.take_if(|_| !calls.is_empty()) {
            let until = self.in_(stall);
            self.process.stopped_until = Some(until);
            self.observer.see(self.now, Observation::Stops { until });
            self.schedule(until, Coming::Continues { process: self.process.number, calls });
        } else {
            self.leave(calls);
        }
    }

    /// The calls of a turn leave, unless their decision is too old by now.
    pub(crate) fn leave(&mut self, calls: Vec<Call>) {
        let now = self.host.read(self.now);
        for call in calls {
            if call.is_stale(now) {
                self.reply_at(self.now, self.process.number, call, Err(Call::never_left()));
            } else {
                self.observer.see(self.now, Observation::Calls { call: &call, now });
                self.send(call);
            }
        }
    }

    fn die(&mut self, crash: &Crash) {
        self.process.is_gone();
        self.observer.see(self.now, Observation::Dies);
        if self.ledger.forget_what_was_not_written() {
            self.observer.see(self.now, Observation::LedgerLost);
        }
        if crash.ledger == LedgerLoss::Whole {
            self.ledger.lose();
            self.observer.see(self.now, Observation::LedgerLost);
        }
        if let Some(config) = &crash.edited {
            self.file_becomes(config);
        }
        self.schedule_in(crash.down, Coming::Begins);
    }
}
