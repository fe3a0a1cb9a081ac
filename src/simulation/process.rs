//! The daemon's process: whether it runs, when it wakes, and what it was ordered to suffer.

use super::host::Host;
use super::timing::Timing;
use super::trouble::{Boundary, LedgerLoss};
use crate::api::Now;
use crate::config::Config;
use crate::planner::{Call, Effect, Event, NextDeadline, Planner};
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

/// The planner asks to be woken at once, over and over.
#[derive(Debug)]
pub(crate) struct Spins;

impl Process {
    /// The next process begins, with this planner.
    pub(crate) fn begin(&mut self, planner: Planner) {
        self.number = self.number.saturating_add(1);
        self.planner = Some(planner);
        self.reckon_anew();
    }

    pub(crate) fn end(&mut self) {
        self.planner = None;
        self.alarm.wake = None;
    }

    /// Lets the planner handle an event, if a process runs. A planner that spins is ended.
    pub(crate) fn handle(&mut self, event: Event, now: Now) -> Result<Vec<Effect>, Spins> {
        let Some(planner) = &mut self.planner else { return Ok(Vec::new()) };
        self.alarm.turns_at_this_instant = self.alarm.turns_at_this_instant.saturating_add(1);
        if self.alarm.turns_at_this_instant > MOST_TURNS_AT_ONE_INSTANT {
            self.end();
            return Err(Spins);
        }
        Ok(planner.handle(event, now))
    }

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

    /// The crash that waits, for a turn that has something to do.
    pub(crate) fn take_crash(&mut self) -> Option<Crash> {
        self.ordered.crash.take()
    }

    pub(crate) fn stop_soon(&mut self, stall: Duration) {
        self.ordered.stall = Some(stall);
    }

    /// For how long it is to be stopped before these calls leave, if it is.
    pub(crate) fn take_stall(&mut self, calls: &[Call]) -> Option<Duration> {
        self.ordered.stall.take_if(|_| !calls.is_empty())
    }

    /// It is stopped until then.
    pub(crate) fn stop(&mut self, until: Timestamp) {
        self.stopped_until = Some(until);
    }

    /// Drops the crashes and stalls that were still to come.
    pub(crate) fn recover(&mut self) {
        self.ordered = Ordered::default();
    }

    /// What the deadline was reckoned from has changed: it is reckoned anew.
    pub(crate) fn reckon_anew(&mut self) {
        self.alarm.wake = None;
    }

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
}
