//! What has to be true for an occurrence to end as it does.

use super::clock::Clock;
use super::owed::MOST_OPERATIONS;
use super::record::MOST_ATTEMPTS;
use super::watched::{Claim, Watched};
use jiff::Timestamp;
use reveille::api::{Action, Now, ServiceStatus};
use reveille::planner::{Change, Ending};
use reveille::schedule::Transition;

impl Watched {
    /// Whether an ending has a reason.
    pub(crate) fn has_reason(
        &mut self,
        at: Timestamp,
        ending: Ending,
        change: &Change,
        now: Now,
        clock: Clock,
    ) -> Result<(), String> {
        let transition = Transition { at: change.scheduled, action: change.action };
        let what = format!("the {} of {} is {}", change.action, change.scheduled, change.to);
        match ending {
            Ending::Succeeded => {
                let Some(id) = change.operation.clone() else {
                    return Err(format!("{what} without an operation"));
                };
                self.claims.push(Claim::Did { id, action: change.action, at });
                if !self.stood.lately(at, &ServiceStatus::after(change.action)) {
                    return Err(format!("{what}, but the service was not in that state"));
                }
                Ok(())
            }
            Ending::Already if self.stood.lately(at, &ServiceStatus::after(change.action)) => Ok(()),
            Ending::Already => Err(format!("{what}, but the service was not in that state")),
            Ending::OverriddenByUser if self.was_overruled(transition, at, clock) => Ok(()),
            Ending::OverriddenByUser => Err(format!("{what}, but nobody else did the opposite")),
            Ending::Superseded if clock.went_far_back(at) || self.files.ask_for_another(transition, now) => {
                Ok(())
            }
            Ending::Superseded => Err(format!("{what}, but nothing came first")),
            Ending::Expired if self.files.window_has_closed(transition, now) => Ok(()),
            Ending::Expired => Err(format!("{what}, but its window was open")),
            Ending::Failed if self.hopeless || change.failed_operations >= MOST_OPERATIONS => Ok(()),
            Ending::Failed if self.stood.is_beyond_help() || change.attempt >= MOST_ATTEMPTS => Ok(()),
            Ending::Failed => Err(format!("{what}, but it could have been tried again")),
        }
    }

    /// Whether somebody else began the opposite after the instant; whom to blame while the clock is wrong is unclear.
    fn was_overruled(&self, transition: Transition, at: Timestamp, clock: Clock) -> bool {
        let by_an_earlier_file = self.knew_nothing && self.files.were_edited();
        // A process knows the last operation of the one before, and no others: an end that an edit puts before them waits
        // for the next. (A beginning never does.)
        let by_an_earlier_process = transition.action == Action::Pause
            && self.record.before_the_end().is_some()
            && self.files.were_edited();
        let clock_was_right = clock.was_right_at(transition.at);
        by_an_earlier_file
            || by_an_earlier_process
            || !clock_was_right
            || self.people.overruled(transition, at)
    }
}
