//! The ledger's own thread, so that a disk that hangs holds up nothing but the ledger.

use super::{Entry, Journal, Ledger, LedgerError, Sqlite};
use crate::clock;
use crate::clock::Clock;
use crate::planner::LastOccurrence;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{sleep_until, timeout};

/// Opening the ledger and reading it are waited for this long in all. A service is then asked about instead.
const RECALL_AWAITED: Duration = Duration::from_secs(5);

/// At the end the last changes are waited for this long.
const CLOSE_AWAITED: Duration = Duration::from_secs(5);

/// The most changes that wait for a thread that does not take them, beside those of the last turn: about 30 MB.
const MOST_WAITING: usize = 100_000;

/// Hands changes to a [`Journal`] that lives on a thread of its own.
///
/// Nothing here waits for a disk. Changes are handed over at once and get a number; [`LedgerWriter::handled`] says when
/// the ledger has handled all up to a number. The thread takes everything that waits in one transaction.
#[derive(Debug)]
pub struct LedgerWriter {
    inbox: Arc<Inbox>,
    progress: watch::Receiver<Progress>,
    recalled: Option<oneshot::Receiver<Recalled>>,
    /// How many changes were handed over.
    handed_over: u64,
}

/// What the ledger knows of the time before.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// The latest occurrence of each service.
    pub remembered: Vec<LastOccurrence>,
    /// The version of the schedule file that was in force last: a digest of its text.
    pub last_config: Option<String>,
}

/// How far the thread has come.
#[derive(Debug, Default, Clone)]
struct Progress {
    /// Changes up to this number are durable, or held back by a ledger in trouble, which the log has said.
    handled: u64,
    /// The file belongs to somebody else.
    fatal: Option<LedgerError>,
}

impl LedgerWriter {
    /// Opens the ledger in this file, on its thread.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        Self::start(async move { Journal::<Sqlite>::open(&path, clock::wall()).await })
    }

    /// Writes to this ledger, on a thread of its own.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub fn new(ledger: impl Ledger + 'static) -> io::Result<Self> {
        Self::start(async move { Ok(Journal::new(ledger)) })
    }

    fn start<L: Ledger + 'static>(
        open: impl Future<Output = Result<Journal<L>, LedgerError>> + Send + 'static,
    ) -> io::Result<Self> {
        let inbox = Arc::new(Inbox::default());
        let (progress, seen) = watch::channel(Progress::default());
        let (recall, recalled) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let thread = Thread { inbox: Arc::clone(&inbox), progress, clock: Clock::new() };
        thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || runtime.block_on(thread.run(open, recall)))?;
        Ok(Self { inbox, progress: seen, recalled: Some(recalled), handed_over: 0 })
    }

    /// What the ledger knows of the time before. Nothing when it does not say in time, or cannot be read.
    ///
    /// # Errors
    ///
    /// When the file belongs to somebody else: [`LedgerError::is_fatal`].
    pub async fn recall(&mut self) -> Result<Recalled, LedgerError> {
        let Some(recalled) = self.recalled.take() else { return Ok(Recalled::default()) };
        match timeout(RECALL_AWAITED, recalled).await {
            Ok(Ok(recalled)) => Ok(recalled),
            // The thread has ended, and says why.
            Ok(Err(_)) => self.fatal().map_or_else(|| Ok(Recalled::default()), Err),
            Err(_) => {
                tracing::error!(
                    "the ledger did not answer within {} s: starting without it, so each service is checked first; \
                     check its disk",
                    RECALL_AWAITED.as_secs()
                );
                Ok(Recalled::default())
            }
        }
    }

    /// Hands these changes over, and gives back the number of the last one that was ever handed over.
    pub fn record(&mut self, entries: Vec<Entry>) -> u64 {
        if !entries.is_empty() {
            let added = u64::try_from(entries.len()).unwrap_or(u64::MAX);
            self.handed_over = self.handed_over.saturating_add(added);
            self.inbox.put(|waiting| waiting.add(entries, self.handed_over));
        }
        self.handed_over
    }

    /// Notes the version of the schedule file that is in force from this instant on: a digest of its text.
    pub fn config_in_force(&self, at: Timestamp, version: String) {
        self.inbox.put(|waiting| waiting.config = Some((at, version)));
    }

    /// Forgets some of what is too old, when there is nothing else to do.
    pub fn trim(&self, now: Timestamp) {
        self.inbox.put(|waiting| waiting.trim = Some(now));
    }

    /// Waits until the ledger has handled all changes up to this number: they are durable, or the log says why not.
    /// Returns at once when the thread has ended. Nothing is lost if this future is dropped.
    pub async fn handled(&self, number: u64) {
        let mut progress = self.progress.clone();
        // An error says that the thread is gone: nothing will be handled any more.
        drop(progress.wait_for(|progress| progress.handled >= number || progress.fatal.is_some()).await);
    }

    /// Whether the ledger has handled all changes up to this number.
    pub fn has_handled(&self, number: u64) -> bool {
        self.progress.borrow().handled >= number || self.is_gone()
    }

    /// Waits until [`LedgerWriter::fatal`] has something to say. Nothing is lost if this future is dropped.
    pub async fn lost(&self) {
        let mut progress = self.progress.clone();
        if progress.wait_for(|progress| progress.fatal.is_some()).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The file belongs to somebody else, as was found out only after [`LedgerWriter::recall`]: the daemon must end.
    pub fn fatal(&self) -> Option<LedgerError> {
        self.progress.borrow().fatal.clone()
    }

    /// Ends its use in order, as far as its disk allows in time.
    pub async fn close(self) {
        self.inbox.put(|waiting| waiting.closing = true);
        let mut progress = self.progress.clone();
        let ended = async { while progress.changed().await.is_ok() {} };
        if timeout(CLOSE_AWAITED, ended).await.is_err() {
            let unhandled = self.handed_over.saturating_sub(self.progress.borrow().handled);
            tracing::error!(
                unhandled,
                "the ledger did not answer within {} s; what was not written is lost, and the next start checks each \
                 service instead",
                CLOSE_AWAITED.as_secs()
            );
        }
    }

    fn is_gone(&self) -> bool {
        self.progress.has_changed().is_err()
    }
}

