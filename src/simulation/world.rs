//! The world: the real planner against the emulator's model, in virtual time.
//!
//! The true time goes from one happening to the next. The daemon sees it through the clocks of its [`Host`], App
//! Runner as it is. One turn of the daemon is one event, then the commit of its changes, then its calls, as in
//! `daemon/`; a crash can fall between any two of these.

use super::host::Host;
use super::in_flight::InFlight;
use super::ledger::Ledger;
use super::observer::{Observation, Observer};
use super::timing::{Timing, part_of};
use super::trouble::{Boundary, LedgerLoss, Trouble};
use crate::api::{Action, Refusal, Reply, ServiceArn, ServiceStatus};
use crate::config::Config;
use crate::emulator::{Model, OperationTimes};
use crate::planner::{Call, CallId, Effect, Event, Horizon, NextDeadline, Planner};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A planner that is woken so often at one instant asks for it for ever.
const MOST_TURNS_AT_ONE_INSTANT: u32 = 100_000;

/// The daemon looks at the clocks this often, whatever its deadlines.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// A whole world, as somebody sees it.
#[derive(Debug)]
pub struct World<O> {
    /// Who looks on.
    pub observer: O,
    pub(crate) now: Timestamp,
    pub(crate) host: Host,
    pub(crate) model: Model,
    pub(crate) config: Config,
    /// Services of earlier files, which may still be on their way out.
    pub(crate) former: BTreeSet<ServiceArn>,
    pub(crate) timing: Timing,
    pub(crate) ledger: Ledger,
    pub(crate) rng: fastrand::Rng,
    planner: Option<Planner>,
    /// Which process it is, so that replies to an earlier one reach nobody.
    pub(crate) process: u32,
    queue: BTreeMap<(Timestamp, u64), Coming>,
    queued: u64,
    pub(crate) crash: Option<Crash>,
    /// The process is to be stopped for so long before the next calls leave.
    pub(crate) stall: Option<Duration>,
    /// Until when it is stopped.
    stopped_until: Option<Timestamp>,
    pub(crate) no_network_until: Timestamp,
    pub(crate) no_credentials_until: Timestamp,
    pub(crate) ledger_fails_until: Timestamp,
    /// When the daemon will wake, for the deadline that it last told.
    wake: Option<(NextDeadline, Timestamp)>,
    turns_at_this_instant: u32,
    pub(crate) times: OperationTimes,
    /// Faults were ordered, so operations may end in other ways.
    pub(crate) meets_faults: bool,
    /// All trouble has ended.
    pub(crate) is_peaceful: bool,
}

/// A crash that waits for its turn.
#[derive(Debug, Clone)]
pub(crate) struct Crash {
    pub(crate) boundary: Boundary,
    pub(crate) down: Duration,
    pub(crate) ledger: LedgerLoss,
    pub(crate) edited: Option<Arc<Config>>,
}

/// Something that is to come.
#[derive(Debug)]
pub(crate) enum Coming {
    /// A request reaches App Runner.
    Request(InFlight),
    /// A reply, or the end of the wait for one, reaches the daemon.
    Reply {
        process: u32,
        call: CallId,
        arn: ServiceArn,
        acted: bool,
        reply: Result<Reply, Refusal>,
    },
    /// An operation may have ended.
    Settles(ServiceArn),
    Trouble(Trouble),
    /// The host has stood still for so long.
    Thaws(Duration),
    /// A process that was stopped goes on where it was: these calls leave.
    Continues {
        process: u32,
        calls: Vec<Call>,
    },
    /// A process begins.
    Begins,
    LedgerRecovers,
    /// The daemon looks at the clocks, as it does every minute; here only where that may tell it something.
    Heartbeat,
}

impl<O: Observer> World<O> {
    /// A world in which nothing has begun. `seed` seeds everything in it that is random.
    pub fn new(config: Config, timing: Timing, start: Timestamp, seed: u64, observer: O) -> Self {
        Self {
            observer,
            now: start,
            host: Host::new(start),
            model: Model::new(timing.settings(), seed),
            config,
            former: BTreeSet::new(),
            timing,
            ledger: Ledger::default(),
            rng: fastrand::Rng::with_seed(seed),
            planner: None,
            process: 0,
            queue: BTreeMap::new(),
            queued: 0,
            crash: None,
            stall: None,
            stopped_until: None,
            no_network_until: Timestamp::MIN,
            no_credentials_until: Timestamp::MIN,
            ledger_fails_until: Timestamp::MIN,
            wake: None,
            turns_at_this_instant: 0,
            times: OperationTimes::default(),
            meets_faults: false,
            is_peaceful: false,
        }
    }

