//! A home folder that hangs: the daemon starts, says what hangs, ends in order, and uses the keys when they can be read.
//!
//! A named pipe in the place of a profile's file hangs whoever opens it to read, until somebody writes.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::Command;
use support::busy::{SERVICES, busy, start_emulator};
use support::{Reveille, text};

const KEYS: &str = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
                    aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";

const NO_KEYS: &str = "no AWS credentials found; each call will look for them again";
const OLD_KEYS: &str = "cannot renew AWS credentials; continuing with the current ones";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_folder_that_hangs_at_the_start_holds_up_neither_the_start_nor_the_end() {
    let emulator = start_emulator().await;
    let url = emulator.url();
    let run = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        pipe(&folder.path().join("credentials"));
        let mut reveille = start(folder, &url);
        reveille.wait_until("it says what hangs", |log| !hangs(log, NO_KEYS).is_empty());
        assert!(reveille.stop().success(), "{}", reveille.text());
        reveille.log.clone()
    });
    let log = run.await.unwrap();
    assert_eq!(hangs(&log, NO_KEYS), ["ERROR"]);
    assert!(log.iter().any(|line| text(&line["message"]).starts_with("planned: ")), "{log:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_a_home_folder_that_hung_at_the_start_are_used_when_it_answers() {
    let emulator = start_emulator().await;
    let url = emulator.url();
    let run = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        pipe(&file);
        let mut reveille = start(folder, &url);
        reveille.wait_until("it says what hangs", |log| !hangs(log, NO_KEYS).is_empty());
        replace_pipe(&file);
        reveille.wait_until("calls leave", |log| succeeded(log) >= SERVICES);
        assert!(reveille.stop().success(), "{}", reveille.text());
    });
    run.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_home_folder_hangs_the_keys_in_hand_are_used_on() {
    let emulator = start_emulator().await;
    let url = emulator.url();
    let run = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        fs::write(&file, KEYS).unwrap();
        let mut reveille = start(folder, &url);
        reveille.wait_until("everything is resumed", |log| succeeded(log) >= SERVICES);
        let hanging = file.with_extension("pipe");
        pipe(&hanging);
        fs::rename(&hanging, &file).unwrap();
        reveille.wait_until("it says what hangs", |log| !hangs(log, OLD_KEYS).is_empty());
        let before = succeeded(&reveille.log);
        reveille.wait_until("calls go on", |log| succeeded(log) >= before + SERVICES);
        replace_pipe(&file);
        reveille.wait_until("they are renewed", |log| {
            log.iter().any(|line| line["message"] == "AWS credentials can be renewed again")
        });
        assert!(reveille.stop().success(), "{}", reveille.text());
        reveille.log.clone()
    });
    assert_eq!(hangs(&run.await.unwrap(), OLD_KEYS), ["ERROR"]);
}

fn start(folder: tempfile::TempDir, url: &str) -> Reveille {
    let file = folder.path().join("credentials");
    Reveille::start_in(folder, &busy(), |command| {
        command.env("AWS_SHARED_CREDENTIALS_FILE", file).env("AWS_ENDPOINT_URL_APPRUNNER", url);
    })
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Puts a file with keys where the pipe is, and lets go whoever hangs on the pipe.
fn replace_pipe(path: &Path) {
    let writer = OpenOptions::new().write(true).open(path).unwrap();
    let file = path.with_extension("new");
    fs::write(&file, KEYS).unwrap();
    fs::rename(&file, path).unwrap();
    drop(writer);
}

fn succeeded(log: &[serde_json::Value]) -> usize {
    log.iter().filter(|line| line["to"] == "succeeded").count()
}

/// The levels of the lines that say this and name the file that hangs.
fn hangs(log: &[serde_json::Value], message: &str) -> Vec<String> {
    let lines = log.iter().filter(|line| line["message"] == message);
    let lines = lines.filter(|line| text(&line["error"]).contains("/credentials could not be read within "));
    lines.map(|line| text(&line["level"]).to_owned()).collect()
}
