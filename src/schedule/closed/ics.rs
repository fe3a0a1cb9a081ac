//! An iCalendar file as closed days: every day that an event touches.
//!
//! Dates are taken as they are written, in whatever zone the event has: a holiday is a date, not an instant. Only a
//! time in UTC is first brought to the calendar's own zone (`X-WR-TIMEZONE`), else to that of schedule.toml.

mod event;
mod rule;

use super::super::problem::quoted;
use super::dates::Entry;
use event::Event;
use icalendar::parser::Property;
use jiff::tz::TimeZone;

/// The largest calendar that is read: thousands of events.
pub(in super::super) const MAX_BYTES: usize = 1024 * 1024;

/// The most days and ranges that one calendar may come to.
const MAX_ENTRIES: usize = 20_000;

/// The most events of one calendar that recur by more than their own date. Each may be a walk through every day of two
/// thousand years that finds nothing.
const MAX_RECURRING: usize = 30;

/// The longest line, put together from its folded parts, of which anything is read.
const MAX_LINE_BYTES: usize = 4096;

/// The properties of an event that say something about its days.
const READ: [&str; 7] = ["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS"];

/// What is wrong with a calendar, and in which of its lines.
#[derive(Debug)]
pub(in super::super) struct WrongCalendar {
    pub(in super::super) line: usize,
    pub(in super::super) message: String,
    pub(in super::super) help: String,
}

/// The closed days of a calendar. `zone` is that of schedule.toml.
pub(in super::super) fn read(bytes: &[u8], zone: Option<&TimeZone>) -> Result<Vec<Entry>, WrongCalendar> {
    if bytes.len() > MAX_BYTES {
        let message = format!("the calendar is larger than {} MiB", MAX_BYTES / 1024 / 1024);
        return Err(wrong(1, message, "keep the holidays in a calendar of their own"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count().saturating_add(1);
        wrong(line, "the calendar is not UTF-8 from here on".to_owned(), "save it again in that encoding")
    })?;
    let lines = unfolded(text.trim_start_matches('\u{feff}'));
    let is_calendar = |(_, line): &(usize, String)| line.trim_end().eq_ignore_ascii_case("BEGIN:VCALENDAR");
    if !lines.iter().find(|(_, line)| !line.trim().is_empty()).is_some_and(is_calendar) {
        let help = "an iCalendar file begins with BEGIN:VCALENDAR";
        return Err(wrong(1, "this is no calendar".to_owned(), help));
    }
    let own_zone = lines.iter().find_map(|(_, line)| line.strip_prefix("X-WR-TIMEZONE:"));
    let own_zone = own_zone.and_then(|name| TimeZone::get(name.trim()).ok());
    let zone = own_zone.as_ref().or(zone).cloned().unwrap_or(TimeZone::UTC);
    entries(&lines, &zone)
}

fn entries(lines: &[(usize, String)], zone: &TimeZone) -> Result<Vec<Entry>, WrongCalendar> {
    let mut entries = Vec::new();
    let mut event: Option<Event> = None;
    // How deep the line lies within parts of an event, such as its alarms.
    let mut depth: usize = 0;
    let mut recurring: usize = 0;
    for (number, line) in lines {
        let (begins, ends) = (component(line, "BEGIN:"), component(line, "END:"));
        match &mut event {
            None if begins.is_some_and(is_event) => event = Some(Event::at(*number)),
            Some(_) if begins.is_some() => depth = depth.saturating_add(1),
            Some(_) if ends.is_some() && depth > 0 => depth = depth.saturating_sub(1),
            Some(_) if ends.is_some_and(is_event) => {
                if let Some(event) = event.take() {
                    recurring = recurring.saturating_add(usize::from(event.recurs_by_parts()));
                    if recurring > MAX_RECURRING {
                        return Err(too_much(
                            *number,
                            &format!("{MAX_RECURRING} events that recur by more than their date"),
                        ));
                    }
                    event.add_days(zone, &mut entries)?;
                }
            }
            Some(event) if depth == 0 => property(event, *number, line, zone)?,
            None | Some(_) => {}
        }
        if entries.len() > MAX_ENTRIES {
            return Err(too_much(*number, &format!("{MAX_ENTRIES} days")));
        }
    }
    match event {
        Some(event) => {
            Err(wrong(event.line(), "the event has no END:VEVENT".to_owned(), "save the file again"))
        }
        None => Ok(entries),
    }
}

fn too_much(line: usize, what: &str) -> WrongCalendar {
    wrong(line, format!("the calendar has more than {what}"), "keep the holidays in a calendar of their own")
}

fn component<'a>(line: &'a str, keyword: &str) -> Option<&'a str> {
    let start = line.get(..keyword.len())?;
    start.eq_ignore_ascii_case(keyword).then(|| line.get(keyword.len()..).unwrap_or_default().trim())
}

fn is_event(name: &str) -> bool {
    name.eq_ignore_ascii_case("VEVENT")
}

/// Reads one line of an event, if its days depend on it.
fn property(event: &mut Event, number: usize, line: &str, zone: &TimeZone) -> Result<(), WrongCalendar> {
    let name = line.split([':', ';']).next().unwrap_or_default().to_ascii_uppercase();
    if !READ.contains(&name.as_str()) {
        return Ok(());
    }
    let parsed = if line.len() > MAX_LINE_BYTES { None } else { Property::try_from(line).ok() };
    let Some(property) = parsed else {
        let message = format!("the line {} cannot be read", quoted(line));
        return Err(wrong(
            number,
            message,
            "a line is a name, a colon and a value, as in DTSTART;VALUE=DATE:20261224",
        ));
    };
    event.take(number, &name, property.val.as_str().trim(), zone)
}

/// The lines of a calendar, folded ones put together, with the number of the first part.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some((_, before))) => before.push_str(more),
            _ => lines.push((index.saturating_add(1), line.to_owned())),
        }
    }
    lines
}

fn wrong(line: usize, message: String, help: &str) -> WrongCalendar {
    WrongCalendar { line, message, help: help.to_owned() }
}
