//! A rehearsal as a picture.

use super::calendar::{Day, days, hours, labels};
use super::counts::{counts, title};
use super::notes::{About, notes};
use super::rows::{Cell, Fold, Row, by_zone};
use super::week::Week;
use crate::text::cut;
use jiff::Timestamp;
use std::fmt::Write;

const LABELS: u64 = 190;
const TIME: u64 = 1_000;
const MARGIN: u64 = 12;
const ROW: u64 = 24;
const LINE: u64 = 18;

/// The width of a letter, at its widest on average.
const LETTER: u64 = 7;

/// The most letters of a label, and of a line beside it.
const LONGEST_LABEL: usize = 24;
const LONGEST_NOTE: usize = 140;

/// Up to so many days are divided by a line at each midnight.
const MOST_DIVIDED_DAYS: usize = 62;

/// In a cell of up to so many milliseconds a resume is seen; in a longer one there is hardly a day without.
const MOST_OF_A_MOMENT: u64 = 2 * 3_600_000;

/// What must be seen is drawn as wide as this, however short it is.
const NARROWEST: u64 = 3;

const AWAKE: &str = "#2e7d32";
const RESUMING: &str = "#f9a825";
const FAILED: &str = "#c62828";
const CLOCK_CHANGE: &str = "#a50";

/// What the rows of closed days are filled with.
const CLOSED: &str = "<defs><pattern id=\"closed\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
     patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#e3edf5\"/>\
     <rect width=\"2\" height=\"6\" fill=\"#90b4cf\"/></pattern></defs>\n";

/// The week as an SVG document: no script, no font of its own, nothing from elsewhere.
pub fn picture(week: &Week) -> String {
    let mut svg = String::new();
    let mut y = MARGIN + LINE;
    write_text(&mut svg, MARGIN, y, "#111", &title(week));
    for rows in by_zone(&week.rows) {
        y = write_zone(&mut svg, week, &rows, y + MARGIN);
    }
    y += MARGIN + LINE;
    write_legend(&mut svg, week, y);
    y += MARGIN;
    for (what, parts) in counts(week) {
        y += LINE;
        write_text(&mut svg, MARGIN, y, "#666", what);
        write_text(&mut svg, LABELS, y, "#333", &parts.join(" "));
    }
    let height = y + MARGIN;
    let width = LABELS + TIME + MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">\n{CLOSED}\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{svg}</svg>\n"
    )
}

/// The rows of a zone, below its name, what is special about its days, and their labels. Returns where it ends.
fn write_zone(svg: &mut String, week: &Week, rows: &[&Row], top: u64) -> u64 {
    let Some(zone) = rows.first() else { return top };
    let days = days(week.from, week.until, &zone.zone);
    let mut y = top + LINE;
    write_text(svg, MARGIN, y, "#666", &zone.zone_name);
    for note in notes(&days, rows) {
        let colour = if note.about == About::ClockChange { CLOCK_CHANGE } else { "#4a6d87" };
        write_text(svg, LABELS, y, colour, &cut(&note.words, LONGEST_NOTE));
        y += LINE;
    }
    for label in labels(&days, week.until, |at| letters(week, at)) {
        write_text(svg, place(week, label.from), y, "#333", &label.word);
    }
    let hours = hours(&days, week.until, &zone.zone, |at| letters(week, at));
    if !hours.is_empty() {
        y += LINE;
    }
    for label in hours {
        write_text(svg, place(week, label.from), y, "#999", &label.word);
    }
    y += LINE / 3;
    let height = u64::try_from(rows.len()).unwrap_or(0) * ROW;
    for (index, row) in rows.iter().enumerate() {
        let below = u64::try_from(index).unwrap_or(0) * ROW;
        write_row(svg, week, row, y + below);
    }
    write_days(svg, week, &days, y, height);
    y + height
}

/// A line for each midnight, and for each change of the clock.
fn write_days(svg: &mut String, week: &Week, days: &[Day], y: u64, height: u64) {
    let begins = |day: &&Day| days.len() <= MOST_DIVIDED_DAYS || day.date.day() == 1;
    for day in days.iter().filter(begins) {
        let x = place(week, day.from);
        writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"1\" height=\"{height}\" fill=\"#bbb\"/>").ok();
    }
    for change in days.iter().filter_map(|day| day.clock_change.as_ref()) {
        let (x, words) = (place(week, change.at), &change.words);
        writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"2\" height=\"{height}\" fill=\"{CLOCK_CHANGE}\">\
             <title>{words}</title></rect>"
        )
        .ok();
    }
}

