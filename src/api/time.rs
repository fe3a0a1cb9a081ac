//! The time as it is passed to the planner: two clocks that must not be mixed.

use jiff::Timestamp;
use std::time::Duration;

/// A reading of both clocks, taken at one moment by the shell.
///
/// Transitions and catch-up windows are on the wall clock, which people mean and which NTP may step. Retries, polls
/// and ages are on the elapsed clock, so that a step of the wall clock neither delays a retry nor hurries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// What the wall clock says.
    pub wall: Timestamp,
    /// How long the process has been running.
    pub elapsed: Elapsed,
}

impl Now {
    /// How long ago `earlier` was, by the clock that says more: one stands still while the host sleeps, the other may
    /// have been set back.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        wall_since(self.wall, earlier.wall).max(self.elapsed.since(earlier.elapsed))
    }
}

/// Time since the process began, on a clock that is never stepped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Elapsed(pub Duration);

impl Elapsed {
    /// This much later, but no later than this type can tell.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    /// This much earlier, but not before the process began.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }

    /// How long ago `earlier` was; zero if it is yet to come.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// How long after `earlier` the wall clock stands at `later`; zero if it stands before.
pub(crate) fn wall_since(later: Timestamp, earlier: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or(Duration::ZERO)
}
