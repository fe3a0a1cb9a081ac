//! The file that is followed: read again when somebody asks, when it changes, or when a file that it was read from does.
//!
//! A task of its own waits for changes, so that a loop with much to do neither delays nor forgets one; and a thread
//! reads, so that a file system that hangs holds up nobody.

mod bounded;
mod stamp;
mod watch;

pub use stamp::Stamps;

use crate::api::Elapsed;
use crate::clock::Clock;
use crate::config::{Config, Place};
use crate::daemon::wait;
use bounded::Bounded;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::sleep_until;
use watch::Watch;

/// The most requests that wait for the next reading. One reading answers them all.
const MOST_REQUESTS: usize = 16;

/// The most threads that may hang before a change alone is no reason to spend another: half of those that there are.
const MOST_HUNG_BY_CHANGES: usize = bounded::MOST_HUNG / 2;

/// How long the follower waits for things.
const PACE: Pace = Pace {
    quiet: Duration::from_millis(300),
    longest_writing: Duration::from_secs(5),
    between_looks: Duration::from_secs(60),
    patience: Duration::from_secs(30),
};

/// The longest time between two tries while a file system hangs: a thread may be spent on each.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Where the file is, and how it is read again.
#[derive(Clone)]
pub struct Source {
    /// The path of `schedule.toml`.
    pub path: PathBuf,
    /// The files that the version in effect was read from.
    pub files: Stamps,
    /// Reads and checks it.
    pub read: Arc<dyn Fn() -> Reading + Send + Sync>,
}

/// What came of reading the file.
#[derive(Debug)]
pub struct Reading {
    /// What it says, if that can be used.
    pub version: Result<Version, Unusable>,
    /// Every file that was looked at, also when they cannot be used.
    pub files: Stamps,
}

/// What the file said at one time.
#[derive(Debug, Clone)]
pub struct Version {
    /// What it says, checked.
    pub config: Config,
    /// A digest of its text and of its calendars.
    pub digest: String,
    /// What works in it, though perhaps not as meant.
    pub warnings: Vec<Warning>,
}

/// Something in a file that works, though perhaps not as meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is, in one line that begins with the file and the place.
    pub text: String,
    /// Where it is, unless it speaks of the whole file.
    pub place: Option<Place>,
}

impl Version {
    /// Each warning is a line of the log, which holds nobody up.
    pub(super) fn tell_warnings(&self) {
        for Warning { text, place } in &self.warnings {
            let (line, column) = (place.map(|place| place.line), place.map(|place| place.column));
            tracing::warn!(line, column, "{text}");
        }
    }
}

/// Why a version cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// The file could not be read.
    Unreadable(String),
    /// It has errors, each in one line, with its place.
    Wrong(Vec<String>),
}

/// Why the file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    /// It changed, or a file that it was read from did.
    Change,
    /// The process received SIGHUP.
    Signal,
}

impl Trigger {
    /// Whether a person, or a script of theirs, wants what the file says now, and an answer.
    pub(super) fn is_request(self) -> bool {
        match self {
            Self::Change => false,
            Self::Signal => true,
        }
    }
}

/// A reading that the loop has to judge.
#[derive(Debug)]
pub(super) struct Reread {
    pub(super) trigger: Trigger,
    pub(super) version: Result<Version, Unusable>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Follows a file through whatever happens to it.
pub(super) struct FollowedFile {
    requests: mpsc::Sender<Trigger>,
    readings: mpsc::Receiver<Reread>,
    follower: JoinHandle<()>,
}

impl FollowedFile {
    /// Begins to follow the file.
    pub(super) fn new(source: Source, clock: Clock) -> Self {
        Self::at_pace(PACE, source, clock)
    }

