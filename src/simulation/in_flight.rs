//! A call's way to App Runner and back, and what it begins there.

use super::network::{PATIENCE, call_of, no_credentials, no_reply, not_sent, reply_of};
use super::observer::{Observation, Observer};
use super::world::{Coming, World};
use crate::api::{OperationId, Refusal, Reply, Request, ServiceArn};
use crate::planner::Call;
use jiff::Timestamp;
use std::time::Duration;

/// The record of calls is a matter of the emulator's own tests; here it is forgotten whenever it is this long.
const CALLS_RECORDED: usize = 1_000;

/// A request on its way.
#[derive(Debug)]
pub(crate) struct InFlight {
    process: u32,
    call: Call,
    sent: Timestamp,
    /// How long the reply will be on its way; `None` when nobody awaits it any more.
    back: Option<Duration>,
}

impl<O: Observer> World<O> {
    pub(crate) fn send(&mut self, call: Call) {
        let refusal = if self.now < self.no_network_until {
            Some(not_sent())
        } else if self.now < self.no_credentials_until {
            Some(no_credentials())
        } else {
            None
        };
        if let Some(refusal) = refusal {
            self.reply_at(self.in_(Duration::from_millis(200)), self.process, call, Err(refusal));
            return;
        }
        let (there, back) = self.timing.ways(&mut self.rng);
        let back = (there < PATIENCE).then_some(back);
        if back.is_none() {
            self.reply_at(self.in_(PATIENCE), self.process, call.clone(), Err(no_reply()));
        }
        let in_flight = InFlight { process: self.process, call, sent: self.now, back };
        if there.is_zero() {
            self.arrives(in_flight);
        } else {
            self.schedule_in(there, Coming::Request(in_flight));
        }
    }

    /// A request reaches App Runner, and its reply sets out.
    pub(crate) fn arrives(&mut self, in_flight: InFlight) {
        let InFlight { process, call, sent, back } = in_flight;
        if let Request::Act(_) = call.request {
            self.choose_operation_times();
            self.model.forget_calls();
        }
        let handled = self.model.answer(&call_of(&call), self.now);
        if let Request::Act(_) = call.request {
            let operation = self.model.calls().next().and_then(|record| record.operation_id.clone());
            self.observer
                .see(self.now, Observation::Arrives { call: &call, sent, operation: operation.as_ref() });
            self.began(&call.arn, operation.as_ref());
        }
        if self.model.calls().len() >= CALLS_RECORDED {
            self.model.forget_calls();
        }
        let Some(back) = back else { return };
        let due = self.in_(handled.delay.saturating_add(back));
        let given_up = sent.saturating_add(PATIENCE).unwrap_or(due);
        let (at, reply) =
            if due < given_up { (due, reply_of(handled.answer)) } else { (given_up, Err(no_reply())) };
        self.reply_at(at, process, call, reply);
    }

    /// Something may have begun for a service: it is looked at now, and when it should have ended.
    pub(crate) fn began(&mut self, arn: &ServiceArn, operation: Option<&OperationId>) {
        if operation.is_none() {
            return;
        }
        let times = self.times;
        let whole = times.pending.saturating_add(times.in_progress);
        self.look_at(arn);
        self.schedule_in(whole, Coming::Settles(arn.clone()));
        if self.meets_faults {
            // A rollback lasts as long again.
            self.schedule_in(whole.saturating_add(times.in_progress), Coming::Settles(arn.clone()));
        }
    }

    /// How long the operations take that begin now.
    pub(crate) fn choose_operation_times(&mut self) {
        self.times = self.timing.operation_times(&mut self.rng);
        self.model.set_operation_times(self.times);
    }

    pub(crate) fn look_at(&mut self, arn: &ServiceArn) {
        if let Some(status) = self.status(arn) {
            self.observer.see(self.now, Observation::Stands { arn, status: &status });
        }
    }

    /// A reply to a call of a process, or the end of the wait for one, comes at this instant.
    pub(crate) fn reply_at(
        &mut self,
        at: Timestamp,
        process: u32,
        call: Call,
        reply: Result<Reply, Refusal>,
    ) {
        let acted = matches!(call.request, Request::Act(_));
        self.schedule(at, Coming::Reply { process, call: call.id, arn: call.arn, acted, reply });
    }
}
