//! The log line of a change: every change of an occurrence's state passes here, and becomes one event.

use crate::planner::{Change, Ending, Severity, State};
use std::time::Duration;

/// Where the events of occurrences come from, for `RUST_LOG`.
pub(super) const OCCURRENCE: &str = "reveille::occurrence";

/// Writes one event for one change. Fields that do not apply are left out.
pub(super) fn log_change(change: &Change, is_dry_run: bool) {
    // A macro, for the level of an event has to be known when it is compiled.
    macro_rules! event {
        ($level:ident) => {
            tracing::$level!(
                target: OCCURRENCE,
                service = %change.service,
                arn = %change.arn,
                action = %change.action,
                scheduled = %change.scheduled,
                from = %change.from,
                to = %change.to,
                operation = change.operation.as_ref().map(tracing::field::display),
                attempt = (change.attempt > 0).then_some(change.attempt),
                error = change.error.as_deref(),
                retry_in_ms = change.retry_in.map(milliseconds),
                late_ms = change.late.map(milliseconds),
                "{}",
                message(change, is_dry_run),
            )
        };
    }
    match change.severity {
        Severity::Info => event!(info),
        Severity::Warn => event!(warn),
        Severity::Error => event!(error),
    }
}

/// Whether a change like this one is logged, as `RUST_LOG` has it.
pub(super) fn is_logged(change: &Change) -> bool {
    match change.severity {
        Severity::Info => tracing::enabled!(target: OCCURRENCE, tracing::Level::INFO),
        Severity::Warn => tracing::enabled!(target: OCCURRENCE, tracing::Level::WARN),
        Severity::Error => tracing::enabled!(target: OCCURRENCE, tracing::Level::ERROR),
    }
}

/// What happened to the action, or would have, for people.
pub(super) fn message(change: &Change, is_dry_run: bool) -> String {
    let action = change.action;
    match change.to {
        _ if !is_dry_run => format!("{action} {}", words(change)),
        State::Calling => format!("dry run: {action} would be sent to App Runner"),
        State::Tracking => format!("dry run: {action} would have begun"),
        State::Ended(Ending::Succeeded) => format!("dry run: {action} would have succeeded"),
        _ => format!("dry run: {action} {}", words(change)),
    }
}

/// What happened to the action, for people.
fn words(change: &Change) -> &'static str {
    let goes_on = change.to == change.from;
    match change.to {
        _ if change.is_late_notice() => "is late",
        State::BackingOff if goes_on => "failed again and will be retried",
        State::Waiting if goes_on => "has waited too long for another operation to end",
        State::Due => "is due",
        State::Calling => "is being sent to App Runner",
        State::Tracking => "has started; following its operation",
        State::BackingOff => "failed and will be retried",
        State::Waiting => "is waiting for another operation to end",
        State::Ended(Ending::Succeeded) => "succeeded",
        State::Ended(Ending::Already) => "was not needed",
        State::Ended(Ending::Superseded) => "was superseded",
        State::Ended(Ending::Expired) => "could not be done in time",
        State::Ended(Ending::OverriddenByUser) => "was overridden by a user",
        State::Ended(Ending::Failed) => "failed permanently",
    }
}

/// A duration as a field of the log has it.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
