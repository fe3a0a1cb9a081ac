//! A rehearsal for a terminal: a row for each service, time across, the counts below.

use super::calendar::{Label, days, hours, labels};
use super::counts::{counts, title};
use super::grid::Columns;
use super::mark::{Mark, is_moment, marks, strip};
use super::notes::{About, MOST_DAYS_WITHOUT_YEAR, notes};
use super::rows::{Fold, Row, by_zone};
use super::week::Week;
use crate::text::{Part, columns, cut, fit, wrap, wrap_words};
use jiff::Timestamp;
use std::fmt::Write;

/// The widest label of a row; what is longer is cut off.
const WIDEST_LABEL: usize = 24;

/// Labels take a quarter of the width at most, but may always take this much: `Europe/Berlin`.
const NARROWEST_LABELS: usize = 13;

/// The fewest columns of time that are worth drawing.
const FEWEST_COLUMNS: usize = 14;

/// What stands between labels and time.
const GAP: &str = "  ";

/// Of what is awake in part, and of what is as a whole.
const PARTLY: [Mark; 3] = [Mark::Awake(2), Mark::Awake(5), Mark::Awake(8)];

/// How the width is divided.
#[derive(Debug, Clone, Copy)]
struct Measure {
    width: usize,
    labels: usize,
    time: usize,
}

impl Measure {
    fn of(week: &Week, width: usize) -> Self {
        let wide = |row: &Row| columns(&row.name).max(columns(&row.zone_name));
        let widest = week.rows.iter().map(wide).max().unwrap_or(0);
        let labels = widest.min(WIDEST_LABEL).min((width / 4).max(NARROWEST_LABELS));
        let time = width.saturating_sub(labels).saturating_sub(GAP.len()).max(FEWEST_COLUMNS);
        Self { width, labels, time }
    }
}

/// Draws it, no wider than so many characters.
pub fn draw(week: &Week, width: usize, colour: bool) -> String {
    let measure = Measure::of(week, width);
    let mut text = String::new();
    write_lines(&mut text, wrap_words(&title(week), width));
    let mut seen: Vec<Mark> = Vec::new();
    for rows in by_zone(&week.rows) {
        let Some(first) = rows.first() else { continue };
        text.push('\n');
        let columns = first.grid.columns(measure.time);
        write_header(&mut text, week, (first, &columns), &rows, measure, colour);
        for row in &rows {
            let marks = marks(week, row, &columns);
            writeln!(text, "{}{GAP}{}", fit(&row.name, measure.labels), strip(&marks, colour).trim_end())
                .ok();
            for mark in marks {
                if !seen.contains(&mark) {
                    seen.push(mark);
                }
            }
        }
    }
    write_legend(&mut text, week, measure, &seen, colour);
    write_failures(&mut text, week, measure, colour);
    write_counts(&mut text, week, measure);
    text
}

/// The days above the rows of a zone, and what is special about them.
fn write_header(
    text: &mut String,
    week: &Week,
    (zone, columns): (&Row, &Columns),
    rows: &[&Row],
    measure: Measure,
    colour: bool,
) {
    let days = days(week.from, week.until, &zone.zone);
    let place = |at: Timestamp| {
        if at >= week.until { columns.len() } else { columns.of_cell(zone.grid.cell_at(week.millis(at))) }
    };
    let mut line = write_on(columns.len(), &labels(&days, week.until, place), place);
    for day in days.iter().filter(|day| day.clock_change.is_some()) {
        let blank = |free: &&mut Option<char>| free.is_none();
        if let Some(free) = line.iter_mut().skip(place(day.from)).find(blank) {
            *free = Some('*');
        }
    }
    let heading = fit(&zone.zone_name, measure.labels);
    write_line(text, &heading, &line);
    let hours = hours(&days, week.until, &zone.zone, place);
    if !hours.is_empty() {
        write_line(text, &fit("", measure.labels), &write_on(columns.len(), &hours, place));
    }
    for note in notes(&days, rows) {
        let sign = match note.about {
            About::ClockChange => "*".to_owned(),
            About::ClosedDays => strip(&[Mark::Closed], colour),
        };
        let indent = format!("{:width$}{GAP}", "", width = measure.labels);
        let words = cut(&note.words, usize::MAX);
        for (index, line) in wrap_words(&words, measure.time - 2).iter().enumerate() {
            let sign = if index == 0 { &sign } else { " " };
            writeln!(text, "{indent}{sign} {line}").ok();
        }
    }
}

