//! A call on its way to App Runner, and how long its reply is awaited.

use super::network::{no_reply, reply_of};
use super::timing::REQUEST_TIMEOUT;
use crate::api::{Refusal, Reply};
use crate::emulator::Handled;
use crate::planner::Call;
use jiff::Timestamp;
use std::time::Duration;

/// A request on its way.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) process: u32,
    pub(crate) call: Call,
    pub(crate) sent: Timestamp,
    /// How long the reply will be on its way; `None` when nobody awaits it any more.
    back: Option<Duration>,
}

impl InFlight {
    /// A request that leaves now and is so long on its way, and its reply.
    pub(crate) fn new(
        process: u32,
        call: Call,
        sent: Timestamp,
        (there, back): (Duration, Duration),
    ) -> Self {
        Self { process, call, sent, back: (there < REQUEST_TIMEOUT).then_some(back) }
    }

    /// Whether it arrives before it is given up.
    pub(crate) fn is_awaited(&self) -> bool {
        self.back.is_some()
    }

    /// When the daemon gives it up.
    pub(crate) fn given_up_at(&self) -> Timestamp {
        self.sent.saturating_add(REQUEST_TIMEOUT).unwrap_or(Timestamp::MAX)
    }

    /// What the daemon is told of it once it has arrived, and when; `None` if it was given up before.
    pub(crate) fn reply(
        &self,
        handled: Handled,
        arrived: Timestamp,
    ) -> Option<(Timestamp, Result<Reply, Refusal>)> {
        let on_its_way = handled.delay.saturating_add(self.back?);
        let due = arrived.saturating_add(on_its_way).unwrap_or(Timestamp::MAX);
        let given_up = self.given_up_at();
        Some(if due < given_up { (due, reply_of(handled.answer)) } else { (given_up, Err(no_reply())) })
    }
}
