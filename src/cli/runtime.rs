//! The runtime of the commands that wait for something.

use std::io;
use tokio::runtime::{Builder, Runtime};

/// One thread for the loop and one for the calls: the work is waiting.
const WORKERS: usize = 2;

/// Runs a future to its end.
pub(super) fn block_on<T, E: From<io::Error>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    run_to_end(Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?, future)
}

/// Runs a future to its end, and waits for nothing else: name look-ups and reads of a network file system block a
/// thread for as long as they like, and dropping a runtime would wait for each of them.
pub(super) fn run_to_end<T>(runtime: Runtime, future: impl Future<Output = T>) -> T {
    let output = runtime.block_on(future);
    runtime.shutdown_background();
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    /// No test waits longer: it is a limit for a broken program, not a measure of a slow one.
    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn what_blocks_a_thread_is_not_waited_for_at_the_end() {
        let (release, stuck) = channel::<()>();
        let (tell, ended) = channel();
        thread::spawn(move || {
            let outcome = block_on(async move {
                let begun = tokio::sync::oneshot::channel();
                tokio::task::spawn_blocking(move || {
                    begun.0.send(()).unwrap();
                    stuck.recv()
                });
                begun.1.await.unwrap();
                Ok::<_, io::Error>("done")
            });
            tell.send(outcome.unwrap()).unwrap();
        });
        assert_eq!(ended.recv_timeout(PATIENCE), Ok("done"));
        // It was stuck all the while: somebody still listens.
        release.send(()).unwrap();
    }
}
