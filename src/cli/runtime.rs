//! The runtime of the commands that wait for something.

use std::io;

/// One thread for the loop and one for the calls: the work is waiting.
const WORKERS: usize = 2;

/// Runs a future to its end.
pub(super) fn block_on<T, E: From<io::Error>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(WORKERS).enable_all().build()?.block_on(future)
}
