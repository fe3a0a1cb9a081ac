//! Killed at random instants, again and again, half of the time with its ledger deleted: every service still gets what
//! its schedule asks for, no occurrence starts two operations, and the ledger explains every call.
//!
//! `REVEILLE_KILLS` says how often it is killed; the seed is printed, and `REVEILLE_SEED` plays one again.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails; and it is the environment that asks for a long run"
)]

mod support;

use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, ToSpan, Unit};
use reveille::api::Action;
use reveille::api::{OperationKind, ServiceStatus};
use reveille::clock;
use reveille::config::parse;
use reveille::emulator::{ApiOperation, Effect, Emulator, Fault, Model};
use reveille::ledger::{Entry, Journal, Ledger, Sqlite};
use reveille::planner::State;
use reveille::schedule::Schedule;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use support::busy::{SERVICES, arn, busy, file, start_emulator};
use support::{CREDENTIALS, Reveille};
use tempfile::TempDir;

/// How often it is killed in an ordinary run.
const KILLS: u32 = 12;

/// A last file that asks for one thing, due this very second: half of the services awake, half asleep.
fn last_wish() -> String {
    let due = clock::wall().to_zoned(TimeZone::UTC);
    let rule = format!("{} {} {} * * *", due.second(), due.minute(), due.hour());
    file(|number| format!("{} = \"{rule}\"\n", wish(number)))
}

fn wish(number: usize) -> Action {
    if number.is_multiple_of(2) { Action::Resume } else { Action::Pause }
}

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_instant_it_loses_nothing_and_does_nothing_twice() {
    let kills = variable("REVEILLE_KILLS").unwrap_or(KILLS);
    let seed = variable("REVEILLE_SEED").unwrap_or_else(clock::seed);
    eprintln!("REVEILLE_SEED={seed} REVEILLE_KILLS={kills}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let emulator = start_emulator().await;
    let mut folder = tempfile::tempdir().unwrap();
    let mut entries = Vec::new();
    for _ in 0..kills {
        make_trouble(&emulator, &mut rng);
        let wait = Duration::from_millis(rng.u64(100..1600));
        folder = run_and_kill(folder, emulator.url(), wait).await;
        entries.extend(written(folder.path()).await);
        if rng.bool() {
            fs::remove_file(folder.path().join("ledger.db")).unwrap();
            for beside in ["ledger.db-wal", "ledger.db-shm"] {
                drop(fs::remove_file(folder.path().join(beside)));
            }
        }
    }
    emulator.with_model(Model::clear_faults);
    let url = emulator.url();
    let floor = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Floor);
    let wished_at = clock::wall().round(floor).unwrap();
    let folder = tokio::task::spawn_blocking(move || settle(folder, &url)).await.unwrap();
    entries.extend(written(folder.path()).await);
    entries.sort_by_key(|entry| entry.at);
    entries.dedup();

    let busy = parse(&busy()).unwrap().services.first().map(|service| Arc::clone(&service.schedule)).unwrap();
    for number in 0..SERVICES {
        assert_state_is_as_wished(&emulator, number);
        assert_no_occurrence_started_two_operations(&emulator, number, &busy, wished_at);
        assert_ledger_explains_every_call(&emulator, number, &entries);
    }
}

/// Orders trouble for a few of the coming calls.
fn make_trouble(emulator: &Emulator, rng: &mut fastrand::Rng) {
    let error = |code: &str| Effect::Error {
        code: code.to_owned(),
        http_status: None,
        message: None,
        applied: false,
    };
    for _ in 0..rng.u32(0..3) {
        let effect = match rng.u32(0..6) {
            0 => Effect::ReplyLost,
            1 => Effect::ConnectionClosed,
            2 => Effect::Delay { millis: rng.u64(50..700) },
            3 => error("ThrottlingException"),
            4 => error("InternalServiceErrorException"),
            _ => Effect::NotJson { http_status: 200, applied: None },
        };
        let arn = Some(arn(rng.usize(0..SERVICES)));
        emulator
            .with_model(|model| model.order_fault(Fault { operation: None, arn, calls: 1, effect }))
            .unwrap();
    }
}

async fn run_and_kill(folder: TempDir, url: String, wait: Duration) -> TempDir {
    tokio::task::spawn_blocking(move || {
        let reveille = Reveille::start_in(folder, &busy(), |command| {
            command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", url);
        });
        // Not a wait for something: the instant of the kill is the point.
        std::thread::sleep(wait);
        reveille.kill()
    })
    .await
    .unwrap()
}

/// All that the ledger holds: the process that wrote it is dead.
async fn written(folder: &Path) -> Vec<Entry> {
    let mut ledger = Sqlite::open(&folder.join("ledger.db"), clock::wall()).await.unwrap().ledger;
    let entries = ledger.history(u32::MAX, None).await.unwrap();
    ledger.close().await;
    entries
}

