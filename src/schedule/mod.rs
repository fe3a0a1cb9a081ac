//! **When.** `schedule.toml` → checked schedules → transitions. Pure.
//!
//! In the order in which a file goes through it:
//!
//! 1. `read` divides the text into sections, whose shape `raw` holds, and finds what is no TOML (`syntax`), no known
//!    key or of the wrong type.
//! 2. `check` makes a [`Config`] of them, with each `zone` looked up, each rule (`cron`, `eventbridge`) checked field by
//!    field, each window of `hours` and each of the `closed` days read. Whatever is wrong, or will perhaps not do what
//!    is meant, becomes a [`Problem`] with its place, and all of them are told at once.
//! 3. A [`Schedule`] answers the one question that the rest of the house has: which [`Transition`] comes next, and
//!    which was the latest? `clock_change` takes it across every change of a zone's clock.

mod arn;
mod check;
mod clock_change;
mod closed;
mod config;
mod cron;
mod cron_field;
mod cron_text;
mod difference;
mod eventbridge;
mod hours;
mod near;
mod notes;
mod problem;
mod raw;
mod read;
#[cfg(test)]
mod schema;
mod surroundings;
mod syntax;
mod timetable;
mod transition;
mod typography;
mod zone;
mod zone_change;
mod zone_data;

pub use arn::{InvalidArn, ServiceArn, ServiceKey};
pub use config::{Config, DaemonSettings, Limits, LogFormat, OnManualChange, Service};
pub use difference::Difference;
pub(crate) use near::nearest;
pub use notes::Note;
pub use problem::{Paint, Place, Problem, Problems, Severity};
pub use surroundings::{MAX_SHELF_BYTES, Shelf, Surroundings};
pub use timetable::Schedule;
pub use transition::{Action, Transition};
pub use zone_change::ZoneChange;
pub use zone_data::NewZoneData;

/// The largest file that is read: 100,000 services take about 20 MB.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

/// What came of checking a file.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What the file says, unless a problem is an error.
    pub config: Option<Config>,
    /// Everything that is wrong with it, warnings among them.
    pub problems: Problems,
}

/// Reads the text of a `schedule.toml`, or says everything that is wrong with it. Warnings alone do not count.
pub fn parse(text: &str) -> Result<Config, Problems> {
    let Checked { config, problems } = check(text);
    config.ok_or(problems)
}

/// Reads the text of a `schedule.toml` alone, with the warnings that need no look at the calendar.
pub fn check(text: &str) -> Checked {
    Surroundings::default().check(text)
}

fn check_around(text: &str, around: Surroundings<'_>) -> Checked {
    if text.len() > MAX_FILE_BYTES {
        let mut problems = Problems::default();
        let message = format!("the file is larger than {} MiB", MAX_FILE_BYTES / 1024 / 1024);
        problems.error(0..0, message, None);
        return Checked { config: None, problems };
    }
    let (config, problems) = check::check(text, around);
    Checked { config, problems }
}

fn check_bytes_around(bytes: &[u8], around: Surroundings<'_>) -> Checked {
    match std::str::from_utf8(bytes) {
        Ok(text) => check_around(text, around),
        Err(error) => {
            let mut problems = Problems::default();
            let at = error.valid_up_to();
            let end = at.saturating_add(error.error_len().unwrap_or(1));
            let help = "schedule.toml is text in UTF-8; save it again in that encoding".to_owned();
            problems.error(at..end, "the file is not UTF-8 from here on", help);
            Checked { config: None, problems }
        }
    }
}
