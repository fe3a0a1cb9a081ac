//! The closed days of a row: a closed day belongs to a schedule, not to a zone.

use super::calendar::start_of_day;
use crate::schedule::Schedule;
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::Arc;

/// Closed days in a row, as far as they lie in what is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Which closed days these are.
    pub name: Arc<str>,
    /// The first closed date, in the zone of the row.
    pub first: Date,
    /// The last, which is closed too.
    pub last: Date,
    /// When the first date begins, or the rehearsal if that is later.
    pub from: Timestamp,
    /// When the last date ends, or the rehearsal if that is earlier.
    pub until: Timestamp,
}

/// The dates on which every one of these schedules is closed, all of them in the zone of the first.
pub(super) fn closed_days(schedules: &[&Schedule], from: Timestamp, until: Timestamp) -> Vec<Closed> {
    let mut found: Vec<Closed> = Vec::new();
    let Some(zone) = schedules.first().map(|first| first.time_zone()) else { return found };
    let dates = std::iter::successors(Some(zone.to_datetime(from).date()), |date| date.tomorrow().ok());
    for date in dates {
        let Some(begins) = start_of_day(date, zone).filter(|begins| *begins < until) else { break };
        let Some(name) = closed_for_all(schedules, date) else { continue };
        let ends = date.tomorrow().ok().and_then(|next| start_of_day(next, zone)).unwrap_or(until).min(until);
        match found.last_mut() {
            Some(before) if before.until == begins && before.name == name => {
                before.last = date;
                before.until = ends;
            }
            _ => found.push(Closed { name, first: date, last: date, from: begins.max(from), until: ends }),
        }
    }
    found
}

/// The name that the first schedule has for a date on which all are closed.
fn closed_for_all(schedules: &[&Schedule], date: Date) -> Option<Arc<str>> {
    let mut names = schedules.iter().map(|schedule| schedule.closed_on(date));
    let first = names.next()??;
    names.all(|name| name.is_some()).then(|| first.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, parse};

    const FILE: &str = r#"
        timezone = "Europe/Berlin"
        [closed-days]
        easter = "2026-04-03..2026-04-06"
        monday = "2026-04-06"
        [[service]]
        arn = "arn:aws:apprunner:eu-west-1:123456789012:service/shop/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
        resume = "0 8 * * *"
        closed = "easter"
        [[service]]
        arn = "arn:aws:apprunner:eu-west-1:123456789012:service/blog/1f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
        resume = "0 9 * * *"
        closed = "monday"
    "#;

    fn told(config: &Config, services: &[usize], from: &str, until: &str) -> Vec<String> {
        let schedules: Vec<&Schedule> =
            services.iter().map(|index| &*config.services[*index].schedule).collect();
        let days = closed_days(&schedules, from.parse().unwrap(), until.parse().unwrap());
        days.iter()
            .map(|days| format!("{} {}..{} {}..{}", days.name, days.first, days.last, days.from, days.until))
            .collect()
    }

    #[test]
    fn closed_days_are_limited_to_the_time_that_is_played() {
        let config = parse(FILE).unwrap();
        assert_eq!(
            told(&config, &[0], "2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"),
            ["easter 2026-04-03..2026-04-06 2026-04-02T22:00:00Z..2026-04-06T22:00:00Z"]
        );
        assert_eq!(
            told(&config, &[0], "2026-04-04T12:00:00Z", "2026-04-05T12:00:00Z"),
            ["easter 2026-04-04..2026-04-05 2026-04-04T12:00:00Z..2026-04-05T12:00:00Z"]
        );
    }

    #[test]
    fn schedules_that_share_a_row_are_closed_when_all_of_them_are() {
        let config = parse(FILE).unwrap();
        assert_eq!(
            told(&config, &[0, 1], "2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"),
            ["easter 2026-04-06..2026-04-06 2026-04-05T22:00:00Z..2026-04-06T22:00:00Z"]
        );
    }
}
