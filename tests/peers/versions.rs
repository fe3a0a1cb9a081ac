//! Tests against foreign programs run with the versions that they know, and are skipped with others, aloud.

use crate::require::{AWS_CLI, Peer, skipped};
use crate::resume_service::SAME_TEXTS;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs that do nothing but tell their version, each in a folder of its own.
struct Host(tempfile::TempDir);

impl Host {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Another process writes it: one that this process has open for writing cannot be run.
    fn install(&self, folder: &str, body: &str) -> PathBuf {
        let program = self.0.path().join(folder).join("aws");
        let write = r#"mkdir -p "$(dirname "$0")" && printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod +x "$0""#;
        let written = Command::new("sh").args(["-c", write]).arg(&program).arg(body).status().unwrap();
        assert!(written.success());
        program
    }

    fn installed(&self, version: &str) -> PathBuf {
        self.install(version, &format!("echo 'aws-cli/{version} Python/3.11.7 Linux/6.1'"))
    }
}

fn choose(peer: Peer, candidates: &[&Path]) -> Result<PathBuf, String> {
    peer.choose(candidates.iter().map(|path| path.to_path_buf()))
}

#[test]
fn a_program_that_is_absent_is_said_to_be_absent() {
    let host = Host::new();
    let nowhere = host.0.path().join("aws");
    let not_a_program = host.0.path().join("readable");
    std::fs::write(&not_a_program, "").unwrap();
    for candidates in [&[][..], &[&*nowhere], &[host.0.path()], &[&*not_a_program]] {
        let why = choose(AWS_CLI, candidates).unwrap_err();
        assert_eq!(why, "`aws` is not installed (looked at [\"/usr/bin/aws\"] and on PATH)");
    }
}

#[test]
fn an_aws_cli_of_no_known_version_is_named_with_the_versions_that_are_known() {
    let host = Host::new();
    let first = host.installed("1.45.11");
    let on_stderr = host.install("old", "echo aws-cli/1.16.1 >&2");
    let mute = host.install("mute", "exit 1");
    let why = choose(AWS_CLI, &[&first, &on_stderr, &mute]).unwrap_err();
    let expected = format!(
        "`aws` is of no known version: {} is `aws-cli/1.45.11 Python/3.11.7 Linux/6.1`, {} is `aws-cli/1.16.1`, \
         {} is ``; known: `aws-cli/2.*`",
        first.display(),
        on_stderr.display(),
        mute.display()
    );
    assert_eq!(why, expected);
}

#[test]
fn an_older_aws_cli_hides_no_known_one() {
    let host = Host::new();
    let [first, debian, recent] = ["1.45.11", "2.9.19", "2.38.0"].map(|version| host.installed(version));
    assert_eq!(choose(AWS_CLI, &[&first, &debian]).unwrap(), debian);
    assert_eq!(choose(AWS_CLI, &[&first, &recent, &debian]).unwrap(), recent);
}

#[test]
fn what_compares_texts_with_the_aws_cli_knows_the_one_that_writes_the_same() {
    let host = Host::new();
    let [debian, recent] = ["2.9.19", "2.38.0"].map(|version| host.installed(version));
    assert_eq!(choose(SAME_TEXTS, &[&recent, &debian]).unwrap(), debian);
    let why = choose(SAME_TEXTS, &[&recent]).unwrap_err();
    assert!(why.ends_with("is `aws-cli/2.38.0 Python/3.11.7 Linux/6.1`; known: `aws-cli/2.9.*`"), "{why}");
}

#[test]
fn where_any_version_does_none_is_asked_for() {
    let host = Host::new();
    let mute = host.install("mute", "exit 1");
    let any = Peer { versions: &[], ..AWS_CLI };
    assert_eq!(choose(any, &[&mute]).unwrap(), mute);
}

#[test]
fn a_skipped_test_is_printed() {
    let told = skipped("`aws` is not installed", false);
    assert_eq!(
        told,
        "\n*** SKIPPED: `aws` is not installed. Install it, or set REVEILLE_REQUIRE_PEERS=1 to make this a failure. ***\n\n"
    );
}

#[test]
#[should_panic(expected = "`aws` is not installed, and REVEILLE_REQUIRE_PEERS=1 requires it")]
fn where_its_program_is_required_a_test_that_would_be_skipped_fails() {
    skipped("`aws` is not installed", true);
}