    /// Puts every service of the file in, in the state that its schedule asks for.
    pub fn put_services(&mut self) {
        for service in &self.config.services {
            let latest = service.schedule.latest_at(self.now);
            let status = ServiceStatus::after(latest.map_or(Action::Pause, |latest| latest.action));
            self.observer.see(self.now, Observation::Stands { arn: &service.arn, status: &status });
            self.model.put(service.arn.clone(), status, self.now).ok();
        }
    }

    /// What was due before now was done, and the ledger remembers it.
    pub fn settle_the_past(&mut self) {
        for service in &self.config.services {
            if let Some(transition) = service.schedule.latest_at(self.now) {
                self.ledger.settle(&service.arn, transition);
            }
        }
    }

    /// Lets this happen at this true time.
    pub fn let_happen(&mut self, at: Timestamp, trouble: Trouble) {
        self.schedule(at, Coming::Trouble(trouble));
    }

    /// Starts the daemon, now.
    pub fn start(&mut self) {
        self.begin_process();
    }

    /// Until when the daemon does nothing, if it stands still: its host is frozen, or the process is stopped.
    pub fn stands_still_until(&self) -> Option<Timestamp> {
        let stopped = self.stopped_until.filter(|until| *until > self.now);
        self.host.frozen_until().into_iter().chain(stopped).max()
    }

    /// The true time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The file that is in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many occurrences have not ended, while a process runs.
    pub fn owed(&self) -> Option<usize> {
        self.planner.as_ref().map(Planner::owed)
    }

    /// How a service truly stands; `None` when App Runner does not have it.
    pub fn status(&mut self, arn: &ServiceArn) -> Option<ServiceStatus> {
        self.model.describe(arn, self.now).ok().map(|view| view.status)
    }

    /// The emulated App Runner, with the true time for it.
    pub fn model(&mut self) -> (&mut Model, Timestamp) {
        (&mut self.model, self.now)
    }

    /// Lets time pass until then.
    pub fn run_until(&mut self, end: Timestamp) {
        while self.step(end) {}
        self.now = self.now.max(end);
    }

    /// Does what comes next, if it comes by then.
    fn step(&mut self, end: Timestamp) -> bool {
        let wake = self.next_wake();
        let queued = self.queue.first_key_value().map(|((at, _), _)| *at);
        let Some(at) = wake.into_iter().chain(queued).min().filter(|at| *at <= end) else { return false };
        if at > self.now {
            self.now = at;
            self.turns_at_this_instant = 0;
        }
        if queued == Some(at) {
            if let Some((_, coming)) = self.queue.pop_first() {
                self.comes(coming);
            }
        } else {
            self.wake = None;
            self.turn(Event::Tick);
        }
        true
    }

    /// When the daemon wakes by itself, in true time.
    fn next_wake(&mut self) -> Option<Timestamp> {
        let next = self.planner.as_ref()?.next_deadline();
        if self.stands_still_until().is_some() {
            return None;
        }
        if let Some((_, at)) = self.wake.filter(|(of, _)| *of == next) {
            return Some(at);
        }
        let wall = next.wall.map(|(at, _)| self.host.when_wall_shows(at));
        let elapsed = next.elapsed.map(|(at, _)| self.host.when_elapsed_shows(at));
        let at = wall.into_iter().chain(elapsed).min()?;
        let late = at.max(self.now).saturating_add(self.timing.oversleeps(&mut self.rng)).unwrap_or(at);
        self.wake = Some((next, late));
        Some(late)
    }

