//! The drop-in does what the AWS CLI 2.38.1 was seen doing, byte for byte.
//!
//! `tests/fixtures/awscli/cases.json` has the arguments, the exit code, standard output and the requests of each run;
//! `replies.json` what the server answered, by the path of the request.
#![expect(clippy::unwrap_used, reason = "a test may be blunt")]

#[path = "support/replay.rs"]
mod replay;

use replay::{Replay, authority};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    argv: Vec<String>,
    env: BTreeMap<String, String>,
    env_unset: Vec<String>,
    exit: i32,
    stdout: String,
    error_line: Option<String>,
    requests: Vec<Recorded>,
}

#[derive(Debug, Deserialize)]
struct Recorded {
    path: String,
    target: String,
    content_type: String,
    body: Value,
    signed: bool,
    security_token: Option<String>,
}

/// Two servers with the recorded replies, and a folder with the recorded files.
struct Stage {
    plain: Replay,
    tls: Replay,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let replies: Value = serde_json::from_slice(&fs::read(fixture("replies.json")).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in ["badkey.json", "broken.json", "input.json", "input.yaml"] {
            fs::copy(fixture(name), folder.path().join(name)).unwrap();
        }
        let (pem, certificate) = authority();
        fs::write(folder.path().join("cert.pem"), pem).unwrap();
        Self { plain: Replay::start(&replies), tls: Replay::start_tls(&replies, &certificate), folder }
    }

    fn place(&self, text: &str) -> String {
        text.replace("{endpoint}", &self.plain.url).replace("{tls-endpoint}", &self.tls.url)
    }

    fn run(&self, case: &Case) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
        command
            .env_clear()
            .args(case.argv.iter().map(|word| self.place(word)))
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_PAGER", "")
            .env("COLUMNS", "120")
            .env("LC_ALL", "C.UTF-8")
            .envs(case.env.iter().map(|(name, value)| (name, self.place(value))))
            .stdin(Stdio::null());
        for name in &case.env_unset {
            command.env_remove(name);
        }
        command.output().unwrap()
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/awscli").join(name)
}

/// What differs from the recording, one line each.
fn differences(stage: &Stage, case: &Case) -> Vec<String> {
    let output = stage.run(case);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let mut found = Vec::new();
    if output.status.code() != Some(case.exit) {
        found.push(format!("it ended with {}, not {}: {stderr}", output.status, case.exit));
    }
    if stdout != case.stdout {
        found.push(format!("it printed\n{stdout}\nand not\n{}", case.stdout));
    }
    if let Some(line) = &case.error_line
        && !stderr.lines().any(|said| said == line)
    {
        found.push(format!("it said\n{stderr}\nand not\n{line}"));
    }
    if case.exit != 0 && stderr.trim().is_empty() {
        found.push("it failed without a word".to_owned());
    }
    let asked = [stage.plain.asked(), stage.tls.asked()].concat();
    if asked.len() != case.requests.len() {
        found.push(format!("it made {} requests, not {}", asked.len(), case.requests.len()));
    }
    for (asked, recorded) in asked.iter().zip(&case.requests) {
        let header = |name: &str| asked.headers.get(name).map(String::as_str);
        let is_same = asked.path == recorded.path
            && header("x-amz-target") == Some(recorded.target.as_str())
            && header("content-type") == Some(recorded.content_type.as_str())
            && asked.body == recorded.body
            && header("authorization").is_some() == recorded.signed
            && header("x-amz-security-token") == recorded.security_token.as_deref();
        if !is_same {
            found.push(format!("it asked {asked:?}, not {recorded:?}"));
        }
    }
    found
}

#[test]
fn every_recorded_case_ends_prints_and_asks_as_recorded() {
    let cases: Vec<Case> = serde_json::from_slice(&fs::read(fixture("cases.json")).unwrap()).unwrap();
    assert!(cases.len() > 50, "only {} cases were found", cases.len());
    let stage = Stage::new();
    let mut wrong = String::new();
    for case in &cases {
        for difference in differences(&stage, case) {
            wrong.push_str(&format!("\n== {}: {difference}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
