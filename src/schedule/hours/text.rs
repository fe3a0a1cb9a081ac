//! The text of a window: `Mon-Thu 08:00-18:30`, `Fri 20:00-02:00`, `Mon 08:00 - Fri 18:00`.

use super::week::Window;
use crate::text::{Diagnostic, nearest, quoted, typography};
use std::ops::Range;

const DAY: u16 = 24 * 60;

/// The longest text: all days by name and two times stay far below it.
const MAX_TEXT_BYTES: usize = 200;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const ACCEPTED: &str = "a window is days and times as in `Mon-Fri 08:00-18:00`, `Sat,Sun 10:00-14:00` or `daily 07:30-20:00`, or one \
     long span as in `Mon 08:00 - Fri 18:00`";

const TIMES: &str = "a time is written as in `08:00`, from 00:00 to 23:59; `24:00` is the end of a day";

/// A part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Word(&'a str),
    Time(&'a str),
    Dash,
    Comma,
}

/// A part and its bytes.
type Placed<'a> = (Part<'a>, Range<usize>);

/// Reads a window, which gives one for each of its days.
pub(crate) fn read(text: &str) -> Result<Vec<Window>, Diagnostic> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(wrong(
            0..text.len(),
            format!("the window is longer than {MAX_TEXT_BYTES} bytes"),
            ACCEPTED,
        ));
    }
    if let Some(look_alike) = typography::in_value(text) {
        return Err(look_alike);
    }
    let parts = parts(text)?;
    let days_end = parts.iter().position(|(part, _)| matches!(part, Part::Time(_))).unwrap_or(parts.len());
    let (days, times) = parts.split_at(days_end);
    if let Some(numbered) = numbered_days(text, &parts) {
        return Err(numbered);
    }
    if days.is_empty() && !times.is_empty() {
        return Err(no_days(text));
    }
    match times {
        [(Part::Time(from), from_at), (Part::Dash, _), (Part::Time(to), to_at)] => {
            let (begins, ends) = (time(from, from_at, false)?, time(to, to_at, true)?);
            windows(text, &weekdays(text, days)?, begins, ends)
        }
        [
            (Part::Time(from), from_at),
            (Part::Dash, _),
            (Part::Word(last), last_at),
            (Part::Time(to), to_at),
        ] => {
            let [(Part::Word(first), first_at)] = days else {
                let message = "a long span begins on one day".to_owned();
                return Err(wrong(0..text.len(), message, ACCEPTED));
            };
            let begins = minute_of_week(weekday(first, first_at)?, time(from, from_at, false)?);
            let ends = minute_of_week(weekday(last, last_at)?, time(to, to_at, true)?);
            Ok(vec![Window::between(begins, ends)])
        }
        _ => Err(wrong(0..text.len(), format!("{} is no window of a week", quoted(text)), ACCEPTED)),
    }
}

/// A window without days, with what to write where the days alone are missing.
fn no_days(text: &str) -> Diagnostic {
    let daily = format!("daily {}", text.trim());
    let help = match read(&daily) {
        Ok(_) => format!("write the days before the times, as in `{daily}`"),
        Err(_) => ACCEPTED.to_owned(),
    };
    wrong(0..text.len(), "the window names no days".to_owned(), &help)
}

