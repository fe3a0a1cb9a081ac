//! **What people want.** `schedule.toml` → a checked [`Config`], or everything that is wrong with it. Pure.
//!
//! In the order in which a file goes through it:
//!
//! 1. `read` divides the text into sections, whose shape `raw` holds, and finds what is not TOML, not a known key or of
//!    the wrong type.
//! 2. `check` makes a [`Config`] of them. It has `schedule/` read each rule, window, closed day and time zone. Whatever
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
mod syntax;
mod zone_data;

pub use checked::{Config, DaemonSettings, Limits, LogFormat};
pub use context::{CheckContext, FileSource, MAX_CALENDAR_BYTES};
pub use difference::Difference;
pub use problem::{Paint, Place, Problem, Problems, Severity};
pub use service::{OnManualChange, Service};
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
    CheckContext::default().check(text)
}

fn check_in(text: &str, context: CheckContext<'_>) -> Checked {
    if text.len() > MAX_FILE_BYTES {
        let mut problems = Problems::default();
        let message = format!("the file is larger than {} MiB", MAX_FILE_BYTES / 1024 / 1024);
        problems.error(0..0, message, None);
        return Checked { config: None, problems };
    }
    let (config, problems) = check::check(text, context);
    Checked { config, problems }
}

fn check_bytes_in(bytes: &[u8], context: CheckContext<'_>) -> Checked {
    match std::str::from_utf8(bytes) {
        Ok(text) => check_in(text, context),
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
