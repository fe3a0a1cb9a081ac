//! Which file is open.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Which file it is, whatever its name. A file that was removed can still be written to, and all of it would be lost.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    pub(super) fn of(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|file| Self::from(&file))
    }

    pub(super) fn of_open(file: &File) -> Option<Self> {
        file.metadata().ok().map(|file| Self::from(&file))
    }
}

impl From<&Metadata> for FileId {
    fn from(file: &Metadata) -> Self {
        Self { device: file.dev(), inode: file.ino() }
    }
}
