//! What keeps changes that a ledger in trouble does not take, and writes them when it can.

use super::{Entry, Ledger, LedgerError, Opened, Sqlite};
use crate::api::{Elapsed, ServiceArn};
use crate::planner::LastOccurrence;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::future::Future;
use std::path::Path;
use std::time::Duration;

/// A ledger in trouble is tried again no sooner than this.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// One that did not answer is tried again no sooner than this: each try leaves a connection at work on its disk.
const SLOW_TRIED_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// The longest time between two tries of one that goes on not answering. Each may cost three files and a thread for as long
/// as the disk hangs; a thousand files, which is what many systems allow, then last for two weeks.
const SLOW_TRIED_AGAIN_AT_LEAST: Duration = Duration::from_secs(60 * 60);

/// A trim that failed is tried again no sooner than this: nothing waits for it.
const TRIM_TRIED_AGAIN_AFTER: Duration = Duration::from_secs(600);

/// The most changes that are held back, about 30 MB of them: days of a thousand services.
const MOST_HELD_BACK: usize = 100_000;

/// The most changes of one transaction. A burst of ten thousand occurrences is one; what was held back for days is
/// written in parts, each of which the ledger can do in time.
const MOST_A_TRANSACTION: usize = 10_000;

/// A request that is not answered for this long is given up for now: its disk hangs.
const ANSWER_AWAITED: Duration = Duration::from_secs(5);

/// A [`Ledger`] and what it has not taken yet.
///
/// When the ledger fails, what it did not take is held back, in order, and written as soon as it can be; the daemon
/// works on meanwhile. The log says so once when it begins and once when all has been written.
#[derive(Debug)]
pub struct Journal<L> {
    ledger: L,
    held_back: VecDeque<Entry>,
    /// The version of the schedule file to be noted; of several, the last.
    config: Option<(Timestamp, String)>,
    trouble: Option<Trouble>,
    /// A request was given up, and its connection may still hold the database's lock.
    unanswered: bool,
    /// What the last trim failed with, as the log has said, and when the next is due.
    trim_failed: Option<(LedgerError, Elapsed)>,
}

/// Why changes are held back.
#[derive(Debug)]
struct Trouble {
    error: LedgerError,
    next_try: Elapsed,
    /// How long after the next try that is not answered another follows.
    slow_pause: Duration,
    /// How many changes there was no room for.
    dropped: u64,
}

impl Journal<Sqlite> {
    /// A journal that writes to the ledger in this file. Where the file is of no use for now, it holds back.
    ///
    /// # Errors
    ///
    /// When the file belongs to somebody else: [`LedgerError::is_fatal`].
    pub async fn open(path: &Path, now: Timestamp) -> Result<Self, LedgerError> {
        match Sqlite::open(path, now).await {
            Ok(Opened { ledger, .. }) => Ok(Self::new(ledger)),
            Err(error) if error.is_fatal() => Err(error),
            Err(error) => Ok(Self::holding_back(Sqlite::unopened(path, now), error, Elapsed::default())),
        }
    }
}

impl<L: Ledger> Journal<L> {
    /// A journal that writes to this ledger.
    pub fn new(ledger: L) -> Self {
        Self {
            ledger,
            held_back: VecDeque::new(),
            config: None,
            trouble: None,
            unanswered: false,
            trim_failed: None,
        }
    }

    /// A journal that holds everything back for now, because its ledger failed to open with this error.
    pub fn holding_back(ledger: L, error: LedgerError, elapsed: Elapsed) -> Self {
        let mut journal = Self::new(ledger);
        journal.fail(error, elapsed);
        journal
    }

    /// Makes these changes durable, together with those that were held back; or holds them back as well.
    ///
    /// With no changes it tries again what is held back, if it is time.
    pub async fn record(&mut self, entries: Vec<Entry>, elapsed: Elapsed) {
        self.held_back.extend(entries);
        self.write_if_due(elapsed).await;
    }

    /// Notes the version of the schedule file that is in force from this instant on: a digest of its text.
    pub async fn config_in_force(&mut self, at: Timestamp, version: String, elapsed: Elapsed) {
        self.config = Some((at, version));
        self.write_if_due(elapsed).await;
    }

