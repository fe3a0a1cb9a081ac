//! A cron rule as Vixie cron writes it: 5 fields, or 6 with the second first, or a short name such as `@daily`.
//! When both the day of the month and the day of the week are restricted, either matches, as there.

use super::cron_field::{DAY_OF_MONTH, DAY_OF_WEEK, Field, HOUR, MINUTE, MONTH, SECOND};
use crate::text::{Diagnostic, did_you_mean, quoted};
use std::ops::Range;

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

pub(crate) const SHAPE: &str = "a rule has 5 fields, minute, hour, day of the month, month and day of the week, as in \
                     `0 8 * * MON-FRI`, or 6 with the second first";

/// A rule in numbers, in the one spelling that the calendar is given.
pub(crate) struct Numbers {
    /// The fields from the second on, and the year behind them for a rule that names years.
    pub(crate) fields: String,
    /// Whether a field of the time of day begins with `*`.
    pub(crate) follows_real_time: bool,
    pub(crate) starred: Option<Starred>,
}

/// A `*` in the field of a small unit below a larger one that is restricted: `* 8 * * *` happens in each of the 60
/// minutes from 08:00.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Starred {
    /// The byte of the rule at which it stands.
    pub(crate) at: usize,
    /// The field in which it stands.
    pub(crate) field: &'static str,
    /// The next larger unit.
    pub(crate) within: &'static str,
}

/// Reads a rule and checks every field of it.
pub(crate) fn read(text: &str) -> Result<Numbers, Diagnostic> {
    refuse_other_languages(text)?;
    let upper = text.to_ascii_uppercase();
    let expression = match upper.trim() {
        name if name.starts_with('@') => nickname(text, name)?.to_owned(),
        _ => upper,
    };
    let fields = Fields::split(&expression)?;
    let (follows_real_time, starred) = (fields.follow_real_time(), fields.starred());
    Ok(Numbers { fields: fields.canonical()?, follows_real_time, starred })
}

/// The fields of a rule, with their places in it.
pub(crate) struct Fields<'a> {
    fields: Vec<(&'static Field, &'a str, Range<usize>)>,
}

impl<'a> Fields<'a> {
    fn split(expression: &'a str) -> Result<Self, Diagnostic> {
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
        Ok(Self::of(kinds, words))
    }

    /// Words in the order of what they are.
    pub(crate) fn of(kinds: &[&'static Field], words: Vec<(usize, &'a str)>) -> Self {
        let placed = |(kind, (start, word)): (&&'static Field, (usize, &'a str))| {
            (*kind, word, start..start.saturating_add(word.len()))
        };
        Self { fields: kinds.iter().zip(words).map(placed).collect() }
    }

    /// The rule in numbers, with seconds, in the one spelling that croner is given.
    fn canonical(&self) -> Result<String, Diagnostic> {
        let mut written = self.numbers()?;
        if written.len() == 5 {
            written.insert(0, "0".to_owned());
        }
        if self.days_must_both_match()
            && let Some(day_of_week) = written.last_mut()
        {
            day_of_week.insert(0, '+'); // croner's sign for "and"
        }
        Ok(written.join(" "))
    }

    /// Every field in numbers.
    pub(crate) fn numbers(&self) -> Result<Vec<String>, Diagnostic> {
        let count = self.fields.len();
        let checked = self.fields.iter().enumerate().map(|(index, (field, text, at))| {
            let number = index.saturating_add(1);
            field.canonical(text).map_err(|wrong| match &wrong.help {
                Some(_) => wrong.shifted(at.start),
                None => wrong.shifted(at.start).with_help(format!(
                    "the {} (field {number} of {count}) takes {}",
                    field.name, field.accepts
                )),
            })
        });
        checked.collect()
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

    pub(crate) fn follow_real_time(&self) -> bool {
        [&SECOND, &MINUTE, &HOUR].into_iter().any(|field| self.text_of(field).starts_with('*'))
    }

    /// A field that is `*` where the next larger one is restricted.
    pub(crate) fn starred(&self) -> Option<Starred> {
        self.fields.windows(2).find_map(|pair| {
            let [(field, text, at), (larger, restricted, _)] = pair else { return None };
            let is_of_the_day = matches!(larger.name, "minute" | "hour");
            (*text == "*" && *restricted != "*" && is_of_the_day).then_some(Starred {
                at: at.start,
                field: field.name,
                within: larger.name,
            })
        })
    }

    fn text_of(&self, kind: &Field) -> &'a str {
        self.fields.iter().find(|(field, ..)| field.name == kind.name).map_or("", |(_, text, _)| text)
    }
}

/// The words of a text with the byte at which each begins.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(move |word| (word.as_ptr().addr().saturating_sub(text.as_ptr().addr()), word))
}

fn wrong_number_of_fields(expression: &str, count: usize) -> Diagnostic {
    let message = match count {
        0 => "the rule is empty".to_owned(),
        1 => "the rule has 1 field".to_owned(),
        7 => "the rule has 7 fields; years are not read".to_owned(),
        _ => format!("the rule has {count} fields"),
    };
    Diagnostic::at(0..expression.len(), message).with_help(SHAPE)
}

/// The rule behind a name that begins with `@`.
fn nickname(text: &str, upper: &str) -> Result<&'static str, Diagnostic> {
    if let Some((_, rule)) = NICKNAMES.iter().find(|(name, _)| *name == upper) {
        return Ok(rule);
    }
    let names = NICKNAMES.map(|(name, _)| name.to_ascii_lowercase());
    let list = names.each_ref().map(|name| quoted(name)).join(", ");
    let names = names.iter().map(String::as_str);
    let message = format!("{} is no short name of a rule", quoted(text.trim()));
    let help = did_you_mean(text.trim(), names, &format!("the short names are {list}"));
    Err(Diagnostic::at(0..text.len(), message).with_help(help))
}

/// What looks like a rule of something else is refused with its reason rather than field by field.
fn refuse_other_languages(text: &str) -> Result<(), Diagnostic> {
    let begins = |word: &str| {
        let start = text.trim_start().as_bytes().get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    };
    if begins("TZ=") || begins("CRON_TZ=") {
        let wrong = Diagnostic::at(0..text.len(), "a rule does not name its zone");
        return Err(wrong.with_help("write `timezone = \"Europe/Berlin\"` beside it"));
    }
    Ok(())
}
