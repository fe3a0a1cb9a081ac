//! Another process that has the ledger.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Set in the other process: the ledger that it is to take.
const TAKES: &str = "LEDGER_TEST_TAKES";

/// What the other process says when it has it.
const TAKEN: &str = "the ledger is taken";

/// The ledger that this process is to take, if it is the other one.
#[expect(clippy::disallowed_methods, reason = "the environment tells the two processes apart")]
pub(crate) fn takes() -> Option<PathBuf> {
    std::env::var_os(TAKES).map(PathBuf::from)
}

/// Says that this process has it, and keeps it until the test has seen enough.
pub(crate) fn keep() {
    std::io::stdout().write_all(format!("\n{TAKEN}\n").as_bytes()).unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// What the test program calls a test of this path.
pub(crate) fn own_name(path: &str) -> &str {
    path.split_once("::").map_or(path, |(_the_crate, name)| name)
}

/// Another process that runs a test of this crate, which finds that it [`takes`] the ledger.
pub(crate) struct OtherProcess {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl OtherProcess {
    /// Starts it, and waits until it has the ledger.
    pub(crate) fn that_takes(ledger: &Path, test: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", own_name(test), "--nocapture"]).env(TAKES, ledger);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut other = Self { child, output };
        other.wait_until_taken();
        other
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it go on to its end.
    pub(crate) fn release(mut self) {
        drop(self.child.stdin.take());
        // What it still says is read, or it could not end.
        self.output.read_to_end(&mut Vec::new()).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    /// Ends it with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn wait_until_taken(&mut self) {
        let mut line = String::new();
        while line.trim() != TAKEN {
            line.clear();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "it ended before it had the ledger");
        }
    }
}

impl Drop for OtherProcess {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
