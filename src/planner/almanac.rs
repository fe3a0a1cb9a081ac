//! What the schedules were asked last. Services that share a schedule ask it the same thing at the same instant, and
//! the search for a transition is the dearest thing that the planner does.

use crate::schedule::{Schedule, Transition};
use jiff::Timestamp;
use std::sync::Arc;

/// So many answers of each kind are kept: for those schedules whose services come up in turn.
const KEPT: usize = 8;

/// Answers that schedules gave.
#[derive(Debug, Default)]
pub(super) struct Almanac {
    next: Answers,
    latest: Answers,
}

/// The latest answers to one kind of question, in a ring.
#[derive(Debug, Default)]
struct Answers {
    kept: Vec<Answer>,
    oldest: usize,
}

#[derive(Debug)]
struct Answer {
    schedule: Arc<Schedule>,
    at: Timestamp,
    transition: Option<Transition>,
}

impl Almanac {
    /// See [`Schedule::next_after`].
    pub(super) fn next_after(&mut self, schedule: &Arc<Schedule>, instant: Timestamp) -> Option<Transition> {
        self.next.ask(schedule, instant, Schedule::next_after)
    }

    /// See [`Schedule::latest_at`].
    pub(super) fn latest_at(&mut self, schedule: &Arc<Schedule>, instant: Timestamp) -> Option<Transition> {
        self.latest.ask(schedule, instant, Schedule::latest_at)
    }
}

impl Answers {
    fn ask(
        &mut self,
        schedule: &Arc<Schedule>,
        at: Timestamp,
        question: fn(&Schedule, Timestamp) -> Option<Transition>,
    ) -> Option<Transition> {
        let known = self.kept.iter().find(|known| known.at == at && Arc::ptr_eq(&known.schedule, schedule));
        if let Some(known) = known {
            return known.transition;
        }
        let transition = question(schedule, at);
        let answer = Answer { schedule: Arc::clone(schedule), at, transition };
        match self.kept.get_mut(self.oldest) {
            Some(place) => *place = answer,
            None => self.kept.push(answer),
        }
        self.oldest = self.oldest.saturating_add(1) % KEPT;
        transition
    }
}
