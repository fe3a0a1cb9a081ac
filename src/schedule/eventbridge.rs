//! The expressions of `EventBridge`: `cron(…)` with its own fields and numbers, `at(…)` for
//! one instant, and `rate(…)`, which is refused.
//!
//! A time that a clock change skips or repeats is treated as in every other rule of the file: `EventBridge` would leave
//! out a morning that falls into a gap.

use super::cron_field::EVENTBRIDGE;
use super::cron_text::{Fields, Numbers, words};
use crate::text::{Diagnostic, quoted};
use jiff::civil::DateTime;
use std::ops::Range;

const CRON: &str = "EventBridge's rule has 6 fields, minute, hour, day of the month, month, day of the week (1 is \
                    Sunday) and year, with `?` for one of the two days, as in `cron(0 8 ? * MON-FRI *)`";

const AT: &str = "one instant is written as in `at(2026-12-24T08:00:00)`, in the time zone of the schedule";

/// The places of the two days among the fields.
const DAYS: [usize; 2] = [2, 4];

/// An expression of `EventBridge` that was read, and so is valid.
pub(super) enum Expression {
    Cron(Numbers),
    At(DateTime),
}

/// Reads an expression; `None` for a text that is none of them.
pub(super) fn read(text: &str) -> Option<Result<Expression, Diagnostic>> {
    let start = text.len().saturating_sub(text.trim_start().len());
    let open = text.find('(')?;
    let inside = open.saturating_add(1)..text.len();
    let read: fn(&str, Range<usize>) -> _ = match text.get(start..open)?.to_ascii_lowercase().as_str() {
        "cron" => cron,
        "at" => at,
        "rate" => return Some(Err(rate(text))),
        _ => return None,
    };
    let Some(length) =
        text.get(inside.clone()).and_then(|rest| rest.trim_end().strip_suffix(')')).map(str::len)
    else {
        return Some(Err(wrong(0..text.len(), "the closing `)` is missing".to_owned(), CRON)));
    };
    Some(read(text, inside.start..inside.start.saturating_add(length)))
}

fn cron(text: &str, inside: Range<usize>) -> Result<Expression, Diagnostic> {
    let upper = text.to_ascii_uppercase();
    let expression = upper.get(inside.clone()).unwrap_or_default();
    let placed = words(expression).map(|(at, word)| (inside.start.saturating_add(at), word));
    let mut words: Vec<(usize, &str)> = placed.collect();
    if words.len() != EVENTBRIDGE.len() {
        let count = match words.len() {
            1 => "1 field".to_owned(),
            count => format!("{count} fields"),
        };
        return Err(wrong(inside, format!("the rule has {count}"), CRON));
    }
    refuse_both_days(inside.clone(), &words)?;
    refuse_two_nth_days(&words)?;
    for (field, (_, word)) in words.iter_mut().enumerate() {
        if *word == "?" && DAYS.contains(&field) {
            *word = "*";
        }
    }
    let fields = Fields::of(&EVENTBRIDGE, words);
    let numbers = format!("0 {}", fields.numbers()?.join(" "));
    let (follows_real_time, starred) = (fields.follow_real_time(), fields.starred());
    Ok(Expression::Cron(Numbers { fields: numbers, follows_real_time, starred }))
}

/// What is wrong with six fields that are `EventBridge`'s and stand alone: it is asked of no rule that can be read as
/// cron's, for then nobody could say whose it is. `None` if they are nobody's, or Quartz's, whose `?` stand elsewhere.
pub(super) fn without_its_name(text: &str) -> Option<Diagnostic> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let has_its_sign = DAYS.iter().any(|day| fields.get(*day) == Some(&"?"));
    let wrong = |help: &str| Some(wrong(0..text.len(), "this is an EventBridge rule".to_owned(), help));
    let has_its_fields = match fields.as_slice() {
        [_, _, _, _, day, year] => day.contains(char::is_alphabetic) || is_a_year(year),
        _ => return None,
    };
    if !has_its_sign && (fields.contains(&"?") || !has_its_fields) {
        return None;
    }
    match spellings(&fields).into_iter().find(|rule| matches!(read(rule), Some(Ok(_)))) {
        Some(rule) => wrong(&format!("write `{rule}`")),
        None if has_its_sign => wrong(CRON),
        None => None,
    }
}

/// Four digits begin no other field.
fn is_a_year(field: &str) -> bool {
    field.len() >= 4 && field.bytes().take(4).all(|byte| byte.is_ascii_digit())
}

/// The fields in `cron(…)`: as they are, and with `?` for a day that is `*`.
fn spellings(fields: &[&str]) -> Vec<String> {
    let with_any = |day: &usize| {
        let other = |(field, word): (usize, &&str)| {
            if field == *day && **word == *"*" { "?" } else { *word }.to_owned()
        };
        fields.iter().enumerate().map(other).collect::<Vec<_>>().join(" ")
    };
    let written = std::iter::once(fields.join(" ")).chain(DAYS.iter().map(with_any));
    written.map(|fields| format!("cron({fields})")).collect()
}

/// Exactly one of the two days is `?`.
fn refuse_both_days(inside: Range<usize>, words: &[(usize, &str)]) -> Result<(), Diagnostic> {
    let any = |field: usize| words.get(field).is_some_and(|(_, word)| *word == "?");
    let message = match DAYS.map(any) {
        [true, false] | [false, true] => return Ok(()),
        [true, true] => "both days are `?`",
        [false, false] => "neither day is `?`",
    };
    let help = "EventBridge wants `?` for the day of the month or for the day of the week, and a value or `*` for the \
                other, as in `cron(0 8 ? * MON-FRI *)` or `cron(0 8 1 * ? *)`";
    Err(wrong(inside, message.to_owned(), help))
}

fn refuse_two_nth_days(words: &[(usize, &str)]) -> Result<(), Diagnostic> {
    match words.get(4) {
        Some((at, word)) if word.contains('#') && word.contains(',') => {
            let place = *at..at.saturating_add(word.len());
            let message = "EventBridge takes one `#` and nothing beside it".to_owned();
            Err(wrong(place, message, "write two rules in a list"))
        }
        _ => Ok(()),
    }
}

fn at(text: &str, inside: Range<usize>) -> Result<Expression, Diagnostic> {
    let written = text.get(inside.clone()).unwrap_or_default();
    // 2026-12-24T08:00:00 and nothing else: no zone, no offset, no fraction.
    let shape = written.len() == 19
        && written.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    let time = if shape { written.parse::<DateTime>().ok() } else { None };
    time.map(Expression::At).ok_or_else(|| wrong(inside, format!("{} is no instant", quoted(written)), AT))
}

fn rate(text: &str) -> Diagnostic {
    let message = "`rate(…)` names no time of day, so it cannot say when a service wakes".to_owned();
    let help = "write the times, as in `cron(0 8 ? * MON-FRI *)` or `0 8 * * MON-FRI`";
    wrong(0..text.len(), message, help)
}

fn wrong(at: Range<usize>, message: String, help: &str) -> Diagnostic {
    Diagnostic::at(at, message).with_help(help)
}