/// The last process settles what is owed and ends by itself. A resume that was open when the process before was killed may
/// give way to the pause that is wished for: that is an error, as the file has it, and no other is.
fn settle(folder: TempDir, url: &str) -> TempDir {
    let mut reveille = Reveille::start_in(folder, &last_wish(), |command| {
        command.arg("--once").envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", url);
    });
    let code = reveille.wait().code();
    let errors: Vec<_> = reveille.log.iter().filter(|line| line["level"] == "ERROR").collect();
    let gave_way = errors.iter().all(|line| line["message"] == "resume was superseded");
    assert!(gave_way && code == Some(i32::from(!errors.is_empty())), "{code:?}: {}", reveille.text());
    reveille.kill()
}

fn assert_state_is_as_wished(emulator: &Emulator, number: usize) {
    let wished = match wish(number) {
        Action::Resume => ServiceStatus::Running,
        Action::Pause => ServiceStatus::Paused,
    };
    let status = emulator.with_model(|model| model.describe(&arn(number), clock::wall()).unwrap().status);
    assert_eq!(status, wished, "app-{number}");
}

/// An operation belongs to the latest transition of its kind before it; no transition has two.
fn assert_no_occurrence_started_two_operations(
    emulator: &Emulator,
    number: usize,
    busy: &Schedule,
    until: Timestamp,
) {
    let operations = emulator.with_model(|model| model.operations(&arn(number), clock::wall()));
    let mut started: BTreeMap<(Action, Timestamp), usize> = BTreeMap::new();
    for operation in operations.iter().filter(|operation| operation.started_at < Some(until)) {
        let action = match operation.kind {
            Some(OperationKind::ResumeService) => Action::Resume,
            Some(OperationKind::PauseService) => Action::Pause,
            _ => continue,
        };
        let occurrence = instant_before(busy, action, operation.started_at.unwrap());
        *started.entry((action, occurrence)).or_default() += 1;
    }
    let twice: Vec<_> = started.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "app-{number}: {twice:?}\n{operations:#?}");
}

fn instant_before(busy: &Schedule, action: Action, at: Timestamp) -> Timestamp {
    let mut latest = busy.latest_at(at).unwrap();
    while latest.action != action {
        latest = busy.latest_at(latest.at - 1.nanosecond()).unwrap();
    }
    latest.at
}

/// For each call that changes something, an intent was written before it.
fn assert_ledger_explains_every_call(emulator: &Emulator, number: usize, entries: &[Entry]) {
    for (action, api) in
        [(Action::Resume, ApiOperation::ResumeService), (Action::Pause, ApiOperation::PauseService)]
    {
        let of_service = |entry: &&Entry| entry.change.arn == arn(number) && entry.change.action == action;
        let intents: Vec<Timestamp> = entries
            .iter()
            .filter(of_service)
            .filter(|entry| entry.change.to == State::Calling)
            .map(|entry| entry.at)
            .collect();
        let calls: Vec<Timestamp> = emulator.with_model(|model| {
            let calls = model.calls().filter(|call| call.operation == Some(api));
            calls.filter(|call| call.arn == Some(arn(number))).map(|call| call.at).collect()
        });
        for (before, call) in calls.iter().enumerate() {
            let explained = intents.iter().filter(|intent| *intent <= call).count();
            assert!(
                explained > before,
                "app-{number}: {api:?} at {call} was not written before: {intents:?}"
            );
        }
    }
}

#[tokio::test]
async fn two_daemons_do_not_share_a_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Journal::open(&folder.path().join("ledger.db"), clock::wall()).await.unwrap();
    let status_and_log = tokio::task::spawn_blocking(move || {
        let mut second = Reveille::start_in(folder, &busy(), |command| {
            command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", "http://127.0.0.1:1");
        });
        (second.wait(), second.text())
    });
    let (status, log) = status_and_log.await.unwrap();
    assert_eq!(status.code(), Some(75), "{log}");
    assert!(log.contains("is in use by another reveille"), "{log}");
    drop(ledger);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_whose_ledger_another_has_taken_meanwhile_ends_with_75() {
    let emulator = start_emulator().await;
    let url = emulator.url();
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Journal::open(&elsewhere.path().join("ledger.db"), clock::wall()).await.unwrap();
    let story = move || {
        let mut first = Reveille::start(&busy(), |command| {
            command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", url);
        });
        first.wait_until("its ledger is in use", |log| log.iter().any(|line| line["to"] == "calling"));
        // The other's lock goes with its file.
        let folder = first.config().parent().unwrap().to_owned();
        for file in ["ledger.db.lock", "ledger.db"] {
            fs::rename(elsewhere.path().join(file), folder.join(file)).unwrap();
        }
        (first.wait(), first.text())
    };
    let (status, log) = tokio::task::spawn_blocking(story).await.unwrap();
    assert_eq!(status.code(), Some(75), "{log}");
    assert!(
        log.contains(&format!("is in use by another reveille (process {})", std::process::id())),
        "{log}"
    );
    drop(other);
}
