//! A few figures about a schedule over some weeks, in which a mistake shows: reversed hours, a forgotten pause.

use super::timetable::Schedule;
use crate::api::Action;
use jiff::{SignedDuration, Timestamp};

/// The most times that rules are searched. Only changes between awake and asleep count, so few schedules come near.
const MOST_SEARCHES: usize = 10_000;

/// How much a schedule keeps services awake over a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How long a span was looked at: as long as was asked for, unless services would wake and sleep very often in it.
    pub span: SignedDuration,
    /// For how much of the span services are to be awake.
    pub awake: SignedDuration,
    /// The longest time awake without a break in the span.
    pub longest: SignedDuration,
    /// The first resume after its beginning, in the span or behind it.
    pub next_resume: Option<Timestamp>,
    /// The first pause after its beginning, in the span or behind it.
    pub next_pause: Option<Timestamp>,
}

impl Summary {
    /// Looks at a schedule from an instant on, for so long.
    pub fn of(schedule: &Schedule, from: Timestamp, span: SignedDuration) -> Self {
        let end = from.saturating_add(span).unwrap_or(from);
        let mut awake = Awake::at(schedule.is_awake_at(from).then_some(from));
        let (mut at, mut left) = (from, MOST_SEARCHES.div_euclid(schedule.rules().max(1)));
        while let Some(next) = schedule.next(awake.ends_with(), at).filter(|next| *next < end)
            && left > 0
        {
            awake.change(next);
            (at, left) = (next, left.saturating_sub(1));
        }
        let end = if left == 0 { at } else { end };
        awake.end(end);
        Self {
            span: end.duration_since(from),
            awake: awake.all,
            longest: awake.longest,
            next_resume: schedule.next(Action::Resume, from),
            next_pause: schedule.next(Action::Pause, from),
        }
    }

    /// How much of the span services are to be awake, in percent.
    pub fn percent_awake(&self) -> u64 {
        let seconds = |time: SignedDuration| u64::try_from(time.as_secs()).unwrap_or(0);
        let (awake, span) = (seconds(self.awake), seconds(self.span).max(1));
        awake.saturating_mul(100).saturating_add(span / 2).div_euclid(span)
    }

    /// For how long services are to be awake in a week of the span, on average.
    pub fn awake_a_week(&self) -> SignedDuration {
        let week = SignedDuration::from_hours(7 * 24);
        let (awake, span) = (self.awake.as_secs_f64(), self.span.as_secs_f64().max(1.0));
        SignedDuration::try_from_secs_f64(awake / span * week.as_secs_f64()).unwrap_or_default()
    }
}

/// The time awake, while a schedule's changes go by.
struct Awake {
    since: Option<Timestamp>,
    all: SignedDuration,
    longest: SignedDuration,
}

impl Awake {
    fn at(since: Option<Timestamp>) -> Self {
        Self { since, all: SignedDuration::ZERO, longest: SignedDuration::ZERO }
    }

    /// What ends the present stretch, awake or asleep.
    fn ends_with(&self) -> Action {
        if self.since.is_some() { Action::Pause } else { Action::Resume }
    }

    fn change(&mut self, at: Timestamp) {
        match self.since {
            Some(_) => self.end(at),
            None => self.since = Some(at),
        }
    }

    fn end(&mut self, at: Timestamp) {
        let Some(since) = self.since.take() else { return };
        let stretch = at.duration_since(since);
        self.all = self.all.saturating_add(stretch);
        self.longest = self.longest.max(stretch);
    }
}
