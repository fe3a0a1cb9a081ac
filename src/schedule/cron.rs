//! One rule: read, checked, and asked for the matches around a civil time.
//!
//! A rule knows nothing of zones and clock changes; `clock_change.rs` does. The calendar (which days does `15W` or
//! `MON#2` mean?) is croner's, and it is asked in civil time alone.

use super::cron_text::{Numbers, SHAPE, Starred};
use super::{cron_text, eventbridge};
use crate::text::{Diagnostic, typography};
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, CronPattern, Weekday};
use jiff::civil::{Date, DateTime};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The longest rule, in bytes: every value of every field written out stays below it.
const MAX_RULE_BYTES: usize = 1000;

/// A rule that was read, and so is valid.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    text: Box<str>,
    calendar: Calendar,
    follows_real_time: bool,
    starred: Option<Starred>,
}

/// When a rule matches, in civil time.
#[derive(Debug, Clone)]
enum Calendar {
    Cron(Box<Cron>),
    /// In some of these years, the first and the last of them among those that match.
    CronInYears(Box<Cron>, RangeInclusive<i16>),
    /// Once.
    Once(DateTime),
}

impl Rule {
    /// Reads a rule and checks every field of it.
    pub(crate) fn parse(text: &str) -> Result<Self, Diagnostic> {
        if text.len() > MAX_RULE_BYTES {
            let message = format!("the rule is longer than {MAX_RULE_BYTES} bytes");
            return Err(Diagnostic::at(0..text.len(), message).with_help(SHAPE));
        }
        if let Some(look_alike) = typography::in_value(text) {
            return Err(look_alike);
        }
        let (calendar, follows_real_time, starred) = match eventbridge::read(text) {
            None => {
                let numbers = cron_text::read(text)
                    .map_err(|wrong| eventbridge::without_its_name(text).unwrap_or(wrong))?;
                let cron = cron(text, &numbers, Year::Disallowed)?;
                (Calendar::Cron(Box::new(cron)), numbers.follows_real_time, numbers.starred)
            }
            Some(Ok(eventbridge::Expression::At(time))) => (Calendar::Once(time), false, None),
            Some(Ok(eventbridge::Expression::Cron(numbers))) => {
                let cron = cron(text, &numbers, Year::Required)?;
                let years = years_of(&cron.pattern);
                (Calendar::CronInYears(Box::new(cron), years), numbers.follows_real_time, numbers.starred)
            }
            Some(Err(wrong)) => return Err(wrong),
        };
        Ok(Self { text: text.into(), calendar, follows_real_time, starred })
    }

    /// Whether the rule simply follows real time across a clock change, as Vixie cron has it for a rule whose second,
    /// minute or hour begins with `*`. Any other rule names fixed times.
    pub(crate) fn follows_real_time(&self) -> bool {
        self.follows_real_time
    }

    /// A `*` that makes the rule happen 60 times in an hour, or in a minute, that it names.
    pub(crate) fn starred(&self) -> Option<Starred> {
        self.starred
    }

    /// The first match after a civil time, or at it if `inclusive`.
    pub(crate) fn next(&self, from: DateTime, inclusive: bool) -> Option<DateTime> {
        match &self.calendar {
            Calendar::CronInYears(_, years) if from.year() > *years.end() => None,
            Calendar::Cron(cron) | Calendar::CronInYears(cron, _) => {
                cron.find_next_occurrence(&from, inclusive).ok()
            }
            Calendar::Once(time) => (*time > from || (inclusive && *time == from)).then_some(*time),
        }
    }

    /// The last match at or before a civil time.
    pub(crate) fn latest(&self, until: DateTime) -> Option<DateTime> {
        match &self.calendar {
            Calendar::Cron(cron) => cron.find_previous_occurrence(&until, true).ok(),
            Calendar::CronInYears(_, years) if until.year() < *years.start() => None,
            Calendar::CronInYears(cron, years) => {
                let end = Date::new(*years.end(), 12, 31).ok()?.at(23, 59, 59, 0);
                cron.find_previous_occurrence(&until.min(end), true).ok()
            }
            Calendar::Once(time) => (*time <= until).then_some(*time),
        }
    }

