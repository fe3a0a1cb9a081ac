//! What is asked of the database, in SQL.
//!
//! A write hands over its rows as one JSON text a statement, so that ten thousand changes cost as many trips to the
//! database's thread as one does. No statement meets a row twice, which `PostgreSQL` would refuse.

use super::rows::{Batch, microseconds};
use crate::api::ServiceArn;
use jiff::Timestamp;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Connection, Row, SqliteConnection, Transaction};

/// The most occurrences that one call forgets, each with its few changes: some milliseconds of work.
const FORGOTTEN_AT_ONCE: i64 = 500;

/// It takes the right to write at once: a lock is met here, not between two statements.
const BEGIN: &str = "BEGIN IMMEDIATE";

const RECALL: &str = "
    SELECT service.arn, occurrence.action, occurrence.scheduled, occurrence.state, occurrence.operation,
           occurrence.attempts, occurrence.failed_operations, occurrence.unsure_since, occurrence.changed_at
    FROM service CROSS JOIN occurrence ON occurrence.id = service.latest
    ORDER BY service.id";

const NEW_SERVICES: &str = "
    INSERT INTO service (arn, name)
    SELECT item.value ->> 'arn', item.value ->> 'service'
    FROM json_each(?1) AS item
    WHERE true
    ON CONFLICT (arn) DO NOTHING";

const OCCURRENCES: &str = "
    INSERT INTO occurrence (service, action, scheduled, state, operation, attempts, failed_operations,
                            unsure_since, changed_at)
    SELECT service.id, item.value ->> 'action', item.value ->> 'scheduled', item.value ->> 'to',
           item.value ->> 'operation', item.value ->> 'attempt', item.value ->> 'failed_operations',
           item.value ->> 'unsure_since', item.value ->> 'at'
    FROM json_each(?1) AS item CROSS JOIN service
    WHERE service.arn = item.value ->> 'arn'
    ON CONFLICT (service, action, scheduled) DO UPDATE SET
        state = excluded.state, operation = excluded.operation, attempts = excluded.attempts,
        failed_operations = excluded.failed_operations, unsure_since = excluded.unsure_since,
        changed_at = excluded.changed_at";

const CHANGES: &str = "
    INSERT INTO change (occurrence, at, from_state, to_state, severity, operation, attempt, failed_operations,
                        unsure_since, error, retry_in, late)
    SELECT occurrence.id, item.value ->> 'at', item.value ->> 'from', item.value ->> 'to',
           item.value ->> 'severity', item.value ->> 'operation', item.value ->> 'attempt',
           item.value ->> 'failed_operations', item.value ->> 'unsure_since', item.value ->> 'error',
           item.value ->> 'retry_in', item.value ->> 'late'
    FROM json_each(?1) AS item CROSS JOIN service CROSS JOIN occurrence
    WHERE service.arn = item.value ->> 'arn'
      AND occurrence.service = service.id
      AND occurrence.action = item.value ->> 'action'
      AND occurrence.scheduled = item.value ->> 'scheduled'
    ORDER BY item.key
    ON CONFLICT (occurrence, at, from_state, to_state) DO NOTHING";

const LATEST: &str = "
    INSERT INTO service (arn, name, latest)
    SELECT service.arn, item.value ->> 'service', occurrence.id
    FROM json_each(?1) AS item CROSS JOIN service CROSS JOIN occurrence
    WHERE service.arn = item.value ->> 'arn'
      AND occurrence.service = service.id
      AND occurrence.action = item.value ->> 'action'
      AND occurrence.scheduled = item.value ->> 'scheduled'
    ON CONFLICT (arn) DO UPDATE SET name = excluded.name, latest = excluded.latest";

const CONFIG_IN_FORCE: &str = "
    INSERT INTO config (at, version)
    SELECT ?1, ?2
    WHERE NOT EXISTS (
        SELECT 1 FROM config WHERE id = (SELECT max(id) FROM config) AND version = ?2)";

