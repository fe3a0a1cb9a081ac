//! One daemon a ledger.

use super::file_id::FileId;
use crate::ledger::LedgerError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The right to use a ledger, held for as long as this lives.
///
/// `SQLite`'s own locks let two daemons take turns, and then both would wake the same services. This one is on a file
/// beside the ledger, for the ledger itself may be set aside while it is held. The kernel takes it back when the process
/// ends, however it ends; the file stays, for a file that comes and goes can be locked twice.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the right to use this ledger.
    pub(super) fn take(ledger: &Path) -> Result<Self, LedgerError> {
        let path = beside(ledger, ".lock");
        let unavailable =
            |error: io::Error| LedgerError::Unavailable { path: path.clone(), cause: error.to_string() };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o640);
        let mut file = options.open(&path).map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => sign(&mut file).map_err(unavailable)?,
            Err(TryLockError::WouldBlock) => {
                return Err(LedgerError::InUse { path: ledger.to_owned(), process: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(unavailable(error)),
        }
        Ok(Self { file, path })
    }

    /// Whether the file that is locked is still the one that another daemon would find. Once it was removed or replaced, it
    /// keeps nobody out.
    pub(super) fn is_in_place(&self) -> bool {
        FileId::of_open(&self.file).is_some_and(|locked| FileId::of(&self.path) == Some(locked))
    }
}

impl Drop for Lock {
    /// Unlocks it in so many words. Closing is not enough: a child process that is just being begun has it open as well.
    fn drop(&mut self) {
        drop(self.file.unlock());
    }
}

/// The path with this behind its name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Writes who has the lock, for the message of whoever comes second. On a full disk that line may be missing.
fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    match file.write_all(format!("{}\n", std::process::id()).as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Ok(()),
        written => written,
    }
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
