//! The daemon's turns: it begins, handles an event, commits, lets its calls leave, and is killed between any two of these.

use super::World;
use crate::planner::{Call, Change, Effect, Event, Horizon, Planner};
use crate::simulation::observer::{Observation, Observer};
use crate::simulation::process::{Crash, Spins};
use crate::simulation::queue::Coming;
use crate::simulation::trouble::{Boundary, LedgerLoss};

impl<O: Observer> World<O> {
    pub(super) fn begin_process(&mut self) {
        if self.process.is_running() {
            return;
        }
        self.host.begin_process(self.now);
        self.process.begin(Planner::new(self.config.limits, Horizon::Endless, self.rng.u64(..)));
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
    pub(super) fn turn(&mut self, event: Event) {
        let now = self.host.read(self.now);
        let effects = match self.process.handle(event, now) {
            Ok(effects) => effects,
            Err(Spins) => return self.observer.see(self.now, Observation::Spins),
        };
        if effects.is_empty() {
            return;
        }
        let crash = self.process.take_crash();
        if let Some(crash) = crash.as_ref().filter(|crash| crash.boundary == Boundary::BeforeTheCommit) {
            self.die(crash);
            return;
        }
        let (changes, calls) = changes_and_calls(effects);
        for change in &changes {
            self.observer.see(self.now, Observation::Records { change, now });
        }
        self.ledger.write(changes.iter(), now.wall);
        self.after_the_commit(calls, crash.as_ref());
    }

    /// The calls of a turn leave, unless the process is stopped before, or killed among them.
    fn after_the_commit(&mut self, mut calls: Vec<Call>, crash: Option<&Crash>) {
        if let Some(crash) = crash {
            if let Boundary::AfterCalls(most) = crash.boundary {
                calls.truncate(most);
            }
            self.leave(calls);
            self.die(crash);
        } else if let Some(stall) = self.process.take_stall(&calls) {
            let until = self.in_(stall);
            self.process.stop(until);
            self.observer.see(self.now, Observation::Stops { until });
            self.schedule(until, Coming::Continues { process: self.process.number(), calls });
        } else {
            self.leave(calls);
        }
    }

    /// The calls of a turn leave, unless their decision is too old by now.
    pub(super) fn leave(&mut self, calls: Vec<Call>) {
        let now = self.host.read(self.now);
        for call in calls {
            if call.is_too_late_to_leave(now) {
                self.reply_at(self.now, self.process.number(), call, Err(Call::never_left()));
            } else {
                self.observer.see(self.now, Observation::Calls { call: &call, now });
                self.send(call);
            }
        }
    }

    fn die(&mut self, crash: &Crash) {
        self.process.end();
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

/// What a turn commits, and the calls that leave after it. The other effects are words for the log.
fn changes_and_calls(effects: Vec<Effect>) -> (Vec<Change>, Vec<Call>) {
    let (mut changes, mut calls) = (Vec::new(), Vec::new());
    for effect in effects {
        match effect {
            Effect::Record(change) => changes.push(change),
            Effect::Call(call) => calls.push(call),
            Effect::HeldBack { .. } | Effect::ClockSetBack { .. } | Effect::NotSeen { .. } => {}
        }
    }
    (changes, calls)
}
