//! File systems of a test's own: small ones, read-only ones.

use super::other_process::own_name;
use super::require::{found, program};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Set in the process that has mounts of its own.
const INSIDE: &str = "LEDGER_TEST_HAS_MOUNTS_OF_ITS_OWN";

const UNSHARE: &str = "unshare";

/// Runs this test, by its whole path, once more, in a process whose mounts nobody else sees and which vanish with it, and gives back false;
/// in that process it gives back true. Where the system does not allow it, the test is skipped, loudly.
#[expect(clippy::disallowed_methods, reason = "the environment tells the two processes apart")]
pub(crate) fn has_mounts_of_its_own(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let can_mount = |way: &&&[&str]| {
        let tried = unshare(way, &["mount", "-t", "tmpfs", "none", "/mnt"]);
        tried.is_ok_and(|tried| tried.status.success())
    };
    if program(UNSHARE, &[]).is_none() {
        return false;
    }
    let way = ways.iter().find(can_mount);
    if found(way.map(|_| PathBuf::from(UNSHARE)), "unshare --mount", "what this user may do").is_none() {
        return false;
    }
    let this = std::env::current_exe().unwrap();
    let name = own_name(test);
    let arguments = [this.as_os_str(), OsStr::new("--exact"), OsStr::new(name), OsStr::new("--nocapture")];
    let done = unshare(way.unwrap(), &arguments).unwrap();
    let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(done.status.success(), "{said}");
    assert!(said.contains("1 passed"), "no test is named {test}: {said}");
    false
}

/// Mounts a file system that is in memory and this large.
pub(crate) fn mount_memory(at: &Path, size: &str) {
    run(&["mount", "-t", "tmpfs", "-o", &format!("size={size}"), "none", at.to_str().unwrap()]);
}

/// Lets what is mounted there be written to, or not.
pub(crate) fn remount(at: &Path, how: &str) {
    run(&["mount", "-o", &format!("remount,{how}"), at.to_str().unwrap()]);
}

fn unshare(way: &[&str], command: &[impl AsRef<OsStr>]) -> std::io::Result<Output> {
    Command::new(UNSHARE).args(way).arg("--").args(command).env(INSIDE, "yes").output()
}

fn run(command: &[&str]) {
    let done = Command::new(command[0]).args(&command[1..]).output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}
