//! The yearly rule of an event: on which dates of a year it begins.
//!
//! The parts are those of RFC 5545 with FREQ=YEARLY, and each narrows the days of a year down. Where the RFC leaves
//! room, it is read as the `rrule` crate and python-dateutil read it: weeks alone mean each of their days, and days of
//! the week with a number and without one must both be right. The tests hold this against that crate.

use crate::text::quoted;
use jiff::Span;
use jiff::civil::{Date, Weekday};
use std::collections::BTreeSet;

/// The most dates of one rule. A calendar that comes to as many is refused in any case.
const MAX_DATES: usize = 0xffff;

/// The first year of which dates are given. Birthdays of unknown years are written as of 1604 and before, and nobody
/// needs to know which days were closed then; a rule that finds nothing is looked through the faster.
pub(super) const FIRST_YEAR: i16 = 1900;

/// A rule as it is written. An empty list says nothing about the days. Numbers below zero count from the end.
#[derive(Debug)]
pub(super) struct Yearly {
    interval: u16,
    count: Option<usize>,
    week_start: Weekday,
    months: BTreeSet<i16>,
    days_of_month: BTreeSet<i16>,
    days_of_year: BTreeSet<i16>,
    weeks: BTreeSet<i16>,
    /// Days of the week, as counted from Monday: those that are meant each time, and those of a number in the month or
    /// the year.
    weekdays: BTreeSet<i8>,
    numbered_weekdays: BTreeSet<(i16, i8)>,
    positions: BTreeSet<i16>,
}

impl Yearly {
    /// Reads the parts of a rule, or says what is wrong with it. FREQ has been seen to be YEARLY, UNTIL is not among
    /// them.
    pub(super) fn read(parts: &[&str]) -> Result<Self, String> {
        let mut rule = Self {
            interval: 1,
            count: None,
            week_start: Weekday::Monday,
            months: BTreeSet::new(),
            days_of_month: BTreeSet::new(),
            days_of_year: BTreeSet::new(),
            weeks: BTreeSet::new(),
            weekdays: BTreeSet::new(),
            numbered_weekdays: BTreeSet::new(),
            positions: BTreeSet::new(),
        };
        let mut names = BTreeSet::new();
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or_default();
            let name = if name == "BYWEEKDAY" { "BYDAY" } else { name };
            let Some(accepted) = accepted(name) else {
                return Err(format!("{} is no part of a rule", quoted(part)));
            };
            if !names.insert(name) {
                return Err(format!("it has {name} twice"));
            }
            rule.take(name, value).ok_or_else(|| format!("{} is not {accepted}", quoted(part)))?;
        }
        if names.contains("FREQ") { Ok(rule) } else { Err("it has no FREQ".to_owned()) }
    }

    fn take(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "INTERVAL" => self.interval = value.parse().ok()?,
            "COUNT" => self.count = Some(value.parse().ok()?),
            "WKST" => self.week_start = weekday(value)?,
            "BYMONTH" => self.months = numbers(value, 12).filter(|all| all.iter().all(|month| *month > 0))?,
            "BYMONTHDAY" => {
                self.days_of_month = numbers(value, 31)?;
                // A day 0 is no day, and does no harm.
                self.days_of_month.remove(&0);
            }
            "BYYEARDAY" => self.days_of_year = numbers(value, 366).filter(|all| !all.contains(&0))?,
            "BYWEEKNO" => self.weeks = numbers(value, 53).filter(|all| !all.contains(&0))?,
            "BYDAY" => value.split(',').try_for_each(|day| self.take_weekday(day))?,
            "BYSETPOS" => self.positions = numbers(value, 366).filter(|all| !all.contains(&0))?,
            _ => {}
        }
        Some(())
    }

    fn take_weekday(&mut self, text: &str) -> Option<()> {
        let (number, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
        let day = weekday(name)?.to_monday_zero_offset();
        // A number 0 is no number, and does no harm.
        match if number.is_empty() { 0 } else { number.parse().ok()? } {
            0 => self.weekdays.insert(day),
            number if (-53..=53).contains(&number) => self.numbered_weekdays.insert((number, day)),
            _ => return None,
        };
        Some(())
    }

    /// How many dates it has, if it says so.
    pub(super) fn count(&self) -> Option<usize> {
        self.count
    }

    /// The dates of the rule, from its event's first day to the last one that is asked for, in their order. Those before
    /// [`FIRST_YEAR`] are left out, unless they are counted.
    pub(super) fn dates(mut self, start: Date, until: Date) -> Vec<Date> {
        let no_day = self.days_of_month.is_empty() && self.days_of_year.is_empty() && self.weeks.is_empty();
        if no_day && self.weekdays.is_empty() && self.numbered_weekdays.is_empty() {
            // It says no day, so it is that of its start.
            self.days_of_month.insert(i16::from(start.day()));
            if self.months.is_empty() {
                self.months.insert(i16::from(start.month()));
            }
        }
        if self.interval == 0 {
            return Vec::new();
        }
        (start.year()..=until.year())
            .step_by(usize::from(self.interval))
            .skip_while(|year| self.count.is_none() && *year < FIRST_YEAR)
            .flat_map(|year| self.in_year(year))
            .skip_while(|date| *date < start)
            .take_while(|date| *date <= until)
            .take(self.count.unwrap_or(MAX_DATES).min(MAX_DATES))
            .collect()
    }

    fn in_year(&self, year: i16) -> Vec<Date> {
        let months = (1..=12).filter(|month| says(&self.months, &[i16::from(*month)]));
        let firsts = months.filter_map(|month| Date::new(year, month, 1).ok());
        let days = firsts.flat_map(|first| {
            (1..=first.days_in_month())
                .filter_map(move |day| Date::new(first.year(), first.month(), day).ok())
        });
        let dates: Vec<Date> = days.filter(|date| self.has(*date)).collect();
        if self.positions.is_empty() {
            return dates;
        }
        let places = self.positions.iter().filter_map(|position| {
            let place = usize::from(position.unsigned_abs()).checked_sub(1)?;
            if *position > 0 { dates.get(place) } else { dates.iter().rev().nth(place) }
        });
        places.copied().collect::<BTreeSet<Date>>().into_iter().collect()
    }

    /// Whether a date, of one of the months, is of the rule.
    fn has(&self, date: Date) -> bool {
        let in_month = (i16::from(date.day()), i16::from(date.days_in_month()));
        let in_year = (date.day_of_year(), date.days_in_year());
        says(&self.days_of_month, &from_both_ends(in_month))
            && says(&self.days_of_year, &from_both_ends(in_year))
            && self.has_weekday(date.weekday(), if self.months.is_empty() { in_year } else { in_month })
            && (self.weeks.is_empty() || says(&self.weeks, &week(date, self.week_start)))
    }

    fn has_weekday(&self, weekday: Weekday, day: (i16, i16)) -> bool {
        let weekday = weekday.to_monday_zero_offset();
        let numbered = sevens_from_both_ends(day).map(|number| (number, weekday));
        says(&self.weekdays, &[weekday]) && says(&self.numbered_weekdays, &numbered)
    }
}

