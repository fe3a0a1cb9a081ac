//! A rehearsal for a terminal: a row for each service, time across, the counts below.

use super::calendar::{Day, days};
use super::week::{Cell, Row, Week};
use crate::planner::Ending;
use std::fmt::Write;

/// The widest label of a row; what is longer is cut off.
const WIDEST_LABEL: usize = 24;

/// The fewest columns of time that are worth drawing.
const FEWEST_COLUMNS: usize = 14;

/// How full a cell of many services is.
const FILLED: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What a column of a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Asleep,
    /// How much of it is awake, of eight.
    Awake(usize),
    Resuming,
    Failed,
}

impl Look {
    fn sign(self) -> char {
        match self {
            Self::Asleep => '·',
            Self::Awake(eighths) => FILLED.get(eighths).copied().unwrap_or('█'),
            Self::Resuming => '▒',
            Self::Failed => '×',
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Self::Asleep => "\x1b[2m",
            Self::Awake(_) => "\x1b[32m",
            Self::Resuming => "\x1b[33m",
            Self::Failed => "\x1b[31m",
        }
    }
}

/// Draws it, no wider than so many characters.
pub fn draw(week: &Week, width: usize, colour: bool) -> String {
    let wide = |row: &Row| label(row).chars().count().max(row.zone_name.chars().count());
    let widest = week.rows.iter().map(wide).max().unwrap_or(0);
    let labels = widest.min(WIDEST_LABEL).min(width.div_euclid(3));
    let columns = width.saturating_sub(labels).saturating_sub(2).max(FEWEST_COLUMNS);
    let mut text = String::new();
    let mut zone = "";
    for row in &week.rows {
        if *row.zone_name != *zone {
            zone = &row.zone_name;
            write_header(&mut text, week, row, labels, columns);
        }
        let name = cut(&label(row), labels);
        let looks: Vec<Look> = (0..columns).map(|column| look(week, row, column, columns)).collect();
        writeln!(text, "{name:labels$}  {}", strip(&looks, colour)).ok();
    }
    write_legend(&mut text, week, colour);
    write_counts(&mut text, week);
    text
}

/// The days above the rows of a zone, and what is special about them.
fn write_header(text: &mut String, week: &Week, row: &Row, labels: usize, columns: usize) {
    let days = days(week.from, week.until, &row.zone);
    let whole = week.until.duration_since(week.from).as_secs().max(1);
    let place = |day: &Day| {
        let since = day.from.duration_since(week.from).as_secs().max(0);
        let columns = i64::try_from(columns).unwrap_or(1);
        usize::try_from(since.saturating_mul(columns).div_euclid(whole)).unwrap_or(0)
    };
    let mut line = String::new();
    for (index, day) in days.iter().enumerate() {
        let at = place(day);
        let next = days.get(index.saturating_add(1)).map_or(columns, place);
        let room = next.saturating_sub(at);
        while line.chars().count() < at {
            line.push(' ');
        }
        let mark = if day.clock_change.is_some() { "*" } else { "" };
        let words = [format!("{}{mark} {}", day.weekday, day.date), format!("{}{mark}", day.weekday)];
        let fits = words.iter().find(|word| word.chars().count() < room);
        line.push_str(fits.map_or("", String::as_str));
    }
    writeln!(text, "{:labels$}  {}", cut(&row.zone_name, labels), line.trim_end()).ok();
    for (date, change) in
        days.iter().filter_map(|day| day.clock_change.as_ref().map(|change| (&day.date, change)))
    {
        writeln!(text, "{:labels$}  * {date}: {change}", "").ok();
    }
}