fn write_row(svg: &mut String, week: &Week, row: &Row, y: u64) {
    let middle = y + 16;
    write_text(svg, MARGIN, middle, "#111", &cut(&row.name, LONGEST_LABEL));
    let (top, height) = (y + 3, ROW - 6);
    for days in &row.closed {
        let (x, right) = (place(week, days.from), place(week, days.until));
        let (width, name) = ((right - x).max(1), escaped(&days.name));
        writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"url(#closed)\">\
             <title>closed ({name})</title></rect>"
        )
        .ok();
    }
    let cells = row.cells.iter().enumerate();
    let shades: Vec<Shade> = cells.map(|(index, cell)| shade(week, row, index, cell)).collect();
    // What must be seen comes last, so that nothing hides it.
    for (colours, narrowest) in [([AWAKE].as_slice(), 1), (&[RESUMING, FAILED], NARROWEST)] {
        let mut from = 0_usize;
        for run in shades.chunk_by(|one, other| one == other) {
            let to = from + run.len();
            if let Some(shade) = run.first().filter(|shade| colours.contains(&shade.colour)) {
                let end = row.grid.bounds(to - 1).end;
                let (x, right) = (x_of(week, row.grid.bounds(from).start), x_of(week, end));
                let width = (right - x).max(narrowest);
                let Shade { colour, percent } = shade;
                let opacity = format!("{}.{:02}", percent / 100, percent % 100);
                writeln!(
                    svg,
                    "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\" \
                     fill-opacity=\"{opacity}\"/>"
                )
                .ok();
            }
            from = to;
        }
    }
}

/// How a cell is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shade {
    /// Empty for a cell that is not filled.
    colour: &'static str,
    percent: u64,
}

/// The fill of a cell: how much of it is awake, in tenths. Beginnings are shown where they are one service's.
fn shade(week: &Week, row: &Row, index: usize, cell: &Cell) -> Shade {
    let bounds = row.grid.bounds(index);
    let time = bounds.end - bounds.start;
    let whole = |colour| Shade { colour, percent: 100 };
    if cell.failed > 0 {
        return whole(FAILED);
    }
    if cell.resuming > 0 && shows_resumes(week, row) {
        return whole(RESUMING);
    }
    if cell.awake == 0 {
        return Shade { colour: "", percent: 0 };
    }
    let tenths = (cell.awake * 10).div_ceil((time * row.services).max(1)).min(10);
    Shade { colour: AWAKE, percent: tenths * 10 }
}

fn shows_resumes(week: &Week, row: &Row) -> bool {
    let cells = u64::try_from(row.cells.len()).unwrap_or(1).max(1);
    week.fold == Fold::Service && week.length() / cells <= MOST_OF_A_MOMENT
}

/// Where an instant lies.
fn place(week: &Week, at: Timestamp) -> u64 {
    x_of(week, week.millis(at))
}

/// The same of so many milliseconds since the beginning.
fn x_of(week: &Week, millis: u64) -> u64 {
    LABELS + (TIME * millis / week.length()).min(TIME)
}

/// How many letters have room before an instant.
fn letters(week: &Week, at: Timestamp) -> usize {
    usize::try_from(place(week, at) / LETTER).unwrap_or(0)
}

fn write_legend(svg: &mut String, week: &Week, y: u64) {
    let has_resumes = week.rows.first().is_some_and(|row| shows_resumes(week, row));
    let has_closed = week.rows.iter().any(|row| !row.closed.is_empty());
    let entries = [
        (AWAKE, if has_resumes { "awake" } else { "awake, the more the darker" }, true),
        (RESUMING, "resuming", has_resumes),
        (FAILED, "failed or too late", true),
        ("url(#closed)", "closed day", has_closed),
    ];
    let mut x = LABELS;
    for (colour, word, _) in entries.iter().filter(|(.., shown)| *shown) {
        let (top, text) = (y - 11, x + 18);
        writeln!(svg, "<rect x=\"{x}\" y=\"{top}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>").ok();
        write_text(svg, text, y, "#333", word);
        let letters = u64::try_from(word.len()).unwrap_or(0);
        x = text + letters * LETTER + LINE;
    }
}

fn write_text(svg: &mut String, x: u64, y: u64, colour: &str, text: &str) {
    writeln!(svg, "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\">{}</text>", escaped(text)).ok();
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect::<String>();
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
