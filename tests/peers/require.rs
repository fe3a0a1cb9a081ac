//! Finds a foreign program, or says that its test was skipped.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "every test crate uses a part of it, so an `expect` would not hold in all of them"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// When this is `1`, a program that is absent, or of no version that its tests know, fails them instead of skipping them.
const REQUIRE: &str = "REVEILLE_REQUIRE_PEERS";

/// The versions of the AWS CLI that answer as the tests expect: 1.x writes other texts and knows other options.
pub(crate) const AWS_CLI: Peer =
    Peer { name: "aws", preferred: &["/usr/bin/aws"], versions: &["aws-cli/2."] };

/// A foreign program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// Where it is looked for before `PATH`.
    pub(crate) preferred: &'static [&'static str],
    /// How `--version` begins in the versions that its tests know. Empty where any version does.
    pub(crate) versions: &'static [&'static str],
}

impl Peer {
    /// The first one of a known version, in the preferred places and then on `PATH`.
    ///
    /// # Panics
    /// When there is none and it is required.
    #[expect(clippy::disallowed_methods, reason = "where programs are is the environment's to say")]
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&path).map(|folder| folder.join(self.name));
        let found = self.choose(self.preferred.iter().map(PathBuf::from).chain(on_path));
        found.map_err(|why| skip(&why)).ok()
    }

    /// The first of these of a known version, or why none is.
    pub(crate) fn choose(&self, candidates: impl Iterator<Item = PathBuf>) -> Result<PathBuf, String> {
        let (name, preferred) = (self.name, self.preferred);
        let mut unknown = Vec::new();
        for program in candidates.filter(|candidate| is_program(candidate)) {
            if self.versions.is_empty() {
                return Ok(program);
            }
            let version = version(&program);
            if self.versions.iter().any(|known| version.starts_with(known)) {
                return Ok(program);
            }
            unknown.push(format!("{} is `{version}`", program.display()));
        }
        if unknown.is_empty() {
            return Err(format!("`{name}` is not installed (looked at {preferred:?} and on PATH)"));
        }
        let known: Vec<String> = self.versions.iter().map(|known| format!("`{known}*`")).collect();
        Err(format!("`{name}` is of no known version: {}; known: {}", unknown.join(", "), known.join(", ")))
    }
}

/// The program of this name, whatever its version: the first of these paths that exists, otherwise the one on `PATH`.
///
/// # Panics
/// When it is absent and required.
pub(crate) fn program(name: &'static str, preferred: &'static [&'static str]) -> Option<PathBuf> {
    Peer { name, preferred, versions: &[] }.find()
}

/// Passes on what was found. What was not is said loudly.
///
/// # Panics
/// When it is absent and required.
pub(crate) fn found(peer: Option<PathBuf>, name: &str, looked_at: &str) -> Option<PathBuf> {
    if peer.is_none() {
        skip(&format!("`{name}` is not installed (looked at {looked_at})"));
    }
    peer
}

/// Says loudly that a test is skipped.
///
/// # Panics
/// When its peer is required.
#[expect(clippy::disallowed_methods, reason = "whether programs must be there is the environment's to say")]
fn skip(why: &str) {
    let skipped = skipped(why, std::env::var(REQUIRE).is_ok_and(|value| value == "1"));
    // Written past the test harness, which keeps what a passing test prints to itself.
    std::io::stderr().write_all(skipped.as_bytes()).unwrap();
}

/// What is said of a test that is skipped.
///
/// # Panics
/// When its peer is required.
pub(crate) fn skipped(why: &str, is_required: bool) -> String {
    assert!(!is_required, "{why}, and {REQUIRE}=1 requires it");
    format!("\n*** SKIPPED: {why}. Install it, or set {REQUIRE}=1 to make this a failure. ***\n\n")
}

/// What a program says of its version: the first versions of the AWS CLI say it on standard error.
fn version(program: &Path) -> String {
    let Ok(output) = Command::new(program).arg("--version").stdin(Stdio::null()).output() else {
        return String::new();
    };
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&said).lines().next().unwrap_or_default().trim().to_owned()
}

fn is_program(candidate: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    candidate.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
