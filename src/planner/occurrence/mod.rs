//! One occurrence that is owed: a service's copy of a transition, from its instant to its end.

mod attempts;
mod busy;
mod catch_up;
mod doubts;
mod last_seen;
mod lateness;
mod step;

use super::change::State;
use super::told::{Alert, Told};
use super::tolerances::STALE_AFTER;
use crate::api::{Action, Now, wall_since};
use crate::schedule::Transition;
pub(super) use attempts::{Attempts, MOST_CALLS, MOST_OPERATIONS};
use busy::BusyWait;
pub(super) use catch_up::CatchUpWindow;
pub(super) use doubts::Doubts;
use jiff::{SignedDuration, Timestamp};
use last_seen::LastSeen;
use lateness::Lateness;
use std::time::Duration;
pub(super) use step::{Following, Listing, MOST_PAGES, Step};

/// An occurrence that has not ended.
#[derive(Debug)]
pub(super) struct Occurrence {
    pub(super) transition: Transition,
    pub(super) state: State,
    pub(super) step: Step,
    pub(super) window: CatchUpWindow,
    pub(super) attempts: Attempts,
    pub(super) doubts: Doubts,
    pub(super) busy: BusyWait,
    pub(super) last_seen: LastSeen,
    pub(super) lateness: Lateness,
    pub(super) told: Told,
    /// What App Runner refused it with, to be told with the next change.
    pub(super) refused_with: Option<String>,
    /// What went wrong last.
    pub(super) last_error: Option<String>,
}

impl Occurrence {
    /// One that is taken up at this wall time.
    pub(super) fn new(transition: Transition, catch_up: Duration, step: Step, wall: Timestamp) -> Self {
        Self {
            transition,
            state: State::Due,
            step,
            window: CatchUpWindow::of(transition, catch_up),
            attempts: Attempts::default(),
            doubts: Doubts::at(transition.at),
            busy: BusyWait::default(),
            last_seen: LastSeen::default(),
            lateness: Lateness::of(transition.at, wall),
            told: Told::default(),
            refused_with: None,
            last_error: None,
        }
    }

    /// It takes the place of one that was not done. A resume that another succeeds has left the service asleep since: it
    /// is as late as that one, and what was told of that one is not told again.
    pub(super) fn succeed(&mut self, before: &Self) {
        if (self.transition.action, before.transition.action) == (Action::Resume, Action::Resume) {
            self.lateness = before.lateness;
            self.told = before.told;
        }
    }

    /// When somebody is to be told that it is late, if they have not been.
    pub(super) fn tells_late_at(&self) -> Option<Timestamp> {
        let waits = self.transition.action == Action::Resume && !self.told.has(Alert::Late);
        waits.then_some(self.lateness.late_from())
    }

    /// Whether no call can have had an effect that is still to be seen.
    pub(super) fn has_begun_nothing(&self) -> bool {
        self.step.operation().is_none() && self.doubts.are_none()
    }

    /// Whether it is so long ago that anybody saw how the service stands that somebody may have changed it.
    pub(super) fn has_lost_sight(&self, now: Now) -> bool {
        wall_since(now.wall, self.transition.at) > STALE_AFTER && self.last_seen.is_stale(now.elapsed)
    }

    /// What the next process has to look into, should this one end now, and since when: a call without an outcome, or an
    /// operation that is followed.
    pub(super) fn in_doubt_since(&self, now: Now) -> Option<Timestamp> {
        let Step::Follow(following) = &self.step else {
            let confirms = self.state == State::BackingOff && self.step.operation().is_some();
            let confirms_since = confirms.then(|| self.doubts.acted_at().unwrap_or(self.transition.at));
            return self.doubts.unsure_since().or(confirms_since);
        };
        let age = SignedDuration::try_from(following.age(now.elapsed)).unwrap_or_default();
        Some(now.wall.saturating_sub(age).unwrap_or(now.wall))
    }
}
