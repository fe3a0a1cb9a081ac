//! Changes as rows, and rows as changes.

use crate::api::{Action, OperationId, ServiceArn};
use crate::ledger::Entry;
use crate::planner::{Change, LastOccurrence, Severity, State};
use crate::schedule::Transition;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Row, Type};
use std::collections::BTreeMap;
use std::time::Duration;

/// The rows of one write, as the JSON texts that its statements take.
pub(super) struct Batch {
    /// The last change of each service.
    pub(super) services: String,
    /// The last change of each occurrence.
    pub(super) occurrences: String,
    /// Every change, in order.
    pub(super) changes: String,
}

impl Batch {
    /// Sorts the changes by what they leave behind.
    pub(super) fn of(entries: &[Entry]) -> Self {
        let changes: Vec<Item<'_>> = entries.iter().map(Item::of).collect();
        let services: BTreeMap<_, _> = changes.iter().map(|item| (item.arn, item)).collect();
        let occurrences: BTreeMap<_, _> =
            changes.iter().map(|item| ((item.arn, item.action, item.scheduled), item)).collect();
        Self {
            services: json(services.into_values()),
            occurrences: json(occurrences.into_values()),
            changes: json(changes.iter()),
        }
    }
}

/// A change as the statements take it.
#[derive(Serialize)]
struct Item<'a> {
    arn: &'a str,
    service: &'a str,
    action: &'static str,
    scheduled: i64,
    at: i64,
    from: &'static str,
    to: &'static str,
    severity: &'static str,
    operation: Option<&'a str>,
    attempt: u32,
    failed_operations: u32,
    unsure_since: Option<i64>,
    error: Option<&'a str>,
    retry_in: Option<i64>,
    late: Option<i64>,
}

impl<'a> Item<'a> {
    fn of(Entry { at, change }: &'a Entry) -> Self {
        Self {
            arn: change.arn.as_str(),
            service: &change.service,
            action: change.action.as_str(),
            scheduled: microseconds(change.scheduled),
            at: microseconds(*at),
            from: change.from.as_str(),
            to: change.to.as_str(),
            severity: severity_word(change.severity),
            operation: change.operation.as_ref().map(OperationId::as_str),
            attempt: change.attempt,
            failed_operations: change.failed_operations,
            unsure_since: change.unsure_since.map(microseconds),
            error: change.error.as_deref(),
            retry_in: change.retry_in.map(span),
            late: change.late.map(span),
        }
    }
}

/// An instant as it is stored: microseconds since 1970, rounded down.
pub(super) fn microseconds(at: Timestamp) -> i64 {
    at.as_nanosecond().div_euclid(1000).try_into().unwrap_or(i64::MAX)
}

/// Reads a row of the latest occurrences. `None` when it makes no sense.
pub(super) fn remembered(row: &SqliteRow) -> Option<LastOccurrence> {
    Some(LastOccurrence {
        arn: arn(row, "arn")?,
        transition: Transition { at: instant(row, "scheduled")?, action: action(row)? },
        state: state(row, "state")?,
        operation: operation(row)?,
        attempts: get(row, "attempts")?,
        failed_operations: get(row, "failed_operations")?,
        unsure_since: optional_instant(row, "unsure_since")?,
        at: instant(row, "changed_at")?,
    })
}

/// Reads a row of the history. `None` when it makes no sense.
pub(super) fn entry(row: &SqliteRow) -> Option<Entry> {
    let change = Change {
        arn: arn(row, "arn")?,
        service: get::<String>(row, "name")?.into(),
        action: action(row)?,
        scheduled: instant(row, "scheduled")?,
        from: state(row, "from_state")?,
        to: state(row, "to_state")?,
        severity: severity(&get::<String>(row, "severity")?)?,
        operation: operation(row)?,
        attempt: get(row, "attempt")?,
        failed_operations: get(row, "failed_operations")?,
        unsure_since: optional_instant(row, "unsure_since")?,
        error: get(row, "error")?,
        retry_in: optional_duration(row, "retry_in")?,
        late: optional_duration(row, "late")?,
    };
    Some(Entry { at: instant(row, "at")?, change })
}

/// Strings and numbers become JSON, whatever they are.
fn json<'a>(items: impl Iterator<Item = &'a Item<'a>>) -> String {
    serde_json::to_string(&items.collect::<Vec<_>>()).unwrap_or_default()
}

fn span(duration: Duration) -> i64 {
    duration.as_micros().try_into().unwrap_or(i64::MAX)
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warn => "warn",
        Severity::Error => "error",
    }
}

fn severity(word: &str) -> Option<Severity> {
    [Severity::Info, Severity::Warn, Severity::Error]
        .into_iter()
        .find(|severity| severity_word(*severity) == word)
}

fn get<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(row: &'r SqliteRow, column: &str) -> Option<T> {
    row.try_get(column).ok()
}

fn arn(row: &SqliteRow, column: &str) -> Option<ServiceArn> {
    get::<&str>(row, column)?.parse().ok()
}

fn action(row: &SqliteRow) -> Option<Action> {
    let word: &str = get(row, "action")?;
    [Action::Pause, Action::Resume].into_iter().find(|action| action.as_str() == word)
}

fn state(row: &SqliteRow, column: &str) -> Option<State> {
    State::from_word(get(row, column)?)
}

fn operation(row: &SqliteRow) -> Option<Option<OperationId>> {
    Some(get::<Option<&str>>(row, "operation")?.map(OperationId::new))
}

fn instant(row: &SqliteRow, column: &str) -> Option<Timestamp> {
    Timestamp::from_microsecond(get(row, column)?).ok()
}

fn optional_instant(row: &SqliteRow, column: &str) -> Option<Option<Timestamp>> {
    get::<Option<i64>>(row, column)?
        .map(|at| Timestamp::from_microsecond(at).ok())
        .map_or(Some(None), |at| at.map(Some))
}

fn optional_duration(row: &SqliteRow, column: &str) -> Option<Option<Duration>> {
    let microseconds = get::<Option<i64>>(row, column)?;
    microseconds
        .map_or(Some(None), |span| u64::try_from(span).ok().map(|span| Some(Duration::from_micros(span))))
}
