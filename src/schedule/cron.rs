//! One cron rule: read, checked, and asked for the matches around a civil time.
//!
//! A rule knows nothing of zones and clock changes; `clock_change.rs` does. The calendar (which days does `15W` or
//! `MON#2` mean?) is croner's, and it is asked in civil time alone.

use super::cron_field::{DAY_OF_MONTH, DAY_OF_WEEK, Field, HOUR, MINUTE, MONTH, SECOND};
use super::near::did_you_mean;
use super::problem::quoted;
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, CronPattern, Weekday};
use jiff::civil::DateTime;
use std::ops::Range;

/// The longest rule, in bytes: every value of every field written out stays below it.
const MAX_RULE_BYTES: usize = 1000;

/// The short names of Vixie cron, in upper case, and the rules that they stand for.
const NICKNAMES: [(&str, &str); 7] = [
    ("@YEARLY", "0 0 1 1 *"),
    ("@ANNUALLY", "0 0 1 1 *"),
    ("@MONTHLY", "0 0 1 * *"),
    ("@WEEKLY", "0 0 * * 0"),
    ("@DAILY", "0 0 * * *"),
    ("@MIDNIGHT", "0 0 * * *"),
    ("@HOURLY", "0 * * * *"),
];

const SHAPE: &str = "a rule has 5 fields, minute, hour, day of the month, month and day of the week, as in \
                     `0 8 * * MON-FRI`, or 6 with the second first";

/// A checked cron rule.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    text: Box<str>,
    calendar: Cron,
    follows_real_time: bool,
}

/// What is wrong with a rule, and where in it.
#[derive(Debug)]
pub(super) struct WrongRule {
    /// The offending bytes, counted from the beginning of the rule.
    pub(super) at: Range<usize>,
    /// What is wrong.
    pub(super) message: String,
    /// What is accepted.
    pub(super) help: String,
}

impl Rule {
    /// Reads a rule and checks every field of it.
    pub(super) fn parse(text: &str) -> Result<Self, WrongRule> {
        refuse_other_languages(text)?;
        let upper = text.to_ascii_uppercase();
        let expression = match upper.trim() {
            name if name.starts_with('@') => nickname(text, name)?.to_owned(),
            _ => upper,
        };
        let fields = Fields::split(&expression)?;
        let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).build();
        let calendar = parser.parse(&fields.canonical()?).map_err(|error| WrongRule {
            at: 0..text.len(),
            message: format!("the rule cannot be read: {error}"),
            help: SHAPE.to_owned(),
        })?;
        Ok(Self { text: text.into(), calendar, follows_real_time: fields.follow_real_time() })
    }

    /// The rule as it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the rule simply follows real time across a clock change, as Vixie cron has it for a rule whose second,
    /// minute or hour begins with `*`. Any other rule names fixed times.
    pub(super) fn follows_real_time(&self) -> bool {
        self.follows_real_time
    }

    /// The first match after a civil time, or at it if `inclusive`.
    pub(super) fn next(&self, from: DateTime, inclusive: bool) -> Option<DateTime> {
        self.calendar.find_next_occurrence(&from, inclusive).ok()
    }

    /// The last match at or before a civil time.
    pub(super) fn latest(&self, until: DateTime) -> Option<DateTime> {
        self.calendar.find_previous_occurrence(&until, true).ok()
    }

    /// Whether the rule has no day at all, such as 31 February.
    ///
    /// Whoever asks such a rule for its next match waits until croner has walked to the year 5000, so it is asked
    /// here instead, over each length of a month and each weekday on which one can begin.
    pub(super) fn never_fires(&self) -> bool {
        const MONTHS: [(i32, u32, u32); 4] = [(2001, 2, 28), (2000, 2, 29), (2001, 4, 30), (2001, 1, 31)];
        let pattern = &self.calendar.pattern;
        let lengths = pattern.months.values().into_iter().flat_map(|month| match month {
            2 => [28, 29],
            4 | 6 | 9 | 11 => [30, 30],
            _ => [31, 31],
        });
        let lengths: Vec<u32> = lengths.collect();
        !MONTHS
            .into_iter()
            .filter(|(_, _, length)| lengths.contains(length))
            .any(|(year, month, length)| some_day_matches(pattern, year, month, length))
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Rule {}

/// Whether a month like this one, begun on any weekday, has a matching day.
fn some_day_matches(pattern: &CronPattern, year: i32, month: u32, length: u32) -> bool {
    (0..7).any(|first| {
        (1..=length).any(|day| {
            let weekday = Weekday::from_days_from_sunday(day.saturating_add(first));
            pattern.day_match(year, month, day, weekday).unwrap_or(false)
        })
    })
}

/// The fields of a rule, with their places in it.
struct Fields<'a> {
    fields: Vec<(&'static Field, &'a str, Range<usize>)>,
}

