//! What a file is checked against: today, and the files that it names.

use super::{Checked, check_bytes_in, check_in};
use jiff::Timestamp;
use std::fmt;
use std::path::Path;

/// The largest file that is asked of a [`FileSource`].
pub const MAX_CALENDAR_BYTES: usize = crate::schedule::MAX_CALENDAR_BYTES;

/// The files around `schedule.toml`. The room itself opens none.
pub trait FileSource {
    /// The bytes of a file; a relative path begins at the folder of `schedule.toml`.
    ///
    /// # Errors
    ///
    /// Why there are none, as a sentence that names the file.
    fn read(&self, path: &Path) -> Result<Vec<u8>, String>;
}

/// Everything from outside that a check looks at.
#[derive(Clone, Copy, Default)]
pub struct CheckContext<'a> {
    /// Warnings about what is to come look ahead from here; without it there are none.
    pub now: Option<Timestamp>,
    /// The files that `schedule.toml` may name; without it naming one is an error.
    pub files: Option<&'a dyn FileSource>,
}

impl CheckContext<'_> {
    /// Reads the text of a `schedule.toml`, with its warnings.
    pub fn check(self, text: &str) -> Checked {
        check_in(text, self)
    }

    /// Reads a `schedule.toml` as it came from a file, which may be no text at all.
    ///
    /// To show the problems, take the bytes as text with [`String::from_utf8_lossy`]: up to the first problem, which
    /// is then the only one, places are the same.
    pub fn check_bytes(self, bytes: &[u8]) -> Checked {
        check_bytes_in(bytes, self)
    }

    pub(crate) fn read(self, path: &Path) -> Result<Vec<u8>, String> {
        match self.files {
            Some(files) => files.read(path),
            None => Err(format!("{}: no other file can be read from here", path.display())),
        }
    }
}

impl fmt::Debug for CheckContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckContext").field("now", &self.now).finish_non_exhaustive()
    }
}
