//! The limit on open files is raised to what the connections need, where the system allows it.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use std::process::{Command, Stdio};
use support::busy::{busy, start_emulator};
use support::{CREDENTIALS, Reveille};

/// Runs a command with limits on open files: a soft one, and a hard one.
fn limited(command: &mut Command, soft: &str, hard: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    *command = shell;
}

/// The soft limit of a process that runs with 1,000 connections, and whether it warned.
async fn limit_with_1000_connections(hard: &'static str) -> (String, bool) {
    let url = start_emulator().await.url();
    let run = tokio::task::spawn_blocking(move || {
        let file = busy().replace("[daemon]\n", "[daemon]\nconnections = 1000\n");
        let mut reveille = Reveille::start(&file, |command| {
            limited(command, "64", hard);
            command
                .envs(CREDENTIALS)
                .env("AWS_ENDPOINT_URL_APPRUNNER", url)
                .env("AWS_EC2_METADATA_DISABLED", "true");
        });
        reveille.wait_until("it begins", |log| {
            log.iter().any(|line| line["message"].as_str().is_some_and(|text| text.ends_with(" begins")))
        });
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", reveille.id())).unwrap();
        let limit = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
        let soft = limit.split_whitespace().next().unwrap().to_owned();
        (soft, reveille.text().contains("the system allows too few open files"))
    });
    run.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_on_open_files_is_raised_to_what_the_connections_need() {
    assert_eq!(limit_with_1000_connections("4096").await, ("1256".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_for_which_the_system_allows_too_few_open_files_are_warned_of() {
    assert_eq!(limit_with_1000_connections("500").await, ("500".to_owned(), true));
}
