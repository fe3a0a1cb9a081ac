//! What can be wrong with a ledger.

use std::path::PathBuf;

/// A ledger cannot be opened, read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Another daemon has it.
    #[error(
        "{} is in use by another reveille{}; stop it, or give this one its own ledger ([daemon] ledger)",
        path.display(),
        process.as_ref().map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The path of the ledger, as `[daemon] ledger` names it.
        path: PathBuf,
        /// The process that has it, as it wrote its number into the lock file.
        process: Option<u32>,
    },
    /// A newer reveille wrote it.
    #[error(
        "{} was written by a newer reveille (its version is {version}, this one knows {known}); \
         install that version again, or move the file away: a new ledger costs some calls to App Runner",
        path.display()
    )]
    Newer {
        /// The path of the ledger, as `[daemon] ledger` names it.
        path: PathBuf,
        /// The version of its tables.
        version: i64,
        /// The latest version that this build knows.
        known: i64,
    },
    /// It is the database of another program.
    #[error("{} is another program's database; name another file in [daemon] ledger", path.display())]
    Foreign {
        /// The file that `[daemon] ledger` names.
        path: PathBuf,
    },
    /// It cannot be opened or written: no such directory, no permission, a read-only file system, a broken disk.
    #[error(
        "{} cannot be used: {cause}; check that its directory exists and that reveille may write to it",
        path.display()
    )]
    Unavailable {
        /// The ledger, or the file beside it that is in the way.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// Another program holds a lock on it.
    #[error("{} is locked by another program; end that program, or its transaction", path.display())]
    Locked {
        /// The path of the ledger, as `[daemon] ledger` names it.
        path: PathBuf,
    },
    /// A request of this process was given up, and still holds the ledger.
    #[error(
        "{} is still busy with an earlier request of this process, which its disk has not answered; check its disk",
        path.display()
    )]
    StillBusy {
        /// The path of the ledger, as `[daemon] ledger` names it.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("no space is left for {}; free some space on its disk", path.display())]
    DiskFull {
        /// The path of the ledger, as `[daemon] ledger` names it.
        path: PathBuf,
    },
    /// It is no database, or not any more.
    #[error("{} is damaged: {cause}; {}", path.display(), fate(set_aside.as_ref()))]
    Damaged {
        /// The path of the ledger, as `[daemon] ledger` names it.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
        /// Where it is now; a fresh one takes its place at the next use.
        set_aside: Option<PathBuf>,
    },
    /// It did not answer in time.
    #[error("the ledger did not answer for {seconds} s; check its disk")]
    Slow {
        /// How long it was waited for.
        seconds: u64,
    },
}

impl LedgerError {
    /// Whether a daemon must not begin: the file belongs to somebody else. With every other trouble it goes on from
    /// memory.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::InUse { .. } | Self::Newer { .. } | Self::Foreign { .. } => true,
            Self::Unavailable { .. }
            | Self::Locked { .. }
            | Self::StillBusy { .. }
            | Self::DiskFull { .. }
            | Self::Damaged { .. }
            | Self::Slow { .. } => false,
        }
    }

    /// Whether a daemon that has begun must end: another one has the ledger, and does what is owed.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::InUse { .. })
    }

    /// Whether a fresh ledger takes its place at the next use.
    pub(super) fn is_replaced(&self) -> bool {
        matches!(self, Self::Damaged { set_aside: Some(_), .. })
    }
}

fn fate(set_aside: Option<&PathBuf>) -> String {
    match set_aside {
        Some(new_name) => format!("it was set aside as {}, and replaced by a new one", new_name.display()),
        None => "it could not be set aside; move it away".to_owned(),
    }
}
