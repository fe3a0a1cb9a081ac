//! The end of all trouble, after which everything must come right.

use super::World;
use crate::api::{Action, ServiceArn, ServiceStatus};
use crate::simulation::observer::Observer;
use crate::simulation::outages::Outages;
use crate::simulation::queue::Coming;
use jiff::SignedDuration;
use std::collections::BTreeMap;

impl<O: Observer> World<O> {
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