    /// The latest occurrence of each service, as the ledger remembers it. Nothing when it cannot be read: it then
    /// holds back.
    pub async fn recall(&mut self, elapsed: Elapsed) -> Vec<LastOccurrence> {
        if self.trouble.is_some() {
            return Vec::new();
        }
        let answer = in_time(self.ledger.recall()).await;
        match self.noted(answer) {
            Ok(remembered) => remembered,
            Err(error) => {
                self.fail_unless_replaced(error, elapsed);
                Vec::new()
            }
        }
    }

    /// The version of the schedule file that was noted last. Nothing when it cannot be read: it then holds back.
    pub async fn last_config(&mut self, elapsed: Elapsed) -> Option<String> {
        if self.trouble.is_some() {
            return None;
        }
        let answer = in_time(self.ledger.last_config()).await;
        match self.noted(answer) {
            Ok(version) => version,
            Err(error) => {
                self.fail_unless_replaced(error, elapsed);
                None
            }
        }
    }

    /// Forgets some of what is too old, as [`Ledger::trim`] does. Nothing while changes are held back.
    pub async fn trim(&mut self, now: Timestamp, elapsed: Elapsed) -> u64 {
        let is_early = self.trim_failed.as_ref().is_some_and(|(_, next_try)| elapsed < *next_try);
        if self.trouble.is_some() || is_early {
            return 0;
        }
        let answer = in_time(self.ledger.trim(now)).await;
        match self.noted(answer) {
            Ok(forgotten) => {
                self.trim_failed = None;
                forgotten
            }
            Err(error) if error.is_lost() => {
                self.fail(error, elapsed);
                0
            }
            Err(error) => {
                self.trim_failed(error, elapsed);
                0
            }
        }
    }

    /// Old history that stays for now is no reason to hold back new changes. The log says it once for each cause.
    fn trim_failed(&mut self, error: LedgerError, elapsed: Elapsed) {
        if error.is_replaced() {
            return;
        }
        if self.trim_failed.as_ref().is_none_or(|(told, _)| *told != error) {
            tracing::warn!(%error, "cannot remove old history from the ledger; this will be retried");
        }
        let is_slow = matches!(error, LedgerError::Slow { .. });
        let pause = if is_slow { SLOW_TRIED_AGAIN_AT_LEAST } else { TRIM_TRIED_AGAIN_AFTER };
        self.trim_failed = Some((error, elapsed.after(pause)));
    }

