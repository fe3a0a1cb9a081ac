//! The world: the real planner against the emulator's model, in virtual time.
//!
//! The true time goes from one happening to the next. The daemon sees it through the clocks of its [`Host`], App
//! Runner as it is. One turn of the daemon is one event, then the commit of its changes, then its calls, as in
//! `daemon/`; a crash can fall between any two of these.
//!
//! What happens next is decided here. What then happens to the parts of the world is below: `turn.rs` (the daemon),
//! `calls.rs` (its calls on their way), `services.rs` (App Runner's side), `disturb.rs` (trouble), `end_of_faults.rs` (its end).

mod calls;
mod disturb;
mod end_of_faults;
mod services;
mod turn;

use super::app_runner::AppRunner;
use super::host::Host;
use super::ledger::Ledger;
use super::observer::{Observation, Observer};
use super::outages::Outages;
use super::process::Process;
use super::queue::{Coming, Queue};
use super::timing::Timing;
use super::trouble::Trouble;
use crate::api::ServiceArn;
use crate::config::Config;
use crate::emulator::Model;
use crate::planner::Event;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// A whole world, as somebody sees it.
#[derive(Debug)]
pub struct World<O> {
    /// Sees everything that happens in the world, in the order in which it happens.
    pub observer: O,
    now: Timestamp,
    host: Host,
    config: Config,
    /// Services of earlier files, which may still be on their way out.
    former: BTreeSet<ServiceArn>,
    timing: Timing,
    ledger: Ledger,
    rng: fastrand::Rng,
    queue: Queue,
    process: Process,
    app_runner: AppRunner,
    outages: Outages,
    /// All trouble has ended.
    faults_are_over: bool,
}

impl<O: Observer> World<O> {
    /// A world in which nothing has begun. `seed` seeds everything in it that is random.
    pub fn new(config: Config, timing: Timing, start: Timestamp, seed: u64, observer: O) -> Self {
        Self {
            observer,
            now: start,
            host: Host::new(start),
            app_runner: AppRunner::new(timing.settings(), seed),
            config,
            former: BTreeSet::new(),
            timing,
            ledger: Ledger::default(),
            rng: fastrand::Rng::with_seed(seed),
            queue: Queue::default(),
            process: Process::default(),
            outages: Outages::none(),
            faults_are_over: false,
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
        self.host.frozen_until().into_iter().chain(self.process.stopped_until(self.now)).max()
    }

    /// The true time, which no step of a wall clock moves.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The file that is in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many occurrences have not ended, while a process runs.
    pub fn owed(&self) -> Option<usize> {
        self.process.owed()
    }

    /// The emulated App Runner, with the true time for it.
    pub fn model(&mut self) -> (&mut Model, Timestamp) {
        (&mut self.app_runner.model, self.now)
    }

    /// Lets time pass until then.
    pub fn run_until(&mut self, end: Timestamp) {
        while self.step(end) {}
        self.now = self.now.max(end);
    }

    /// Does what comes next, if it comes by then.
    fn step(&mut self, end: Timestamp) -> bool {
        let wake = self.process.next_wake(self.now, &self.host, &self.timing, &mut self.rng);
        let queued = self.queue.next_at();
        let Some(at) = wake.into_iter().chain(queued).min().filter(|at| *at <= end) else { return false };
        if at > self.now {
            self.now = at;
            self.process.time_passes();
        }
        if queued == Some(at) {
            if let Some(coming) = self.queue.pop() {
                self.comes(coming);
            }
        } else {
            self.process.reckon_anew();
            self.turn(Event::Tick);
        }
        true
    }

    fn comes(&mut self, coming: Coming) {
        if let Some(thaw) = self.stands_still_until().filter(|_| coming.needs_the_host()) {
            self.schedule(thaw, coming);
            return;
        }
        match coming {
            Coming::Request(in_flight) => self.arrives(in_flight),
            Coming::Reply { process, call, arn, acted, reply } => {
                if self.process.still_runs(process) {
                    self.observer.see(self.now, Observation::Replies { arn: &arn, reply: &reply, acted });
                    self.turn(Event::Replied { call, reply });
                }
            }
            Coming::Continues { process, calls } => {
                if self.process.still_runs(process) {
                    self.leave(calls);
                }
            }
            Coming::Settles(arn) => self.look_at(&arn),
            Coming::Trouble(trouble) => self.trouble(trouble),
            Coming::Thaws(slept) => {
                self.host.thaw(slept);
                self.process.reckon_anew();
            }
            Coming::Begins => self.begin_process(),
            Coming::Heartbeat => self.turn(Event::Tick),
            Coming::LedgerRecovers => {
                if self.outages.is_ledger_back(self.now) {
                    self.ledger.recover();
                }
            }
        }
    }

    fn schedule(&mut self, at: Timestamp, coming: Coming) {
        self.queue.schedule(at.max(self.now), coming);
    }

    fn schedule_in(&mut self, after: Duration, coming: Coming) {
        self.schedule(self.in_(after), coming);
    }

    fn in_(&self, after: Duration) -> Timestamp {
        self.now.saturating_add(after).unwrap_or(Timestamp::MAX)
    }
}