/// What is accepted as the value of a part, if there is such a part.
fn accepted(name: &str) -> Option<&'static str> {
    Some(match name {
        "FREQ" => "YEARLY",
        "INTERVAL" => "a number of years",
        "COUNT" => "a number of dates",
        "WKST" => "a day of the week, as in WKST=SU",
        "BYMONTH" => "a list of months, 1 to 12",
        "BYMONTHDAY" => "a list of days of a month, 1 to 31 or -1 to -31",
        "BYYEARDAY" => "a list of days of a year, 1 to 366 or -1 to -366",
        "BYWEEKNO" => "a list of weeks, 1 to 53 or -1 to -53",
        "BYDAY" => "a list of days of the week, as in BYDAY=MO,-1FR",
        "BYSETPOS" => "a list of positions, 1 to 366 or -1 to -366",
        _ => return None,
    })
}

/// A list of numbers, each `most` at most, or as much below zero.
fn numbers(list: &str, most: u16) -> Option<BTreeSet<i16>> {
    if list.is_empty() {
        return Some(BTreeSet::new());
    }
    let number = |text: &str| text.parse().ok().filter(|number: &i16| number.unsigned_abs() <= most);
    list.split(',').map(number).collect()
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

/// Whether a list names one of these days, or nothing at all.
fn says<Day: Ord>(list: &BTreeSet<Day>, days: &[Day]) -> bool {
    list.is_empty() || days.iter().any(|day| list.contains(day))
}

/// The number of a day, and what it is when counted from the end.
fn from_both_ends((day, days): (i16, i16)) -> [i16; 2] {
    [day, day.saturating_sub(days).saturating_sub(1)]
}

/// Which one of its weekday a day is, counted from the beginning and from the end.
fn sevens_from_both_ends((day, days): (i16, i16)) -> [i16; 2] {
    let before = day.saturating_sub(1) / 7;
    let after = days.saturating_sub(day) / 7;
    [before.saturating_add(1), (-1_i16).saturating_sub(after)]
}

/// The number of the week in which a date lies, from both ends. A week belongs to the year in which its fourth day
/// lies, so it has the number that this day has among those of its weekday.
fn week(date: Date, week_start: Weekday) -> [i16; 2] {
    let to_fourth = 3_i8.saturating_sub(date.weekday().since(week_start));
    let fourth = date.checked_add(Span::new().days(to_fourth)).unwrap_or(date);
    sevens_from_both_ends((fourth.day_of_year(), fourth.days_in_year()))
}

#[cfg(test)]
mod tests;