/// What the cells under one column amount to.
fn look(week: &Week, row: &Row, column: usize, columns: usize) -> Look {
    let cells = row.cells.len();
    let edge = |column: usize| column.saturating_mul(cells).checked_div(columns).unwrap_or(0);
    let (first, last) = (edge(column), edge(column.saturating_add(1)).max(edge(column).saturating_add(1)));
    let part: Vec<Cell> = row.cells.iter().take(last).skip(first).copied().collect();
    if part.iter().any(|cell| cell.failed > 0) {
        return Look::Failed;
    }
    if row.services == 1 && part.iter().any(|cell| cell.resuming > 0) {
        return Look::Resuming;
    }
    let awake: u64 = part.iter().map(|cell| cell.awake).sum();
    let whole = u64::try_from(week.until.duration_since(week.from).as_millis()).unwrap_or(1);
    let share = u64::try_from(part.len()).unwrap_or(1).saturating_mul(whole);
    let most = share.checked_div(u64::try_from(cells).unwrap_or(1)).unwrap_or(1).saturating_mul(row.services);
    let eighths = awake.saturating_mul(8).saturating_add(most.div_euclid(2)).checked_div(most.max(1));
    let eighths = usize::try_from(eighths.unwrap_or(0)).unwrap_or(8).min(8);
    match (eighths, row.services) {
        (0..=3, 1) | (0, _) => Look::Asleep,
        (_, 1) => Look::Awake(8),
        (eighths, _) => Look::Awake(eighths),
    }
}

/// The signs of a row, each run of one colour coloured once.
fn strip(looks: &[Look], colour: bool) -> String {
    let mut text = String::new();
    let mut current = "";
    for look in looks {
        if colour && look.colour() != current {
            current = look.colour();
            text.push_str("\x1b[0m");
            text.push_str(current);
        }
        text.push(look.sign());
    }
    if colour {
        text.push_str("\x1b[0m");
    }
    text
}

fn write_legend(text: &mut String, week: &Week, colour: bool) {
    let looks = [
        (Look::Awake(8), "awake"),
        (Look::Asleep, "asleep"),
        (Look::Resuming, "resuming"),
        (Look::Failed, "failed or too late"),
    ];
    let shown = looks.iter().filter(|(look, _)| *look != Look::Resuming || !week.is_folded());
    let words: Vec<String> =
        shown.map(|(look, word)| format!("{} {word}", strip(&[*look], colour))).collect();
    let folded = if week.is_folded() { ", by how many services" } else { "" };
    writeln!(text, "\n{}{folded}", words.join("   ")).ok();
}

fn write_counts(text: &mut String, week: &Week) {
    let all: u64 = week.endings.values().sum();
    let by_ending: Vec<String> =
        week.endings.iter().map(|(ending, count)| format!("{count} {}", word(*ending))).collect();
    writeln!(text, "occurrences  {}", with_parts(all, &by_ending)).ok();
    writeln!(text, "API calls    {}, {} of them tried again", week.calls, week.retries).ok();
    let hours = |millis: u64| format!("{}.{}", millis.div_euclid(3_600_000), millis.div_euclid(360_000) % 10);
    let whole = u64::try_from(week.until.duration_since(week.from).as_millis()).unwrap_or(0);
    let always = whole.saturating_mul(week.services);
    let percent = week.awake.saturating_mul(100).checked_div(always).unwrap_or(0);
    let (awake, always) = (hours(week.awake), hours(always));
    writeln!(text, "hours awake  {awake} of {always} always on ({percent} %)").ok();
}

fn with_parts(all: u64, parts: &[String]) -> String {
    if parts.is_empty() { "none".to_owned() } else { format!("{all}: {}", parts.join(", ")) }
}

/// The word for an ending, as in the log.
pub(super) fn word(ending: Ending) -> &'static str {
    crate::planner::State::Ended(ending).as_str()
}

fn label(row: &Row) -> String {
    if row.services == 1 { row.name.clone() } else { format!("{} ({})", row.name, row.services) }
}

/// Cut to a width, with a sign that something is missing, and without what could speak to the terminal.
fn cut(text: &str, width: usize) -> String {
    let plain = text.chars().map(|c| if c.is_control() { '?' } else { c });
    if text.chars().count() <= width {
        return plain.collect();
    }
    plain.take(width.saturating_sub(1)).chain(['…']).collect()
}
