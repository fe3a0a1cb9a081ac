//! A disk that hangs: mornings go on without it, and the log says so.
//!
//! A named pipe in the place of the ledger hangs whoever opens it to write, until somebody reads.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use reveille::clock;
use reveille::ledger::{Ledger, Sqlite};
use reveille::planner::State;
use sqlx::{ConnectOptions, Connection};
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::Command;
use support::busy::{SERVICES, busy, start_emulator};
use support::{CREDENTIALS, Reveille, text};

const HANGS_AT_THE_START: &str = "the ledger did not answer within 5 s: starting without it, so each service is \
                                  checked first; check its disk";
const IS_SLOW: &str = "the ledger did not answer within 1 s; calls do not wait for it until it does";
const ANSWERS: &str = "the ledger answers again; calls wait for their records as before";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_hangs_at_the_start_costs_no_morning() {
    let emulator = start_emulator().await;
    let url = emulator.url();
    let log = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        pipe(&folder.path().join("ledger.db"));
        let mut reveille = start(folder, &url);
        reveille.wait_until("everything is resumed", |log| ended(log, "resume", "succeeded") >= SERVICES);
        assert!(reveille.stop().success(), "{}", reveille.text());
        reveille.log.clone()
    });
    let log = log.await.unwrap();
    assert_eq!(said(&log, HANGS_AT_THE_START), ["ERROR"]);
    assert_eq!(said(&log, IS_SLOW), ["WARN"], "only the first call waits");
    let lost = "the ledger did not answer within 5 s; what was not written is lost, and the next start checks each \
                service instead";
    assert_eq!(said(&log, lost), ["ERROR"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_hangs_for_a_while_holds_up_nothing_and_loses_no_record() {
    let emulator = start_emulator().await;
    let url = emulator.url();
    let (log, folder) = tokio::task::spawn_blocking(move || {
        let mut reveille = start(tempfile::tempdir().unwrap(), &url);
        reveille.wait_until("everything is resumed", |log| ended(log, "resume", "succeeded") >= SERVICES);
        let folder = reveille.config().parent().unwrap().to_owned();
        let ledger = folder.join("ledger.db");
        // In one step, for the daemon makes a new file as soon as there is none.
        let hanging = folder.join("hanging.db");
        pipe(&hanging);
        fs::rename(&hanging, &ledger).unwrap();
        for beside in ["ledger.db-wal", "ledger.db-shm"] {
            fs::remove_file(folder.join(beside)).ok();
        }
        // Pauses of a window that ended while the first services were resumed do not count.
        let before = ended(&reveille.log, "pause", "succeeded");
        reveille
            .wait_until("everything is paused", |log| ended(log, "pause", "succeeded") >= before + SERVICES);
        assert_eq!(said(&reveille.log, IS_SLOW), ["WARN"]);
        let late = lateness(&reveille.log, "pause");
        assert!(late.iter().any(|late| *late >= 1000), "a call is as late as it left: {late:?}");

        // The disk is back: the pipe has a reader, and then a file can be where it was.
        let reader = OpenOptions::new().read(true).open(&ledger).unwrap();
        fs::remove_file(&ledger).unwrap();
        drop(reader);
        reveille.wait_until("the ledger is back", |log| !said(log, ANSWERS).is_empty());
        assert!(reveille.stop().success(), "{}", reveille.text());
        (reveille.log.clone(), reveille.kill())
    })
    .await
    .unwrap();
    assert_eq!(said(&log, ANSWERS), ["INFO"]);
    let mut ledger = Sqlite::open(&folder.path().join("ledger.db"), clock::wall()).await.unwrap().ledger;
    let history = ledger.history(u32::MAX, None).await.unwrap();
    let paused = |entry: &&reveille::ledger::Entry| {
        entry.change.action.to_string() == "pause" && entry.change.to == State::Calling
    };
    assert!(history.iter().filter(paused).count() >= SERVICES, "what was held back is written: {history:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_answers_late_with_the_file_of_another_program_ends_the_daemon_with_78() {
    let emulator = start_emulator().await;
    let url = emulator.url();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (ledger, hanging, foreign) = (at("ledger.db"), at("hanging.db"), at("foreign.db"));
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&foreign).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE song (title TEXT)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    tokio::task::spawn_blocking(move || {
        pipe(&ledger);
        let mut reveille = start(folder, &url);
        reveille.wait_until("the start", |log| said(log, HANGS_AT_THE_START) == ["ERROR"]);
        fs::rename(&ledger, &hanging).unwrap();
        fs::rename(&foreign, &ledger).unwrap();
        let _reader = OpenOptions::new().read(true).open(&hanging).unwrap();
        assert_eq!(reveille.wait().code(), Some(78), "{}", reveille.text());
        assert!(reveille.text().contains("ledger.db is another program's database"), "{}", reveille.text());
    })
    .await
    .unwrap();
}

fn start(folder: tempfile::TempDir, url: &str) -> Reveille {
    Reveille::start_in(folder, &busy(), |command| {
        command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", url);
    })
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn ended(log: &[serde_json::Value], action: &str, ending: &str) -> usize {
    log.iter().filter(|line| line["action"] == action && line["to"] == ending).count()
}

/// How late the calls of this action left, in milliseconds.
fn lateness(log: &[serde_json::Value], action: &str) -> Vec<u64> {
    let calls = log.iter().filter(|line| line["action"] == action && line["to"] == "calling");
    calls.filter_map(|line| line["late_ms"].as_u64()).collect()
}

/// The levels of the lines that say this.
fn said(log: &[serde_json::Value], message: &str) -> Vec<String> {
    let lines = log.iter().filter(|line| line["message"] == message);
    lines.map(|line| text(&line["level"]).to_owned()).collect()
}