    fn comes(&mut self, coming: Coming) {
        let needs_the_host = matches!(
            coming,
            Coming::Reply { .. }
                | Coming::Continues { .. }
                | Coming::Begins
                | Coming::Heartbeat
                | Coming::Trouble(Trouble::Reload(_))
        );
        if let Some(thaw) = self.stands_still_until().filter(|_| needs_the_host) {
            self.schedule(thaw, coming);
            return;
        }
        match coming {
            Coming::Request(in_flight) => self.arrives(in_flight),
            Coming::Reply { process, call, arn, acted, reply } => {
                if process == self.process && self.planner.is_some() {
                    self.observer.see(self.now, Observation::Replies { arn: &arn, reply: &reply, acted });
                    self.turn(Event::Replied { call, reply });
                }
            }
            Coming::Continues { process, calls } => {
                if process == self.process && self.planner.is_some() {
                    self.leave(calls);
                }
            }
            Coming::Settles(arn) => self.look_at(&arn),
            Coming::Trouble(trouble) => self.trouble(trouble),
            Coming::Thaws(slept) => {
                self.host.thaw(slept);
                self.wake = None;
            }
            Coming::Begins => self.begin_process(),
            Coming::Heartbeat => self.turn(Event::Tick),
            Coming::LedgerRecovers => {
                if self.now >= self.ledger_fails_until {
                    self.ledger.recover();
                }
            }
        }
    }

    pub(crate) fn schedule(&mut self, at: Timestamp, coming: Coming) {
        self.queued = self.queued.saturating_add(1);
        self.queue.insert((at.max(self.now), self.queued), coming);
    }

    pub(crate) fn schedule_in(&mut self, after: Duration, coming: Coming) {
        self.schedule(self.in_(after), coming);
    }

    pub(crate) fn in_(&self, after: Duration) -> Timestamp {
        self.now.saturating_add(after).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn is_running(&self) -> bool {
        self.planner.is_some()
    }

    fn begin_process(&mut self) {
        if self.planner.is_some() {
            return;
        }
        self.process = self.process.saturating_add(1);
        self.host.begin_process(self.now);
        self.planner = Some(Planner::new(self.config.limits, Horizon::Endless, self.rng.u64(..)));
        self.wake = None;
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
        let Some(planner) = &mut self.planner else { return };
        self.turns_at_this_instant = self.turns_at_this_instant.saturating_add(1);
        if self.turns_at_this_instant > MOST_TURNS_AT_ONE_INSTANT {
            self.observer.see(self.now, Observation::Spins);
            self.planner = None;
            return;
        }
        let now = self.host.read(self.now);
        let effects = planner.handle(event, now);
        if effects.is_empty() {
            return;
        }
        let crash = self.crash.take();
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
        let most = match crash.as_ref().map(|crash| crash.boundary) {
            Some(Boundary::AfterCalls(most)) => most,
            Some(Boundary::BeforeTheCommit) | None => usize::MAX,
        };
        let calls: Vec<Call> = calls.take(most).collect();
        if let Some(crash) = crash {
            self.leave(calls);
            self.die(&crash);
        } else if let Some(stall) = self.stall.take_if(|_| !calls.is_empty()) {
            let until = self.in_(stall);
            self.stopped_until = Some(until);
            self.observer.see(self.now, Observation::Stops { until });
            self.schedule(until, Coming::Continues { process: self.process, calls });
        } else {
            self.leave(calls);
        }
    }

    /// The calls of a turn leave, unless their decision is too old by now.
    fn leave(&mut self, calls: Vec<Call>) {
        let now = self.host.read(self.now);
        for call in calls {
            if call.is_stale(now) {
                self.reply_at(self.now, self.process, call, Err(Call::never_left()));
            } else {
                self.observer.see(self.now, Observation::Calls { call: &call, now });
                self.send(call);
            }
        }
    }

    pub(crate) fn die(&mut self, crash: &Crash) {
        self.planner = None;
        self.wake = None;
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

    /// Sets the wall clock by so much. The daemon has looked at it within the last minute.
    pub(crate) fn step_clock(&mut self, by: SignedDuration) {
        if self.stands_still_until().is_none() {
            self.turn(Event::Tick);
        }
        self.host.step(by);
        self.wake = None;
        self.observer.see(self.now, Observation::ClockSteps { by });
        let heartbeat = part_of(HEARTBEAT, &mut self.rng);
        self.schedule_in(heartbeat, Coming::Heartbeat);
    }
}
