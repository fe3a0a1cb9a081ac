//! What the schedules were asked last. Services that share a schedule ask it the same thing at the same instant, and
//! the search for a transition is the dearest thing that the planner does.

use crate::schedule::{Schedule, Transition};
use jiff::Timestamp;
use std::sync::Arc;

/// So many answers of each kind are kept: for those schedules whose services come up in turn.
const KEPT: usize = 8;

/// Answers that schedules gave.
#[derive(Debug, Default)]
pub(super) struct TransitionCache {
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

impl TransitionCache {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use std::cell::Cell;

    thread_local! {
        static ASKED: Cell<u32> = const { Cell::new(0) };
    }

    fn count(schedule: &Schedule, at: Timestamp) -> Option<Transition> {
        ASKED.set(ASKED.get() + 1);
        schedule.next_after(at)
    }

    #[test]
    fn the_latest_eight_answers_are_kept_and_no_more() {
        let file = "timezone = \"UTC\"\n[[service]]\nhours = \"Mon-Fri 08:00-18:00\"\n\
            arn = \"arn:aws:apprunner:us-east-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa\"\n";
        let config = parse(file).unwrap_or_else(|problems| panic!("{problems:?}"));
        let schedule = &config.services.first().unwrap().schedule;
        let at = |hour: i64| Timestamp::constant(1_783_317_600, 0) + jiff::SignedDuration::from_hours(hour);
        let mut answers = Answers::default();
        for hour in 0..20 {
            answers.ask(schedule, at(hour), count);
        }
        assert_eq!((ASKED.get(), answers.kept.len()), (20, KEPT));
        for hour in 12..20 {
            assert_eq!(answers.ask(schedule, at(hour), count), schedule.next_after(at(hour)));
        }
        assert_eq!(ASKED.get(), 20, "none of the latest eight was asked again");
    }
}
