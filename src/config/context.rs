//! What a file is checked against: today, and the files that it names.

use jiff::Timestamp;
use std::fmt;
use std::path::Path;

/// The largest file that is asked of a [`FileSource`].
pub const MAX_CALENDAR_BYTES: usize = crate::schedule::MAX_CALENDAR_BYTES;

/// The files around `schedule.toml`. The module itself opens none.
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
    /// The bytes of a file that `schedule.toml` names, or why there are none.
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
