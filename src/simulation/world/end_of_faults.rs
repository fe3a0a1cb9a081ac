//! The end of all faults, after which every service must reach the state that its schedule asks for.

use super::World;
use crate::api::{Action, ServiceArn, ServiceStatus};
use crate::simulation::observer::Observer;
use crate::simulation::outages::Outages;
use crate::simulation::queue::Coming;
use jiff::SignedDuration;
use std::collections::BTreeMap;

impl<O: Observer> World<O> {
    /// Ends faults, outages, and whatever keeps a service busy for ever, and corrects the clock.
    pub fn end_all_faults(&mut self) {
        self.faults_are_over = true;
        self.app_runner.model.clear_faults();
        self.timing = self.timing.without_faults();
        self.outages = Outages::none();
        self.ledger.recover();
        self.process.recover();
        let offset = self.host.offset();
        if !offset.is_zero() {
            self.step_clock(SignedDuration::ZERO.saturating_sub(offset));
        }
        self.free_the_stuck();
        self.schedule(self.now, Coming::Begins);
    }

    /// Services that would be busy for ever become free, in the state that their schedule does not ask for, so
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
