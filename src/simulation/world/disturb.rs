//! What trouble does to a world.

use super::World;
use crate::api::{OperationId, ServiceArn};
use crate::config::{Config, Difference};
use crate::planner::Event;
use crate::simulation::observer::{Observation, Observer};
use crate::simulation::process::Crash;
use crate::simulation::queue::Coming;
use crate::simulation::timing::part_of;
use crate::simulation::trouble::{ManualAction, Trouble};
use jiff::SignedDuration;
use std::time::Duration;

/// One stretch of a drifting clock.
const DRIFTS_EVERY: Duration = Duration::from_mins(10);

/// The daemon looks at the clocks this often, whatever its deadlines.
const HEARTBEAT: Duration = Duration::from_secs(60);

impl<O: Observer> World<O> {
    pub(super) fn trouble(&mut self, trouble: Trouble) {
        if self.faults_are_over {
            return;
        }
        self.observer.see(self.now, Observation::Other { trouble: &trouble });
        match trouble {
            Trouble::Fault(fault) => self.app_runner.order_fault(fault),
            Trouble::NoNetwork(duration) => self.outages.no_network(self.in_(duration)),
            Trouble::NoCredentials(duration) => self.outages.no_credentials(self.in_(duration)),
            Trouble::ByHand { arn, action_by_hand } => self.by_hand(&arn, action_by_hand),
            Trouble::Step(by) => self.step_clock(by),
            Trouble::Drift { by, times } => self.drift(by, times),
            Trouble::Freeze(duration) => self.freeze(duration),
            Trouble::Stall(duration) => self.process.stop_soon(duration),
            Trouble::Reload(config) => self.reload(&config),
            Trouble::Crash { boundary, down, ledger, edited } => {
                self.process.crash_soon(Crash { boundary, down, ledger, edited });
            }
            Trouble::LedgerFails(duration) => {
                let until = self.outages.ledger_fails(self.in_(duration));
                self.ledger.fail();
                self.schedule(until, Coming::LedgerRecovers);
            }
        }
    }

    fn by_hand(&mut self, arn: &ServiceArn, action_by_hand: ManualAction) {
        self.choose_operation_times();
        let done = match action_by_hand {
            ManualAction::Resume => self.app_runner.model.resume(arn, self.now).ok(),
            ManualAction::Pause => self.app_runner.model.pause(arn, self.now).ok(),
            ManualAction::Deploy => self.app_runner.model.start_deployment(arn, self.now).ok(),
            ManualAction::Delete => self.app_runner.model.delete(arn, self.now).ok(),
            ManualAction::Maintain(duration) => {
                if self.app_runner.model.maintenance(arn, self.now, duration).is_ok() {
                    self.look_at(arn);
                    self.schedule_in(duration, Coming::Settles(arn.clone()));
                }
                None
            }
        };
        let operation: Option<OperationId> = done.and_then(|accepted| accepted.operation);
        self.observer
            .see(self.now, Observation::ByHand { arn, action_by_hand, operation: operation.as_ref() });
        self.began(arn, operation.as_ref());
    }

    /// Sets the wall clock by so much. The daemon has looked at it within the last minute.
    pub(super) fn step_clock(&mut self, by: SignedDuration) {
        if self.stands_still_until().is_none() {
            self.turn(Event::Tick);
        }
        self.host.step(by);
        self.process.reckon_anew();
        self.observer.see(self.now, Observation::ClockSteps { by });
        let heartbeat = part_of(HEARTBEAT, &mut self.rng);
        self.schedule_in(heartbeat, Coming::Heartbeat);
    }

    fn drift(&mut self, by: SignedDuration, times: u32) {
        if times > 0 {
            self.step_clock(by);
            let times = times.saturating_sub(1);
            self.schedule_in(DRIFTS_EVERY, Coming::Trouble(Trouble::Drift { by, times }));
        }
    }

    fn freeze(&mut self, duration: Duration) {
        if self.host.frozen_until().is_none() {
            self.host.freeze(self.in_(duration));
            self.schedule_in(duration, Coming::Thaws(duration));
        }
    }

    fn reload(&mut self, config: &Config) {
        let difference = Difference::between(&self.config, config);
        self.file_becomes(config);
        if self.process.is_running() {
            let now = self.host.read(self.now);
            self.observer.see(self.now, Observation::Reloads { now, config: &self.config });
            self.turn(Event::Reload(difference));
        }
    }
}
