//! How often a service is looked at whose schedule is enforced, and what was told of it.

use crate::api::Action;
use crate::planner::change::Ending;
use crate::planner::told::{Alert, Told};
use std::time::Duration;

/// How often a service whose schedule is enforced is looked at while its hours last.
const ENFORCED_EVERY: Duration = Duration::from_mins(5);

/// The widest gap between looks at a service that cannot be kept awake, or is beyond help: its operations cost money.
const ENFORCED_AT_LEAST_EVERY: Duration = Duration::from_hours(4);

/// How the enforcing of a schedule goes.
#[derive(Debug, Default)]
pub(in crate::planner) struct Enforcing {
    /// Resumes in a row that did not succeed.
    failed: u32,
    pub(in crate::planner) told: Told,
}

impl Enforcing {
    /// An occurrence ended so. Only a service that was seen awake is looked at as often as before: where the catch-up
    /// window is short, what fails all the time ends as expired.
    pub(in crate::planner) fn ended(&mut self, action: Action, ending: Ending) {
        match ending {
            Ending::Succeeded | Ending::Already => self.failed = 0,
            Ending::Failed | Ending::Expired if action == Action::Resume => {
                self.failed = self.failed.saturating_add(1);
            }
            Ending::Failed | Ending::Expired | Ending::Superseded | Ending::OverriddenByUser => {}
        }
    }

    /// How long until the next look. It doubles with each occurrence that fails.
    pub(in crate::planner) fn gap(&self) -> Duration {
        if self.told.has(Alert::Lost) {
            return ENFORCED_AT_LEAST_EVERY;
        }
        ENFORCED_EVERY.saturating_mul(1 << self.failed.min(8)).min(ENFORCED_AT_LEAST_EVERY)
    }
}