/// The part of a [`LedgerWriter`] that runs on the ledger's own thread.
struct Thread {
    inbox: Arc<Inbox>,
    progress: watch::Sender<Progress>,
    clock: Clock,
}

impl Thread {
    async fn run<L: Ledger>(
        self,
        open: impl Future<Output = Result<Journal<L>, LedgerError>>,
        recall: oneshot::Sender<Recalled>,
    ) {
        match open.await {
            Ok(mut journal) => {
                let elapsed = self.clock.now().elapsed;
                let remembered = journal.recall(elapsed).await;
                let last_config = journal.last_config(elapsed).await;
                // Whoever stopped waiting for it does without it.
                drop(recall.send(Recalled { remembered, last_config }));
                self.serve(journal).await;
            }
            Err(error) => self.progress.send_modify(|progress| progress.fatal = Some(error)),
        }
    }

    async fn serve<L: Ledger>(self, mut journal: Journal<L>) {
        loop {
            let work = tokio::select! {
                work = self.inbox.next() => work,
                () = self.retry(journal.next_try()) => Work::default(),
            };
            let elapsed = self.clock.now().elapsed;
            if let Some((at, version)) = work.config {
                journal.config_in_force(at, version, elapsed).await;
            }
            journal.record(work.entries.into(), elapsed).await;
            if journal.lost().is_none() {
                self.progress.send_modify(|progress| progress.handled = progress.handled.max(work.last));
            }
            if let Some(now) = work.trim {
                journal.trim(now, self.clock.now().elapsed).await;
            }
            if let Some(error) = journal.lost() {
                tracing::error!(
                    unwritten = journal.backlog(),
                    "another daemon has taken over the ledger and its work: this one stops"
                );
                let error = error.clone();
                self.progress.send_modify(|progress| progress.fatal = Some(error));
                return;
            }
            if work.closing {
                return journal.close().await;
            }
        }
    }

    async fn retry(&self, at: Option<crate::api::Elapsed>) {
        match at {
            Some(at) => sleep_until(self.clock.instant(at)).await,
            None => std::future::pending().await,
        }
    }
}

/// What waits for the thread.
#[derive(Debug, Default)]
struct Inbox {
    waiting: Mutex<Work>,
    bell: Notify,
}

/// All that waits at one time.
#[derive(Debug, Default)]
struct Work {
    entries: VecDeque<Entry>,
    /// The number of the last of all changes that were handed over.
    last: u64,
    /// The version of the file to be noted; of several, the last.
    config: Option<(Timestamp, String)>,
    trim: Option<Timestamp>,
    closing: bool,
    /// Changes were dropped, which has been said.
    is_full: bool,
}

impl Inbox {
    fn put(&self, change: impl FnOnce(&mut Work)) {
        change(&mut self.lock());
        self.bell.notify_one();
    }

    /// Everything that waits, once something does. Nothing is lost if this future is dropped.
    async fn next(&self) -> Work {
        self.bell.notified().await;
        std::mem::take(&mut *self.lock())
    }

    /// A panic elsewhere leaves nothing half done here.
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work {
    fn add(&mut self, entries: Vec<Entry>, last: u64) {
        let excess = self.entries.len().saturating_sub(MOST_WAITING);
        // What a later process needs of a service is in its latest change.
        self.entries.drain(..excess);
        self.entries.extend(entries);
        self.last = last;
        if excess > 0 && !std::mem::replace(&mut self.is_full, true) {
            tracing::error!(
                kept = MOST_WAITING,
                "the ledger does not answer, and too many changes wait for it: the oldest are dropped"
            );
        }
    }
}
