//! What failed in a rehearsal, or came too late, and why: one by one, and where there is much of it, by causes.

use super::notes::{MOST_STRETCHES, listed, stretches};
use super::rows::Row;
use super::words::{ending_word, number};
use crate::api::Action;
use crate::planner::Ending;
use crate::text::localised;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The most failures that are listed one by one: a longer list is not read.
const MOST_TOLD: usize = 24;

/// The most causes that are listed; the rest is counted as one. A year of storms has about 25.
const MOST_CAUSES: usize = 60;

/// What stands for the words that differ from one failure to the next of the same cause.
const DIFFERS: &str = "…";

/// The units of durations.
const UNITS: [&str; 4] = ["d", "h", "min", "s"];

/// How a time is written.
const TIME: &str = "%a %-d %b %H:%M";

/// One occurrence that failed, or came too late.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The label of the service, for people.
    pub service: String,
    /// The zone of its schedule.
    pub zone: TimeZone,
    /// When the occurrence ended.
    pub at: Timestamp,
    /// What was to be done.
    pub action: Action,
    /// When that was due.
    pub scheduled: Timestamp,
    /// In which way it failed: by an error, too late, or overtaken by a pause.
    pub ending: Ending,
    /// The last error, for people; empty if there was none.
    pub why: String,
}

impl Failure {
    fn line(&self) -> String {
        let words = |at: &Zoned| at.strftime(TIME).to_string();
        let local = |at: Timestamp| words(&at.to_zoned(self.zone.clone()));
        let (service, action, word) = (&self.service, self.action, ending_word(self.ending));
        let (at, due) = (local(self.at), local(self.scheduled));
        let why = localised(&self.why, &self.zone, words);
        format!("{service}, {at}: the {action} due {due} {word}: {why}")
    }
}

/// The first failures, and of all of them how often each cause struck where.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    first: Vec<Failure>,
    all: u64,
    causes: BTreeMap<Cause, Struck>,
}

/// What failures have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    action: Action,
    ending: Ending,
    /// Why, without what differs; `None` stands for the causes that there were too many of.
    why: Option<String>,
}

/// How often a cause struck, and where.
#[derive(Debug, Clone, Default)]
struct Struck {
    times: u64,
    first: Option<Failure>,
    /// How often it struck each row, by its number, and on which dates.
    rows: BTreeMap<usize, (u64, BTreeSet<Date>)>,
}

impl Failures {
    /// Adds a failure of a service in the row of this number.
    pub(super) fn add(&mut self, failure: Failure, row: usize) {
        self.all += 1;
        let struck = self.causes.entry(self.cause_of(&failure)).or_default();
        struck.times += 1;
        let (times, dates) = struck.rows.entry(row).or_default();
        *times += 1;
        dates.insert(failure.zone.to_datetime(failure.at).date());
        struck.first.get_or_insert_with(|| failure.clone());
        if self.first.len() < MOST_TOLD {
            self.first.push(failure);
        }
    }

    fn cause_of(&self, failure: &Failure) -> Cause {
        let (action, ending) = (failure.action, failure.ending);
        let cause = Cause { action, ending, why: Some(what_is_common(&failure.why)) };
        let has_room = self.causes.len() < MOST_CAUSES || self.causes.contains_key(&cause);
        if has_room { cause } else { Cause { why: None, ..cause } }
    }

    /// The first of them, in the order in which they came.
    pub fn first(&self) -> &[Failure] {
        &self.first
    }

    /// Why each `×` stands there: the lines for each failure, or for each cause, the most frequent one first.
    pub(super) fn lines(&self, rows: &[Row], with_year: bool) -> Vec<Vec<String>> {
        if self.all <= u64::try_from(self.first.len()).unwrap_or(u64::MAX) {
            return self.first.iter().map(|failure| vec![failure.line()]).collect();
        }
        let mut causes: Vec<(&Cause, &Struck)> = self.causes.iter().collect();
        causes.sort_by_key(|(_, struck)| Reverse(struck.times));
        causes.into_iter().map(|(cause, struck)| cause.lines(struck, rows, with_year)).collect()
    }
}

impl Cause {
    /// Why, and where and when.
    fn lines(&self, struck: &Struck, rows: &[Row], with_year: bool) -> Vec<String> {
        if let (1, Some(only)) = (struck.times, &struck.first) {
            return vec![only.line()];
        }
        let places = struck.rows.iter().filter_map(|(row, (times, dates))| {
            let dates = listed(&coarse(stretches(dates)), with_year);
            Some(format!("{} {} ({dates})", rows.get(*row)?.name, often(*times)))
        });
        let places = places.collect::<Vec<_>>().join(", ");
        let why = self.why.as_deref().unwrap_or("other causes; --format json shows each");
        let (count, action, word) = (number(struck.times), self.action, ending_word(self.ending));
        vec![format!("{count} {action}s {word}: {why}"), places]
    }
}

fn often(times: u64) -> String {
    match times {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        times => format!("{} times", number(times)),
    }
}

/// Where there are more ranges of dates than are listed, those that lie closest together become one.
fn coarse(mut stretches: Vec<(Date, Date)>) -> Vec<(Date, Date)> {
    while stretches.len() > MOST_STRETCHES {
        let pairs = stretches.iter().zip(stretches.iter().skip(1));
        let gaps = pairs.map(|((_, last), (first, _))| first.duration_since(*last));
        let Some((closest, _)) = gaps.enumerate().min_by_key(|(_, gap)| *gap) else { break };
        let (_, last) = stretches.remove(closest + 1);
        if let Some(stretch) = stretches.get_mut(closest) {
            stretch.1 = last;
        }
    }
    stretches
}

/// The text with a sign for each word or run of words that differs from one failure to the next: what has digits, such
/// as instants, durations, counts and identifiers, and the units behind them.
fn what_is_common(text: &str) -> String {
    let mut common: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let bare = word.trim_end_matches([',', ';', ':']);
        let differs = word.contains(|c: char| c.is_ascii_digit());
        let ends = word.get(bare.len()..).unwrap_or_default();
        match common.last_mut().filter(|last| **last == DIFFERS) {
            Some(last) if differs || UNITS.contains(&bare) => last.push_str(ends),
            _ if differs => common.push(format!("{DIFFERS}{ends}")),
            _ => common.push(word.to_owned()),
        }
    }
    common.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_one_failure_to_the_next_is_left_open() {
        let cases = [
            (
                "the pause at 2027-03-25T15:00:00Z came first; before: not done 5 h 3 min after its instant",
                "the pause at … came first; before: not done … after its instant",
            ),
            ("could not leave within 5 s, and was not made", "could not leave within …, and was not made"),
            ("HTTP 442: its body is no JSON", "HTTP …: its body is no JSON"),
            ("operation 833ce17c-cbd5 ended FAILED; 3 tries", "operation … ended FAILED; … tries"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(what_is_common(text), expected);
        }
    }

    #[test]
    fn too_many_dates_become_longer_ranges() {
        let day = |day: i8| jiff::civil::date(2027, 3, day);
        let single: BTreeSet<Date> = [1, 3, 6, 7, 10, 15, 20, 25, 31].map(day).into();
        let told = listed(&coarse(stretches(&single)), false);
        assert_eq!(told, "1 Mar to 7 Mar, 10 Mar, 15 Mar, 20 Mar, 25 Mar, 31 Mar");
    }
}
