//! The calls of the daemon on their way to App Runner and back.

use super::World;
use crate::api::{Refusal, Reply, Request};
use crate::planner::Call;
use crate::simulation::in_flight::InFlight;
use crate::simulation::network::{call_of, no_reply};
use crate::simulation::observer::{Observation, Observer};
use crate::simulation::queue::Coming;
use jiff::Timestamp;
use std::time::Duration;

/// The record of calls is a matter of the emulator's own tests; here it is forgotten whenever it is this long.
const CALLS_RECORDED: usize = 1_000;

/// How soon the daemon learns that a call could not leave.
const REFUSED_AFTER: Duration = Duration::from_millis(200);

impl<O: Observer> World<O> {
    pub(super) fn send(&mut self, call: Call) {
        let process = self.process.number();
        if let Some(refusal) = self.outages.refusal(self.now) {
            self.reply_at(self.in_(REFUSED_AFTER), process, call, Err(refusal));
            return;
        }
        let (there, back) = self.timing.ways(&mut self.rng);
        let in_flight = InFlight::new(process, call, self.now, (there, back));
        if !in_flight.is_awaited() {
            self.reply_at(in_flight.given_up_at(), process, in_flight.call.clone(), Err(no_reply()));
        }
        if there.is_zero() {
            self.arrives(in_flight);
        } else {
            self.schedule_in(there, Coming::Request(in_flight));
        }
    }

    /// A request reaches App Runner, and its reply sets out.
    pub(super) fn arrives(&mut self, in_flight: InFlight) {
        let call = &in_flight.call;
        if let Request::Act(_) = call.request {
            self.choose_operation_times();
            self.app_runner.model.forget_calls();
        }
        let handled = self.app_runner.model.answer(&call_of(call), self.now);
        if let Request::Act(_) = call.request {
            let operation =
                self.app_runner.model.calls().next().and_then(|record| record.operation_id.clone());
            let (sent, operation) = (in_flight.sent, operation.as_ref());
            self.observer.see(self.now, Observation::Arrives { call, sent, operation });
            self.began(&call.arn, operation);
        }
        if self.app_runner.model.calls().len() >= CALLS_RECORDED {
            self.app_runner.model.forget_calls();
        }
        if let Some((at, reply)) = in_flight.reply(handled, self.now) {
            self.reply_at(at, in_flight.process, in_flight.call, reply);
        }
    }

    /// A reply to a call of a process, or the end of the wait for one, comes at this instant.
    pub(super) fn reply_at(
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
