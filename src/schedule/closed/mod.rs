//! Closed days: local dates on which no service is woken.
//!
//! A closed day removes the resumes, and the working hours that begin, on that date. Pauses stay. The date is the one
//! that the rule names: 23:30 belongs to its day even where a clock change moves it past midnight.

mod dates;
mod ics;

pub(crate) use dates::Entry;
pub(crate) use ics::{MAX_BYTES as MAX_CALENDAR_BYTES, read as read_calendar};

use super::cron::Rule;
use jiff::civil::{Date, DateTime, Time};
use std::sync::Arc;

/// How many stretches of closed days are looked through for an open one. Twenty years of single days: whoever is
/// closed for longer has closed for good.
const MAX_STRETCHES: usize = 8000;

/// How many stretches of closed days in a row may each take a match of a rule away before the rule counts as never
/// happening: for a rule that has one match a year, half a century.
const MAX_MISSED: usize = 50;

/// How many days are looked through for a yearly date: the longest time between two leap days.
const MAX_DAYS_TO_A_YEARLY_DATE: usize = 8 * 366;

/// One entry of `[closed-days]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ClosedSet {
    pub(crate) name: Arc<str>,
    /// Entries that name the same calendar share them.
    days: Arc<Days>,
}

/// The days of one entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Days {
    /// First and last days, sorted; none touches the next.
    ranges: Box<[(Date, Date)]>,
    /// For each month a bit for each day that is closed in every year.
    yearly: [u32; 12],
}

/// The sets that one schedule keeps closed. Most keep none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ClosedDays(Vec<Arc<ClosedSet>>);

/// A rule without its matches on closed days.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenRule<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) closed: &'a ClosedDays,
}

impl OpenRule<'_> {
    /// The first match after a civil time, or at it if `inclusive`.
    pub(crate) fn next(&self, from: DateTime, inclusive: bool) -> Option<DateTime> {
        let mut found = self.rule.next(from, inclusive)?;
        for _ in 0..MAX_MISSED {
            if self.closed.set_of(found.date()).is_none() {
                return Some(found);
            }
            let open = self.closed.next_open(found.date())?;
            found = self.rule.next(open.to_datetime(Time::midnight()), true)?;
        }
        None
    }

    /// The last match at or before a civil time.
    pub(crate) fn latest(&self, until: DateTime) -> Option<DateTime> {
        let mut found = self.rule.latest(until)?;
        for _ in 0..MAX_MISSED {
            if self.closed.set_of(found.date()).is_none() {
                return Some(found);
            }
            let open = self.closed.previous_open(found.date())?;
            found = self.rule.latest(open.at(23, 59, 59, 0))?;
        }
        None
    }
}

impl ClosedDays {
    /// No day at all.
    pub(crate) const NONE: &'static Self = &Self(Vec::new());

    pub(crate) fn new(sets: Vec<Arc<ClosedSet>>) -> Self {
        Self(sets)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The set that closes a date.
    pub(crate) fn set_of(&self, date: Date) -> Option<&ClosedSet> {
        self.0.iter().map(AsRef::as_ref).find(|set| set.days.stretch(date).is_some())
    }

    /// The first open date that is not before this one.
    pub(crate) fn next_open(&self, date: Date) -> Option<Date> {
        self.open(date, |(_, last)| last.tomorrow().ok())
    }

    /// The last open date that is not after this one.
    pub(crate) fn previous_open(&self, date: Date) -> Option<Date> {
        self.open(date, |(first, _)| first.yesterday().ok())
    }

    /// The first closed date that is not before this one.
    pub(crate) fn next_closed(&self, date: Date) -> Option<Date> {
        self.0.iter().filter_map(|set| set.days.next(date)).min()
    }

    /// The last closed date that is not after this one.
    pub(crate) fn previous_closed(&self, date: Date) -> Option<Date> {
        self.0.iter().filter_map(|set| set.days.previous(date)).max()
    }

    fn open(&self, date: Date, beyond: fn((Date, Date)) -> Option<Date>) -> Option<Date> {
        let mut date = date;
        for _ in 0..MAX_STRETCHES {
            match self.0.iter().find_map(|set| set.days.stretch(date)) {
                None => return Some(date),
                Some(stretch) => date = beyond(stretch)?,
            }
        }
        None
    }
}

impl ClosedSet {
    pub(crate) fn new(name: Arc<str>, days: Arc<Days>) -> Self {
        Self { name, days }
    }

