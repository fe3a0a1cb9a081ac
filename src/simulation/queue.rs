//! What is to come, in true time.

use super::in_flight::InFlight;
use super::trouble::Trouble;
use crate::api::{Refusal, Reply, ServiceArn};
use crate::planner::{Call, CallId};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Something that is to come.
#[derive(Debug)]
pub(crate) enum Coming {
    /// A request reaches App Runner.
    Request(InFlight),
    /// A reply, or the end of the wait for one, reaches the daemon.
    Reply {
        process: u32,
        call: CallId,
        arn: ServiceArn,
        acted: bool,
        reply: Result<Reply, Refusal>,
    },
    /// An operation may have ended.
    Settles(ServiceArn),
    Trouble(Trouble),
    /// The host has stood still for so long.
    Thaws(Duration),
    /// A process that was stopped goes on where it was: these calls leave.
    Continues {
        process: u32,
        calls: Vec<Call>,
    },
    Begins,
    LedgerRecovers,
    /// The daemon looks at the clocks, as it does every minute; here only where that may tell it something.
    Heartbeat,
}

impl Coming {
    /// Whether it waits while the host or the process stands still.
    pub(crate) fn needs_the_host(&self) -> bool {
        matches!(
            self,
            Self::Reply { .. }
                | Self::Continues { .. }
                | Self::Begins
                | Self::Heartbeat
                | Self::Trouble(Trouble::Reload(_))
        )
    }
}

/// All that is to come. What comes at the same instant comes in the order in which it was scheduled.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    coming: BTreeMap<(Timestamp, u64), Coming>,
    scheduled: u64,
}

impl Queue {
    pub(crate) fn schedule(&mut self, at: Timestamp, coming: Coming) {
        self.scheduled = self.scheduled.saturating_add(1);
        self.coming.insert((at, self.scheduled), coming);
    }

    /// When the next comes.
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.coming.first_key_value().map(|((at, _), _)| *at)
    }

    pub(crate) fn pop(&mut self) -> Option<Coming> {
        self.coming.pop_first().map(|(_, coming)| coming)
    }
}
