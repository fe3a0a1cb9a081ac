//! Credentials for as long as the process runs: fetched anew when they expire, when AWS refuses them, and when the files
//! that they come from change.
//!
//! The SDK reads a profile once for each process, so keys that a tool renews every hour, or that are put in place after
//! the start, would never be used. Here every fetch builds the whole chain anew.
//!
//! The SDK reads files in ways that block, and a home folder on a network file system may hang. So a fetch runs on a
//! thread of its own (`fetch.rs`). Of many calls without keys one begins a fetch and all wait for it, for a limited time;
//! a call waits for nothing while there are keys that are neither expired nor refused. A fetch that yields nothing leaves
//! working keys in use.

mod children;
mod fetch;
mod problem;
#[cfg(test)]
mod tests;

pub(crate) use children::end_those_of_all_fetches;
pub(super) use problem::problem;

use crate::api::{Elapsed, Now};
use crate::clock::Clock;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use jiff::Timestamp;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// Keys that expire are renewed this long before, as the SDKs do.
const RENEWED_BEFORE: Duration = Duration::from_mins(5);

/// Keys that name no end are fetched again after this long, as the SDKs do.
const RENEWED_AFTER: Duration = Duration::from_mins(15);

/// The shortest time between two checks of the files, and after a fetch that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// After a refusal the keys are fetched anew no more often, unless a file has changed: what refuses may not be about the
/// keys at all.
pub(super) const RENEWED_AT_MOST_EVERY: Duration = Duration::from_secs(5);

/// When the files were last looked at so long ago, a call waits until they have been looked at again: keys that were
/// replaced overnight would only be refused.
const IDLE: Duration = Duration::from_mins(1);

/// A call waits no longer than this for that check of the files.
const FILE_CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// The most threads that hang at the same time. Before another is tried beside those that hang, the wait doubles each
/// time, so these last for hours.
const MOST_HANGING: u32 = 10;

/// Builds the chain of sources. May block.
pub(super) type Build =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = SharedCredentialsProvider> + Send>> + Send + Sync>;

type Clocks = Box<dyn Fn() -> Now + Send + Sync>;

/// Which file it is, and which version; nothing where there is none.
type Stamp = Option<(u64, u64, i64, i64, u64)>;

/// The credentials in hand, and the way to others.
pub(super) struct Keyring {
    build: Build,
    files: Vec<PathBuf>,
    timeout_of_a_fetch: Duration,
    clocks: Clocks,
    state: Mutex<State>,
    /// Rings when a thread has done its work.
    ended: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    in_hand: Option<InHand>,
    /// AWS has refused those in hand.
    is_refused: bool,
    /// When a fetch last ended or was given up, and what it failed with.
    fetched_at: Option<Elapsed>,
    failure: Option<String>,
    /// The files as they were before the last fetch.
    files: Option<Vec<Stamp>>,
    /// When the files were last looked at.
    looked_at: Option<Elapsed>,
    /// The thread at work, and how many there have been.
    job: Option<Job>,
    jobs: u64,
    /// The job that brought the keys in hand: what an older one brings later is older.
    newest: u64,
    /// Keys are to be fetched even if the files have not changed.
    is_wanted: bool,
    /// Threads that were given up, and have not ended yet.
    hanging: u32,
    missing_is_reported: bool,
    hanging_is_reported: bool,
}

/// A thread that looks at the files, and fetches keys if they have changed or if keys are wanted.
#[derive(Debug, Clone)]
struct Job {
    number: u64,
    began: Elapsed,
    /// The file that it is about to look at or to read.
    file: Option<PathBuf>,
    /// Calls wait for it, although there are keys.
    is_awaited: bool,
}

/// Keys that may be used.
#[derive(Debug, Clone)]
pub(super) struct InHand {
    credentials: Credentials,
    fetched_at: Elapsed,
    /// How many times keys had been fetched by then: tells which a call was signed with.
    fetch: u64,
}

/// What a call does about its keys.
enum Choice {
    /// They are used, and a thread sees to this meanwhile.
    Use(InHand, Option<Task>),
    /// There are none, or AWS refused them: a thread sees to this first.
    Await(Task),
    /// A moment ago there were none.
    Fail(String),
}

/// What is asked of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    CheckFiles,
    Fetch,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("files", &self.files).finish_non_exhaustive()
    }
}

/// The keys in hand as the SDK takes them. Whoever calls has seen to it that there are some.
#[derive(Debug, Clone)]
pub(super) struct Keys(pub(super) Arc<Keyring>);

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let in_hand = self.0.lock().in_hand.as_ref().map(|in_hand| in_hand.credentials.clone());
        future::ProvideCredentials::ready(in_hand.ok_or_else(|| CredentialsError::not_loaded("not fetched")))
    }
}

