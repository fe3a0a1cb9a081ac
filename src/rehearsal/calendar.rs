//! The days of a stretch of time, in a zone.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// The most days that are labelled: more fit on no screen.
const MOST_DAYS: usize = 400;

/// A local day, or the part of it that lies in the stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    /// When it begins.
    pub(super) from: Timestamp,
    /// `Mon`.
    pub(super) weekday: String,
    /// `29 Mar`.
    pub(super) date: String,
    /// What the clock does on that day, if it changes.
    pub(super) clock_change: Option<String>,
}

/// The days between two instants.
pub(super) fn days(from: Timestamp, until: Timestamp, zone: &TimeZone) -> Vec<Day> {
    let mut days = Vec::new();
    let mut at = from;
    while at < until && days.len() < MOST_DAYS {
        let local = at.to_zoned(zone.clone());
        let next = local.start_of_day().and_then(|day| day.checked_add(1.day()));
        let Ok(next) = next.and_then(|day| day.start_of_day()) else { break };
        days.push(Day {
            from: at,
            weekday: local.strftime("%a").to_string(),
            date: local.strftime("%-d %b").to_string(),
            clock_change: clock_change(at, next.timestamp(), zone),
        });
        if next.timestamp() <= at {
            break;
        }
        at = next.timestamp();
    }
    days
}

fn clock_change(from: Timestamp, until: Timestamp, zone: &TimeZone) -> Option<String> {
    let change = zone.following(from).next().filter(|change| change.timestamp() < until)?;
    let just_before = change.timestamp().checked_sub(SignedDuration::from_secs(1)).ok()?;
    let before = zone.to_offset(just_before);
    let by = change.offset().duration_since(before);
    if by.is_zero() {
        return None;
    }
    let at = before.to_datetime(change.timestamp());
    let way = if by.is_negative() { "back" } else { "ahead" };
    Some(format!("at {} the clock goes {way} by {} min", at.strftime("%H:%M"), by.abs().as_mins()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_on_which_the_clock_changes_says_so() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let days =
            days("2026-03-28T12:00:00Z".parse().unwrap(), "2026-03-30T00:00:00Z".parse().unwrap(), &zone);
        let told: Vec<_> = days
            .iter()
            .map(|day| (day.weekday.as_str(), day.date.as_str(), day.clock_change.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("Sat", "28 Mar", None),
                ("Sun", "29 Mar", Some("at 02:00 the clock goes ahead by 60 min")),
                ("Mon", "30 Mar", None)
            ]
        );
    }
}
