//! How fast and how evenly the world goes, apart from any trouble.

use crate::emulator::{Already, OperationTimes, Settings};
use jiff::SignedDuration;
use std::time::Duration;

/// How long the daemon waits for a reply before it gives a call up, as the real client does.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// How long things take in a world.
#[derive(Debug, Clone)]
pub struct Timing {
    /// How long an operation takes, at least and at most.
    pub operation: (Duration, Duration),
    /// How many operations in a thousand take far longer.
    pub stuck_per_mille: u32,
    /// How long those take.
    pub stuck_for: Duration,
    /// How long a request or a reply is on its way, at most. With nothing, a request arrives at once.
    pub way: Duration,
    /// How many requests in a thousand are on their way for so long that they are given up before they arrive.
    pub lost_per_mille: u32,
    /// How late the daemon wakes, at most.
    pub oversleeps: Duration,
    /// How long a new operation is missing in the list.
    pub listed_late_by: Duration,
    /// What App Runner answers when a service is in that state already.
    pub already: Already,
}

impl Default for Timing {
    /// An App Runner on a good day, as it is reported: operations of about a minute, replies within 80 ms.
    fn default() -> Self {
        Self {
            operation: (Duration::from_secs(45), Duration::from_secs(90)),
            stuck_per_mille: 0,
            stuck_for: Duration::ZERO,
            way: Duration::ZERO,
            lost_per_mille: 0,
            oversleeps: Duration::ZERO,
            listed_late_by: Duration::ZERO,
            already: Already::default(),
        }
    }
}

/// How long the reply takes where requests arrive at once.
const REPLY_ON_A_GOOD_DAY: Duration = Duration::from_millis(80);

/// How long a request that is given up may still be on its way.
const LATEST_ARRIVAL: Duration = Duration::from_secs(45);

impl Timing {
    /// The settings of the emulated App Runner.
    pub(crate) fn settings(&self) -> Settings {
        Settings { listed_late_by: self.listed_late_by, already: self.already, ..Settings::default() }
    }

    /// The same without what goes wrong, so that every morning can come.
    pub(crate) fn without_faults(&self) -> Self {
        Self { stuck_per_mille: 0, lost_per_mille: 0, ..self.clone() }
    }

    /// How long the next operation takes.
    pub(crate) fn operation_times(&self, rng: &mut fastrand::Rng) -> OperationTimes {
        if happens(self.stuck_per_mille, rng) {
            return OperationTimes::of(self.stuck_for);
        }
        let (shortest, longest) = self.operation;
        OperationTimes::of(shortest.saturating_add(part_of(longest.saturating_sub(shortest), rng)))
    }

    /// How long a request is on its way, and its reply.
    pub(crate) fn ways(&self, rng: &mut fastrand::Rng) -> (Duration, Duration) {
        if self.way.is_zero() {
            return (Duration::ZERO, REPLY_ON_A_GOOD_DAY);
        }
        if happens(self.lost_per_mille, rng) {
            let lost = LATEST_ARRIVAL.saturating_sub(REQUEST_TIMEOUT);
            return (REQUEST_TIMEOUT.saturating_add(part_of(lost, rng)), Duration::ZERO);
        }
        (part_of(self.way, rng), part_of(self.way, rng))
    }

    /// How late the daemon wakes this time.
    pub(crate) fn oversleeps(&self, rng: &mut fastrand::Rng) -> SignedDuration {
        SignedDuration::try_from(part_of(self.oversleeps, rng)).unwrap_or_default()
    }
}

fn happens(per_mille: u32, rng: &mut fastrand::Rng) -> bool {
    per_mille > 0 && rng.u32(..1000) < per_mille
}

/// A random part of a duration, in whole milliseconds, so that it is the same on every machine.
pub fn part_of(whole: Duration, rng: &mut fastrand::Rng) -> Duration {
    let millis = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(rng.u64(..=millis))
}
