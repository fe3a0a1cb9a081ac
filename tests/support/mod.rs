//! Runs the real binary and reads what it logs.

#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::panic,
    reason = "every test crate uses a part of it, so an `expect` would not hold in all; and a test waits and panics"
)]

pub(crate) mod busy;

use rustix::fs::{Mode, OFlags};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// No test waits longer for anything: it is a limit for a broken program, not a measure of a slow one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// AWS's documented example credentials.
pub(crate) const CREDENTIALS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
];

/// A running `reveille run` with `log-format = "json"`.
pub(crate) struct Reveille {
    child: Child,
    lines: Receiver<String>,
    /// Every line that has been read so far.
    pub(crate) log: Vec<Value>,
    folder: tempfile::TempDir,
}

impl Reveille {
    /// Starts it with this file; `prepare` adds arguments and environment. Its ledger stands beside the file.
    pub(crate) fn start(schedule: &str, prepare: impl FnOnce(&mut Command)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), schedule, prepare)
    }

    /// The same in a folder that may have seen one before.
    pub(crate) fn start_in(
        folder: tempfile::TempDir,
        schedule: &str,
        prepare: impl FnOnce(&mut Command),
    ) -> Self {
        let ledger = folder.path().join("ledger.db");
        let daemon = format!("[daemon]\nledger = \"{}\"\n", ledger.display());
        write_config(folder.path(), &schedule.replace("[daemon]\n", &daemon));
        Self::start_as_it_is(folder, prepare)
    }

    /// The same in a folder that has its `schedule.toml` already.
    pub(crate) fn start_as_it_is(folder: tempfile::TempDir, prepare: impl FnOnce(&mut Command)) -> Self {
        let config = folder.path().join("schedule.toml");
        let mut command = binary();
        command.arg("run").arg("--config").arg(config);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        prepare(&mut command);
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines, log: Vec::new(), folder }
    }

    /// Reads the log until it says this. Fails with the whole log when it never does.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, said: impl Fn(&[Value]) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !said(&self.log) {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.log.push(parse(&line)),
                Err(RecvTimeoutError::Timeout) => panic!("never came: {what}\n{}", self.text()),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended before: {what}\n{}", self.text()),
            }
        }
    }

    /// Kills it with SIGKILL, and hands its folder over to the next.
    pub(crate) fn kill(mut self) -> tempfile::TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The file that it follows.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("schedule.toml")
    }

    /// Sends a signal, by its name without SIG.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Sends SIGTERM, reads the rest of the log, and gives back how it ended.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Reads the rest of the log until it ends by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.log.push(parse(&line)),
                Err(RecvTimeoutError::Timeout) => panic!("it does not end\n{}", self.text()),
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().unwrap(),
            }
        }
    }

    /// The changes of one service's occurrences, as `from -> to`.
    pub(crate) fn changes_of(&self, service: &str) -> Vec<String> {
        let of_service = self.log.iter().filter(|line| line["service"] == service && line["to"].is_string());
        of_service.map(|line| format!("{} -> {}", text(&line["from"]), text(&line["to"]))).collect()
    }

    /// The log as text, for the message of a test that failed.
    pub(crate) fn text(&self) -> String {
        self.log.iter().map(|line| format!("{line}\n")).collect()
    }
}

impl Drop for Reveille {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A file whose reader hangs, as on a network file system that is away: a named pipe that nobody writes.
pub(crate) struct HangingFile {
    pub(crate) path: PathBuf,
}

impl HangingFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        Self { path }
    }

    /// Waits until somebody hangs in it, who hangs for as long as what this gives back is kept.
    pub(crate) fn is_read(&self) -> File {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match rustix::fs::open(&self.path, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()) {
                Ok(writer) => return writer.into(),
                Err(error) => assert!(Instant::now() < deadline, "nobody reads it: {error}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// It is an empty file from now on.
    pub(crate) fn is_empty(&self, reader: File) {
        let empty = self.path.with_extension("empty");
        File::create(&empty).unwrap();
        std::fs::rename(empty, &self.path).unwrap();
        drop(reader);
    }
}

/// The binary, with nothing of the host's AWS settings.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
    for (name, _) in
        std::env::vars().filter(|(name, _)| name.starts_with("AWS_") || name.starts_with("REVEILLE_"))
    {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG").env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command
}

pub(crate) fn write_config(folder: &Path, schedule: &str) -> PathBuf {
    let path = folder.join("schedule.toml");
    std::fs::write(&path, schedule).unwrap();
    path
}

/// The text of a JSON string; empty for anything else.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON in the log ({error}): {line}"))
}
