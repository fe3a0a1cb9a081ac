//! The table of `check`: what each schedule comes to, so that people see whether the file says what they meant.

#![expect(clippy::arithmetic_side_effects, reason = "columns, and counts of services in a file")]

use crate::clock;
use crate::config::{Config, Service};
use crate::schedule::{Schedule, Summary};
use crate::text::{columns, cut, fit, humane};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

/// How far the figures look ahead.
const WEEKS: i64 = 4;

/// So many schedules are shown.
const MOST_ROWS: usize = 30;

/// The fewest columns of a schedule's name.
const SHORTEST_NAME: usize = 8;

const GAP: &str = "  ";

/// One schedule, and the services that follow it.
struct Followed<'a> {
    schedule: &'a Arc<Schedule>,
    first: &'a Service,
    services: usize,
}

/// Writes a table, in so many columns where a terminal shows it.
pub(super) fn write(config: &Config, terminal: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let followed = followed(config);
    if followed.is_empty() {
        return Ok(());
    }
    let now = clock::wall();
    let mut rows = vec![
        ["SCHEDULE", "SERVICES", "AWAKE A WEEK", "LONGEST", "NEXT RESUME", "NEXT PAUSE"].map(str::to_owned),
    ];
    rows.extend(followed.iter().take(MOST_ROWS).map(|followed| row(followed, now)));
    let rest: usize = columns_of(&rows, 1).into_iter().map(|width| width + GAP.len()).sum();
    let names = rows.iter().filter_map(|row| row.first()).map(|name| columns(name)).max().unwrap_or(0);
    let names =
        terminal.map_or(names, |terminal| names.min(terminal.saturating_sub(rest).max(SHORTEST_NAME)));
    let widths: Vec<usize> = std::iter::once(names).chain(columns_of(&rows, 1)).collect();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| fit(cell, *width)).collect();
        writeln!(out, "{}", cells.join(GAP).trim_end())?;
    }
    if let Some(more) = followed.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        writeln!(out, "and {more} more")?;
    }
    writeln!(
        out,
        "(hours and shares: of at most the next {WEEKS} weeks; times: in the zone of each schedule)"
    )
}

/// The schedules in the order in which services follow them.
fn followed(config: &Config) -> Vec<Followed<'_>> {
    let mut all: Vec<Followed<'_>> = Vec::new();
    let mut places = BTreeMap::new();
    for service in &config.services {
        let place = *places.entry(Arc::as_ptr(&service.schedule)).or_insert(all.len());
        match all.get_mut(place) {
            Some(known) => known.services += 1,
            None => all.push(Followed { schedule: &service.schedule, first: service, services: 1 }),
        }
    }
    all
}

fn row(followed: &Followed<'_>, now: Timestamp) -> [String; 6] {
    let schedule = followed.schedule;
    let summary = Summary::of(schedule, now, SignedDuration::from_hours(WEEKS * 7 * 24));
    let local = |at: Option<Timestamp>| {
        at.map_or_else(
            || "never".to_owned(),
            |at| schedule.time_zone().to_datetime(at).strftime("%a %Y-%m-%d %H:%M").to_string(),
        )
    };
    let name = schedule.name().map_or_else(|| format!("({})", followed.first.name), str::to_owned);
    let longest = match (summary.longest == summary.span, summary.next_pause) {
        (true, None) => "always".to_owned(),
        (true, Some(_)) => format!("over {}", humane_of(summary.span)),
        (false, _) => humane_of(summary.longest),
    };
    let a_week = format!("{}, {} %", in_hours(summary.awake_a_week()), summary.percent_awake());
    [
        cut(&name, usize::MAX),
        followed.services.to_string(),
        a_week,
        longest,
        local(summary.next_resume),
        local(summary.next_pause),
    ]
}

/// A time in hours, with a half or another fraction where it has one: `50.5 h`.
fn in_hours(time: SignedDuration) -> String {
    let tenths = (time.as_secs() + 180).div_euclid(360);
    match (tenths.div_euclid(10), tenths.rem_euclid(10)) {
        (hours, 0) => format!("{hours} h"),
        (hours, tenth) => format!("{hours}.{tenth} h"),
    }
}

fn humane_of(time: SignedDuration) -> String {
    humane(Duration::try_from(time).unwrap_or_default())
}

/// The widths of all columns from one on.
fn columns_of(rows: &[[String; 6]], first: usize) -> Vec<usize> {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell)).max();
    (first..6).filter_map(width).collect()
}
