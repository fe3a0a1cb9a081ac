//! Working hours: windows of a week in local time, and when a service wakes and sleeps by them.
//!
//! A window is awake from its first minute to its last; what overlaps or touches is one. In terms of a wall clock: a
//! service is awake as long as the furthest time that the clock has shown lies in a window. So the edges are fixed
//! local times, as those of a cron rule: one inside a gap happens at the end of the gap, one that occurs twice the
//! first time, and a window that lies within a gap never happens.
//!
//! A closed day removes the windows that begin on it. Where the plain week has an end there is a pause even so, as for
//! a cron rule; and where a window loses the one that it touched, it ends with a pause of its own.

mod text;
mod week;

pub(crate) use text::read as read_windows;
pub(crate) use week::Week;

use super::clock_change::{END, instant_of_fixed, last_civil_by};
use super::closed::ClosedDays;
use super::transition::Transition;
use crate::api::Action;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

/// How long a closed day can be felt: a window that began on it would have lasted a week at most.
const LONGEST_ECHO: i64 = 8;

/// The windows of a schedule with its closed days.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hours<'a> {
    pub(crate) week: &'a Week,
    pub(crate) closed: &'a ClosedDays,
}

impl Hours<'_> {
    /// The first transition after an instant.
    pub(crate) fn next_after(&self, zone: &TimeZone, after: Timestamp) -> Option<Transition> {
        if self.week.is_always_awake() {
            return None;
        }
        let mut civil = last_civil_by(zone, after)?;
        loop {
            civil = self.week.mark_after(self.skip_ahead(civil)?)?;
            let at = instant_of_fixed(zone, civil).filter(|at| *at <= END)?;
            if let Some(action) = self.action_at(zone, at) {
                return Some(Transition { at, action });
            }
        }
    }

    /// The latest transition at or before an instant.
    pub(crate) fn latest_at(&self, zone: &TimeZone, until: Timestamp) -> Option<Transition> {
        if self.week.is_always_awake() {
            return None;
        }
        let mut civil = last_civil_by(zone, until.min(END))?;
        loop {
            let mark = self.week.mark_by(self.skip_back(civil)?)?;
            let at = instant_of_fixed(zone, mark)?;
            if let Some(action) = self.action_at(zone, at) {
                return Some(Transition { at, action });
            }
            civil = mark.checked_sub(SignedDuration::from_secs(1)).ok()?;
        }
    }

    /// What happens at the instant of an edge: what is awake just before, and from then on?
    fn action_at(&self, zone: &TimeZone, at: Timestamp) -> Option<Action> {
        let before = last_civil_by(zone, at.checked_sub(SignedDuration::from_nanos(1)).ok()?)?;
        let from = last_civil_by(zone, at)?;
        match (self.awake(before), self.awake(from)) {
            (false, true) => Some(Action::Resume),
            (true, false) => Some(Action::Pause),
            (false, false) if self.week.covers(before) && !self.week.covers(from) => Some(Action::Pause),
            (false, false) | (true, true) => None,
        }
    }

    fn awake(&self, time: DateTime) -> bool {
        self.week.beginnings(time).any(|date| self.is_open(date))
    }

    fn is_open(&self, date: Date) -> bool {
        self.closed.set_of(date).is_none()
    }

    /// A week without an end changes only near closed days: the time up to the next of them need not be looked at.
    fn skip_ahead(&self, time: DateTime) -> Option<DateTime> {
        if !self.week.has_no_end() || !self.nothing_changes_near(time.date()) {
            return Some(time);
        }
        let change = if self.is_open(time.date()) {
            self.closed.next_closed(time.date())
        } else {
            self.closed.next_open(time.date())
        };
        let just_before = change?.to_datetime(Time::midnight()).checked_sub(SignedDuration::from_secs(1));
        just_before.ok().map(|just_before| just_before.max(time))
    }

    /// The same for a search backwards.
    fn skip_back(&self, time: DateTime) -> Option<DateTime> {
        if !self.week.has_no_end() || !self.nothing_changes_near(time.date()) {
            return Some(time);
        }
        let change = if self.is_open(time.date()) {
            self.closed.previous_closed(time.date())
        } else {
            self.closed.previous_open(time.date())
        };
        let after = change?.checked_add(Span::new().days(LONGEST_ECHO.saturating_add(1))).ok()?;
        Some(after.to_datetime(Time::midnight()).min(time))
    }

    /// Whether all the days that matter around a date are open, or all closed.
    fn nothing_changes_near(&self, date: Date) -> bool {
        let days = (-1..=LONGEST_ECHO).map(|back| date.checked_sub(Span::new().days(back)));
        let mut days = days.filter_map(Result::ok).map(|day| self.is_open(day));
        let first = days.next();
        days.all(|open| Some(open) == first)
    }
}
