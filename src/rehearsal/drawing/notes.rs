//! What is special about the days of a zone: clock changes and closed days.

use super::calendar::{Day, date_words};
use super::rows::Row;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The most clock changes that are listed one by one: two years of them.
const MOST_CLOCK_CHANGES: usize = 4;

/// The most closed days of one name that are listed with their names: a longer line is not read.
pub(super) const MOST_STRETCHES: usize = 6;

/// The most names of closed days that are listed for one zone.
const MOST_NAMES: usize = 8;

/// Days of more than one year are written with it.
pub(super) const MOST_DAYS_WITHOUT_YEAR: usize = 366;

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    ClockChange,
    ClosedDays,
}

/// Something worth knowing about some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) about: About,
    pub(super) words: String,
}

/// What is worth knowing about the days of the rows of one zone.
pub(super) fn notes(days: &[Day], rows: &[&Row]) -> Vec<Note> {
    let with_year = days.len() > MOST_DAYS_WITHOUT_YEAR;
    let clock =
        clock_changes(days, with_year).into_iter().map(|words| Note { about: About::ClockChange, words });
    let closed =
        closed_days(rows, with_year).into_iter().map(|words| Note { about: About::ClosedDays, words });
    clock.chain(closed).collect()
}

fn clock_changes(days: &[Day], with_year: bool) -> Vec<String> {
    let changes: Vec<String> = days
        .iter()
        .filter_map(|day| Some((day.date, day.clock_change.as_ref()?)))
        .map(|(date, change)| format!("{}: {}", date_words(date, with_year), change.words))
        .collect();
    let more = changes.len().saturating_sub(MOST_CLOCK_CHANGES);
    let more = (more > 0).then(|| format!("and {more} more changes of the clock"));
    changes.into_iter().take(MOST_CLOCK_CHANGES).chain(more).collect()
}

/// One line for each name, in the order of the first rows that have them.
fn closed_days(rows: &[&Row], with_year: bool) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    let mut dates: BTreeMap<&str, BTreeSet<Date>> = BTreeMap::new();
    for days in rows.iter().flat_map(|row| &row.closed) {
        let of_name = dates.entry(&days.name).or_insert_with(|| {
            names.push(&days.name);
            BTreeSet::new()
        });
        let all = std::iter::successors(Some(days.first), |date| date.tomorrow().ok());
        of_name.extend(all.take_while(|date| *date <= days.last));
    }
    let told = names.iter().take(MOST_NAMES).filter_map(|name| {
        Some(format!("{}: closed ({name})", listed(&stretches(dates.get(name)?), with_year)))
    });
    let more = names.len().saturating_sub(MOST_NAMES);
    told.chain((more > 0).then(|| format!("and {more} more sets of closed days"))).collect()
}

/// First and last dates of what lies together.
pub(super) fn stretches(dates: &BTreeSet<Date>) -> Vec<(Date, Date)> {
    let mut stretches: Vec<(Date, Date)> = Vec::new();
    for date in dates {
        match stretches.last_mut() {
            Some((_, last)) if last.tomorrow().ok() == Some(*date) => *last = *date,
            _ => stretches.push((*date, *date)),
        }
    }
    stretches
}

/// The stretches in words, the first of them if they are many.
pub(super) fn listed(stretches: &[(Date, Date)], with_year: bool) -> String {
    let words = stretches.iter().take(MOST_STRETCHES).map(|(first, last)| {
        let first_word = date_words(*first, with_year);
        if first == last { first_word } else { format!("{first_word} to {}", date_words(*last, with_year)) }
    });
    let words = words.collect::<Vec<_>>().join(", ");
    match stretches.len().saturating_sub(MOST_STRETCHES) {
        0 => words,
        more => format!("{words} and {more} more"),
    }
}
