//! How long a service's operations take, learned from those that were followed.

use crate::api::{Action, DurationEstimate};

/// How long a service's operations take.
#[derive(Debug, Default)]
pub(in crate::planner) struct Estimates {
    resume: DurationEstimate,
    pause: DurationEstimate,
}

impl Estimates {
    pub(in crate::planner) fn of(&mut self, action: Action) -> &mut DurationEstimate {
        match action {
            Action::Resume => &mut self.resume,
            Action::Pause => &mut self.pause,
        }
    }
}
