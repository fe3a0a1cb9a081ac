//! Whether a calendar has all of its parts. One that was cut off reads like one with fewer holidays, and on the days
//! that it lost services would be woken; so it is refused.

use super::lines::{LinePlace, Lines, component};
use crate::text::{Diagnostic, quoted};

const WAY_OUT: &str = "fetch or export it again; events that stood behind this line are missing";

/// The parts that stand in a calendar and in no other part.
const OF_A_CALENDAR: [&str; 5] = ["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"];

/// A part that has begun.
struct Part {
    name: String,
    place: LinePlace,
}

/// Whether each part ends within the one in which it begins, and nothing stands outside. One file may hold several
/// calendars, one after the other.
pub(super) fn check(lines: Lines<'_>) -> Result<(), Diagnostic> {
    let mut open: Vec<Part> = Vec::new();
    let mut last = LinePlace::FIRST;
    let mut is_empty = true;
    for (place, line) in lines {
        if is_blank(&line) {
            continue;
        }
        last = place;
        if let Some(name) = component(&line, "BEGIN:") {
            let fits = match name.as_str() {
                "VCALENDAR" => open.is_empty(),
                name if OF_A_CALENDAR.contains(&name) => open.len() == 1,
                _ => !open.is_empty(),
            };
            match open.last() {
                _ if fits => open.push(Part { name, place }),
                Some(part) => return Err(cut_off(part, place)),
                None if is_empty => return Err(no_calendar()),
                None => return Err(outside(place, &line)),
            }
        } else if let Some(name) = component(&line, "END:") {
            ends(&mut open, &name, place, &line)?;
        } else if open.is_empty() {
            return Err(if is_empty { no_calendar() } else { outside(place, &line) });
        }
        is_empty = false;
    }
    match open.last() {
        Some(part) => Err(cut_off(part, last)),
        None if is_empty => Err(LinePlace::FIRST.wrong("the calendar is empty", "fetch or export it again")),
        None => Ok(()),
    }
}

fn ends(open: &mut Vec<Part>, name: &str, place: LinePlace, line: &[u8]) -> Result<(), Diagnostic> {
    match open.last() {
        Some(part) if part.name == name => {
            open.pop();
            Ok(())
        }
        // The end of a part context it, or of one whose name was cut off.
        Some(part) if open.iter().any(|context| context.name.starts_with(name)) => Err(cut_off(part, place)),
        Some(_) => {
            let message = format!("there is an END:{name} without its BEGIN:{name}", name = short(name));
            Err(place.wrong(message, "fetch or export the calendar again; a part of it is missing"))
        }
        None => Err(outside(place, line)),
    }
}

fn cut_off(part: &Part, at: LinePlace) -> Diagnostic {
    let Part { name, place } = part;
    let name = short(name);
    let message = format!("the calendar was cut off: the {name} of line {place} has no END:{name}");
    at.wrong(message, WAY_OUT)
}

fn no_calendar() -> Diagnostic {
    LinePlace::FIRST.wrong("this is no calendar", "an iCalendar file begins with BEGIN:VCALENDAR")
}

fn outside(place: LinePlace, line: &[u8]) -> Diagnostic {
    let message =
        format!("there is something outside of the calendar: {}", quoted(&String::from_utf8_lossy(line)));
    let help = "after END:VCALENDAR nothing may follow but another BEGIN:VCALENDAR; fetch or export it again";
    place.wrong(message, help)
}

/// The name of a part, as far as a message has room for it.
fn short(name: &str) -> String {
    name.chars().take(20).collect()
}

fn is_blank(line: &[u8]) -> bool {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    line.trim_ascii().is_empty()
}
