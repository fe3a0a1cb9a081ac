//! The drop-in writes hard values as the AWS CLI does: quotes, folded lines, nested tables, nothing at all.
//!
//! `tests/fixtures/awscli/formats.json` has, for values that need care, what the CLI's formats make of each.

use serde::Deserialize;
use std::process::{Command, Stdio};

#[path = "support/replay.rs"]
mod replay;

#[derive(Debug, Deserialize)]
struct Shown {
    value: String,
    format: String,
    exit: i32,
    stdout: String,
}

#[test]
fn hard_values_are_written_as_the_cli_writes_them() {
    let shown: Vec<Shown> = serde_json::from_str(include_str!("fixtures/awscli/formats.json")).unwrap();
    assert!(shown.len() > 150, "only {} values were found", shown.len());
    let server = replay::Replay::start(&serde_json::json!({ "/": { "status": 200, "body": {} } }));
    for Shown { value, format, exit, stdout } in shown {
        let query = format!("`{}`", value.replace('`', "\\`"));
        let output = Command::new(env!("CARGO_BIN_EXE_reveille"))
            .env_clear()
            .args(["resume-service", "--service-arn", "x", "--region", "us-east-1", "--no-sign-request"])
            .args(["--endpoint-url", &server.url, "--output", &format, "--query", &query])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{value} as {format}: {said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), stdout, "{value} as {format}");
    }
}

#[test]
fn an_output_format_that_does_not_exist_ends_the_command_before_anything_is_sent() {
    let server = replay::Replay::start(&serde_json::json!({ "/": { "status": 200, "body": {} } }));
    let run = |format: &str| {
        Command::new(env!("CARGO_BIN_EXE_reveille"))
            .env_clear()
            .args(["resume-service", "--service-arn", "x", "--region", "us-east-1", "--no-sign-request"])
            .args(["--endpoint-url", &server.url])
            .env("AWS_DEFAULT_OUTPUT", format)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let output = run("bogus");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(255), 0), "{said}");
    assert!(said.contains("bogus"), "{said}");
    assert_eq!(server.asked().len(), 0, "nothing was to be resumed");
    assert_eq!((run("text").status.code(), server.asked().len()), (Some(0), 1));
}