impl Keyring {
    /// Keys of the chain that is built, which reads these files. Fetches nothing yet.
    pub(super) fn new(build: Build, files: Vec<PathBuf>, timeout_of_a_fetch: Duration) -> Arc<Self> {
        let clock = Clock::new();
        Self::with(build, files, timeout_of_a_fetch, Box::new(move || clock.now()))
    }

    fn with(build: Build, files: Vec<PathBuf>, timeout_of_a_fetch: Duration, clocks: Clocks) -> Arc<Self> {
        let (ended, _) = watch::channel(());
        Arc::new(Self { build, files, timeout_of_a_fetch, clocks, state: Mutex::default(), ended })
    }

    /// AWS refused a call that was signed with these, for what they are.
    pub(super) fn refused(&self, keys: &InHand) {
        let mut state = self.lock();
        state.is_refused |= state.in_hand.as_ref().is_some_and(|in_hand| in_hand.fetch == keys.fetch);
    }

    /// What the next request is signed with. In hand from then on.
    ///
    /// # Errors
    ///
    /// In a sentence, when there are none in hand, and none can be fetched.
    pub(super) async fn credentials(self: &Arc<Self>) -> Result<InHand, String> {
        self.check_files_first().await;
        match self.choose() {
            (Choice::Use(in_hand, _), job) => {
                if let Some(job) = job {
                    self.follow(job);
                }
                Ok(in_hand)
            }
            (Choice::Await(_), job) => {
                if let Some(job) = job {
                    self.ended(&job).await;
                }
                self.outcome()
            }
            (Choice::Fail(why), _) => Err(why),
        }
    }

    /// Chooses, and puts a thread to work if need be: in one step, so that of many calls one does.
    fn choose(self: &Arc<Self>) -> (Choice, Option<Job>) {
        let (choice, assigned) = {
            let mut state = self.lock();
            let choice = state.choice(self.now());
            let task = match &choice {
                Choice::Use(_, task) => *task,
                Choice::Await(task) => Some(*task),
                Choice::Fail(_) => None,
            };
            (choice, task.map(|task| self.job_for(&mut state, task)))
        };
        (choice, assigned.map(|assigned| self.started(assigned)))
    }

    /// The result of a fetch, or of a wait that timed out.
    fn outcome(&self) -> Result<InHand, String> {
        let state = self.lock();
        let now = self.now();
        if let Some(in_hand) = state.in_hand.as_ref().filter(|in_hand| !in_hand.has_expired(now)) {
            return Ok(in_hand.clone());
        }
        Err(state.failure.clone().unwrap_or_else(|| self.timed_out()))
    }

    /// After an idle time, waits until the files have been looked at, and read if they have changed.
    async fn check_files_first(self: &Arc<Self>) {
        let now = self.now().elapsed;
        let is_idle = {
            let state = self.lock();
            state.in_hand.is_some() && state.looked_at.is_some_and(|at| now.since(at) >= IDLE)
        };
        if is_idle {
            let assigned = self.job_for(&mut self.lock(), Task::CheckFiles);
            if let Some(job) = &mut self.lock().job {
                job.is_awaited = true;
            }
            self.follow(self.started(assigned));
        }
        let Some(job) = self.lock().job.clone().filter(|job| job.is_awaited) else { return };
        let left = FILE_CHECK_TIMEOUT.saturating_sub(now.since(job.began));
        // Whoever follows it handles its result.
        timeout(left, self.end_of(job.number)).await.ok();
    }

    /// Follows a job to its end in the background.
    fn follow(self: &Arc<Self>, job: Job) {
        let keyring = Arc::clone(self);
        tokio::spawn(async move { keyring.ended(&job).await });
    }

    /// The job that sees to this: the one that is at work, unless it hangs, or another, which is then to be started.
    fn job_for(&self, state: &mut State, task: Task) -> (Job, bool) {
        let now = self.now().elapsed;
        state.looked_at = Some(now);
        state.is_wanted |= task == Task::Fetch;
        if let Some(job) = &state.job {
            if !self.is_to_be_given_up(job, state.hanging, now) {
                return (job.clone(), false);
            }
            state.hanging = state.hanging.saturating_add(1);
        }
        state.jobs = state.jobs.saturating_add(1);
        let job = Job { number: state.jobs, began: now, file: None, is_awaited: false };
        (state.job.insert(job).clone(), true)
    }

    /// A job whose thread has been started if it had none.
    fn started(self: &Arc<Self>, (job, is_new): (Job, bool)) -> Job {
        if is_new {
            let (keyring, number) = (Arc::clone(self), job.number);
            let work = move || keyring.work(number);
            if let Err(error) = thread::Builder::new().name(children::THREAD.to_owned()).spawn(work) {
                self.failed(&format!("no AWS credentials: no thread can be started: {error}"), false);
                self.lock().end(number);
                self.ended.send_replace(());
            }
        }
        job
    }

