//! Enforces `calls_per_second` and `calls_in_flight`, per account and region, and decides whose call is next, fairly: resumes
//! first, and no service waits for ever.

use super::event::ServiceIndex;
use crate::api::Elapsed;
use crate::config::Limits;
use std::array::IntoIter;
use std::collections::VecDeque;
use std::iter::Cycle;
use std::time::Duration;

/// How much a call matters when calls have to queue: a resume goes before a pause, and what has begun goes on by
/// itself while nobody follows it. No kind goes without: see [`TURNS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    Resume,
    Pause,
    Follow,
}

/// Whose turn it is, in a circle: of eight calls, six are for resumes, one is for a pause and one follows an operation. A turn
/// that nobody of its kind wants goes to the most urgent.
const TURNS: [Urgency; 8] = {
    use Urgency::{Follow, Pause, Resume};
    [Resume, Resume, Resume, Follow, Resume, Resume, Resume, Pause]
};

/// Calls to one account in one region.
///
/// The rate is a token bucket that holds one second's worth, so that a handful of services due at the same instant
/// all go at that instant.
#[derive(Debug)]
pub(super) struct RateLimiter {
    /// Its region and account.
    pub(super) name: (String, String),
    /// When the planner is to come back to it.
    pub(super) wakes_at: Option<Elapsed>,
    /// It has been said that calls wait, and they still do.
    pub(super) told_held_back: bool,
    gap: Duration,
    most_in_flight: usize,
    in_flight: usize,
    /// When the bucket will be full again.
    full_at: Elapsed,
    queues: [VecDeque<ServiceIndex>; 3],
    turns: Cycle<IntoIter<Urgency, 8>>,
}

/// What a rate limiter says to the question whether another call may leave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Permit {
    /// This service's call may leave.
    Go(ServiceIndex),
    /// The next call may leave at this instant, not earlier.
    NotBefore(Elapsed),
    /// None before a reply comes.
    AwaitReply,
    /// No call is waiting.
    Idle,
}

impl RateLimiter {
    pub(super) fn new(name: (String, String), limits: Limits) -> Self {
        let mut rate_limiter = Self {
            name,
            wakes_at: None,
            told_held_back: false,
            gap: Duration::ZERO,
            most_in_flight: 0,
            in_flight: 0,
            full_at: Elapsed::default(),
            queues: Default::default(),
            turns: TURNS.into_iter().cycle(),
        };
        rate_limiter.limit(limits);
        rate_limiter
    }

    /// Other limits hold from now on.
    pub(super) fn limit(&mut self, limits: Limits) {
        self.gap = Duration::from_secs(1).div_f64(limits.calls_per_second.get().into());
        self.most_in_flight = limits.calls_in_flight.get() as usize;
    }

    /// This service has a call to make.
    pub(super) fn ask(&mut self, service: ServiceIndex, urgency: Urgency) {
        self.queue(urgency).push_back(service);
    }

    fn queue(&mut self, urgency: Urgency) -> &mut VecDeque<ServiceIndex> {
        let [resumes, pauses, followed] = &mut self.queues;
        match urgency {
            Urgency::Resume => resumes,
            Urgency::Pause => pauses,
            Urgency::Follow => followed,
        }
    }

    /// Which service may call next? It leaves the queue, and takes nothing yet from the limits.
    pub(super) fn next(&mut self, now: Elapsed) -> Permit {
        if self.waiting() == 0 {
            self.told_held_back = false;
            return Permit::Idle;
        }
        if self.in_flight >= self.most_in_flight {
            return Permit::AwaitReply;
        }
        let earliest = self.full_at.after(self.gap).before(Duration::from_secs(1));
        if earliest > now {
            return Permit::NotBefore(earliest);
        }
        let favoured = self.turns.next().unwrap_or(Urgency::Resume);
        let next = self.queue(favoured).pop_front();
        next.or_else(|| self.queues.iter_mut().find_map(VecDeque::pop_front)).map_or(Permit::Idle, Permit::Go)
    }

    /// Counts a call that leaves now.
    pub(super) fn left(&mut self, now: Elapsed) {
        self.in_flight = self.in_flight.saturating_add(1);
        self.full_at = self.full_at.max(now).after(self.gap);
    }

    /// A call came back.
    pub(super) fn came_back(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// How many services wait for a permit.
    pub(super) fn waiting(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;

    #[test]
    fn however_many_mornings_wait_a_night_and_a_question_have_their_turn_among_any_eight_calls() {
        let mut rate_limiter = RateLimiter::new(Default::default(), Limits::default());
        let kinds = [(Urgency::Resume, 100), (Urgency::Pause, 5), (Urgency::Follow, 5)];
        let mut urgency_of = Vec::new();
        for (urgency, count) in kinds {
            for _ in 0..count {
                rate_limiter.ask(urgency_of.len(), urgency);
                urgency_of.push(urgency);
            }
        }
        let mut left = Vec::new();
        for second in 1..=40 {
            let Permit::Go(service) = rate_limiter.next(Elapsed(Duration::from_secs(second))) else {
                continue;
            };
            left.push(urgency_of[service]);
        }
        for eight in left.windows(8) {
            for (urgency, _) in kinds {
                assert!(eight.contains(&urgency), "{urgency:?} is missing in {eight:?}");
            }
        }
        assert_eq!(left.len(), 40);
        assert_eq!(left.iter().filter(|urgency| **urgency == Urgency::Resume).count(), 30);
    }
}
