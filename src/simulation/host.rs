//! The machine that the daemon runs on: its two clocks, and how they differ from the true time.

use crate::api::{Elapsed, Now};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The clocks of a host, as a function of the true time.
///
/// The wall clock is the true time and an offset, which steps and drift change. The clock of the process runs from its
/// beginning, and stands still while the host is frozen.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    offset: SignedDuration,
    began: Timestamp,
    frozen_for: Duration,
    frozen_until: Option<Timestamp>,
}

impl Host {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { offset: SignedDuration::ZERO, began: now, frozen_for: Duration::ZERO, frozen_until: None }
    }

    /// A process begins: its clock starts at zero.
    pub(crate) fn begin_process(&mut self, now: Timestamp) {
        self.began = now;
        self.frozen_for = Duration::ZERO;
    }

    /// Both clocks at this true time. Nobody reads them while the host is frozen.
    pub(crate) fn read(&self, now: Timestamp) -> Now {
        let running = Duration::try_from(now.duration_since(self.began)).unwrap_or_default();
        Now { wall: self.wall(now), elapsed: Elapsed(running.saturating_sub(self.frozen_for)) }
    }

    /// What the wall clock says at this true time.
    pub(crate) fn wall(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.offset).unwrap_or(now)
    }

    /// How far the wall clock is ahead of the true time.
    pub(crate) fn offset(&self) -> SignedDuration {
        self.offset
    }

    /// The wall clock is set, or drifts, by so much.
    pub(crate) fn step(&mut self, by: SignedDuration) {
        self.offset = self.offset.saturating_add(by);
    }

    /// The true time at which the wall clock shows this, unless it is stepped before.
    pub(crate) fn when_wall_shows(&self, wall: Timestamp) -> Timestamp {
        wall.saturating_sub(self.offset).unwrap_or(wall)
    }

    /// The true time at which the clock of the process shows this, unless the host freezes before.
    pub(crate) fn when_elapsed_shows(&self, elapsed: Elapsed) -> Timestamp {
        let since = elapsed.0.saturating_add(self.frozen_for);
        self.began.saturating_add(since).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn freeze(&mut self, until: Timestamp) {
        self.frozen_until = Some(self.frozen_until.map_or(until, |already| already.max(until)));
    }

    /// Until when the host is frozen, if it is.
    pub(crate) fn frozen_until(&self) -> Option<Timestamp> {
        self.frozen_until
    }

    /// The host runs again, after having stood still for so long.
    pub(crate) fn thaw(&mut self, slept: Duration) {
        self.frozen_until = None;
        self.frozen_for = self.frozen_for.saturating_add(slept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn a_step_moves_the_wall_clock_alone_and_a_freeze_the_clock_of_the_process_alone() {
        let begin = Timestamp::UNIX_EPOCH;
        let later = begin + 100.seconds();
        let mut host = Host::new(begin);
        host.step(SignedDuration::from_secs(-30));
        host.freeze(begin + 60.seconds());
        host.thaw(Duration::from_secs(60));
        let now = host.read(later);
        assert_eq!((now.wall, now.elapsed), (begin + 70.seconds(), Elapsed(Duration::from_secs(40))));
        assert_eq!(host.when_wall_shows(now.wall), later);
        assert_eq!(host.when_elapsed_shows(now.elapsed), later);
    }
}
