//! The days of a stretch of time, in a zone, and what is written above them.

use crate::schedule::ZoneChange;
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

/// The most days that are looked at: more than the longest rehearsal has.
const MOST_DAYS: usize = 4_000;

/// Up to so many days are each labelled, if they have the room.
const MOST_LABELLED_DAYS: usize = 16;

/// What an hour looks like above the time.
const HOUR: &str = "06:00";

/// The columns of a day in which four of its hours can be told apart, midnight among them, and eight.
const WIDTH_OF_FOUR: usize = 26;
const WIDTH_OF_EIGHT: usize = 52;

/// A local day, or the part of it that lies in the stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) from: Timestamp,
    /// Which day it is.
    pub(super) date: Date,
    /// What the clock does on that day, if it changes.
    pub(super) clock_change: Option<ClockChange>,
}

/// What a clock does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClockChange {
    pub(super) at: Timestamp,
    /// Such as `at 02:00 the clock goes ahead by 60 min`.
    pub(super) words: String,
}

/// The days between two instants.
pub(super) fn days(from: Timestamp, until: Timestamp, zone: &TimeZone) -> Vec<Day> {
    let mut days = Vec::new();
    let mut at = from;
    while at < until && days.len() < MOST_DAYS {
        let date = at.to_zoned(zone.clone()).date();
        let Some(next) = date.tomorrow().ok().and_then(|next| start_of_day(next, zone)) else { break };
        days.push(Day { from: at, date, clock_change: clock_change(at, next, zone) });
        if next <= at {
            break;
        }
        at = next;
    }
    days
}

/// When a date begins.
pub(super) fn start_of_day(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    date.to_zoned(zone.clone()).ok().map(|begin| begin.timestamp())
}

fn clock_change(from: Timestamp, until: Timestamp, zone: &TimeZone) -> Option<ClockChange> {
    let change = ZoneChange::following(zone, from).next().filter(|change| change.at < until)?;
    let (at, by) = (change.at, change.step());
    if by.is_zero() {
        return None;
    }
    let local = change.before.to_datetime(at).strftime("%H:%M");
    let way = if by.is_negative() { "back" } else { "ahead" };
    Some(ClockChange { at, words: format!("at {local} the clock goes {way} by {} min", by.abs().as_mins()) })
}

/// A word above the time, and when what it names begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) from: Timestamp,
    pub(super) word: String,
}

/// What is labelled: days, or the weeks, months, quarters, years that begin, with the words for them from long to short.
struct Scale {
    begins: fn(Date) -> bool,
    words: &'static [&'static str],
}

/// A day as a bare number, which says little without its neighbours.
const NUMBER: &str = "%-d";

const SCALES: [Scale; 5] = [
    Scale { begins: |_| true, words: &["%a %-d %b", "%a %-d", NUMBER] },
    Scale { begins: |date| date.weekday() == Weekday::Monday, words: &["%a %-d %b", "%-d %b"] },
    Scale { begins: |date| date.day() == 1, words: &["%b %Y", "%b"] },
    Scale { begins: |date| date.day() == 1 && date.month() % 3 == 1, words: &["%b %Y", "%b"] },
    Scale { begins: |date| date.day_of_year() == 1, words: &["%Y"] },
];

/// The labels for these days, all of one kind: the finest for which there is room. `place` says in which column an
/// instant lies.
pub(super) fn labels(days: &[Day], until: Timestamp, place: impl Fn(Timestamp) -> usize) -> Vec<Label> {
    let first = if days.len() <= MOST_LABELLED_DAYS { 0 } else { 1 };
    for scale in SCALES.iter().skip(first) {
        let begun: Vec<&Day> = days.iter().filter(|day| (scale.begins)(day.date)).collect();
        let ends: Vec<Timestamp> = begun.iter().skip(1).map(|day| day.from).chain([until]).collect();
        let rooms: Vec<usize> =
            begun.iter().zip(&ends).map(|(day, end)| place(*end) - place(day.from)).collect();
        let lasts = |day: &Day, end: &Timestamp| end.duration_since(day.from).as_secs();
        let longest = begun.iter().zip(&ends).map(|(day, end)| lasts(day, end)).max().unwrap_or(0);
        let word = |day: &Day, format: &str| day.date.strftime(format).to_string();
        // Behind each word a blank and, on a day of a clock change, its sign.
        let has_room = |day: &Day, format: &str, room: usize| word(day, format).len() + 1 < room;
        // A day of 23 hours, a short month and what is cut off at an end do not decide.
        let is_whole = |day: &Day, end| lasts(day, end) * 100 >= longest * 96;
        let fits = |format: &str| {
            let mut placed = begun.iter().zip(&ends).zip(&rooms);
            placed.all(|((day, end), room)| !is_whole(day, end) || has_room(day, format, *room))
        };
        let Some(chosen) = scale.words.iter().position(|format| fits(format)) else { continue };
        // They may have a shorter word.
        let shorter = scale.words.iter().enumerate().skip(chosen);
        let words = shorter.filter(|(index, format)| *index == chosen || **format != NUMBER);
        let labelled = begun.iter().zip(&rooms).filter_map(|(day, room)| {
            let (_, format) = words.clone().find(|(_, format)| has_room(day, format, *room))?;
            Some(Label { from: day.from, word: word(day, format) })
        });
        let labels: Vec<Label> = labelled.collect();
        if !labels.is_empty() {
            return labels;
        }
    }
    Vec::new()
}

