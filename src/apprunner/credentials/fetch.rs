//! The thread's side: looks at the files, and fetches keys. All that may block is here.

use super::problem::problem;
use super::{InHand, Keyring, Stamp, State, children};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use std::fs::File;
use std::io::{Read, sink};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// No more is read of a file to learn whether it hangs.
const MOST_READ: u64 = 1024 * 1024;

/// Processes that were ended are waited for so long, so that nothing is left of them.
const END_AWAITED: Duration = Duration::from_secs(1);

impl Keyring {
    /// Does what a job is for, on a thread of its own.
    pub(super) fn work(self: &Arc<Self>, job: u64) {
        let stamps: Vec<Stamp> = self.each_file(job, stamp);
        if self.is_to_fetch(job, &stamps) {
            // The SDK will read them as well, but does not say which of them hangs.
            self.each_file(job, read);
            let fetched = self.fetch();
            self.settle(job, stamps, fetched);
            self.lock().end(job);
        }
        self.ended.send_replace(());
    }

    /// Whether there is anything to fetch. If not, the job ends in the same moment: who wants keys from then on begins
    /// another.
    fn is_to_fetch(&self, job: u64, stamps: &[Stamp]) -> bool {
        let mut state = self.lock();
        let has_changed = state.files.as_deref() != Some(stamps);
        if state.is_wanted || has_changed {
            return true;
        }
        state.end(job);
        false
    }

    /// Does this with each file, one after the other, and has it noted on which it is.
    fn each_file<T>(&self, job: u64, what: impl Fn(&Path) -> T) -> Vec<T> {
        let at = |file: Option<&Path>| {
            if let Some(job) = self.lock().job.as_mut().filter(|now| now.number == job) {
                job.file = file.map(Path::to_owned);
            }
        };
        let done = self.files.iter().map(|file| {
            at(Some(file));
            what(file)
        });
        let done = done.collect();
        at(None);
        done
    }

    fn fetch(&self) -> Result<Credentials, CredentialsError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(CredentialsError::provider_error)?;
        let fetched = runtime.block_on(async {
            let mut credentials = pin!(async { (self.build)().await.provide_credentials().await });
            let fetched = timeout(self.timeout_of_a_fetch, &mut credentials).await;
            if fetched.is_err() {
                children::end_those_of_this_thread();
                drop(timeout(END_AWAITED, credentials).await);
                // The chain may have begun another.
                children::end_those_of_this_thread();
            }
            fetched
        });
        // A look-up of a name may hang, and would be waited for.
        runtime.shutdown_background();
        fetched.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(self.timeout_of_a_fetch)))
    }

    fn settle(&self, job: u64, stamps: Vec<Stamp>, fetched: Result<Credentials, CredentialsError>) {
        if job < self.lock().newest {
            return;
        }
        match fetched {
            Ok(credentials) => self.put(job, credentials),
            Err(error) => self.failed(&problem(&error), false),
        }
        self.lock().files = Some(stamps);
    }

    fn put(&self, job: u64, credentials: Credentials) {
        let mut state = self.lock();
        let fetched_at = self.now().elapsed;
        let fetch = state.in_hand.as_ref().map_or(1, |in_hand| in_hand.fetch.saturating_add(1));
        state.in_hand = Some(InHand { credentials, fetched_at, fetch });
        state.newest = job;
        state.fetched_at = Some(fetched_at);
        state.is_refused = false;
        state.failure = None;
        if std::mem::take(&mut state.missing_is_reported) {
            tracing::info!("AWS credentials found");
        }
        if std::mem::take(&mut state.hanging_is_reported) {
            tracing::info!("AWS credentials can be renewed again");
        }
    }
}

impl State {
    /// A job has ended.
    pub(super) fn end(&mut self, job: u64) {
        if self.job.as_ref().is_some_and(|now| now.number == job) {
            self.job = None;
            self.is_wanted = false;
        } else {
            self.hanging = self.hanging.saturating_sub(1);
        }
    }
}

fn stamp(path: &Path) -> Stamp {
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino(), file.mtime(), file.mtime_nsec(), file.size()))
}

/// Reads a file for nothing but to have read it: what is wrong with it is for the SDK to find.
fn read(path: &Path) {
    if let Ok(file) = File::open(path) {
        drop(std::io::copy(&mut file.take(MOST_READ), &mut sink()));
    }
}