    /// Whether the rule has no day at all, such as 31 February.
    ///
    /// Whoever asks such a rule for its next match waits until croner has walked to the year 5000, so it is asked
    /// here instead.
    pub(crate) fn never_fires(&self) -> bool {
        match &self.calendar {
            Calendar::Cron(cron) => !some_month_has_a_day(&cron.pattern),
            Calendar::CronInYears(cron, years) => {
                !some_month_has_a_day(&cron.pattern) || !some_year_has_a_day(&cron.pattern, years)
            }
            Calendar::Once(_) => false,
        }
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Rule {}

fn cron(text: &str, numbers: &Numbers, year: Year) -> Result<Cron, Diagnostic> {
    let parser = CronParser::builder().seconds(Seconds::Required).year(year).build();
    parser.parse(&numbers.fields).map_err(|error| {
        Diagnostic::at(0..text.len(), format!("the rule cannot be read: {error}")).with_help(SHAPE)
    })
}

fn years_of(pattern: &CronPattern) -> RangeInclusive<i16> {
    let years = pattern.years.values();
    let year = |year: Option<u16>| year.and_then(|year| i16::try_from(year).ok()).unwrap_or_default();
    year(years.iter().copied().min())..=year(years.iter().copied().max())
}

/// Whether a rule matches a day of one of its months, over each length of a month and each weekday on which one can
/// begin.
fn some_month_has_a_day(pattern: &CronPattern) -> bool {
    const MONTHS: [(i32, u32, u32); 4] = [(2001, 2, 28), (2000, 2, 29), (2001, 4, 30), (2001, 1, 31)];
    let lengths = pattern.months.values().into_iter().flat_map(|month| match month {
        2 => [28, 29],
        4 | 6 | 9 | 11 => [30, 30],
        _ => [31, 31],
    });
    let lengths: Vec<u32> = lengths.collect();
    MONTHS.into_iter().filter(|(_, _, length)| lengths.contains(length)).any(|(year, month, length)| {
        (0..7).any(|first| some_day_matches(pattern, year, month, length, first))
    })
}

/// Whether a rule matches a day of one of its years. There are 14 kinds of years, and each is looked at once.
fn some_year_has_a_day(pattern: &CronPattern, years: &RangeInclusive<i16>) -> bool {
    let mut kinds = BTreeSet::new();
    years.clone().any(|year| {
        let in_rule = pattern.year_match(i32::from(year)).unwrap_or(false);
        let Ok(new_year) = Date::new(year, 1, 1) else { return false };
        let kind = (new_year.in_leap_year(), new_year.weekday().to_sunday_zero_offset());
        in_rule
            && kinds.insert(kind)
            && months_of(new_year).any(|(month, length, first)| {
                let in_rule = pattern.month_match(month).unwrap_or(false);
                in_rule && some_day_matches(pattern, i32::from(year), month, length, first)
            })
    })
}

/// The months of a year: the number of each, its length, and the weekday of its first day.
fn months_of(new_year: Date) -> impl Iterator<Item = (u32, u32, u32)> {
    let firsts = (1..=12).filter_map(move |month| Date::new(new_year.year(), month, 1).ok());
    firsts.map(|first| {
        let small = |number: i8| u32::from(number.unsigned_abs());
        (small(first.month()), small(first.days_in_month()), small(first.weekday().to_sunday_zero_offset()))
    })
}

/// Whether a month like this one, whose first day is such a weekday, has a matching day.
fn some_day_matches(pattern: &CronPattern, year: i32, month: u32, length: u32, first: u32) -> bool {
    (1..=length).any(|day| {
        let weekday = Weekday::from_days_from_sunday(day.saturating_sub(1).saturating_add(first) % 7);
        pattern.day_match(year, month, day, weekday).unwrap_or(false)
    })
}
