//! Finds a foreign program, or says that its test was skipped.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "every test crate uses a part of it, so an `expect` would not hold in all of them"
)]

use std::io::Write;
use std::path::{Path, PathBuf};

/// When this is `1`, a program that is absent fails its test instead of skipping it.
const REQUIRE: &str = "REVEILLE_REQUIRE_PEERS";

/// The program: the first of these paths that exists, otherwise the one of this name on `PATH`.
///
/// # Panics
/// When it is absent and required.
#[expect(clippy::disallowed_methods, reason = "where programs are is the environment's to say")]
pub(crate) fn program(name: &str, preferred: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(name));
    let program = preferred.iter().map(PathBuf::from).chain(on_path).find(|candidate| is_program(candidate));
    found(program, name, &format!("{preferred:?} and on PATH"))
}

/// The AWS CLI of a version that the tests know. The first version writes other texts and knows other options.
///
/// # Panics
/// When there is none and it is required.
pub(crate) fn aws_cli() -> Option<PathBuf> {
    let program = program("aws", &["/usr/bin/aws"])?;
    let said = std::process::Command::new(&program).arg("--version").output();
    let version =
        said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let known = version.starts_with("aws-cli/2.").then_some(program);
    found(known, "aws", &format!("version 2; there is `{version}`"))
}

/// Passes on what was found. What was not is said loudly.
///
/// # Panics
/// When it is absent and required.
#[expect(clippy::disallowed_methods, reason = "whether programs must be there is the environment's to say")]
pub(crate) fn found(peer: Option<PathBuf>, name: &str, looked_at: &str) -> Option<PathBuf> {
    if peer.is_none() {
        let why = format!("`{name}` is not installed (looked at {looked_at})");
        assert!(
            !std::env::var(REQUIRE).is_ok_and(|value| value == "1"),
            "{why}, and {REQUIRE}=1 requires it"
        );
        // Written past the test harness, which keeps what a passing test prints to itself.
        let skipped =
            format!("\n*** SKIPPED: {why}. Install it, or set {REQUIRE}=1 to make this a failure. ***\n\n");
        std::io::stderr().write_all(skipped.as_bytes()).unwrap();
    }
    peer
}

fn is_program(candidate: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    candidate.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
