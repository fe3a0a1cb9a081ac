//! How many files the process may have open: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::num::NonZeroU32;

/// Files besides the connections: the ledger, the log, the files that are followed, name look-ups.
const BESIDES: u64 = 256;

/// Raises the limit to what so many connections need, as far as the system allows.
pub(super) fn allow(connections: NonZeroU32) {
    let needed = u64::from(connections.get()).saturating_add(BESIDES);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return;
    }
    let allowed = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), ..limit });
    if allowed < needed || raised.is_err() {
        tracing::warn!(
            needed,
            allowed = limit.maximum,
            "the system allows too few open files (RLIMIT_NOFILE) for [daemon] connections; calls may fail"
        );
    }
}
