//! Work on a file system that may never answer, each on a thread of its own.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The most threads that may hang at the same time. Each costs some kilobytes; none can be ended from outside.
pub(super) const MOST_HUNG: usize = 16;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// The thread goes on, and nobody waits for it any more.
    #[error("the file system has not answered within {} s", .0.as_secs())]
    Hangs(Duration),
    /// None of the earlier threads has come back.
    #[error(
        "the file system has not answered {MOST_HUNG} times; it is not asked again before one answer comes"
    )]
    HangsTooOften,
    /// The system has no more threads.
    #[error("no thread to read it on: {0}")]
    NoThread(#[from] io::Error),
    /// The thread ended without an answer.
    #[error("the thread that read it ended early")]
    Ended,
}

/// Runs work that may hang, and remembers what does.
///
/// The threads are not the runtime's: one that hangs must not keep the process from its end.
#[derive(Debug, Default)]
pub(super) struct Bounded {
    hung: Vec<JoinHandle<()>>,
}

impl Bounded {
    /// Does this work on a thread, and waits for it no longer than this.
    pub(super) async fn run<T: Send + 'static>(
        &mut self,
        patience: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        if self.hanging() >= MOST_HUNG {
            return Err(NoAnswer::HangsTooOften);
        }
        let (sender, answer) = oneshot::channel();
        // Nobody may be waiting for the answer any more.
        let thread =
            thread::Builder::new().name("file".to_owned()).spawn(move || drop(sender.send(work())))?;
        let Ok(answer) = timeout(patience, answer).await else {
            self.hung.push(thread);
            return Err(NoAnswer::Hangs(patience));
        };
        answer.map_err(|_| NoAnswer::Ended)
    }

    /// How many threads hang.
    pub(super) fn hanging(&mut self) -> usize {
        self.hung.retain(|thread| !thread.is_finished());
        self.hung.len()
    }
}
