//! App Runner as the world has it: the emulator's model, and when its operations end.

use crate::api::{ServiceArn, ServiceStatus};
use crate::emulator::{Fault, Model, OperationTimes, Settings};
use jiff::Timestamp;
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

    /// The operations that begin from now on take so long.
    pub(crate) fn set_operation_times(&mut self, times: OperationTimes) {
        self.times = times;
        self.model.set_operation_times(times);
    }

    /// After how long an operation that begins now may have ended.
    pub(crate) fn ends_after(&self) -> impl Iterator<Item = Duration> + use<> {
        let whole = self.times.pending.saturating_add(self.times.in_progress);
        // A rollback lasts as long again.
        let rollback = self.meets_faults.then(|| whole.saturating_add(self.times.in_progress));
        std::iter::once(whole).chain(rollback)
    }

    /// The service's actual state; `None` if App Runner does not have it.
    pub(crate) fn status(&mut self, arn: &ServiceArn, now: Timestamp) -> Option<ServiceStatus> {
        self.model.describe(arn, now).ok().map(|view| view.status)
    }
}
