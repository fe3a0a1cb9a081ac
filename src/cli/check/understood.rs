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

const SPAN: SignedDuration = SignedDuration::from_hours(WEEKS * 7 * 24);

/// So many schedules are shown on a terminal; elsewhere all are.
const MOST_ROWS: usize = 30;

/// A terminal of fewer columns has no room for years.
const WITHOUT_YEARS: usize = 100;

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
    let shown = terminal.map_or(followed.len(), |_| followed.len().min(MOST_ROWS));
    let times = if terminal.is_some_and(|terminal| terminal < WITHOUT_YEARS) {
        "%a %m-%d %H:%M"
    } else {
        "%a %Y-%m-%d %H:%M"
    };
    rows.extend(followed.iter().take(shown).map(|followed| row(followed, now, times)));
    let rest: usize = columns_of(&rows, 1).into_iter().map(|width| width + GAP.len()).sum();
    let names = rows.iter().filter_map(|row| row.first()).map(|name| columns(name)).max().unwrap_or(0);
    let names =
        terminal.map_or(names, |terminal| names.min(terminal.saturating_sub(rest).max(SHORTEST_NAME)));
    let widths: Vec<usize> = std::iter::once(names).chain(columns_of(&rows, 1)).collect();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| fit(cell, *width)).collect();
        writeln!(out, "{}", cells.join(GAP).trim_end())?;
    }
    if followed.len() > shown {
        writeln!(out, "and {} more; without a terminal all are shown", followed.len() - shown)?;
    }
    writeln!(out, "(of the next {WEEKS} weeks, in the time zone of each schedule)\n")
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

fn row(followed: &Followed<'_>, now: Timestamp, times: &str) -> [String; 6] {
    let schedule = followed.schedule;
    let summary = Summary::of(schedule, now, SPAN);
    let local = |at: Option<Timestamp>| {
        at.map_or_else(
            || "never".to_owned(),
            |at| schedule.time_zone().to_datetime(at).strftime(times).to_string(),
        )
    };
    let of_its_own = || match followed.services {
        1 => format!("({})", followed.first.name),
        several => format!("({} and {} more)", followed.first.name, several - 1),
    };
    let name = schedule.name().map_or_else(of_its_own, str::to_owned);
    let longest = match (summary.longest == summary.span, summary.next_pause) {
        (true, None) => "always".to_owned(),
        (true, Some(_)) => format!("over {}", humane_of(summary.span)),
        (false, _) if summary.longest.is_zero() => "never".to_owned(),
        (false, _) => humane_of(summary.longest),
    };
    let about = if summary.span < SPAN { "~" } else { "" };
    let a_week = format!("{about}{}, {} %", in_hours(summary.awake_a_week()), summary.percent_awake());
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
