//! The services that App Runner has in this world, and what is seen of them.

use super::World;
use crate::api::{Action, OperationId, ServiceArn, ServiceStatus};
use crate::config::Config;
use crate::simulation::observer::{Observation, Observer};
use crate::simulation::queue::Coming;

impl<O: Observer> World<O> {
    /// Puts every service of the file in, in the state that its schedule asks for.
    pub fn put_services(&mut self) {
        for service in &self.config.services {
            let latest = service.schedule.latest_at(self.now);
            let status = ServiceStatus::after(latest.map_or(Action::Pause, |latest| latest.action));
            self.observer.see(self.now, Observation::Stands { arn: &service.arn, status: &status });
            self.app_runner.model.put(service.arn.clone(), status, self.now).ok();
        }
    }

    /// The file is another from now on, and App Runner has its services.
    pub(super) fn file_becomes(&mut self, config: &Config) {
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

    /// The service's actual state; `None` if App Runner does not have it.
    pub fn status(&mut self, arn: &ServiceArn) -> Option<ServiceStatus> {
        self.app_runner.status(arn, self.now)
    }

    /// Something may have begun for a service: it is looked at now, and when it should have ended.
    pub(super) fn began(&mut self, arn: &ServiceArn, operation: Option<&OperationId>) {
        if operation.is_none() {
            return;
        }
        self.look_at(arn);
        for after in self.app_runner.ends_after() {
            self.schedule_in(after, Coming::Settles(arn.clone()));
        }
    }

    /// How long the operations take that begin now.
    pub(super) fn choose_operation_times(&mut self) {
        let times = self.timing.operation_times(&mut self.rng);
        self.app_runner.set_operation_times(times);
    }

    pub(super) fn look_at(&mut self, arn: &ServiceArn) {
        if let Some(status) = self.status(arn) {
            self.observer.see(self.now, Observation::Stands { arn, status: &status });
        }
    }
}
