//! The record of every call that the emulator saw.

use super::api_operation::ApiOperation;
use crate::api::{OperationId, ServiceArn};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::VecDeque;

/// Calls kept in the record; older ones are forgotten. Ten thousand services that are all resumed and followed to
/// the end make some 60,000.
pub const MAX_CALLS: usize = 100_000;

/// One call, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// Which call of the emulator's life it is, from 1: a gap at the beginning shows what is forgotten.
    pub number: u64,
    /// When it arrived, as the clock said.
    pub at: Timestamp,
    /// What was called; `None` when it is not an operation that the emulator knows.
    pub operation: Option<ApiOperation>,
    /// The service that was named, if one was.
    pub arn: Option<ServiceArn>,
    /// The HTTP status of the reply; `None` when there was none.
    pub http_status: Option<u16>,
    /// The code of the error in the reply.
    pub error: Option<Cow<'static, str>>,
    /// The operation that began, whether or not the reply named it.
    pub operation_id: Option<OperationId>,
    /// Whether a reply was given, rather than the connection closed. A caller that no longer waited is not noticed.
    pub delivered: bool,
}

/// The last [`MAX_CALLS`] calls.
#[derive(Debug, Clone, Default)]
pub(super) struct CallLog {
    calls: VecDeque<CallRecord>,
    seen: u64,
}

impl CallLog {
    /// Adds a call, and gives it its number.
    pub(super) fn add(&mut self, call: CallRecord) {
        self.seen = self.seen.saturating_add(1);
        if self.calls.len() >= MAX_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(CallRecord { number: self.seen, ..call });
    }

    /// The calls that are still kept, oldest first.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &CallRecord> {
        self.calls.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_forgets_the_oldest_and_counts_on() {
        let call = CallRecord {
            number: 0,
            at: Timestamp::UNIX_EPOCH,
            operation: None,
            arn: None,
            http_status: Some(404),
            error: None,
            operation_id: None,
            delivered: true,
        };
        let mut log = CallLog::default();
        for _ in 0..MAX_CALLS + 3 {
            log.add(call.clone());
        }
        assert_eq!(log.iter().len(), MAX_CALLS);
        assert_eq!(log.iter().next().map(|call| call.number), Some(4));
    }
}
