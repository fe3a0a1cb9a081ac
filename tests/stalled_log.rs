//! A log that nobody reads: mornings go on without it, the process ends as it should, and the log says what it lacks.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test waits and panics: that is how it fails"
)]

mod support;

use reveille::api::{OperationKind, OperationStatus};
use reveille::emulator::Emulator;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use support::busy::{SERVICES, arn, busy, start_emulator};
use support::{CREDENTIALS, PATIENCE, binary, text, write_config};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_log_reader_does_not_stop_the_daemon() {
    let emulator = start_emulator().await;
    tokio::task::spawn_blocking(move || {
        let mut daemon = Stalled::start(&emulator);
        wait_until("every service is resumed", || resumed(&emulator) == SERVICES);
        assert_eq!(daemon.stop().code(), Some(0), "SIGTERM ends it in order");
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_reader_that_comes_back_learns_how_many_lines_it_missed() {
    /// Reloads that are refused, and what is wrong each time: many times what may wait for a reader.
    const RELOADS: usize = 60;
    const MISTAKES: usize = 300;

    let emulator = start_emulator().await;
    tokio::task::spawn_blocking(move || {
        let mut daemon = Stalled::start(&emulator);
        daemon.manager_hears("READY=1");
        let wrong = (0..MISTAKES).fold(String::new(), |mut file, number| {
            writeln!(file, "[[service]]\narn = {number}").unwrap();
            file
        });
        write_config(daemon.folder.path(), &wrong);
        for _ in 0..RELOADS {
            daemon.signal("HUP");
            daemon.manager_hears("RELOADING=1");
            daemon.manager_hears("READY=1");
        }

        let reader = BufReader::new(daemon.take_reader());
        let mut lines = reader.lines().map_while(Result::ok).map(|line| serde_json::from_str(&line).unwrap());
        let notice: Value = lines.find(says_what_was_dropped).expect("the log says what was dropped");
        assert_eq!(notice["level"], "WARN");
        let count = text(&notice["message"]).split(' ').next().and_then(|count| count.parse().ok());
        assert!(count.is_some_and(|count: u64| count > 1), "{notice}");

        // And goes on.
        let resumed = |line: &Value| line["action"].is_string() && line["to"] == "succeeded";
        assert!(lines.any(|line| resumed(&line)), "what comes after the gap is logged as before");
        daemon.signal("TERM");
        let last = lines.last().unwrap();
        assert_eq!(text(&last["message"]), "reveille ends", "the last line is there: {last}");
        assert_eq!(daemon.wait().code(), Some(0));
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_reader_that_is_gone_does_not_stop_the_daemon() {
    let emulator = start_emulator().await;
    tokio::task::spawn_blocking(move || {
        let mut daemon = Stalled::start(&emulator);
        drop(daemon.reader.take());
        wait_until("every service is resumed", || resumed(&emulator) == SERVICES);
        assert_eq!(daemon.stop().code(), Some(0), "SIGTERM ends it in order");
    })
    .await
    .unwrap();
}

fn says_what_was_dropped(line: &Value) -> bool {
    text(&line["message"]).ends_with(" log lines were dropped: the log's reader did not keep up")
}

/// How many services App Runner has resumed.
fn resumed(emulator: &Emulator) -> usize {
    let now = emulator.now();
    emulator.with_model(|model| {
        let is_resumed = |number: &usize| {
            model.operations(&arn(*number), now).iter().any(|operation| {
                operation.kind == Some(OperationKind::ResumeService)
                    && operation.status == Some(OperationStatus::Succeeded)
            })
        };
        (0..SERVICES).filter(is_resumed).count()
    })
}

/// What the file's check warns of: at the start nobody reads that either.
const UNUSED: &str = "[schedule.unused]\nresume = \"0 8 * * *\"\n";

/// A daemon whose log goes to a pipe that is full.
struct Stalled {
    child: Child,
    reader: Option<PipeReader>,
    filling: usize,
    manager: UnixDatagram,
    folder: tempfile::TempDir,
}

impl Stalled {
    fn start(emulator: &Emulator) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (reader, mut writer) = std::io::pipe().unwrap();
        let filling = fill(&mut writer);
        let address = folder.path().join("manager");
        let manager = UnixDatagram::bind(&address).unwrap();
        manager.set_read_timeout(Some(PATIENCE)).unwrap();
        let ledger = format!("[daemon]\nledger = \"{}\"\n", folder.path().join("ledger.db").display());
        let schedule =
            busy().replace("[daemon]\n", &ledger).replace("[limits]", &format!("{UNUSED}[limits]"));
        let config = write_config(folder.path(), &schedule);
        let mut command = binary();
        command.arg("run").arg("--config").arg(config).envs(CREDENTIALS);
        command.env("AWS_ENDPOINT_URL_APPRUNNER", emulator.url()).env("NOTIFY_SOCKET", address);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(writer).spawn().unwrap();
        Self { child, reader: Some(reader), filling, manager, folder }
    }

    /// Reads what the service manager is told until this is among it.
    fn manager_hears(&self, what: &str) {
        let mut datagram = [0; 4096];
        loop {
            let length = self.manager.recv(&mut datagram).unwrap_or_else(|_| panic!("never told: {what}"));
            let told = String::from_utf8_lossy(datagram.get(..length).unwrap());
            if told.lines().any(|line| line == what) {
                return;
            }
        }
    }

    /// The log from its beginning, for somebody who reads again.
    fn take_reader(&mut self) -> PipeReader {
        let mut reader = self.reader.take().unwrap();
        reader.read_exact(&mut vec![0; self.filling]).unwrap();
        reader
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    fn wait(&mut self) -> ExitStatus {
        let mut ended = None;
        wait_until("it ends", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap()
    }
}

impl Drop for Stalled {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Fills a pipe until it takes no more; how many bytes that were.
fn fill(pipe: &mut PipeWriter) -> usize {
    let blocking = fcntl_getfl(&*pipe).unwrap();
    fcntl_setfl(&*pipe, blocking | OFlags::NONBLOCK).unwrap();
    let mut filling = 0;
    loop {
        match pipe.write(b".") {
            Ok(written) => filling += written,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                break;
            }
        }
    }
    fcntl_setfl(&*pipe, blocking).unwrap();
    filling
}

/// Looks again and again, with patience for a broken program, not a measure of a slow one.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never came: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
