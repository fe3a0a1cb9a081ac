//! What is done with each input, by the fuzzer and by the test that replays the seeds: read it, show every problem, and
//! ask the schedules that come of it for transitions.

use super::config::{CheckContext, FileSource, check};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

/// Between the schedule.toml of an input and its calendar.
const SEPARATOR: &[u8] = b"\n=====\n";

/// Monday, 23 November 2026.
const NOW: Timestamp = Timestamp::constant(1_795_420_800, 0);

/// The one calendar, under every name.
struct Calendar<'a>(&'a [u8]);

impl FileSource for Calendar<'_> {
    fn read(&self, _: &Path) -> Result<Vec<u8>, String> {
        Ok(self.0.to_vec())
    }
}

/// Reads an input as a schedule.toml with a calendar, and uses it.
pub fn exercise(bytes: &[u8]) {
    let split = bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
    let (toml, calendar) = match split {
        Some(at) => (&bytes[..at], &bytes[at + SEPARATOR.len()..]),
        None => (bytes, &b""[..]),
    };
    let files = Calendar(calendar);
    let checked = check(toml, CheckContext { now: Some(NOW), files: Some(&files) });
    let text = String::from_utf8_lossy(toml);
    let shown = checked.problems.render("schedule.toml", &text);
    assert!(!shown.contains('\x1b'), "what is in a file reaches the terminal");
    for problem in checked.problems.iter() {
        assert!(problem.span().start <= problem.span().end && problem.span().end <= toml.len());
    }
    for service in checked.config.iter().flat_map(|config| &config.services).take(5) {
        let schedule = &service.schedule;
        let mut before = schedule.latest_at(NOW);
        for next in schedule.after(NOW).take(5) {
            assert!(next.at > NOW);
            let just_before = next.at - SignedDuration::from_nanos(1);
            assert_eq!(schedule.latest_at(just_before), before);
            assert_eq!(schedule.latest_at(next.at), Some(next));
            assert!(schedule.notes(next).len() <= 3);
            before = Some(next);
        }
    }
}