    fn at_pace(pace: Pace, source: Source, clock: Clock) -> Self {
        let (requests, requested) = mpsc::channel(MOST_REQUESTS);
        let (sender, readings) = mpsc::channel(1);
        let files = source.files.clone();
        let follower = Follower {
            pace,
            clock,
            source,
            requested,
            readings: sender,
            files,
            watch: None,
            watch_failed: false,
            bell: Arc::default(),
            bounded: Bounded::default(),
            change: None,
            // At once: the file may have changed since it was read.
            next_look: clock.now().elapsed,
            next_try: Elapsed::default(),
            pause: pace.between_looks,
            unread: false,
            unwatched: false,
        };
        Self { requests, readings, follower: tokio::spawn(follower.follow()) }
    }

    /// Somebody asks for the file to be read again.
    pub(super) fn ask(&self, trigger: Trigger) {
        if self.requests.try_send(trigger).is_err() {
            tracing::debug!("so many ask for the file to be read that one request more changes nothing");
        }
    }

    /// The next reading. Nothing is lost if this future is dropped.
    pub(super) async fn next(&mut self) -> Reread {
        match self.readings.recv().await {
            Some(reading) => reading,
            None => std::future::pending().await,
        }
    }
}

impl Drop for FollowedFile {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

/// How long the follower waits for things.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// How long nothing may have changed before the file is read: editors write, rename and remove in one go.
    quiet: Duration,
    /// How long after its first change a file is read although it goes on changing.
    longest_writing: Duration,
    /// How often the files are compared with what was read of them, which sees what no watch tells of: a network file
    /// system, a calendar elsewhere, the target of a link.
    between_looks: Duration,
    /// How long a file system may take to answer.
    patience: Duration,
}

/// A change that was seen, and may go on. Both are instants, so it does not matter how often the follower is interrupted.
#[derive(Debug, Clone, Copy)]
struct Change {
    first: Elapsed,
    last: Elapsed,
}

impl Change {
    fn goes_on(change: Option<Self>, now: Elapsed) -> Self {
        Self { first: change.map_or(now, |change| change.first), last: now }
    }

    fn is_over_at(self, pace: Pace) -> Elapsed {
        self.last.after(pace.quiet).min(self.first.after(pace.longest_writing))
    }
}

/// What the follower does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It reads the file.
    Read(Trigger),
    /// It looks whether one of the files is not what it was.
    Compare,
}

/// The task behind a [`FollowedFile`].
struct Follower {
    pace: Pace,
    clock: Clock,
    source: Source,
    requested: mpsc::Receiver<Trigger>,
    readings: mpsc::Sender<Reread>,
    /// What was read last, with or without success.
    files: Stamps,
    watch: Option<Arc<Watch>>,
    /// It was said that the folder cannot be watched.
    watch_failed: bool,
    bell: Arc<Notify>,
    bounded: Bounded,
    /// The change that is not over yet.
    change: Option<Change>,
    next_look: Elapsed,
    /// While a thread hangs, no comparison spends another before this.
    next_try: Elapsed,
    /// How long until the try after that.
    pause: Duration,
    /// A reading never came back or was put off, so the next look reads, whatever it sees.
    unread: bool,
    /// No watch told of the last change, nor will one tell whether it goes on.
    unwatched: bool,
}

/// What came of a step, done on a thread.
struct Done {
    watch: notify::Result<Arc<Watch>>,
    seen: Seen,
}

/// What was seen of the files.
enum Seen {
    NothingNew,
    Change,
    Reading(Box<Reading>),
}

impl Follower {
    async fn follow(mut self) {
        loop {
            let step = self.next_step().await;
            let Some(reread) = self.take(step).await else { continue };
            if self.readings.send(reread).await.is_err() {
                return;
            }
        }
    }

    /// Waits for a reason to look. Requests that come while the file is being written wait until it is.
    async fn next_step(&mut self) -> Step {
        let mut request = None;
        loop {
            if let Some(trigger) = request
                && self.change.is_none()
            {
                return Step::Read(trigger);
            }
            let quiet = self.change.map(|change| self.clock.instant(change.is_over_at(self.pace)));
            tokio::select! {
                biased;
                () = wait::until(quiet) => {
                    self.change = None;
                    return Step::Read(request.unwrap_or(Trigger::Change));
                }
                Some(trigger) = self.requested.recv() => request = Some(trigger),
                () = self.bell.notified() => {
                    self.change = Some(Change::goes_on(self.change, self.clock.now().elapsed));
                }
                () = sleep_until(self.clock.instant(self.next_look)), if self.change.is_none() => {
                    return Step::Compare;
                }
            }
        }
    }