    /// The last changes, oldest first, of one service or of all, those that are held back among them.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub async fn history(&mut self, last: u32, of: Option<&ServiceArn>) -> Result<Vec<Entry>, LedgerError> {
        let answer = in_time(self.ledger.history(last, of)).await;
        let mut entries = self.noted(answer)?;
        let held_back = self.held_back.iter().filter(|entry| of.is_none_or(|arn| *arn == entry.change.arn));
        entries.extend(held_back.cloned());
        let last = usize::try_from(last).unwrap_or(usize::MAX);
        Ok(entries.split_off(entries.len().saturating_sub(last)))
    }

    /// Tries a last time to write what is held back, whether or not it is time.
    pub async fn close(mut self) {
        if let Err(error) = self.write_all().await {
            tracing::error!(
                %error,
                lost = self.held_back.len(),
                "the ledger could not be written; the next start asks App Runner instead"
            );
        } else {
            self.recover();
        }
        // A disk that hangs must not keep the process from its end.
        drop(tokio::time::timeout(ANSWER_AWAITED, self.ledger.close()).await);
    }

    /// Whether everything that was recorded is durable.
    pub fn is_healthy(&self) -> bool {
        self.trouble.is_none()
    }

    /// Why the ledger will never be written by this process again: another daemon has taken it.
    pub fn lost(&self) -> Option<&LedgerError> {
        self.trouble.as_ref().map(|trouble| &trouble.error).filter(|error| error.is_lost())
    }

    /// How many changes are held back.
    pub fn backlog(&self) -> usize {
        self.held_back.len()
    }

    /// When what is held back is to be tried again, with [`Journal::record`].
    pub fn next_try(&self) -> Option<Elapsed> {
        self.trouble.as_ref().map(|trouble| trouble.next_try)
    }

    async fn write_if_due(&mut self, elapsed: Elapsed) {
        if self.next_try().is_some_and(|next_try| elapsed < next_try) {
            self.bound();
            return;
        }
        match self.write_all().await {
            Ok(()) => self.recover(),
            Err(error) => self.fail(error, elapsed),
        }
    }

    async fn write_all(&mut self) -> Result<(), LedgerError> {
        match self.write_in_parts().await {
            // The call that these changes announce is about to leave, and the fresh ledger can take them.
            Err(error) if error.is_replaced() => self.write_in_parts().await,
            written => written,
        }
    }

    async fn write_in_parts(&mut self) -> Result<(), LedgerError> {
        while !self.held_back.is_empty() {
            let entries = self.held_back.make_contiguous();
            let part = entries.get(..MOST_A_TRANSACTION).unwrap_or(entries);
            let written = part.len();
            let answer = in_time(self.ledger.write(part)).await;
            self.noted(answer)?;
            self.held_back.drain(..written);
        }
        if let Some((at, version)) = &self.config {
            let answer = in_time(self.ledger.config_in_force(*at, version)).await;
            self.noted(answer)?;
            self.config = None;
        }
        Ok(())
    }

    /// All has been written.
    fn recover(&mut self) {
        match self.trouble.take() {
            None => {}
            Some(Trouble { dropped: 0, .. }) => {
                tracing::info!("the ledger is written again; nothing that was held back is lost");
            }
            Some(Trouble { dropped, .. }) => tracing::warn!(
                dropped,
                "the ledger is written again; its history lacks the changes that there was no room for"
            ),
        }
    }

    /// Keeps in mind whether a request was given up: a lock that is met afterwards may be its connection's own.
    fn noted<T>(&mut self, answer: Result<T, LedgerError>) -> Result<T, LedgerError> {
        match &answer {
            Ok(_) => self.unanswered = false,
            Err(LedgerError::Slow { .. }) => self.unanswered = true,
            Err(LedgerError::Locked { path }) if self.unanswered => {
                return Err(LedgerError::StillBusy { path: path.clone() });
            }
            Err(_) => {}
        }
        answer
    }

    /// A damaged ledger that was replaced is no trouble any more: it was said, and the fresh one has nothing to tell.
    fn fail_unless_replaced(&mut self, error: LedgerError, elapsed: Elapsed) {
        if !error.is_replaced() {
            self.fail(error, elapsed);
        }
    }

    fn fail(&mut self, error: LedgerError, elapsed: Elapsed) {
        let slow_pause = self.trouble.as_ref().map_or(SLOW_TRIED_AGAIN_AFTER, |trouble| trouble.slow_pause);
        let (pause, slow_pause) = match error {
            LedgerError::Slow { .. } => {
                (slow_pause, slow_pause.saturating_mul(2).min(SLOW_TRIED_AGAIN_AT_LEAST))
            }
            _ => (TRIED_AGAIN_AFTER, SLOW_TRIED_AGAIN_AFTER),
        };
        let next_try = elapsed.after(pause);
        match &mut self.trouble {
            // Whoever ends for it says why.
            None if error.is_lost() => {
                self.trouble = Some(Trouble { error, next_try, slow_pause, dropped: 0 });
            }
            None => {
                tracing::error!(
                    %error,
                    "the ledger cannot be written; changes are held back in memory, and the daemon works on"
                );
                self.trouble = Some(Trouble { error, next_try, slow_pause, dropped: 0 });
            }
            Some(trouble) => {
                if trouble.error != error && !error.is_lost() {
                    tracing::warn!(%error, "the ledger still cannot be written, now for another reason");
                }
                (trouble.error, trouble.next_try, trouble.slow_pause) = (error, next_try, slow_pause);
            }
        }
        self.bound();
    }

    /// Lets the oldest go when there are too many. What a later process needs of a service is in its latest change.
    fn bound(&mut self) {
        let excess = self.held_back.len().saturating_sub(MOST_HELD_BACK);
        let Some(trouble) = self.trouble.as_mut().filter(|_| excess > 0) else { return };
        self.held_back.drain(..excess);
        if trouble.dropped == 0 {
            tracing::error!(
                held_back = MOST_HELD_BACK,
                error = %trouble.error,
                "there is no room for more changes: the oldest are dropped until the ledger can be written"
            );
        }
        trouble.dropped = trouble.dropped.saturating_add(u64::try_from(excess).unwrap_or(u64::MAX));
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, LedgerError>>) -> Result<T, LedgerError> {
    let slow = || LedgerError::Slow { seconds: ANSWER_AWAITED.as_secs() };
    tokio::time::timeout(ANSWER_AWAITED, answer).await.unwrap_or_else(|_| Err(slow()))
}
