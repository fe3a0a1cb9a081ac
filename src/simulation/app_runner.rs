//! App Runner as the world has it: the emulator's model, and when its operations end.

use super::observer::{Observation, Observer};
use super::queue::Coming;
use super::world::World;
use crate::api::{OperationId, ServiceArn, ServiceStatus};
use crate::emulator::{Fault, Model, OperationTimes, Settings};
use std::time::Duration;

/// The emulated App Runner.
#[derive(Debug)]
pub(crate) struct AppRunner {
    pub(crate) model: Model,
    /// How long the operations take that begin now.
    times: OperationTimes,
    /// Faults were ordered, so operations may end in other ways.
    meets_faults: bool,
}

impl AppRunner {
    pub(crate) fn new(settings: Settings, seed: u64) -> Self {
        Self { model: Model::new(settings, seed), times: OperationTimes::default(), meets_faults: false }
    }

    /// Coming calls meet this fault.
    pub(crate) fn order_fault(&mut self, fault: Fault) {
        // A plan is made of faults that can be ordered.
        self.model.order_fault(fault).ok();
        self.meets_faults = true;
    }

    /// After how long an operation that begins now may have ended.
    fn ends_after(&self) -> impl Iterator<Item = Duration> + use<> {
        let whole = self.times.pending.saturating_add(self.times.in_progress);
        // A rollback lasts as long again.
        let rollback = self.meets_faults.then(|| whole.saturating_add(self.times.in_progress));
        std::iter::once(whole).chain(rollback)
    }
}

impl<O: Observer> World<O> {
    /// The service's actual state; `None` if App Runner does not have it.
    pub fn status(&mut self, arn: &ServiceArn) -> Option<ServiceStatus> {
        self.app_runner.model.describe(arn, self.now).ok().map(|view| view.status)
    }

    /// Something may have begun for a service: it is looked at now, and when it should have ended.
    pub(crate) fn began(&mut self, arn: &ServiceArn, operation: Option<&OperationId>) {
        if operation.is_none() {
            return;
        }
        self.look_at(arn);
        for after in self.app_runner.ends_after() {
            self.schedule_in(after, Coming::Settles(arn.clone()));
        }
    }

    /// How long the operations take that begin now.
    pub(crate) fn choose_operation_times(&mut self) {
        self.app_runner.times = self.timing.operation_times(&mut self.rng);
        self.app_runner.model.set_operation_times(self.app_runner.times);
    }

    pub(crate) fn look_at(&mut self, arn: &ServiceArn) {
        if let Some(status) = self.status(arn) {
            self.observer.see(self.now, Observation::Stands { arn, status: &status });
        }
    }
}
