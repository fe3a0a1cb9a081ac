//! What was seen too long ago: who acts late looks first, for somebody may have acted meanwhile.

use super::machine::{Machine, Turn};
use super::occurrence::Occurrence;
use super::step::Step;
use super::tolerances::STALE_AFTER;
use crate::api::{Elapsed, Now, wall_since};

/// When App Runner last said how a service stands, if it has.
#[derive(Debug, Default)]
pub(super) struct LastSeen(Option<Elapsed>);

impl LastSeen {
    /// It is seen now.
    pub(super) fn seen(&mut self, now: Elapsed) {
        self.0 = Some(now);
    }

    /// Nobody knows any more.
    fn forget(&mut self) {
        self.0 = None;
    }

    fn is_stale(&self, now: Elapsed) -> bool {
        self.0.is_none_or(|seen| now.since(seen) > STALE_AFTER)
    }
}

impl Occurrence {
    /// Whether it is so long ago that anybody saw how the service stands that somebody may have changed it.
    fn has_lost_sight(&self, now: Now) -> bool {
        wall_since(now.wall, self.transition.at) > STALE_AFTER && self.last_seen.is_stale(now.elapsed)
    }
}

impl Machine {
    /// A try that comes late is a look first. (One that only waits its turn among other calls is not late.)
    pub(super) fn look_before_a_late_try(&mut self, now: Now) {
        let Some(owed) = &mut self.owed else { return };
        if matches!(owed.step, Step::Act) && owed.has_lost_sight(now) {
            owed.step = Step::Describe;
        }
    }

    /// Time has gone by that nobody saw, and people may have done something in it. A look begins anew, and what was to
    /// be done at once is looked at first.
    pub(super) fn lose_sight(&mut self, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        owed.last_seen.forget();
        owed.lateness.may_be_awake_at(turn.now.wall);
        match owed.step {
            Step::List(_) => owed.step = Step::Describe,
            Step::Act if self.in_flight.is_none() => self.look_before_a_late_try(turn.now),
            Step::Act | Step::Describe | Step::Confirm(_) | Step::Follow(_) => {}
        }
    }
}
