//! A rehearsal as a picture.

use super::calendar::days;
use super::week::{Cell, Row, Week};
use jiff::Timestamp;
use std::fmt::Write;

const LABELS: usize = 190;
const TIME: usize = 1_000;
const ROW: usize = 24;
const HEAD: usize = 54;

/// The room that the name of a day takes.
const DAY_LABEL: usize = 76;

/// The week as an SVG document: no script, no font of its own, nothing from elsewhere.
pub fn picture(week: &Week) -> String {
    let zones = week.rows.windows(2).filter(|pair| is_new_zone(pair)).count().saturating_add(1);
    let height =
        week.rows.len().saturating_mul(ROW).saturating_add(zones.saturating_mul(HEAD)).saturating_add(60);
    let width = LABELS.saturating_add(TIME).saturating_add(20);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let mut y = 0_usize;
    for rows in week.rows.chunk_by(|one, other| one.zone_name == other.zone_name) {
        let Some(first) = rows.first() else { continue };
        write_days(&mut svg, week, first, y, rows.len().saturating_mul(ROW));
        y = y.saturating_add(HEAD);
        for row in rows {
            write_row(&mut svg, row, y);
            y = y.saturating_add(ROW);
        }
    }
    write_legend(&mut svg, y.saturating_add(30));
    svg.push_str("</svg>\n");
    svg
}

fn is_new_zone(pair: &[Row]) -> bool {
    pair.first().map(|row| &row.zone_name) != pair.last().map(|row| &row.zone_name)
}

/// The days above the rows of a zone, with a line for each midnight.
fn write_days(svg: &mut String, week: &Week, row: &Row, y: usize, rows: usize) {
    let whole = week.until.duration_since(week.from).as_secs().max(1);
    let (label, below) = (y.saturating_add(40), y.saturating_add(HEAD));
    writeln!(svg, "<text x=\"10\" y=\"{label}\" fill=\"#666\">{}</text>", escaped(&row.zone_name)).ok();
    let days = days(week.from, week.until, &row.zone);
    let place = |at: Timestamp| {
        let since = at.duration_since(week.from).as_secs().max(0);
        let x = i64::try_from(TIME).unwrap_or(1).saturating_mul(since).div_euclid(whole);
        LABELS.saturating_add(usize::try_from(x).unwrap_or(0))
    };
    let mut free_from = 0;
    for (number, day) in days.iter().enumerate() {
        let x = place(day.from);
        let ends = days.get(number.saturating_add(1)).map_or(week.until, |next| next.from);
        let has_room = x >= free_from && (days.len() > 14 || place(ends).saturating_sub(x) >= DAY_LABEL);
        writeln!(svg, "<rect x=\"{x}\" y=\"{below}\" width=\"1\" height=\"{rows}\" fill=\"#bbb\"/>").ok();
        if has_room && x.saturating_add(DAY_LABEL) <= LABELS.saturating_add(TIME) {
            free_from = x.saturating_add(DAY_LABEL);
            let text = format!("{} {}", day.weekday, day.date);
            writeln!(svg, "<text x=\"{x}\" y=\"{label}\" fill=\"#333\">{text}</text>").ok();
        }
        if let Some(change) = &day.clock_change {
            let above = y.saturating_add(22);
            writeln!(svg, "<text x=\"{x}\" y=\"{above}\" fill=\"#a50\" font-size=\"11\">{change}</text>")
                .ok();
        }
    }
}

fn write_row(svg: &mut String, row: &Row, y: usize) {
    let middle = y.saturating_add(16);
    let name = if row.services == 1 { row.name.clone() } else { format!("{} ({})", row.name, row.services) };
    let name: String = name.chars().take(26).collect();
    writeln!(svg, "<text x=\"10\" y=\"{middle}\" fill=\"#111\">{}</text>", escaped(&name)).ok();
    let most = row.cells.iter().map(|cell| cell.awake).max().unwrap_or(1).max(1);
    let cells: Vec<(&str, u64)> = row.cells.iter().map(|cell| shade(cell, most, row.services == 1)).collect();
    let mut from = 0_usize;
    for run in cells.chunk_by(|one, other| one == other) {
        let to = from.saturating_add(run.len());
        let edge = |cell: usize| TIME.saturating_mul(cell).checked_div(cells.len()).unwrap_or(0);
        let (x, right) = (edge(from), edge(to).max(edge(from).saturating_add(3)));
        if let Some((colour, percent)) = run.first().filter(|(colour, _)| !colour.is_empty()) {
            let (x, width) = (LABELS.saturating_add(x), right.saturating_sub(x));
            let (top, height) = (y.saturating_add(3), ROW.saturating_sub(6));
            let opacity = format!("{}.{:02}", percent.div_euclid(100), percent % 100);
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

/// The colour of a cell, and how full it is in percent, in tens. Beginnings are shown where they are one service's.
fn shade(cell: &Cell, most: u64, alone: bool) -> (&'static str, u64) {
    if cell.failed > 0 {
        return ("#c62828", 100);
    }
    if cell.resuming > 0 && (alone || cell.awake == 0) {
        return ("#f9a825", 100);
    }
    if cell.awake == 0 {
        return ("", 0);
    }
    let tens = cell.awake.saturating_mul(10).div_ceil(most).min(10);
    ("#2e7d32", tens.saturating_mul(10))
}

fn write_legend(svg: &mut String, y: usize) {
    let entries = [("#2e7d32", "awake"), ("#f9a825", "resuming"), ("#c62828", "failed or too late")];
    for (index, (colour, word)) in entries.iter().enumerate() {
        let x = LABELS.saturating_add(index.saturating_mul(120));
        let (top, text) = (y.saturating_sub(11), x.saturating_add(18));
        writeln!(svg, "<rect x=\"{x}\" y=\"{top}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>").ok();
        writeln!(svg, "<text x=\"{text}\" y=\"{y}\" fill=\"#333\">{word}</text>").ok();
    }
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect::<String>();
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
