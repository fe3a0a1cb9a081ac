//! The processes that the SDK starts for a `credential_process`. It does not end them when a fetch is given up, so one that
//! hangs would be left over by every fetch.
//!
//! Only a fetch starts processes, and on its own thread, so the kernel's list of that thread's children names them all.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};

/// The name of the threads that fetch.
pub(super) const THREAD: &str = "credentials";

/// Which processes of one fetch are ended at most. A list that is longer is not one of a credential process.
const MOST_ENDED: usize = 256;

/// Ends those that this thread has started, with all that they have started.
pub(super) fn end_those_of_this_thread() {
    end_below(Path::new("/proc/thread-self"));
}

/// Ends those of every fetch that is under way: for the end of the process, which they would outlive.
pub(crate) fn end_those_of_all_fetches() {
    let fetches = threads(Path::new("/proc/self"))
        .into_iter()
        .filter(|thread| fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.trim_end() == THREAD));
    fetches.for_each(|thread| end_below(&thread));
}

/// Found first and ended then: what is left of a process that has ended is no child of anybody here.
fn end_below(thread: &Path) {
    let mut found = children(thread);
    let mut seen = 0;
    while let Some(&process) = found.get(seen).filter(|_| found.len() < MOST_ENDED) {
        let threads = threads(&PathBuf::from(format!("/proc/{}", process.as_raw_nonzero())));
        found.extend(threads.iter().flat_map(|thread| children(thread)));
        seen = seen.saturating_add(1);
    }
    for process in found {
        // One that has ended by itself is no loss.
        kill_process(process, Signal::KILL).ok();
    }
}

fn children(thread: &Path) -> Vec<Pid> {
    let list = fs::read_to_string(thread.join("children")).unwrap_or_default();
    list.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)).collect()
}

fn threads(process: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(process.join("task")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}