/// The hours of days that are so wide that they can be told apart.
pub(super) fn hours(
    days: &[Day],
    until: Timestamp,
    zone: &TimeZone,
    place: impl Fn(Timestamp) -> usize,
) -> Vec<Label> {
    let Some(from) = days.first().map(|first| first.from) else { return Vec::new() };
    let columns = place(until) - place(from);
    let hours = usize::try_from(until.duration_since(from).as_hours()).unwrap_or(usize::MAX).max(1);
    let hours: &[i8] = match columns * 24 / hours {
        ..WIDTH_OF_FOUR => return Vec::new(),
        WIDTH_OF_FOUR..WIDTH_OF_EIGHT => &[6, 12, 18],
        _ => &[3, 6, 9, 12, 15, 18, 21],
    };
    let labelled = days.iter().flat_map(|day| {
        hours.iter().filter_map(|hour| {
            let from = day.date.at(*hour, 0, 0, 0).to_zoned(zone.clone()).ok()?.timestamp();
            let has_room = place(from) + HOUR.len() <= place(until);
            (from >= day.from && from < until && has_room)
                .then(|| Label { from, word: format!("{hour:02}:00") })
        })
    });
    labelled.collect()
}

/// A date in a sentence.
pub(super) fn date_words(date: Date, with_year: bool) -> String {
    date.strftime(if with_year { "%-d %b %Y" } else { "%-d %b" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    #[test]
    fn a_day_on_which_the_clock_changes_says_so() {
        let days =
            days("2026-03-28T12:00:00Z".parse().unwrap(), "2026-03-30T00:00:00Z".parse().unwrap(), &berlin());
        let told: Vec<_> = days
            .iter()
            .map(|day| (day.date.to_string(), day.clock_change.as_ref().map(|change| change.words.as_str())))
            .collect();
        assert_eq!(
            told,
            [
                ("2026-03-28".to_owned(), None),
                ("2026-03-29".to_owned(), Some("at 02:00 the clock goes ahead by 60 min")),
                ("2026-03-30".to_owned(), None)
            ]
        );
    }

    /// The labels above so many days from noon on Thursday, 26 March, in so many columns.
    fn labelled(count: i64, columns: i64) -> String {
        let from: Timestamp = "2026-03-26T11:00:00Z".parse().unwrap();
        let until = from + SignedDuration::from_hours(24 * count);
        let whole = until.duration_since(from).as_secs();
        let place =
            |at: Timestamp| usize::try_from(at.duration_since(from).as_secs() * columns / whole).unwrap();
        let labels = labels(&days(from, until, &berlin()), until, place);
        labels.into_iter().map(|label| format!("{}={} ", place(label.from), label.word)).collect()
    }

    #[test]
    fn days_are_labelled_alike_and_as_long_as_there_is_room() {
        assert_eq!(labelled(3, 60), "0=Thu 26 10=Fri 27 Mar 30=Sat 28 Mar 50=Sun 29 ");
        assert_eq!(labelled(3, 30), "5=Fri 27 15=Sat 28 ");
        assert_eq!(labelled(7, 35), "2=27 7=28 12=29 17=30 22=31 27=1 32=2 ");
        assert_eq!(labelled(30, 74), "8=Mon 30 Mar 25=Mon 6 Apr 43=Mon 13 Apr 60=Mon 20 Apr ");
        assert_eq!(labelled(30, 40), "4=30 Mar 13=6 Apr 23=13 Apr 32=20 Apr ");
        assert_eq!(labelled(90, 60), "3=Apr 2026 23=May 2026 44=Jun 2026 ");
        assert_eq!(
            labelled(3_650, 60),
            "4=2027 10=2028 16=2029 22=2030 28=2031 34=2032 40=2033 46=2034 52=2035 "
        );
    }
}
