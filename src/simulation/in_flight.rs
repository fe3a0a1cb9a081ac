//! A call's way to App Runner and back, and what it begins there.

use super::network::{PATIENCE, call_of, no_reply, reply_of};
use super::observer::{Observation, Observer};
use super::queue::Coming;
use super::world::World;
use crate::api::{Refusal, Reply, Request};
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
        if let Some(refusal) = self.outages.refusal(self.now) {
            self.reply_at(self.in_(Duration::from_millis(200)), self.process.number(), call, Err(refusal));
            return;
        }
        let (there, back) = self.timing.ways(&mut self.rng);
        let back = (there < PATIENCE).then_some(back);
        if back.is_none() {
            self.reply_at(self.in_(PATIENCE), self.process.number(), call.clone(), Err(no_reply()));
        }
        let in_flight = InFlight { process: self.process.number(), call, sent: self.now, back };
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
            self.app_runner.model.forget_calls();
        }
        let handled = self.app_runner.model.answer(&call_of(&call), self.now);
        if let Request::Act(_) = call.request {
            let operation =
                self.app_runner.model.calls().next().and_then(|record| record.operation_id.clone());
            self.observer
                .see(self.now, Observation::Arrives { call: &call, sent, operation: operation.as_ref() });
            self.began(&call.arn, operation.as_ref());
        }
        if self.app_runner.model.calls().len() >= CALLS_RECORDED {
            self.app_runner.model.forget_calls();
        }
        let Some(back) = back else { return };
        let due = self.in_(handled.delay.saturating_add(back));
        let given_up = sent.saturating_add(PATIENCE).unwrap_or(due);
        let (at, reply) =
            if due < given_up { (due, reply_of(handled.answer)) } else { (given_up, Err(no_reply())) };
        self.reply_at(at, process, call, reply);
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
