//! The file that is followed: read again when somebody asks, or when it changes.

use crate::schedule::Config;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long the folder has to be quiet after a change: editors write, rename and remove in one go.
const QUIET: Duration = Duration::from_millis(300);

/// A folder that is never quiet is read after so many rounds all the same.
const MOST_ROUNDS: u32 = 20;

/// Where the file is, and how it is read again.
#[derive(Clone)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// Reads and checks it. Each problem is one line, with its place.
    pub read: Arc<dyn Fn() -> Result<Version, Vec<String>> + Send + Sync>,
}

/// What the file said at one time.
#[derive(Debug, Clone)]
pub struct Version {
    /// What it says, checked.
    pub config: Config,
    /// A digest of its text.
    pub digest: String,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A version of the file, or what is wrong with it.
pub(super) type Outcome = Result<Version, Vec<String>>;

/// Follows a file through whatever happens to it.
pub(super) struct FollowedFile {
    source: Source,
    /// Ends the watch when it is dropped.
    _watcher: Option<RecommendedWatcher>,
    bell: Arc<Notify>,
    /// The bell has rung, and the folder is not quiet yet.
    settling: bool,
    asked: bool,
    reading: Option<JoinHandle<Outcome>>,
}

impl FollowedFile {
    /// Begins to watch the file's folder: editors put another file in its place, and Kubernetes turns a symbolic link.
    pub(super) fn new(source: Source) -> Self {
        let bell = Arc::new(Notify::new());
        let watcher = match watch(&source.path, Arc::clone(&bell)) {
            Ok(watcher) => Some(watcher),
            Err(error) => {
                tracing::warn!(%error, "changes of the file are not noticed; send SIGHUP to have it read again");
                None
            }
        };
        Self { source, _watcher: watcher, bell, settling: false, asked: false, reading: None }
    }

    /// Somebody asks for the file to be read again.
    pub(super) fn ask(&mut self) {
        self.asked = true;
    }

    /// The next version. Nothing is lost if this future is dropped.
    pub(super) async fn next_version(&mut self) -> Outcome {
        loop {
            if let Some(reading) = &mut self.reading {
                let version = reading.await;
                self.reading = None;
                return version
                    .unwrap_or_else(|error| Err(vec![format!("the file could not be read: {error}")]));
            }
            if std::mem::take(&mut self.asked) {
                let read = Arc::clone(&self.source.read);
                self.reading = Some(tokio::task::spawn_blocking(move || read()));
            } else {
                self.wait_for_change().await;
                self.asked = true;
            }
        }
    }

    async fn wait_for_change(&mut self) {
        if !self.settling {
            self.bell.notified().await;
            self.settling = true;
        }
        for _ in 0..MOST_ROUNDS {
            if timeout(QUIET, self.bell.notified()).await.is_err() {
                break;
            }
        }
        self.settling = false;
    }
}

fn watch(file: &Path, bell: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let name = file.file_name().map(OsStr::to_owned);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let matters = match event {
            Ok(event) => {
                changes_something(event.kind)
                    && event.paths.iter().any(|path| concerns(path, name.as_deref()))
            }
            // The watch has lost track: the file itself knows.
            Err(_) => true,
        };
        if matters {
            bell.notify_one();
        }
    })?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    Ok(watcher)
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
    use crate::schedule::parse;
    use std::fs;
    use std::os::unix::fs::symlink;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// Follows a file whose problems are its text, so that a test sees which version was read.
    fn follow(path: &Path) -> FollowedFile {
        let file = path.to_owned();
        let read = move || Err(vec![fs::read_to_string(&file).unwrap_or_default()]);
        FollowedFile::new(Source { path: path.to_owned(), read: Arc::new(read) })
    }

    async fn says(file: &mut FollowedFile, expected: &str) {
        let seen = async { while file.next_version().await.unwrap_err() != [expected] {} };
        timeout(PATIENCE, seen).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_written_in_place_or_replaced_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("schedule.toml");
        fs::write(&path, "one").unwrap();
        let mut file = follow(&path);
        fs::write(&path, "two").unwrap();
        says(&mut file, "two").await;
        fs::write(folder.path().join("schedule.toml~"), "three").unwrap();
        fs::rename(folder.path().join("schedule.toml~"), &path).unwrap();
        says(&mut file, "three").await;
    }

    #[tokio::test]
    async fn a_volume_that_kubernetes_turns_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (version, text) in [("..1", "one"), ("..2", "two")] {
            fs::create_dir(at(version)).unwrap();
            fs::write(at(version).join("schedule.toml"), text).unwrap();
        }
        symlink("..1", at("..data")).unwrap();
        symlink("..data/schedule.toml", at("schedule.toml")).unwrap();
        let mut file = follow(&at("schedule.toml"));
        symlink("..2", at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
        says(&mut file, "two").await;
    }

    #[tokio::test]
    async fn who_asks_gets_the_file_read_and_an_interruption_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("schedule.toml");
        fs::write(&path, "one").unwrap();
        let mut file = follow(&path);
        file.ask();
        // Interrupted at its first breath, as a loop does that has something else to do.
        tokio::select! {
            biased;
            () = std::future::ready(()) => {}
            _ = file.next_version() => {}
        }
        says(&mut file, "one").await;
    }

    #[tokio::test]
    async fn a_version_that_is_right_is_handed_over() {
        let read = || Ok(Version { config: parse("timezone = \"UTC\"\n").unwrap(), digest: "d1".to_owned() });
        let mut file =
            FollowedFile::new(Source { path: "/nowhere/schedule.toml".into(), read: Arc::new(read) });
        file.ask();
        assert_eq!(file.next_version().await.unwrap().digest, "d1");
    }

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