    /// Whether a job has hung for so long that another is tried beside it. A source that only waits for a reply ends
    /// before, for its time is limited.
    fn is_to_be_given_up(&self, job: &Job, hanging: u32, now: Elapsed) -> bool {
        let waits = self.timeout_of_a_fetch.saturating_mul(2_u32.saturating_pow(hanging.saturating_add(1)));
        now.since(job.began) >= waits && hanging < MOST_HANGING
    }

    /// Waits until a job has ended, but no longer than the patience since its beginning. If it has not by then, that is
    /// what the fetch failed with.
    async fn ended(&self, job: &Job) {
        let left = self.timeout_of_a_fetch.saturating_sub(self.now().elapsed.since(job.began));
        if timeout(left, self.end_of(job.number)).await.is_ok() {
            return;
        }
        let Some(job) = self.lock().job.clone().filter(|now| now.number == job.number) else { return };
        match job.file {
            Some(file) => {
                let (file, seconds) = (file.display(), self.timeout_of_a_fetch.as_secs());
                let why = format!("{file} could not be read within {seconds} s: its file system hangs");
                self.failed(&format!("no AWS credentials: {why}"), true);
            }
            None => self.failed(&self.timed_out(), false),
        }
    }

    async fn end_of(&self, job: u64) {
        let mut ended = self.ended.subscribe();
        // An error would say that the keyring is gone, which it is not.
        drop(ended.wait_for(|()| self.lock().job.as_ref().is_none_or(|now| now.number != job)).await);
    }

    fn timed_out(&self) -> String {
        problem(&CredentialsError::provider_timed_out(self.timeout_of_a_fetch))
    }

    /// A fetch yielded nothing: those in hand are used on, if they may still be good.
    fn failed(&self, problem: &str, hangs: bool) {
        let mut state = self.lock();
        let now = self.now();
        let is_news = state.failure.replace(problem.to_owned()).is_none();
        state.fetched_at = Some(now.elapsed);
        let is_in_hand = state.in_hand.as_ref().is_some_and(|in_hand| !in_hand.has_expired(now));
        if !is_in_hand {
            if !std::mem::replace(&mut state.missing_is_reported, true) {
                tracing::error!(
                    error = problem,
                    "no AWS credentials found; each call will look for them again"
                );
            }
        } else if hangs {
            if !std::mem::replace(&mut state.hanging_is_reported, true) {
                tracing::error!(
                    error = problem,
                    "cannot renew AWS credentials; continuing with the current ones"
                );
            }
        } else if is_news {
            tracing::warn!(
                error = problem,
                "could not renew AWS credentials; continuing with the current ones"
            );
        }
    }

    fn now(&self) -> Now {
        (self.clocks)()
    }

    /// Nothing is left half done under the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What a call does about its keys.
    fn choice(&self, now: Now) -> Choice {
        let since_fetch = self.fetched_at.map_or(Duration::MAX, |at| now.elapsed.since(at));
        let just_failed = self.failure.as_ref().filter(|_| since_fetch < PAUSE);
        let Some(in_hand) = self.in_hand.as_ref().filter(|in_hand| !in_hand.has_expired(now)) else {
            return just_failed.map_or(Choice::Await(Task::Fetch), |why| Choice::Fail(why.clone()));
        };
        let is_look_due = self.looked_at.is_none_or(|at| now.elapsed.since(at) >= PAUSE);
        let look = is_look_due.then_some(Task::CheckFiles);
        let was_in_vain = self.failure.is_none() && in_hand.fetch > 1 && since_fetch < RENEWED_AT_MOST_EVERY;
        if just_failed.is_some() {
            Choice::Use(in_hand.clone(), look)
        } else if self.is_refused {
            Choice::Await(if was_in_vain { Task::CheckFiles } else { Task::Fetch })
        } else if in_hand.is_old(now) {
            Choice::Use(in_hand.clone(), Some(Task::Fetch))
        } else {
            Choice::Use(in_hand.clone(), look)
        }
    }
}

impl InHand {
    /// Whether others than these were fetched meanwhile, not the same again.
    pub(super) fn is_unlike(&self, other: &Self) -> bool {
        let identity = |keys: &Self| {
            let token = keys.credentials.session_token().map(str::to_owned);
            (keys.credentials.access_key_id().to_owned(), token)
        };
        identity(self) != identity(other)
    }

    /// Whether others are to be fetched.
    fn is_old(&self, now: Now) -> bool {
        match self.left(now) {
            Some(left) => left < RENEWED_BEFORE,
            None => now.elapsed.since(self.fetched_at) >= RENEWED_AFTER,
        }
    }

    fn has_expired(&self, now: Now) -> bool {
        self.left(now).is_some_and(|left| left.is_zero())
    }

    /// How long they are good, if they have an end.
    fn left(&self, now: Now) -> Option<Duration> {
        let expiry = Timestamp::try_from(self.credentials.expiry()?).ok()?;
        Some(Duration::try_from(expiry.duration_since(now.wall)).unwrap_or_default())
    }
}
