//! Credentials for as long as the process runs: fetched anew when they expire, when AWS refuses them, and when the files
//! that they come from change.
//!
//! The SDK reads a profile once for each process, so keys that a tool renews every hour, or that are put in place after
//! the start, would never be used. Here every fetch builds the whole chain anew. Of many calls one fetches and the others
//! wait for it; and a fetch that yields nothing takes working keys from nobody.

use super::classify;
use crate::clock::{self, Clock};
use crate::planner::Elapsed;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use jiff::Timestamp;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Keys that expire are renewed so long before, as the SDKs do.
const RENEWED_BEFORE: Duration = Duration::from_mins(5);

/// Keys that name no end are fetched again after this long, as the SDKs do.
const RENEWED_AFTER: Duration = Duration::from_mins(15);

/// The files are looked at no more often, and a fetch that failed is not made again sooner.
const PAUSE: Duration = Duration::from_secs(1);

/// After a refusal the keys are fetched anew no more often: what refuses may not be about the keys at all.
const RENEWED_AT_MOST_EVERY: Duration = Duration::from_secs(5);

/// A fetch waits no longer to learn which files it begins with. A home folder on a network file system may hang.
const FILES_AWAITED: Duration = Duration::from_secs(1);

/// Builds the chain of sources.
pub(super) type Build =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = SharedCredentialsProvider> + Send>> + Send + Sync>;

/// The credentials in hand, and the way to others.
pub(super) struct Keyring {
    build: Build,
    files: Vec<PathBuf>,
    patience: Duration,
    clock: Clock,
    state: Mutex<State>,
    /// Held by the one that fetches.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    in_hand: Option<InHand>,
    /// How many times keys were fetched.
    fetches: u64,
    /// AWS has refused those in hand.
    is_refused: bool,
    /// When a fetch last ended, and what it failed with.
    fetched_at: Option<Elapsed>,
    failure: Option<String>,
    /// The files as they were before the last fetch.
    files: Option<Vec<Stamp>>,
    /// The files are being looked at, or were at this time.
    looked_at: Option<Elapsed>,
    is_looking: bool,
    told_missing: bool,
}

#[derive(Debug, Clone)]
struct InHand {
    credentials: Credentials,
    fetched_at: Elapsed,
}

/// Which file it is, and which version; nothing where there is none.
type Stamp = Option<(u64, u64, i64, i64, u64)>;

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("files", &self.files).finish_non_exhaustive()
    }
}

/// A keyring as the SDK takes it.
#[derive(Debug, Clone)]
pub(super) struct Keys(pub(super) Arc<Keyring>);

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.0.credentials())
    }
}

impl Keyring {
    /// Keys of the chain that is built, which reads these files.
    pub(super) fn new(build: Build, files: Vec<PathBuf>, patience: Duration) -> Arc<Self> {
        Arc::new(Self {
            build,
            files,
            patience,
            clock: Clock::new(),
            state: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        })
    }

    /// How many times keys were fetched: tells which a call was signed with.
    pub(super) fn fetches(&self) -> u64 {
        self.lock().fetches
    }

    /// AWS refused a call that was signed with the keys of this fetch, for what they are.
    pub(super) fn refused(&self, fetch: u64) {
        let mut state = self.lock();
        state.is_refused |= state.fetches == fetch;
    }

    /// What the next request is signed with.
    ///
    /// # Errors
    ///
    /// When there are none in hand, and none can be fetched.
    pub(super) async fn credentials(self: &Arc<Self>) -> Result<Credentials, CredentialsError> {
        self.look_at_the_files();
        if let Some(usable) = self.usable() {
            return Ok(usable);
        }
        match timeout(self.patience, self.renew(false)).await {
            Ok(fetched) => fetched,
            Err(_) => self.after_a_failure(CredentialsError::provider_timed_out(self.patience)),
        }
    }

    /// Those in hand, unless others are to be fetched first.
    fn usable(&self) -> Option<Credentials> {
        let state = self.lock();
        let now = self.clock.now().elapsed;
        let since_fetch = state.fetched_at.map_or(Duration::MAX, |at| now.since(at));
        let in_hand = state.in_hand.as_ref()?;
        let waits = match state.failure {
            Some(_) => since_fetch < PAUSE,
            None => state.is_refused && since_fetch < RENEWED_AT_MOST_EVERY && state.fetches > 1,
        };
        let is_due = state.is_refused || in_hand.is_old(now);
        (!is_due || (waits && !in_hand.has_expired())).then(|| in_hand.credentials.clone())
    }

    /// Fetches keys; of several who ask at once, one does. `anew` fetches them although those in hand are good.
    async fn renew(self: &Arc<Self>, anew: bool) -> Result<Credentials, CredentialsError> {
        let before = self.lock().fetched_at;
        let _turn = self.fetching.lock().await;
        let was_fetched_meanwhile = self.lock().fetched_at != before;
        if !anew || was_fetched_meanwhile {
            if let Some(usable) = self.usable() {
                return Ok(usable);
            }
            if let Some(failure) = self.failed_just_now() {
                return Err(CredentialsError::not_loaded(failure));
            }
        }
        let files = timeout(FILES_AWAITED, self.stamps()).await.ok();
        let fetched = (self.build)().await.provide_credentials().await;
        let now = self.clock.now().elapsed;
        {
            let mut state = self.lock();
            state.fetched_at = Some(now);
            state.files = files;
        }
        match fetched {
            Ok(credentials) => {
                self.put(credentials.clone(), now);
                Ok(credentials)
            }
            Err(error) => self.after_a_failure(error),
        }
    }