    /// Whether every closed date lies before this one.
    pub(crate) fn is_over(&self, today: Date) -> bool {
        self.days.next(today).is_none()
    }

    /// Whether no date is closed at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.days.ranges.is_empty() && self.days.yearly == [0; 12]
    }
}

impl Days {
    pub(crate) fn new(entries: Vec<Entry>) -> Self {
        let mut yearly = [0_u32; 12];
        let mut ranges = Vec::new();
        for entry in entries {
            match entry {
                Entry::Days { first, last } => ranges.push((first, last)),
                Entry::Yearly { first, last } if last < first => {
                    mark(&mut yearly, first, Date::constant(2024, 12, 31));
                    mark(&mut yearly, Date::constant(2024, 1, 1), last);
                }
                Entry::Yearly { first, last } => mark(&mut yearly, first, last),
            }
        }
        Self { ranges: merged(ranges).into(), yearly }
    }

    /// The closed days around a date, from the first to the last, if the date is closed.
    fn stretch(&self, date: Date) -> Option<(Date, Date)> {
        let until = self.ranges.partition_point(|(first, _)| *first <= date);
        let range = self.ranges.get(..until).and_then(<[_]>::last).filter(|(_, last)| date <= *last);
        range.copied().or_else(|| self.is_yearly(date).then_some((date, date)))
    }

    fn next(&self, date: Date) -> Option<Date> {
        let until = self.ranges.partition_point(|(_, last)| *last < date);
        let in_range = self.ranges.get(until).map(|(first, _)| date.max(*first));
        in_range.into_iter().chain(self.yearly_date(date, Date::tomorrow)).min()
    }

    fn previous(&self, date: Date) -> Option<Date> {
        let until = self.ranges.partition_point(|(first, _)| *first <= date);
        let in_range = self.ranges.get(..until).and_then(<[_]>::last).map(|(_, last)| date.min(*last));
        in_range.into_iter().chain(self.yearly_date(date, Date::yesterday)).max()
    }

    fn is_yearly(&self, date: Date) -> bool {
        let month = usize::try_from(date.month().saturating_sub(1)).unwrap_or_default();
        self.yearly.get(month).is_some_and(|days| days & bit(date.day().unsigned_abs()) != 0)
    }

    fn yearly_date(&self, date: Date, step: fn(Date) -> Result<Date, jiff::Error>) -> Option<Date> {
        if self.yearly == [0; 12] {
            return None;
        }
        let days = std::iter::successors(Some(date), |date| step(*date).ok());
        days.take(MAX_DAYS_TO_A_YEARLY_DATE).find(|date| self.is_yearly(*date))
    }
}

/// Marks the days from a first to a last.
fn mark(yearly: &mut [u32; 12], first: Date, last: Date) {
    let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
    for day in days.take_while(|day| *day <= last) {
        let month = usize::try_from(day.month().saturating_sub(1)).unwrap_or_default();
        if let Some(days) = yearly.get_mut(month) {
            *days |= bit(day.day().unsigned_abs());
        }
    }
}

fn bit(day: u8) -> u32 {
    1_u32.checked_shl(u32::from(day)).unwrap_or_default()
}

/// The same days, sorted, with what overlaps or touches as one range.
fn merged(mut ranges: Vec<(Date, Date)>) -> Vec<(Date, Date)> {
    ranges.sort_unstable();
    let mut merged: Vec<(Date, Date)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some((_, end)) if first <= end.tomorrow().unwrap_or(Date::MAX) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    merged
}
