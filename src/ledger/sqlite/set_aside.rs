//! A damaged ledger is kept under another name.

use super::lock::beside;
use crate::ledger::LedgerError;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The most damaged files that are kept. A disk that damages more of them is not to be filled with them as well.
const MOST_KEPT: usize = 20;

/// What `SQLite` keeps beside a database. They come first: a fresh database must never meet the log of another.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Renames a damaged ledger and its companions to `NAME.corrupt-INSTANT`, over no other file, and says so. Gives back
/// the new name.
pub(super) fn set_aside(ledger: &Path, cause: &str, now: Timestamp) -> Result<PathBuf, LedgerError> {
    let new_name = rename_all(ledger, now).map_err(|error| LedgerError::Damaged {
        path: ledger.to_owned(),
        cause: format!("{cause} (setting it aside: {error})"),
        set_aside: None,
    })?;
    tracing::error!(
        ledger = %ledger.display(),
        set_aside = %new_name.display(),
        error = cause,
        "the ledger is damaged and was set aside; starting a new one"
    );
    Ok(new_name)
}

fn rename_all(ledger: &Path, now: Timestamp) -> io::Result<PathBuf> {
    if kept(ledger)? >= MOST_KEPT {
        let message = format!("{MOST_KEPT} damaged ledgers are there already; move them away");
        return Err(io::Error::other(message));
    }
    let new_name = free_name(ledger, now)?;
    for suffix in COMPANIONS {
        match fs::rename(beside(ledger, suffix), beside(&new_name, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    fs::rename(ledger, &new_name)?;
    Ok(new_name)
}

/// A name that no file bears. Nobody else makes such names, for we hold the ledger's lock.
fn free_name(ledger: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let base = beside(ledger, &format!(".corrupt-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    let numbered = (2..=MOST_KEPT.saturating_add(1)).map(|n| beside(&base, &format!("-{n}")));
    std::iter::once(base.clone())
        .chain(numbered)
        .find(|name| !is_taken(name))
        .ok_or_else(|| io::Error::other(format!("no free name like {}", base.display())))
}

fn is_taken(name: &Path) -> bool {
    let taken = |path: &Path| fs::symlink_metadata(path).is_ok();
    taken(name) || COMPANIONS.iter().any(|suffix| taken(&beside(name, suffix)))
}

/// How many damaged ledgers are beside this one.
fn kept(ledger: &Path) -> io::Result<usize> {
    let prefix = beside(Path::new(ledger.file_name().unwrap_or_default()), ".corrupt-");
    let prefix = prefix.as_os_str().as_encoded_bytes();
    let folder = ledger.parent().unwrap_or(Path::new("/"));
    let mut count = 0_usize;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.as_encoded_bytes();
        if name.starts_with(prefix) && !COMPANIONS.iter().any(|suffix| name.ends_with(suffix.as_bytes())) {
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beside_a_damaged_ledger_goes_with_it_and_no_other_file_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger.db");
        let now = "2027-03-29T06:00:00Z".parse().unwrap();
        let base = ".corrupt-20270329T060000Z";
        for (text, suffix) in [("the first", ""), ("the second", "-2"), ("the third", "-3")] {
            for companion in ["", "-wal", "-shm"] {
                fs::write(beside(&ledger, companion), format!("{text}{companion}")).unwrap();
            }
            let new_name = set_aside(&ledger, "flipped bits", now).unwrap();
            assert_eq!(new_name, beside(&ledger, &format!("{base}{suffix}")));
            for companion in ["", "-wal", "-shm"] {
                assert!(!beside(&ledger, companion).exists());
            }
        }
        for (text, suffix) in [("the first", ""), ("the second", "-2"), ("the third", "-3")] {
            for companion in ["", "-wal", "-shm"] {
                let kept =
                    fs::read_to_string(beside(&ledger, &format!("{base}{suffix}{companion}"))).unwrap();
                assert_eq!(kept, format!("{text}{companion}"));
            }
        }
        assert_eq!(kept(&ledger).unwrap(), 3);
    }
}
