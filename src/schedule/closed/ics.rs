//! An iCalendar file as closed days: every day that an event touches.
//!
//! Dates are taken as they are written, in whatever zone the event has: a holiday is a date, not an instant. Only a
//! time in UTC is first brought to the calendar's own zone (`X-WR-TIMEZONE`), else to that of schedule.toml.

mod event;
mod lines;
mod rule;
mod structure;

use super::super::zone;
use super::dates::Entry;
use crate::text::{Diagnostic, quoted};
use event::{Event, Replaced};
use icalendar::parser::Property;
use jiff::tz::TimeZone;
use lines::{LinePlace, Lines, component};

/// The largest calendar that is read: thousands of events.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;

/// The most days and ranges that one calendar may come to.
const MAX_ENTRIES: usize = 20_000;

/// The most events of one calendar that recur by more than their own date. Each may be a walk through every day of two
/// centuries that finds nothing.
const MAX_RECURRING: usize = 30;

/// The longest line, put together from its folded parts, of which anything is read.
const MAX_LINE_BYTES: usize = 4096;

/// What to do about a calendar that is too large.
const OF_THEIR_OWN: &str = "keep the holidays in a calendar of their own";

/// What a text in UTF-16 begins with.
const UTF_16: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];

/// The properties of an event that say something about its days.
const READ: [&str; 9] =
    ["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS", "UID", "RECURRENCE-ID"];

/// The closed days of a calendar. `zone` is that of schedule.toml.
pub(crate) fn read(bytes: &[u8], zone: Option<&TimeZone>) -> Result<Vec<Entry>, Diagnostic> {
    if bytes.len() > MAX_BYTES {
        let message = format!("the calendar is larger than {} MiB", MAX_BYTES / 1024 / 1024);
        return Err(LinePlace::FIRST.wrong(message, OF_THEIR_OWN));
    }
    if UTF_16.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(not_utf_8(LinePlace::FIRST));
    }
    let lines = Lines::of(bytes);
    structure::check(lines.clone())?;
    entries(lines, zone.unwrap_or(&TimeZone::UTC))
}

/// The days of all events, in lines that have been seen to be whole.
fn entries(mut lines: Lines<'_>, zone: &TimeZone) -> Result<Vec<Entry>, Diagnostic> {
    let mut events: Vec<(Event, TimeZone)> = Vec::new();
    let mut own_zone = zone.clone();
    // The parts around the line: the calendar, an event in it, parts of the event such as its alarms.
    let mut around: Vec<String> = Vec::new();
    while let Some((place, line)) = lines.next() {
        let line = decoded(place, &line)?;
        if let Some(name) = component(line.as_bytes(), "BEGIN:") {
            match name.as_str() {
                "VCALENDAR" => own_zone = zone_of_calendar(lines.clone()).unwrap_or_else(|| zone.clone()),
                "VEVENT" => events.push((Event::at(place), own_zone.clone())),
                _ => {}
            }
            around.push(name);
        } else if component(line.as_bytes(), "END:").is_some() {
            around.pop();
        } else if around.len() == 2
            && around.last().is_some_and(|part| part == "VEVENT")
            && let Some((event, zone)) = events.last_mut()
        {
            property(event, place, line, zone)?;
        }
    }
    days_of(events)
}

fn decoded(place: LinePlace, line: &[u8]) -> Result<&str, Diagnostic> {
    std::str::from_utf8(line).map_err(|_| not_utf_8(place))
}

fn not_utf_8(place: LinePlace) -> Diagnostic {
    place.wrong("the calendar is not UTF-8 from here on", "save it again in that encoding")
}

/// The zone that a calendar names as its own, in any of the lines up to its end.
fn zone_of_calendar(lines: Lines<'_>) -> Option<TimeZone> {
    let lines = lines
        .map(|(_, line)| line)
        .take_while(|line| component(line, "END:").as_deref() != Some("VCALENDAR"));
    let name = lines.filter_map(|line| {
        let (property, value) = line.split_at_checked(line.iter().position(|byte| *byte == b':')?)?;
        let named = property.split(|byte| *byte == b';').next()?.eq_ignore_ascii_case(b"X-WR-TIMEZONE");
        named.then(|| String::from_utf8_lossy(value).trim_start_matches(':').trim().to_owned())
    });
    name.take(1).find_map(|name| zone::in_any_case(&name))
}

fn days_of(events: Vec<(Event, TimeZone)>) -> Result<Vec<Entry>, Diagnostic> {
    // An occurrence that has an event of its own, with its own date or cancelled, is none of its series'.
    let mut replaced = Replaced::new();
    for (uid, date) in events.iter().filter_map(|(event, _)| event.replaces()) {
        replaced.entry(uid.to_owned()).or_default().insert(date);
    }
    let mut entries = Vec::new();
    let mut recurring: usize = 0;
    for (event, zone) in events {
        let place = event.place();
        recurring = recurring.saturating_add(usize::from(event.recurs_by_parts()));
        if recurring > MAX_RECURRING {
            let what = format!("{MAX_RECURRING} events that recur by more than their date");
            return Err(too_much(place, &what));
        }
        event.add_days(&zone, &replaced, &mut entries)?;
        if entries.len() > MAX_ENTRIES {
            return Err(too_much(place, &format!("{MAX_ENTRIES} days")));
        }
    }
    Ok(entries)
}

fn too_much(place: LinePlace, what: &str) -> Diagnostic {
    place.wrong(format!("the calendar has more than {what}"), OF_THEIR_OWN)
}

/// Reads one line of an event, if its days depend on it.
fn property(event: &mut Event, place: LinePlace, line: &str, zone: &TimeZone) -> Result<(), Diagnostic> {
    let name = line.split([':', ';']).next().unwrap_or_default().to_ascii_uppercase();
    if !READ.contains(&name.as_str()) {
        return Ok(());
    }
    if line.len() > MAX_LINE_BYTES {
        let message = format!("the line {} is longer than {MAX_LINE_BYTES} bytes", quoted(line));
        return Err(place.wrong(message, "divide a list of dates among several lines of the same name"));
    }
    let Ok(property) = Property::try_from(line) else {
        let message = format!("the line {} cannot be read", quoted(line));
        let help = "a line is a name, a colon and a value, as in DTSTART;VALUE=DATE:20261224";
        return Err(place.wrong(message, help));
    };
    if let Some(range) = property.params.iter().find(|param| param.key.as_str().eq_ignore_ascii_case("RANGE"))
    {
        let range = format!("RANGE={}", range.val.as_ref().map_or("", |value| value.as_str()));
        let message = format!("{} is not read", quoted(&range));
        return Err(place.wrong(message, "give the occurrences from there on an event of their own"));
    }
    event.take(place, &name, property.val.as_str().trim(), zone)
}
