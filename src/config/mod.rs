//! **What people want.** `schedule.toml` → a checked [`Config`], or everything that is wrong with it. Pure.
//!
//! In the order in which a file goes through it:
//!
//! 1. `read` makes of the bytes what the file says, whose shape `raw` holds, and finds what is not TOML, not a known key
//!    or of the wrong type.
//! 2. `check` makes a [`Config`] of that. It has `schedule/` read each rule, window, closed day and time zone. Whatever
//!    is wrong, or will perhaps not do what is meant, becomes a [`Problem`] with its place, and all are reported at once.
//! 3. [`Difference`] says what a reload changes; [`NewZoneData`] what new time zone data does.

mod check;
mod checked;
mod context;
mod difference;
mod problem;
mod raw;
mod read;
#[cfg(test)]
mod schema;
mod service;
mod zone_data;

pub use checked::{Config, DaemonSettings, Limits, LogFormat};
pub use context::{CheckContext, FileSource, MAX_CALENDAR_BYTES};
pub use difference::Difference;
pub use problem::{Paint, Place, Problem, Problems, Severity};
pub(crate) use raw::MAX_SERVICES;
pub use read::MAX_FILE_BYTES;
pub use service::{OnManualChange, Service};
pub use zone_data::NewZoneData;

/// What came of checking a file.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What the file says, unless a problem is an error.
    pub config: Option<Config>,
    /// Everything that is wrong with it, warnings among them.
    pub problems: Problems,
}

/// Reads and checks a `schedule.toml` as it came from a file, which may not be text at all.
///
/// To show the problems, take the bytes as text with [`String::from_utf8_lossy`]: up to the first problem, which is then
/// the only one, places are the same.
pub fn check(bytes: &[u8], context: CheckContext<'_>) -> Checked {
    let mut problems = Problems::default();
    let file = read::file(bytes, &mut problems);
    let config = file.map(|file| check::file(file, context, &mut problems));
    problems.sort();
    Checked { config: config.filter(|_| problems.errors() == 0), problems }
}

/// The [`Config`] of a text alone, or everything that is wrong with it. Warnings do not count.
pub fn parse(text: &str) -> Result<Config, Problems> {
    let Checked { config, problems } = check(text.as_bytes(), CheckContext::default());
    config.ok_or(problems)
}
