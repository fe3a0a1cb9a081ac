//! The windows of a week, and the civil times at which they begin and end.

use jiff::Span;
use jiff::civil::{Date, DateTime, Time};

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;

/// One window of every week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Window {
    /// The minute of the week at which it begins; the week begins on Monday.
    begins: u16,
    /// How many minutes it lasts, up to a whole week.
    lasts: u16,
}

/// The windows of a week.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Week {
    /// Sorted. Those that begin on one day neither overlap nor touch; those of different days may, for a closed day
    /// takes only its own away.
    windows: Box<[Window]>,
    /// The minutes of the week at which any window begins or ends, sorted.
    marks: Box<[u16]>,
    has_no_end: bool,
}

impl Window {
    /// From a minute of a weekday (Monday is 0) to a time that is so many minutes later.
    pub(crate) fn new(weekday: u8, minute: u16, lasts: u16) -> Self {
        let begins = u16::from(weekday).saturating_mul(DAY).saturating_add(minute);
        Self { begins, lasts: lasts.min(WEEK) }
    }

    /// From one minute of the week to another, over the end of the week if it must be. From a minute to the same one
    /// is a whole week.
    pub(crate) fn between(begins: u16, ends: u16) -> Self {
        let lasts = match minutes_since(begins, ends % WEEK) {
            0 => WEEK,
            minutes => minutes,
        };
        Self { begins: begins % WEEK, lasts }
    }

    pub(crate) fn is_longer_than_a_day(self) -> bool {
        self.lasts > DAY
    }

    /// Whether it begins on a date like this one.
    pub(crate) fn begins_on(self, date: Date) -> bool {
        self.day() == u16::from(date.weekday().to_monday_zero_offset().unsigned_abs())
    }

    fn day(self) -> u16 {
        self.begins / DAY
    }

    /// The minute at which it ends, which may lie in the next week.
    fn end(self) -> u16 {
        self.begins.saturating_add(self.lasts)
    }

    fn covers(self, minute: u16) -> bool {
        minutes_since(self.begins, minute) < self.lasts
    }
}

impl Week {
    pub(crate) fn new(mut windows: Vec<Window>) -> Self {
        windows.sort_unstable();
        let windows = merged_by_day(windows);
        let mut marks: Vec<u16> =
            windows.iter().flat_map(|window| [window.begins, window.end() % WEEK]).collect();
        marks.sort_unstable();
        marks.dedup();
        let covered = |minute: u16| windows.iter().any(|window| window.covers(minute));
        let has_no_end = !windows.is_empty() && marks.iter().all(|mark| covered(*mark));
        Self { windows: windows.into(), marks: marks.into(), has_no_end }
    }

    /// Whether one window lasts a whole week, so that none of its beginnings can fall on a closed day.
    pub(crate) fn is_always_awake(&self) -> bool {
        self.windows.iter().any(|window| window.lasts == WEEK)
    }

    /// Whether the windows leave no time between them.
    pub(crate) fn has_no_end(&self) -> bool {
        self.has_no_end
    }

    /// The window that lasts longest.
    pub(crate) fn longest(&self) -> Option<Window> {
        self.windows.iter().max_by_key(|window| window.lasts).copied()
    }

    /// Whether a civil time lies in a window, on whatever days.
    pub(crate) fn covers(&self, time: DateTime) -> bool {
        let minute = minute_of_week(time);
        self.windows.iter().any(|window| window.covers(minute))
    }

    /// The dates on which the windows around a civil time began.
    pub(crate) fn beginnings(&self, time: DateTime) -> impl Iterator<Item = Date> + '_ {
        let minute = minute_of_week(time);
        let covering = self.windows.iter().filter(move |window| window.covers(minute));
        covering.filter_map(move |window| {
            let ago = i64::from(minutes_since(window.begins, minute));
            let minute_of_day = i64::from(minute % DAY);
            let days = minute_of_day.saturating_sub(ago).div_euclid(i64::from(DAY));
            time.date().checked_add(Span::new().try_days(days).ok()?).ok()
        })
    }

    /// The first time after this one at which a window begins or ends.
    pub(crate) fn mark_after(&self, time: DateTime) -> Option<DateTime> {
        let (monday, minute) = (monday_of(time)?, minute_of_week(time));
        let place = self.marks.partition_point(|mark| *mark <= minute);
        match self.marks.get(place) {
            Some(mark) => civil(monday, *mark),
            None => civil(monday.checked_add(Span::new().days(7)).ok()?, *self.marks.first()?),
        }
    }

    /// The last time at or before this one at which a window begins or ends.
    pub(crate) fn mark_by(&self, time: DateTime) -> Option<DateTime> {
        let (monday, minute) = (monday_of(time)?, minute_of_week(time));
        let place = self.marks.partition_point(|mark| *mark <= minute);
        match self.marks.get(..place).and_then(<[_]>::last) {
            Some(mark) => civil(monday, *mark),
            None => civil(monday.checked_sub(Span::new().days(7)).ok()?, *self.marks.last()?),
        }
    }
}

/// Windows that begin on one day are open and closed together, so those that overlap or touch become one.
fn merged_by_day(windows: Vec<Window>) -> Vec<Window> {
    let mut merged: Vec<Window> = Vec::with_capacity(windows.len());
    for window in windows {
        match merged.last_mut() {
            Some(before) if before.day() == window.day() && window.begins <= before.end() => {
                let end = before.end().max(window.end());
                before.lasts = end.saturating_sub(before.begins).min(WEEK);
            }
            _ => merged.push(window),
        }
    }
    merged
}

/// How long before a minute of the week another one was last.
fn minutes_since(earlier: u16, minute: u16) -> u16 {
    minute.saturating_add(WEEK).saturating_sub(earlier) % WEEK
}

fn minute_of_week(time: DateTime) -> u16 {
    let small = |number: i8| u16::from(number.unsigned_abs());
    let day = small(time.date().weekday().to_monday_zero_offset());
    let minutes = small(time.hour()).saturating_mul(60).saturating_add(small(time.minute()));
    day.saturating_mul(DAY).saturating_add(minutes)
}

fn monday_of(time: DateTime) -> Option<Date> {
    let days = time.date().weekday().to_monday_zero_offset();
    time.date().checked_sub(Span::new().days(days)).ok()
}

fn civil(monday: Date, minute: u16) -> Option<DateTime> {
    let date = monday.checked_add(Span::new().days(minute / DAY)).ok()?;
    let small = |number: u16| i8::try_from(number).ok();
    let time = Time::new(small(minute % DAY / 60)?, small(minute % 60)?, 0, 0).ok()?;
    Some(date.to_datetime(time))
}