const LAST_CONFIG: &str = "SELECT version FROM config ORDER BY id DESC LIMIT 1";

const FORGET_OCCURRENCES: &str = "
    DELETE FROM occurrence WHERE id IN (
        SELECT id FROM occurrence
        WHERE changed_at < ?1 AND NOT EXISTS (SELECT 1 FROM service WHERE service.latest = occurrence.id)
        ORDER BY changed_at
        LIMIT ?2)";

/// Not the last of the old ones: it is in force until the first of the newer ones.
const FORGET_CONFIG: &str = "
    DELETE FROM config WHERE id IN (
        SELECT id FROM config
        WHERE at < ?1 AND id < (SELECT max(id) FROM config WHERE at < ?1)
        ORDER BY id
        LIMIT ?2)";

/// The columns that make a change. The `+` keeps the history of one service from being looked for in everybody's.
macro_rules! history {
    ($service:literal) => {
        concat!(
            "SELECT change.at, service.arn, service.name, occurrence.action, occurrence.scheduled,
                    change.from_state, change.to_state, change.severity, change.operation, change.attempt,
                    change.failed_operations, change.unsure_since, change.error, change.retry_in, change.late
             FROM change JOIN occurrence ON occurrence.id = change.occurrence
                         JOIN service ON service.id = occurrence.service ",
            $service,
            " LIMIT ?1"
        )
    };
}
const HISTORY: &str = history!("ORDER BY change.id DESC");
const HISTORY_OF_ONE: &str = history!("WHERE service.arn = ?2 ORDER BY +change.id DESC");

/// The rows of the latest occurrences.
pub(super) async fn recall(connection: &mut SqliteConnection) -> Result<Vec<SqliteRow>, sqlx::Error> {
    sqlx::query(RECALL).fetch_all(connection).await
}

/// Writes all of a batch in one transaction.
pub(super) async fn write(connection: &mut SqliteConnection, batch: Batch) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    run(&mut transaction, NEW_SERVICES, &batch.services).await?;
    run(&mut transaction, OCCURRENCES, &batch.occurrences).await?;
    run(&mut transaction, CHANGES, &batch.changes).await?;
    run(&mut transaction, LATEST, &batch.services).await?;
    transaction.commit().await
}

/// Notes a version unless it is the last one noted.
pub(super) async fn config_in_force(
    connection: &mut SqliteConnection,
    at: Timestamp,
    version: &str,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(CONFIG_IN_FORCE).bind(microseconds(at)).bind(version);
    query.execute(connection).await.map(drop)
}

/// The version that was noted last. One that is not text any more counts as none.
pub(super) async fn last_config(connection: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query(LAST_CONFIG).fetch_optional(connection).await?;
    Ok(row.and_then(|row| row.try_get(0).ok()))
}

/// Forgets some of what is older than this. Says how many occurrences.
pub(super) async fn trim(connection: &mut SqliteConnection, before: Timestamp) -> Result<u64, sqlx::Error> {
    let before = microseconds(before);
    let mut transaction = connection.begin_with(BEGIN).await?;
    let forget = |what| sqlx::query(what).bind(before).bind(FORGOTTEN_AT_ONCE);
    forget(FORGET_CONFIG).execute(&mut *transaction).await?;
    let forgotten = forget(FORGET_OCCURRENCES).execute(&mut *transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(forgotten)
}

/// The rows of the last changes, newest first.
pub(super) async fn history(
    connection: &mut SqliteConnection,
    last: u32,
    of: Option<&ServiceArn>,
) -> Result<Vec<SqliteRow>, sqlx::Error> {
    match of {
        None => sqlx::query(HISTORY).bind(last).fetch_all(connection).await,
        Some(arn) => sqlx::query(HISTORY_OF_ONE).bind(last).bind(arn.as_str()).fetch_all(connection).await,
    }
}

async fn run(
    transaction: &mut Transaction<'_, Sqlite>,
    statement: &'static str,
    items: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(statement).bind(items).execute(&mut **transaction).await.map(drop)
}