    fn put(&self, credentials: Credentials, now: Elapsed) {
        let mut state = self.lock();
        state.in_hand = Some(InHand { credentials, fetched_at: now });
        state.fetches = state.fetches.saturating_add(1);
        state.is_refused = false;
        state.failure = None;
        if std::mem::take(&mut state.told_missing) {
            tracing::info!("there are AWS credentials now");
        }
    }

    /// A fetch yielded nothing: those in hand are used on, if they may still be good.
    fn after_a_failure(&self, error: CredentialsError) -> Result<Credentials, CredentialsError> {
        let mut state = self.lock();
        let problem = problem(&error);
        let in_hand = state.in_hand.as_ref().filter(|in_hand| !in_hand.has_expired());
        let in_hand = in_hand.map(|in_hand| in_hand.credentials.clone());
        let is_news = state.failure.replace(problem.clone()).is_none();
        state.fetched_at = Some(self.clock.now().elapsed);
        if let Some(credentials) = in_hand {
            if is_news {
                tracing::warn!(
                    error = problem,
                    "AWS credentials could not be renewed; those in hand are used on"
                );
            }
            return Ok(credentials);
        }
        if !std::mem::replace(&mut state.told_missing, true) {
            tracing::error!(error = problem, "no AWS credentials found; each call will look for them again");
        }
        Err(error)
    }

    /// What a fetch a moment ago failed with.
    fn failed_just_now(&self) -> Option<String> {
        let state = self.lock();
        let since = state.fetched_at.map(|at| self.clock.now().elapsed.since(at))?;
        state.failure.clone().filter(|_| since < PAUSE)
    }

    /// Looks in the background whether the files have changed, and fetches what they have now. Nobody waits for it.
    fn look_at_the_files(self: &Arc<Self>) {
        let now = self.clock.now().elapsed;
        {
            let mut state = self.lock();
            let is_early = state.looked_at.is_some_and(|at| now.since(at) < PAUSE);
            if state.is_looking || is_early || state.files.is_none() {
                return;
            }
            (state.is_looking, state.looked_at) = (true, Some(now));
        }
        let keyring = Arc::clone(self);
        tokio::spawn(async move {
            let stamps = keyring.stamps().await;
            let has_changed = keyring.lock().files.as_ref().is_some_and(|known| *known != stamps);
            if has_changed {
                // What it failed with is told there, and the keys in hand stay.
                timeout(keyring.patience, keyring.renew(true)).await.ok();
            }
            keyring.lock().is_looking = false;
        });
    }

    async fn stamps(&self) -> Vec<Stamp> {
        let files = self.files.clone();
        let looked = tokio::task::spawn_blocking(move || files.iter().map(stamp).collect());
        looked.await.unwrap_or_default()
    }

    /// Nothing is left half done under the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamp(path: &PathBuf) -> Stamp {
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino(), file.mtime(), file.mtime_nsec(), file.size()))
}

impl InHand {
    /// Whether others are to be fetched.
    fn is_old(&self, now: Elapsed) -> bool {
        match self.left() {
            Some(left) => left < RENEWED_BEFORE,
            None => now.since(self.fetched_at) >= RENEWED_AFTER,
        }
    }

    fn has_expired(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// How long they are good, if they have an end.
    fn left(&self) -> Option<Duration> {
        let expiry = Timestamp::try_from(self.credentials.expiry()?).ok()?;
        Some(Duration::try_from(expiry.duration_since(clock::wall())).unwrap_or_default())
    }
}

/// What to do about it, whatever is wrong.
const WAY_OUT: &str = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine or the container \
                       a role";

/// Why there are no credentials, in a sentence.
pub(super) fn problem(error: &CredentialsError) -> String {
    let text = classify::text(error);
    // Who waited for another's fetch is told the same.
    if let Some(at) = text.find("no AWS credentials") {
        return text.get(at..).unwrap_or_default().to_owned();
    }
    match error {
        CredentialsError::CredentialsNotLoaded(_) => match missing_profile(&text) {
            Some(name) => format!("no AWS credentials found: there is no profile `{name}`; {WAY_OUT}"),
            None => format!("no AWS credentials found; {WAY_OUT}"),
        },
        _ => format!("no AWS credentials: {text}; {WAY_OUT}"),
    }
}

/// The profile that was asked for by name and is in no file, in the SDK's words.
fn missing_profile(text: &str) -> Option<&str> {
    let (before, _) = text.split_once("` was not defined")?;
    let (_, name) = before.rsplit_once("profile `")?;
    (name != "default").then_some(name)
}
