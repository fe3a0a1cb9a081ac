//! What was meant by a name that no time zone has.
//!
//! A wrong guess puts a morning off by hours, so a short name is looked up and never guessed by its letters, and a name
//! that is used in several places has all of them told.

use super::lookup::{in_exact_case, names_no_place};
use super::places::{ABBREVIATIONS, PLACES, STANDARD_TIMES};
use crate::text::{Diagnostic, nearest_within, quoted};
use jiff::tz::db;

/// Names with fewer letters are not guessed: `PST` is one letter from `EST`, and three hours.
const MIN_GUESSED: usize = 5;

/// One letter may be wrong in so many, and two at most.
const LETTERS_FOR_A_MISTAKE: usize = 6;

const NAMED_AS: &str = "a zone is named as the IANA database has it, such as `Europe/Berlin` or `UTC`";

/// The most places in one suggestion.
const MAX_PLACES: usize = 4;

/// What is wrong with a name that is none, and what may be meant.
pub(crate) fn explain(name: &str) -> Diagnostic {
    if names_no_place(name) {
        return Diagnostic::whole(format!("{} is no place's time zone", quoted(name))).with_help(NAMED_AS);
    }
    if let Some(minutes) = offset(name) {
        let message = format!("{} is an offset from UTC, not a time zone", quoted(name));
        return Diagnostic::whole(message).with_help(instead_of_an_offset(minutes));
    }
    if let Some(help) = abbreviated(name.trim()) {
        let message = format!("{} is an abbreviation, not the name of a time zone", quoted(name));
        return Diagnostic::whole(message).with_help(help);
    }
    let message = format!("{} is no time zone that this machine knows", quoted(name));
    let zones: Vec<String> =
        db().available().map(|known| known.to_string()).filter(|known| !names_no_place(known)).collect();
    let near = in_other_letters(name, &zones).or_else(|| {
        // `GMT2` is one sign from `Etc/GMT+2`, which is four hours from what it means.
        let places: Vec<String> = zones.iter().filter(|zone| !zone.starts_with("Etc/")).cloned().collect();
        place(name, &places).or_else(|| guessed(name, &places))
    });
    Diagnostic::whole(message).with_help(near.unwrap_or_else(|| NAMED_AS.to_owned()))
}

/// The zones for which an abbreviation is in use.
pub(crate) fn abbreviated(name: &str) -> Option<String> {
    let (_, places) = ABBREVIATIONS.iter().find(|(short, _)| short.eq_ignore_ascii_case(name))?;
    let list: Vec<String> = match places {
        [(zone, _)] => vec![format!("`{zone}`")],
        _ => places.iter().map(|(zone, what)| format!("`{zone}` ({what})")).collect(),
    };
    Some(format!("did you mean {}?", with_or(&list)))
}

/// The same name in other letters, large or small.
fn in_other_letters(name: &str, zones: &[String]) -> Option<String> {
    let zone = zones.iter().find(|zone| zone.eq_ignore_ascii_case(name.trim()))?;
    Some(format!("did you mean `{zone}`?"))
}

/// The zones of a city or a country, be it known by the table or by its own zone.
fn place(name: &str, zones: &[String]) -> Option<String> {
    let city = city(name);
    if city.is_empty() {
        return None;
    }
    let known = PLACES.iter().filter(|(_, names)| names.split('|').any(|known| known == city));
    let mut found: Vec<String> = known.map(|(zone, _)| format!("`{zone}`")).collect();
    if found.is_empty() {
        found.extend(
            zones
                .iter()
                .find(|zone| zone.contains('/') && self::city(zone) == city)
                .map(|zone| format!("`{zone}`")),
        );
    }
    found.truncate(MAX_PLACES);
    (!found.is_empty()).then(|| format!("did you mean {}?", with_or(&found)))
}

/// The zone whose name differs by a letter or two, or else by a letter from the name of its city.
fn guessed(name: &str, zones: &[String]) -> Option<String> {
    let name = name.trim();
    let letters = name.chars().count();
    if letters < MIN_GUESSED {
        return None;
    }
    let mistakes = (letters / LETTERS_FOR_A_MISTAKE).clamp(1, 2);
    // A mistake in the name of a region leaves its city as it is, so what is short beside a slash is not guessed either.
    let long_enough = zones.iter().map(String::as_str).filter(|zone| zone.contains('/'));
    if let Some(zone) = nearest_within(name, long_enough, mistakes) {
        return Some(format!("did you mean `{zone}`?"));
    }
    let city = city(name);
    if city.len() < MIN_GUESSED {
        return None;
    }
    let known = PLACES.iter().flat_map(|(_, names)| names.split('|')).map(str::to_owned);
    let cities: Vec<String> =
        zones.iter().filter(|zone| zone.contains('/')).map(|zone| self::city(zone)).chain(known).collect();
    let near = nearest_within(&city, cities.iter().map(String::as_str), 1)?;
    place(near, zones)
}