    /// Takes a step, within bounds. There may be nothing to judge after it.
    async fn take(&mut self, step: Step) -> Option<Reread> {
        let trigger = match step {
            Step::Read(trigger) => trigger,
            Step::Compare => Trigger::Change,
        };
        let now = self.clock.now().elapsed;
        let unwatched = std::mem::take(&mut self.unwatched);
        self.next_look =
            now.after(if unwatched { self.pace.longest_writing } else { self.pace.between_looks });
        if self.is_put_off(step, now) {
            self.unread = true;
            return None;
        }
        let compared = (step == Step::Compare && !self.unread).then(|| self.files.clone());
        let (source, bell, watch) = (self.source.clone(), Arc::clone(&self.bell), self.watch.clone());
        let done = self.bounded.run(self.pace.patience, move || look(&source, watch, bell, compared)).await;
        match done {
            Ok(done) => {
                self.pause = self.pace.between_looks;
                self.keep(done.watch);
                self.learn(done.seen, trigger)
            }
            Err(error) => {
                self.next_try = self.clock.now().elapsed.after(self.pause);
                self.pause = self.pause.saturating_mul(2).min(LONGEST_PAUSE);
                self.unread = true;
                let error = format!("{}: {error}", self.source.path.display());
                Some(Reread { trigger, version: Err(Unusable::Unreadable(error)) })
            }
        }
    }

    /// Whether a step would only spend another thread on a file system that hangs. Whoever asks gets a try; so does a
    /// change, for it may be the remedy, but a writer that goes on must not spend them all.
    fn is_put_off(&mut self, step: Step, now: Elapsed) -> bool {
        let hanging = self.bounded.hanging();
        match step {
            Step::Read(trigger) if trigger.is_request() => false,
            Step::Read(_) => hanging > MOST_HUNG_BY_CHANGES && now < self.next_try,
            Step::Compare => hanging > 0 && now < self.next_try,
        }
    }

    fn learn(&mut self, seen: Seen, trigger: Trigger) -> Option<Reread> {
        match seen {
            Seen::NothingNew => None,
            // Somebody may be writing, and is given the time to end.
            Seen::Change => {
                self.change = Some(Change::goes_on(self.change, self.clock.now().elapsed));
                self.unwatched = true;
                None
            }
            Seen::Reading(reading) => {
                self.unread = false;
                self.files = reading.files;
                Some(Reread { trigger, version: reading.version })
            }
        }
    }

    fn keep(&mut self, watch: notify::Result<Arc<Watch>>) {
        let failed = watch.as_ref().err().map(ToString::to_string);
        let had_failed = std::mem::replace(&mut self.watch_failed, failed.is_some());
        self.watch = watch.ok();
        match failed {
            Some(error) if !had_failed => tracing::warn!(
                error,
                "cannot watch the file's folder for changes; the file is compared once a minute instead"
            ),
            None if had_failed => tracing::info!("the file's folder is watched for changes again"),
            Some(_) | None => {}
        }
    }
}

/// Watches the folder, if need be anew, then reads the file; or, where there is something to compare with, looks whether
/// one of its files has changed. In this order no change falls between.
fn look(source: &Source, watch: Option<Arc<Watch>>, bell: Arc<Notify>, compared: Option<Stamps>) -> Done {
    let watch = match watch.filter(|watch| watch.holds(&source.path)) {
        Some(watch) => Ok(watch),
        None => Watch::begin(&source.path, bell).map(Arc::new),
    };
    let seen = match compared {
        None => Seen::Reading(Box::new((source.read)())),
        Some(files) if files.hold() => Seen::NothingNew,
        Some(_) => Seen::Change,
    };
    Done { watch, seen }
}

#[cfg(test)]
mod tests;