/// A window whose days have the numbers of cron, as in `1-5 08:00-18:00`, if it is one as soon as they have names.
fn numbered_days(text: &str, parts: &[Placed<'_>]) -> Option<Diagnostic> {
    let is_time = |part: &Placed<'_>| matches!(part.0, Part::Time(time) if time.contains(':'));
    let days_end = parts.iter().position(is_time)?;
    let (mut named, mut end) = (String::new(), 0);
    let mut numbers: Option<Range<usize>> = None;
    for (part, at) in parts.get(..days_end)? {
        let Part::Time(number) = part else { continue };
        // Cron counts from Sunday as 0, and has it as 7 as well.
        let day =
            DAYS.get(usize::from(number.parse::<u16>().ok().filter(|day| *day <= 7)?.wrapping_add(6) % 7))?;
        named += text.get(end..at.start)?;
        named += &capitalized(day.get(..3)?);
        end = at.end;
        numbers = Some(numbers.map_or(at.start, |numbers| numbers.start)..at.end);
    }
    named += text.get(end..)?;
    let (numbers, help) = (numbers?, format!("write `{}`", named.trim()));
    read(&named).ok().map(|_| wrong(numbers, "days have names, not numbers".to_owned(), &help))
}

/// The same times on several days.
fn windows(text: &str, days: &[u8], begins: u16, ends: u16) -> Result<Vec<Window>, Diagnostic> {
    if begins == ends {
        let message = "the window ends when it begins".to_owned();
        let help = "a whole day is `00:00-24:00`, a whole week `Mon 00:00 - Sun 24:00`";
        return Err(wrong(0..text.len(), message, help));
    }
    let overnight = if ends < begins { DAY } else { 0 };
    let lasts = ends.saturating_add(overnight).saturating_sub(begins);
    Ok(days.iter().map(|day| Window::new(*day, begins, lasts)).collect())
}

fn minute_of_week(day: u8, minute: u16) -> u16 {
    u16::from(day).saturating_mul(DAY).saturating_add(minute)
}

/// `daily`, `Mon`, `Mon-Fri`, `Sat,Sun`, `Mon-Wed,Fri`.
fn weekdays(text: &str, parts: &[Placed<'_>]) -> Result<Vec<u8>, Diagnostic> {
    if let [(Part::Word(word), _)] = parts
        && word.eq_ignore_ascii_case("daily")
    {
        return Ok((0..7).collect());
    }
    let mut days = Vec::new();
    for item in parts.split(|(part, _)| *part == Part::Comma) {
        match item {
            [(Part::Word(day), at)] => days.push(weekday(day, at)?),
            [(Part::Word(first), first_at), (Part::Dash, _), (Part::Word(last), last_at)] => {
                let (first, last) = (weekday(first, first_at)?, weekday(last, last_at)?);
                let count = last.saturating_add(7).saturating_sub(first) % 7;
                days.extend((0..=count).map(|ahead| first.saturating_add(ahead) % 7));
            }
            _ => return Err(wrong(0..text.len(), "the days cannot be read".to_owned(), ACCEPTED)),
        }
    }
    Ok(days)
}

/// A day by its name or the first three letters of it; Monday is 0.
fn weekday(word: &str, at: &Range<usize>) -> Result<u8, Diagnostic> {
    let lower = word.to_ascii_lowercase();
    let known = DAYS.iter().position(|day| lower == *day || day.get(..3) == Some(lower.as_str()));
    if let Some(day) = known.and_then(|day| u8::try_from(day).ok()) {
        return Ok(day);
    }
    let short = DAYS.iter().filter_map(|day| day.get(..3));
    let accepted = "days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, or `daily` alone for all of them";
    let help = match nearest(word, short.chain(DAYS)) {
        Some(near) => format!("did you mean `{}`? {accepted}", capitalized(near)),
        None => accepted.to_owned(),
    };
    Err(wrong(at.clone(), format!("{} is no day of the week", quoted(word)), &help))
}

fn capitalized(day: &str) -> String {
    let mut letters = day.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The minutes of a time of day. Only an end may be 24:00.
fn time(text: &str, at: &Range<usize>, is_end: bool) -> Result<u16, Diagnostic> {
    let minutes = text.split_once(':').and_then(|(hour, minute)| {
        let plain = (1..=2).contains(&hour.len()) && minute.len() == 2;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (plain && minute < 60).then(|| hour.saturating_mul(60).saturating_add(minute))
    });
    match minutes {
        Some(minutes) if minutes < DAY || (is_end && minutes == DAY) => Ok(minutes),
        Some(DAY) => {
            let help = "write `00:00` of the next day";
            Err(wrong(at.clone(), "`24:00` is the end of a day, so nothing begins then".to_owned(), help))
        }
        _ => Err(wrong(at.clone(), format!("{} is no time of day", quoted(text)), TIMES)),
    }
}

/// Divides the text. Whatever begins with a digit is a time, right or wrong.
fn parts(text: &str) -> Result<Vec<Placed<'_>>, Diagnostic> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let start = text.len().saturating_sub(rest.len());
        let length = match first {
            c if c.is_ascii_digit() => {
                length_while(rest, |c| c.is_ascii_alphanumeric() || c == ':' || c == '.')
            }
            c if c.is_alphabetic() => length_while(rest, char::is_alphanumeric),
            c => c.len_utf8(),
        };
        let (part, after) = rest.split_at(length);
        let at = start..start.saturating_add(length);
        match first {
            '-' => parts.push((Part::Dash, at)),
            ',' => parts.push((Part::Comma, at)),
            c if c.is_whitespace() => {}
            c if c.is_ascii_digit() => parts.push((Part::Time(part), at)),
            c if c.is_alphabetic() => parts.push((Part::Word(part), at)),
            _ => return Err(wrong(at, format!("{} has no place in a window", quoted(part)), ACCEPTED)),
        }
        rest = after;
    }
    Ok(parts)
}

fn length_while(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn wrong(at: Range<usize>, message: String, help: &str) -> Diagnostic {
    Diagnostic::at(at, message).with_help(help)
}
