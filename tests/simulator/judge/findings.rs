//! What the judge tells in the end: what was wrong, and all that was seen, in lines.

use jiff::Timestamp;
use reveille::api::{Refusal, Reply};
use reveille::planner::Change;

/// The most lines of a trace.
const LINES_KEPT: usize = 100_000;

/// What was wrong, and what was seen.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What was wrong, in the order in which it was seen.
    pub(crate) violations: Vec<String>,
    /// All that was seen, if it was asked for.
    pub(crate) trace: Vec<String>,
    traces: bool,
}

impl Findings {
    /// None yet. With `traces`, all that is seen is kept as text.
    pub(crate) fn new(traces: bool) -> Self {
        Self { traces, ..Self::default() }
    }

    pub(crate) fn wrong(&mut self, at: Timestamp, what: &str) {
        let what = format!("{at} {what}");
        self.note(|| format!("WRONG {what}"));
        self.violations.push(what);
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if self.traces && self.trace.len() < LINES_KEPT {
            self.trace.push(line());
        }
    }
}

/// A reply, in a line.
pub(crate) fn said(reply: &Result<Reply, Refusal>) -> String {
    match reply {
        Ok(Reply::Accepted { operation, status }) => {
            format!(
                "accepted, {status}{}",
                operation.as_ref().map(|id| format!(", {id}")).unwrap_or_default()
            )
        }
        Ok(Reply::Described { status }) => status.to_string(),
        Ok(Reply::Operations { operations, .. }) => {
            let words = operations.iter().take(3).map(|seen| {
                let kind = seen.kind.as_ref().map_or("?", |kind| kind.as_str());
                format!("{kind} {}", seen.status.as_ref().map_or("?", |status| status.as_str()))
            });
            format!("{} operations: {}", operations.len(), words.collect::<Vec<_>>().join(", "))
        }
        Err(refusal) => refusal.to_string(),
    }
}

/// A change, in a line.
pub(crate) fn line(change: &Change) -> String {
    format!(
        "{} {} of {}: {} -> {}{}",
        change.service,
        change.action,
        change.scheduled,
        change.from,
        change.to,
        change.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default()
    )
}
