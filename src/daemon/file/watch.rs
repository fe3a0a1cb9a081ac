//! The watch over the file's folder: editors put another file in its place, and Kubernetes turns a symbolic link.

use notify::event::{ModifyKind, RemoveKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// Rings a bell when the file may have changed, until it is dropped.
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
    folder: Option<FolderId>,
    /// The folder was removed or renamed, so nothing will be heard of it any more.
    is_lost: Arc<AtomicBool>,
}

/// Which folder it is, whatever its name.
#[derive(Debug, PartialEq, Eq)]
struct FolderId {
    device: u64,
    inode: u64,
}

impl FolderId {
    fn of(path: &Path) -> Option<Self> {
        let folder = path.metadata().ok()?;
        Some(Self { device: folder.dev(), inode: folder.ino() })
    }
}

impl Watch {
    /// Begins to watch the folder that holds this file.
    pub(super) fn begin(file: &Path, bell: Arc<Notify>) -> notify::Result<Self> {
        let folder = folder_of(file).to_owned();
        let name = file.file_name().map(OsStr::to_owned);
        let is_lost = Arc::new(AtomicBool::new(false));
        let id = FolderId::of(&folder);
        let mut watcher = notify::recommended_watcher({
            let (folder, is_lost) = (folder.clone(), Arc::clone(&is_lost));
            move |event: notify::Result<notify::Event>| {
                let matters = match event {
                    Ok(event) => {
                        let gone = takes_away(event.kind) && event.paths.contains(&folder);
                        if gone {
                            is_lost.store(true, Ordering::SeqCst);
                        }
                        gone || changes_something(event.kind)
                            && event.paths.iter().any(|path| concerns(path, name.as_deref()))
                    }
                    // The watch has lost track: the file itself knows.
                    Err(_) => true,
                };
                if matters {
                    bell.notify_one();
                }
            }
        })?;
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        Ok(Self { _watcher: watcher, folder: id, is_lost })
    }

    /// Whether it still watches the folder that holds this file, and not one that was replaced.
    pub(super) fn holds(&self, file: &Path) -> bool {
        !self.is_lost.load(Ordering::SeqCst)
            && self.folder.is_some()
            && self.folder == FolderId::of(folder_of(file))
    }
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Whether this, told of a folder, ends its watch.
fn takes_away(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Remove(RemoveKind::Folder | RemoveKind::Other) | EventKind::Modify(ModifyKind::Name(_))
    )
}

fn changes_something(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(_))
}

/// Whether a change of this path may change what the file says: the file itself, a calendar beside it, or the hidden
/// link behind which Kubernetes changes a whole volume. A ledger in the same folder does not.
fn concerns(path: &Path, file: Option<&OsStr>) -> bool {
    let name = path.file_name();
    let is_volume = name.is_some_and(|name| name.as_encoded_bytes().starts_with(b".."));
    let is_calendar = path.extension().is_some_and(|extension| extension == "ics");
    name == file || is_volume || is_calendar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_change_the_file_counts() {
        let file = Some(OsStr::new("schedule.toml"));
        for (path, expected) in [
            ("/etc/reveille/schedule.toml", true),
            ("/etc/reveille/..data", true),
            ("/etc/reveille/holidays.ics", true),
            ("/etc/reveille/ledger.db-wal", false),
        ] {
            assert_eq!(concerns(Path::new(path), file), expected, "{path}");
        }
    }
}
