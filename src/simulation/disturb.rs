//! What trouble does to a world, and how peace is made.

use super::observer::{Observation, Observer};
use super::outages::Outages;
use super::process::Crash;
use super::queue::Coming;
use super::trouble::{ManualAction, Trouble};
use super::world::World;
use crate::api::{Action, OperationId, ServiceArn, ServiceStatus};
use crate::config::{Config, Difference};
use crate::planner::Event;
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::time::Duration;

/// One stretch of a drifting clock.
const DRIFTS_EVERY: Duration = Duration::from_mins(10);

impl<O: Observer> World<O> {
    pub(crate) fn trouble(&mut self, trouble: Trouble) {
        if self.is_peaceful {
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

    /// The file is another from now on, and App Runner has its services.
    pub(crate) fn file_becomes(&mut self, config: &Config) {
        self.former.extend(self.config.services.iter().map(|service| service.arn.clone()));
        self.config = config.clone();
        for service in &self.config.services {
            if self.app_runner.model.describe(&service.arn, self.now).is_err() {
                self.app_runner.model.put(service.arn.clone(), ServiceStatus::Paused, self.now).ok();
                let status = &ServiceStatus::Paused;
                self.observer.see(self.now, Observation::Stands { arn: &service.arn, status });
            }
        }
    }

    /// All trouble ends: faults, outages, and what keeps a service busy for ever. The clock is set right.
    pub fn make_peace(&mut self) {
        self.is_peaceful = true;
        self.app_runner.model.clear_faults();
        self.timing = self.timing.at_peace();
        self.outages = Outages::none();
        self.ledger.recover();
        self.process.has_peace();
        let offset = self.host.offset();
        if !offset.is_zero() {
            self.step_clock(SignedDuration::ZERO.saturating_sub(offset));
        }
        self.free_the_stuck();
        self.schedule(self.now, Coming::Begins);
    }

    /// AWS puts services right that would be busy for ever: in the state that their schedule does not ask for, so
    /// that there is something to do.
    fn free_the_stuck(&mut self) {
        let former = self.former.iter().map(|arn| (arn.clone(), ServiceStatus::Running));
        let mut all: BTreeMap<ServiceArn, ServiceStatus> = former.collect();
        for service in &self.config.services {
            let status = match service.schedule.latest_at(self.now).map(|latest| latest.action) {
                Some(Action::Resume) => ServiceStatus::Paused,
                Some(Action::Pause) | None => ServiceStatus::Running,
            };
            all.insert(service.arn.clone(), status);
        }
        for (arn, status) in all {
            if self.status(&arn) == Some(ServiceStatus::OperationInProgress) {
                self.app_runner.model.put(arn.clone(), status, self.now).ok();
                self.look_at(&arn);
            }
        }
    }
}
