//! What is known of the daemon's wall clock, and of what kept the planner from seeing the time.

use super::tolerances::{NOT_NOTICED, NOTICED_WITHIN, RIGHT_CLOCK};
use jiff::{SignedDuration, Timestamp};
use reveille::simulation::{Observation, Trouble};

/// The daemon's wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    offset: SignedDuration,
    /// Since when it has been right.
    right_since: Option<Timestamp>,
    /// The latest that it has shown, since it was seen to go back.
    latest: Timestamp,
    /// The latest that it has ever shown.
    pub(crate) latest_ever: Timestamp,
    /// Since when no process began, no host stood still, no clock was set and no file changed.
    pub(crate) undisturbed_since: Timestamp,
    /// It was ever set back.
    pub(crate) was_set_back: bool,
    /// When it last went so far back that everything is planned anew.
    went_back_at: Timestamp,
    /// The planner has had no turn since.
    unnoticed: bool,
}

impl Default for Clock {
    /// One that was always right.
    fn default() -> Self {
        Self {
            offset: SignedDuration::ZERO,
            right_since: Some(Timestamp::MIN),
            latest: Timestamp::MIN,
            latest_ever: Timestamp::MIN,
            undisturbed_since: Timestamp::MIN,
            was_set_back: false,
            went_back_at: Timestamp::MIN,
            unnoticed: false,
        }
    }
}

impl Clock {
    /// Whether it has been right since before this instant.
    pub(crate) fn was_right_before(self, at: Timestamp) -> bool {
        self.right_since.is_some_and(|since| since < at)
    }

    /// Whether it has been right since this instant at the latest.
    pub(crate) fn was_right_at(self, at: Timestamp) -> bool {
        self.right_since.is_some_and(|since| since <= at)
    }

    /// Whether it went far back so lately that the planner may just have noticed, and given up what it was doing.
    pub(crate) fn went_far_back(self, at: Timestamp) -> bool {
        at.duration_since(self.went_back_at) <= NOTICED_WITHIN
    }

    /// It is set, or drifts, by so much; whether it went so far back that everything is planned anew.
    pub(crate) fn steps(&mut self, at: Timestamp, by: SignedDuration) -> bool {
        let shown = |offset| at.saturating_add(offset).unwrap_or(at);
        self.latest = self.latest.max(shown(self.offset));
        self.latest_ever = self.latest_ever.max(self.latest);
        self.offset = self.offset.saturating_add(by);
        let is_right = self.offset.abs() <= RIGHT_CLOCK;
        self.right_since = is_right.then(|| self.right_since.unwrap_or(at));
        self.was_set_back |= by.is_negative();
        let went_far_back = self.latest.duration_since(shown(self.offset)) > NOT_NOTICED;
        if went_far_back {
            self.latest = shown(self.offset);
            self.went_back_at = at;
            self.unnoticed = true;
        }
        went_far_back
    }

    /// Something was seen.
    pub(crate) fn see(&mut self, at: Timestamp, observation: &Observation<'_>) {
        let is_a_turn = matches!(
            observation,
            Observation::Records { .. } | Observation::Calls { .. } | Observation::Replies { .. }
        );
        if is_a_turn && std::mem::take(&mut self.unnoticed) {
            self.went_back_at = at;
        }
        if let Some(until) = disturbs(at, observation) {
            self.undisturbed_since = self.undisturbed_since.max(until);
        }
    }
}

/// Until when this keeps the planner from seeing that a morning is late.
fn disturbs(at: Timestamp, observation: &Observation<'_>) -> Option<Timestamp> {
    match observation {
        Observation::Begins { .. } | Observation::Reloads { .. } | Observation::ClockSteps { .. } => Some(at),
        Observation::Stops { until } => Some(*until),
        Observation::Other { trouble: Trouble::Freeze(duration) } => at.saturating_add(*duration).ok(),
        _ => None,
    }
}