/// The last part of a name in plain small letters: `America/São_Paulo` and `Sao Paulo` are both `saopaulo`.
fn city(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default();
    last.chars().flat_map(char::to_lowercase).map(plain).filter(char::is_ascii_alphanumeric).collect()
}

/// A small letter without its accent.
fn plain(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' => 'n',
        'ò'..='ö' | 'ø' | 'ō' => 'o',
        'ś' | 'ş' | 'ș' | 'š' => 's',
        'ţ' | 'ț' => 't',
        'ù'..='ü' | 'ū' => 'u',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// An offset from UTC in minutes, as in `GMT+2`, `UTC+05:30`, `+0200`, `-8`, `UTC+5.5` or `GMT 2`.
fn offset(name: &str) -> Option<i32> {
    let name = name.trim();
    let start =
        name.get(..3).filter(|start| ["GMT", "UTC"].iter().any(|known| known.eq_ignore_ascii_case(start)));
    let text = name.get(start.map_or(0, str::len)..)?.trim_start_matches([' ', '_']);
    let (sign, digits) = match text.chars().next()? {
        '+' => (1, text.get(1..)?),
        '-' => (-1, text.get(1..)?),
        minus @ ('−' | '–') => (-1, text.get(minus.len_utf8()..)?),
        '0'..='9' if start.is_some() => (1, text),
        _ => return None,
    };
    let digits =
        ["hours", "hour", "hrs", "h"].iter().find_map(|unit| digits.strip_suffix(unit)).unwrap_or(digits);
    let (hours, minutes) = hours_and_minutes(digits.trim())?;
    let all = hours.checked_mul(60)?.checked_add(minutes)?;
    (hours <= 14 && minutes < 60 && all <= 14 * 60).then_some(if sign < 0 {
        0_i32.saturating_sub(all)
    } else {
        all
    })
}

/// `2`, `02`, `0200`, `2:00` or `5.5`.
fn hours_and_minutes(text: &str) -> Option<(i32, i32)> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')) {
        return None;
    }
    let (hours, minutes) = match (text.split_once(':'), text.split_once('.'), text.len()) {
        (Some((hours, minutes)), None, _) if minutes.len() == 2 || minutes == "0" => (hours, minutes),
        (None, Some((hours, "0" | "00")), _) => (hours, "0"),
        (None, Some((hours, "25")), _) => (hours, "15"),
        (None, Some((hours, "5" | "50")), _) => (hours, "30"),
        (None, Some((hours, "75")), _) => (hours, "45"),
        (None, None, 1 | 2) => (text, "0"),
        (None, None, 3 | 4) => text.split_at_checked(text.len().checked_sub(2)?)?,
        _ => return None,
    };
    Some((hours.parse().ok()?, minutes.parse().ok()?))
}

/// What to write in the place of an offset: a place that has it, and the zone that has it all year.
fn instead_of_an_offset(minutes: i32) -> String {
    if minutes == 0 {
        return "did you mean `UTC`?".to_owned();
    }
    let offset = in_words(minutes);
    let place = with_standard_time(minutes);
    let example = place.unwrap_or("Europe/Berlin");
    let standard = if place.is_some() { format!(" ({offset} is its standard time)") } else { String::new() };
    let advice = format!("name a place, as in `{example}`{standard}, and its clock changes are followed");
    match all_year(minutes) {
        Some(zone) => format!(
            "{advice}; {offset} all year is `{zone}`, with the sign the other way round (`check` warns of it)"
        ),
        None => advice,
    }
}

/// `UTC+05:30`.
pub(crate) fn in_words(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The zone that has an offset all year, where there is one.
pub(crate) fn all_year(minutes: i32) -> Option<String> {
    let sign = if minutes < 0 { '+' } else { '-' };
    let zone = format!("Etc/GMT{sign}{}", minutes.unsigned_abs() / 60);
    (minutes % 60 == 0 && in_exact_case(&zone).is_some()).then_some(zone)
}

/// A place that has an offset as its standard time.
pub(crate) fn with_standard_time(minutes: i32) -> Option<&'static str> {
    STANDARD_TIMES.iter().find(|(known, _)| *known == minutes).map(|(_, zone)| *zone)
}

fn with_or(list: &[String]) -> String {
    match list {
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests;
