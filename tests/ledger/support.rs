//! Changes to write, and a ledger to write them to.

use jiff::{SignedDuration, Timestamp};
use reveille::api::Elapsed;
use reveille::api::{Action, ServiceArn};
use reveille::ledger::{Entry, Sqlite};
use reveille::planner::{Change, Severity, State};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::subscriber::DefaultGuard;

/// The first day of every test.
const FIRST_DAY: &str = "2027-01-01T00:00:00Z";

/// This many seconds into the first day.
pub(crate) fn at(seconds: i64) -> Timestamp {
    FIRST_DAY.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// The service of this number.
pub(crate) fn service(number: u32) -> ServiceArn {
    format!("arn:aws:apprunner:eu-west-1:123456789012:service/service-{number:06}/{number:032x}")
        .parse()
        .unwrap()
}

/// A plain change of the service of this number, for the transition so many seconds into the first day.
pub(crate) fn change(number: u32, action: Action, scheduled: i64, from: State, to: State) -> Change {
    Change {
        arn: service(number),
        service: format!("service {number}").into(),
        action,
        scheduled: at(scheduled),
        from,
        to,
        severity: Severity::Info,
        operation: None,
        attempt: 1,
        failed_operations: 0,
        unsure_since: None,
        error: None,
        retry_in: None,
        late: None,
    }
}

/// The same, recorded at the transition's instant.
pub(crate) fn entry(number: u32, action: Action, scheduled: i64, from: State, to: State) -> Entry {
    Entry { at: at(scheduled), change: change(number, action, scheduled, from, to) }
}

/// A change of the service of this number, as plain as they come.
pub(crate) fn due(number: u32) -> Entry {
    entry(number, Action::Resume, 60, State::Due, State::Calling)
}

/// So long after the process began.
pub(crate) fn seconds(seconds: u64) -> Elapsed {
    Elapsed(Duration::from_secs(seconds))
}

/// Opens a ledger that has nothing wrong with it.
pub(crate) async fn open(path: &Path) -> Sqlite {
    let opened = Sqlite::open(path, at(0)).await.unwrap();
    assert_eq!(opened.set_aside, None, "a sound ledger was set aside");
    opened.ledger
}

/// Another program that has the ledger open.
pub(crate) async fn stranger(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}

/// What the other program does.
pub(crate) async fn execute(stranger: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(stranger).await.unwrap();
}

/// The one number that this query gives.
pub(crate) async fn count(stranger: &mut SqliteConnection, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(stranger).await.unwrap()
}

/// The names of the files in a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let names =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The damaged ledgers in a folder, without their companions.
pub(crate) fn set_aside(folder: &Path) -> Vec<PathBuf> {
    let damaged =
        |name: &String| name.contains(".corrupt-") && !name.ends_with("-wal") && !name.ends_with("-shm");
    files(folder).into_iter().filter(damaged).map(|name| folder.join(name)).collect()
}

/// Everything that is logged on this thread for as long as the guard lives.
pub(crate) fn listen() -> (Log, DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let format = tracing_subscriber::fmt().with_ansi(false).without_time().with_target(false);
    let subscriber = format.with_writer(move || writer.clone()).finish();
    (log, tracing::subscriber::set_default(subscriber))
}

/// What was logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Its lines since this was last asked.
    pub(crate) fn lines(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().map(|line| line.trim().to_owned()).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
