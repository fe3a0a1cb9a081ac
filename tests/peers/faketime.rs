//! libfaketime moves the host's clock under the real binary: 08:00 is 08:00 local on both sides of a clock change.

use crate::require;
use crate::support::{Reveille, text};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

/// The pause comes before the clock changes, so that nothing is on its way when the test turns the clock.
const SCHEDULE: &str = r#"
timezone = "Europe/Berlin"
[daemon]
log-format = "json"
[[service]]
name = "shop"
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"
resume = "0 8 * * *"
pause = "30 1 * * *"
catch-up = "3h"
"#;

/// The last Sunday of March 2026: 02:00 becomes 03:00. The mornings before and after it, and the change itself.
#[test]
fn eight_o_clock_is_eight_o_clock_on_both_sides_of_the_change_in_march() {
    across(["2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z"], "2026-03-29T01:00:00Z");
}

/// The last Sunday of October 2026: 03:00 becomes 02:00.
#[test]
fn eight_o_clock_is_eight_o_clock_on_both_sides_of_the_change_in_october() {
    across(["2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z"], "2026-10-25T01:00:00Z");
}

/// Runs the binary from shortly before the first morning, through the change, to the second morning.
fn across(mornings: [&str; 2], change: &str) {
    let Some(library) = library() else { return };
    let [first, second] = mornings.map(|morning| morning.parse::<Timestamp>().unwrap());
    let change: Timestamp = change.parse().unwrap();
    let clock = HostClock::set_to(first - 3.seconds());
    let mut reveille = Reveille::start(SCHEDULE, |command| {
        command.arg("--emulator");
        command.env("LD_PRELOAD", &library).env("FAKETIME_TIMESTAMP_FILE", clock.file());
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.env("DONT_FAKE_MONOTONIC", "1");
    });
    reveille.wait_until("the first morning", |log| is_over(log, "resume", Some(first)));

    clock.turn_to(change - 2.seconds());
    reveille.wait_until("the pause of the night", |log| is_over(log, "pause", None));
    clock.turn_to(change + 2.seconds());
    clock.turn_to(second - 3.seconds());
    reveille.wait_until("the second morning", |log| is_over(log, "resume", Some(second)));

    let calls = resumes_that_arrived(&reveille.log);
    for morning in [first, second] {
        let of_morning = |at: &&Timestamp| at.duration_since(morning).abs() < SignedDuration::from_hours(1);
        let arrived: Vec<&Timestamp> = calls.iter().filter(of_morning).collect();
        assert!(!arrived.is_empty(), "no call around {morning}: {calls:?}\n{}", reveille.text());
        assert!(arrived.iter().all(|at| **at >= morning), "too early for {morning}: {calls:?}");
        let local = arrived[0].in_tz("Europe/Berlin").unwrap();
        assert_eq!((local.hour(), local.minute()), (8, 0), "{local}");
    }
    assert_eq!(reveille.stop().code(), Some(0));
}

/// Whether such an occurrence has ended well: the one of this instant, or any.
fn is_over(log: &[Value], action: &str, scheduled: Option<Timestamp>) -> bool {
    log.iter().any(|line| {
        line["action"] == action
            && scheduled.is_none_or(|scheduled| line["scheduled"] == scheduled.to_string())
            && ["succeeded", "already"].contains(&text(&line["to"]))
    })
}

/// When each `ResumeService` arrived, as the emulator in the process recorded it.
fn resumes_that_arrived(log: &[Value]) -> Vec<Timestamp> {
    let url = log.iter().find_map(|line| line["url"].as_str()).unwrap();
    let mut connection = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    connection
        .write_all(b"GET /_emulator/calls HTTP/1.1\r\nHost: emulator\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut reply = String::new();
    connection.read_to_string(&mut reply).unwrap();
    let calls = reply.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let resumes = calls.filter(|call| call["operation"] == "ResumeService");
    resumes.map(|call| text(&call["at"]).parse().unwrap()).collect()
}

/// The host's clock as libfaketime shows it: the true time and an offset, which stands in a file and may change.
struct HostClock {
    folder: tempfile::TempDir,
}

impl HostClock {
    fn set_to(instant: Timestamp) -> Self {
        let clock = Self { folder: tempfile::tempdir().unwrap() };
        clock.turn_to(instant);
        clock
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }

    /// Written beside and moved over, so that nobody reads half an offset.
    fn turn_to(&self, instant: Timestamp) {
        let offset = instant.duration_since(reveille::clock::wall());
        let beside = self.folder.path().join("offset.new");
        std::fs::write(&beside, format!("{:+.3}\n", offset.as_secs_f64())).unwrap();
        std::fs::rename(&beside, self.file()).unwrap();
    }
}

/// libfaketime for programs with threads, wherever the host keeps it. It tells no version; any that reads offsets from a
/// file does.
fn library() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let candidates = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    let found = candidates.into_iter().find(|path: &PathBuf| Path::exists(path));
    require::found(found, "libfaketimeMT.so.1", "/usr/lib/*/faketime")
}
