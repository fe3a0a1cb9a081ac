//! What has to be true for an occurrence to end as it does.

use super::Clock;
use super::end::IN_GOOD_TIME;
use super::watched::{Claim, MOST_ATTEMPTS, MOST_OPERATIONS, Stranger, Watched, window};
use jiff::{SignedDuration, Timestamp};
use reveille::api::{Action, Now, ServiceStatus};
use reveille::config::{OnManualChange, Service};
use reveille::planner::{Change, Ending, Severity, State};
use reveille::schedule::Transition;

/// A pause that is later than this may be left out, for the sake of a resume that is near.
const LATE: SignedDuration = SignedDuration::from_secs(60);

/// How long a reply may have been on its way before it was handed in.
const HEARSAY: SignedDuration = SignedDuration::from_secs(60);

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
                if !self.stood_lately(at, &ServiceStatus::after(change.action)) {
                    return Err(format!("{what}, but the service was not in that state"));
                }
                Ok(())
            }
            Ending::Already if self.stood_lately(at, &ServiceStatus::after(change.action)) => Ok(()),
            Ending::Already => Err(format!("{what}, but the service was not in that state")),
            Ending::OverriddenByUser if self.was_overruled(transition, at, clock) => Ok(()),
            Ending::OverriddenByUser => Err(format!("{what}, but nobody else did the opposite")),
            Ending::Superseded if self.came_first(transition, at, now, clock) => Ok(()),
            Ending::Superseded => Err(format!("{what}, but nothing came first")),
            Ending::Expired if self.window_has_closed(transition, now) => Ok(()),
            Ending::Expired => Err(format!("{what}, but its window was open")),
            Ending::Failed if self.hopeless || change.failed_operations >= MOST_OPERATIONS => Ok(()),
            Ending::Failed if self.is_beyond_help() || change.attempt >= MOST_ATTEMPTS => Ok(()),
            Ending::Failed => Err(format!("{what}, but it could have been tried again")),
        }
    }

    /// Whether somebody learns of a resume that was given up although it could be tried. Where another takes its place, it
    /// is enough that somebody learns of that one.
    pub(crate) fn is_severe_enough(
        &mut self,
        transition: Transition,
        ending: Ending,
        change: &Change,
    ) -> Result<(), String> {
        if transition.action == Action::Pause || change.severity == Severity::Error {
            return Ok(());
        }
        match ending {
            Ending::Failed | Ending::Expired => {
                Err(format!("the resume of {} is {}, and that is no error", change.scheduled, change.to))
            }
            Ending::Superseded => {
                let is_tried = matches!(change.from, State::Calling | State::BackingOff | State::Waiting);
                self.gave_way = Some(transition).filter(|_| is_tried);
                Ok(())
            }
            Ending::Succeeded | Ending::Already | Ending::OverriddenByUser => Ok(()),
        }
    }

    fn stood_lately(&self, at: Timestamp, status: &ServiceStatus) -> bool {
        let mut until = at;
        for (since, stood) in self.stood.iter().rev() {
            if at.duration_since(until) > HEARSAY {
                return false;
            }
            if stood == status {
                return true;
            }
            until = *since;
        }
        false
    }

    /// Whether somebody else began the opposite after the instant; whom to blame while the clock is wrong is unclear.
    fn was_overruled(&self, transition: Transition, at: Timestamp, clock: Clock) -> bool {
        let opposite = Some(transition.action.opposite());
        let after = |stranger: &Stranger| {
            stranger.action == opposite && stranger.at >= transition.at && stranger.at <= at
        };
        let by_an_earlier_file = self.knew_nothing && !self.former.is_empty();
        // A process knows the last operation of the one before, and no others: an end that an edit puts before them waits
        // for the next. (A beginning never does.)
        let by_an_earlier_process = transition.action == Action::Pause
            && self.row_before_the_end.is_some()
            && !self.former.is_empty();
        let clock_was_right = clock.right_since.is_some_and(|since| since <= transition.at);
        by_an_earlier_file || by_an_earlier_process || !clock_was_right || self.strangers.iter().any(after)
    }

    fn came_first(&self, transition: Transition, at: Timestamp, now: Now, clock: Clock) -> bool {
        let of = |service: &Service| {
            let enforced = service.on_manual_change == OnManualChange::Enforce;
            let latest = service.schedule.latest_at(now.wall);
            // The hours of another file last on beyond the end that was due.
            let lasts_on = transition.action == Action::Pause
                && latest.is_some_and(|latest| latest.action == Action::Resume);
            let is_later = latest.is_some_and(|latest| latest.at >= transition.at && latest != transition);
            enforced || lasts_on || is_later
        };
        // A pause of a service that has left the file is left undone.
        let has_left = self.service.is_none() && transition.action == Action::Pause;
        clock.went_far_back(at) || has_left || self.service.as_ref().is_some_and(of)
    }

    fn window_has_closed(&self, transition: Transition, now: Now) -> bool {
        let Some(service) = self.service.as_ref().or(self.former.last()) else { return false };
        let late = now.wall.duration_since(transition.at);
        let next = || service.schedule.after(now.wall.max(transition.at)).next();
        let would_delay = transition.action == Action::Pause
            && late >= LATE
            && next().is_some_and(|next| {
                next.action == Action::Resume && next.at.duration_since(now.wall) <= IN_GOOD_TIME
            });
        !late.is_negative() && (would_delay || late.unsigned_abs() >= window(service, transition.action))
    }
}
