//! A change as the JSON log has it, for those who write it elsewhere and at another time.

use super::change::{message, milliseconds};
use crate::api::OperationId;
use crate::planner::{Change, Severity};
use jiff::Timestamp;
use serde::Serialize;

/// The fields of the daemon's log line, in its order and its spelling; `None` is left out.
#[derive(Debug, Serialize)]
pub struct ChangeRecord<'a> {
    timestamp: String,
    level: &'static str,
    message: String,
    service: &'a str,
    arn: &'a str,
    action: &'static str,
    scheduled: String,
    from: &'static str,
    to: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_in_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late_ms: Option<u64>,
    target: &'static str,
}

impl<'a> ChangeRecord<'a> {
    /// The line of a change that was told at this instant.
    pub fn of(change: &'a Change, at: Timestamp) -> Self {
        Self {
            timestamp: format!("{at:.6}"),
            level: match change.severity {
                Severity::Info => "INFO",
                Severity::Warn => "WARN",
                Severity::Error => "ERROR",
            },
            message: message(change, false),
            service: &change.service,
            arn: change.arn.as_str(),
            action: change.action.as_str(),
            scheduled: change.scheduled.to_string(),
            from: change.from.as_str(),
            to: change.to.as_str(),
            operation: change.operation.as_ref().map(OperationId::as_str),
            attempt: (change.attempt > 0).then_some(change.attempt),
            error: change.error.as_deref(),
            retry_in_ms: change.retry_in.map(milliseconds),
            late_ms: change.late.map(milliseconds),
            target: super::change::OCCURRENCE,
        }
    }
}