impl<'a> Fields<'a> {
    fn split(expression: &'a str) -> Result<Self, WrongRule> {
        const KINDS: [&Field; 6] = [&SECOND, &MINUTE, &HOUR, &DAY_OF_MONTH, &MONTH, &DAY_OF_WEEK];
        let words: Vec<(usize, &str)> = words(expression).collect();
        let kinds = match words.len() {
            5 => KINDS.get(1..),
            6 => KINDS.get(..),
            _ => None,
        };
        let Some(kinds) = kinds else {
            return Err(wrong_number_of_fields(expression, words.len()));
        };
        let placed = |(kind, (start, word)): (&&'static Field, (usize, &'a str))| {
            (*kind, word, start..start.saturating_add(word.len()))
        };
        Ok(Self { fields: kinds.iter().zip(words).map(placed).collect() })
    }

    /// The rule in numbers, with seconds, in the one spelling that croner is given.
    fn canonical(&self) -> Result<String, WrongRule> {
        let count = self.fields.len();
        let mut written = Vec::with_capacity(6);
        if count == 5 {
            written.push("0".to_owned());
        }
        for (index, (field, text, at)) in self.fields.iter().enumerate() {
            let number = index.saturating_add(1);
            let checked = field.canonical(text).map_err(|wrong| WrongRule {
                at: at.start.saturating_add(wrong.at.start)..at.start.saturating_add(wrong.at.end),
                message: wrong.message,
                help: match wrong.advice {
                    Some(advice) => advice,
                    None => format!("the {} (field {number} of {count}) takes {}", field.name, field.accepts),
                },
            })?;
            written.push(checked);
        }
        if self.days_must_both_match()
            && let Some(day_of_week) = written.last_mut()
        {
            day_of_week.insert(0, '+'); // croner's sign for "and"
        }
        Ok(written.join(" "))
    }

    /// In Vixie cron a field of days that begins with `*` restricts nothing, even with a step, so the other one's
    /// days are not added to its days: both must match.
    fn days_must_both_match(&self) -> bool {
        let day_of_month = self.text_of(&DAY_OF_MONTH);
        let day_of_week = self.text_of(&DAY_OF_WEEK);
        day_of_month != "*"
            && day_of_week != "*"
            && (day_of_month.starts_with('*') || day_of_week.starts_with('*'))
    }

    fn follow_real_time(&self) -> bool {
        [&SECOND, &MINUTE, &HOUR].into_iter().any(|field| self.text_of(field).starts_with('*'))
    }

    fn text_of(&self, kind: &Field) -> &'a str {
        self.fields.iter().find(|(field, ..)| field.name == kind.name).map_or("", |(_, text, _)| text)
    }
}

/// The words of a text with the byte at which each begins.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(move |word| (word.as_ptr().addr().saturating_sub(text.as_ptr().addr()), word))
}

fn wrong_number_of_fields(expression: &str, count: usize) -> WrongRule {
    let message = match count {
        0 => "the rule is empty".to_owned(),
        1 => "the rule has 1 field".to_owned(),
        7 => "the rule has 7 fields; years are not read".to_owned(),
        _ => format!("the rule has {count} fields"),
    };
    WrongRule { at: 0..expression.len(), message, help: SHAPE.to_owned() }
}

/// The rule behind a name that begins with `@`.
fn nickname(text: &str, upper: &str) -> Result<&'static str, WrongRule> {
    if let Some((_, rule)) = NICKNAMES.iter().find(|(name, _)| *name == upper) {
        return Ok(rule);
    }
    let names = NICKNAMES.map(|(name, _)| name.to_ascii_lowercase());
    let list = names.each_ref().map(|name| quoted(name)).join(", ");
    let names = names.iter().map(String::as_str);
    Err(WrongRule {
        at: 0..text.len(),
        message: format!("{} is no short name of a rule", quoted(text.trim())),
        help: did_you_mean(text.trim(), names, &format!("the short names are {list}")),
    })
}

/// What looks like a rule of something else is refused with its reason rather than field by field.
fn refuse_other_languages(text: &str) -> Result<(), WrongRule> {
    let refuse = |message: &str, help: &str| {
        Err(WrongRule { at: 0..text.len(), message: message.to_owned(), help: help.to_owned() })
    };
    if text.len() > MAX_RULE_BYTES {
        return refuse("the rule is longer than 1000 bytes", SHAPE);
    }
    let begins = |word: &str| {
        let start = text.trim_start().as_bytes().get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    if begins("cron(") || begins("at(") {
        return refuse("EventBridge's `cron(…)` and `at(…)` are not read by this version", SHAPE);
    }
    if begins("rate(") {
        return refuse("`rate(…)` names no time of day, so it cannot say when a service wakes", SHAPE);
    }
    if begins("TZ=") || begins("CRON_TZ=") {
        return refuse("a rule does not name its zone", "write `timezone = \"Europe/Berlin\"` beside it");
    }
    Ok(())
}