/// Labels on a line; what they leave is free.
fn write_on(columns: usize, labels: &[Label], place: impl Fn(Timestamp) -> usize) -> Vec<Option<char>> {
    let mut line = vec![None; columns];
    for label in labels {
        for (place, letter) in line.iter_mut().skip(place(label.from)).zip(label.word.chars()) {
            *place = Some(letter);
        }
    }
    line
}

fn write_line(text: &mut String, heading: &str, line: &[Option<char>]) {
    let line: String = line.iter().map(|letter| letter.unwrap_or(' ')).collect();
    writeln!(text, "{}", format!("{heading}{GAP}{line}").trim_end()).ok();
}

fn write_legend(text: &mut String, week: &Week, measure: Measure, seen: &[Mark], colour: bool) {
    let columns = week.rows.first().map_or(1, |row| row.grid.columns(measure.time).len());
    let in_or_out = is_moment(week, columns);
    let (awake, word): (&[Mark], _) = match (week.fold, in_or_out) {
        (Fold::Service, true) => (&[Mark::Awake(8)], "awake"),
        (Fold::Schedule | Fold::Zone, true) => (&PARTLY, "awake, by how many services"),
        (_, false) => (&PARTLY, "awake, by how much of the time"),
    };
    let can_be = |mark: &Mark| match mark {
        Mark::Closed => seen.contains(mark),
        Mark::Resuming => week.fold == Fold::Service && in_or_out,
        Mark::Nothing => false,
        Mark::Asleep | Mark::Awake(_) | Mark::Failed => true,
    };
    let entries: [(&[Mark], &str); 5] = [
        (awake, word),
        (&[Mark::Asleep], "asleep"),
        (&[Mark::Closed], "asleep on a closed day"),
        (&[Mark::Resuming], "resuming"),
        (&[Mark::Failed], "failed or too late"),
    ];
    let shown = entries.iter().filter(|(marks, _)| marks.iter().all(can_be));
    let parts = shown.map(|(marks, word)| Part {
        text: format!("{} {word}", strip(marks, colour)),
        columns: marks.len() + 1 + crate::text::columns(word),
    });
    text.push('\n');
    write_lines(text, wrap(parts, "   ", measure.width));
}

/// Why each `×` stands there.
fn write_failures(text: &mut String, week: &Week, measure: Measure, colour: bool) {
    let days = usize::try_from(week.length() / 86_400_000).unwrap_or(usize::MAX);
    let failures = week.failures.lines(&week.rows, days > MOST_DAYS_WITHOUT_YEAR);
    if !failures.is_empty() {
        text.push('\n');
    }
    let room = measure.width.saturating_sub(2);
    for failure in failures {
        let lines = failure.iter().flat_map(|line| wrap_words(&cut(line, usize::MAX), room));
        for (index, line) in lines.enumerate() {
            let sign = if index == 0 { strip(&[Mark::Failed], colour) } else { " ".to_owned() };
            writeln!(text, "{sign} {}", cut(&line, room)).ok();
        }
    }
}

fn write_counts(text: &mut String, week: &Week, measure: Measure) {
    let counts = counts(week);
    let widest = counts.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
    let room = measure.width.saturating_sub(widest).saturating_sub(GAP.len());
    text.push('\n');
    for (what, parts) in counts {
        let lines = wrap(parts.into_iter().map(Part::from), " ", room);
        for (index, line) in lines.iter().enumerate() {
            let what = if index == 0 { what } else { "" };
            writeln!(text, "{what:widest$}{GAP}{line}").ok();
        }
    }
}

fn write_lines(text: &mut String, lines: Vec<String>) {
    for line in lines {
        writeln!(text, "{line}").ok();
    }
}
