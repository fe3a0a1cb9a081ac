//! The one reader of the clocks: the wall clock, and the monotonic clock of the runtime's timers.

use crate::api::{Elapsed, Now};
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// The farthest instant that is asked of the runtime's timers: thirty years, which no process sees.
const TIMERS_REACH: Duration = Duration::from_secs(30 * 366 * 86_400);

/// Both clocks of the process. Every copy counts from the same beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
}

impl Clock {
    /// A clock that counts from now.
    pub(crate) fn new() -> Self {
        Self { began: monotonic() }
    }

    pub(crate) fn now(&self) -> Now {
        Now { wall: wall(), elapsed: Elapsed(monotonic().saturating_duration_since(self.began)) }
    }

    /// The instant of the runtime's timers at which this much time will have passed.
    pub(crate) fn instant(&self, elapsed: Elapsed) -> Instant {
        let reach = elapsed.0.min(TIMERS_REACH);
        self.began.checked_add(reach).unwrap_or(self.began)
    }
}

/// What the wall clock says.
#[expect(clippy::disallowed_methods, reason = "this file is the one reader of the wall clock")]
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// A seed that differs from one process to the next: of the jitter, and of the emulator's ids, which a ledger that
/// outlives the emulator must not meet twice.
pub fn seed() -> u64 {
    let bytes = wall().as_nanosecond().to_le_bytes();
    let nanoseconds = bytes.iter().take(8).rev().fold(0, |seed, byte| (seed << 8) | u64::from(*byte));
    nanoseconds ^ (u64::from(std::process::id()) << 32)
}

#[expect(clippy::disallowed_methods, reason = "this file is the one reader of the monotonic clock")]
fn monotonic() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn elapsed_time_is_the_time_of_the_runtimes_timers() {
        let clock = Clock::new();
        assert_eq!(clock.now().elapsed, Elapsed::default());

        let deadline = Elapsed(Duration::from_millis(1500));
        tokio::time::sleep_until(clock.instant(deadline)).await;
        assert_eq!(clock.now().elapsed, deadline);
    }

    #[tokio::test]
    async fn a_deadline_beyond_all_time_is_far_in_the_future() {
        let clock = Clock::new();
        assert_eq!(clock.instant(Elapsed(Duration::MAX)), clock.instant(Elapsed(TIMERS_REACH)));
        assert!(clock.instant(Elapsed(Duration::MAX)) > clock.instant(Elapsed(TIMERS_REACH / 2)));
    }
}
