//! The coming transitions as a table, as wide as the terminal allows.

use super::coming::Occurrence;
use crate::cli::beginning::Beginning;
use crate::text::{columns, cut, fit, in_whole_seconds, wrap_words};
use jiff::{SignedDuration, Timestamp, Zoned};
use std::io::{self, Write};

/// In fewer columns no table can be read, and none is made to fit.
pub(super) const NARROWEST: usize = 40;

/// What stands between two columns of the table.
const GAP: &str = "  ";

/// What stands before a note that has a line of its own.
const INDENT: usize = 4;

/// The fewest columns of a service's name.
const SHORTEST_NAME: usize = 8;

/// What is done to a table that is too wide, one after the other until it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Squeeze {
    None,
    /// Notes have lines of their own.
    NotesBelow,
    /// Where every second is 0, none is shown.
    NoSeconds,
    /// Where all have one zone, it stands above the times.
    OneZone,
    NoUtc,
    NoTimeAhead,
    NoYear,
    ShortNames,
}

const SQUEEZES: [Squeeze; 8] = [
    Squeeze::None,
    Squeeze::NotesBelow,
    Squeeze::NoSeconds,
    Squeeze::OneZone,
    Squeeze::NoUtc,
    Squeeze::NoTimeAhead,
    Squeeze::NoYear,
    Squeeze::ShortNames,
];

/// What is known of one transition.
struct Row {
    local: Zoned,
    zone: String,
    at: Timestamp,
    action: &'static str,
    service: String,
    ahead: String,
    notes: String,
}

impl Row {
    fn of(occurrence: &Occurrence<'_>, from: Beginning) -> Self {
        let schedule = &occurrence.service.schedule;
        let from = from.instant(schedule.time_zone());
        Self {
            local: occurrence.at.to_zoned(schedule.time_zone().clone()),
            zone: schedule.time_zone_name().to_owned(),
            at: occurrence.at,
            action: occurrence.action.as_str(),
            service: cut(&occurrence.service.name, usize::MAX),
            ahead: time_ahead(occurrence.at.duration_since(from)),
            notes: cut(&occurrence.notes().join("; "), usize::MAX),
        }
    }
}

/// Writes the table; in so many columns, where a terminal shows it.
pub(super) fn write<'a>(
    coming: impl Iterator<Item = Occurrence<'a>>,
    from: Beginning,
    terminal: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rows: Vec<Row> = coming.map(|occurrence| Row::of(&occurrence, from)).collect();
    if rows.is_empty() {
        return writeln!(out, "there are no coming transitions");
    }
    let most = terminal.map_or(usize::MAX, |columns| columns.max(NARROWEST));
    let mut layouts = SQUEEZES.into_iter().map(|squeeze| Layout::of(&rows, squeeze, most));
    let fits = layouts.find(|layout| layout.width() <= most);
    fits.unwrap_or_else(|| Layout::of(&rows, Squeeze::ShortNames, most)).write(&rows, most, out)
}

/// The cells of a table, the heading first.
struct Layout {
    cells: Vec<Vec<String>>,
    widths: Vec<usize>,
    notes_below: bool,
}

impl Layout {
    fn of(rows: &[Row], squeeze: Squeeze, most: usize) -> Self {
        let notes_below = squeeze >= Squeeze::NotesBelow;
        let seconds = squeeze < Squeeze::NoSeconds || rows.iter().any(|row| row.local.second() != 0);
        let first_zone = rows.first().map(|row| row.zone.as_str()).unwrap_or_default();
        let one_zone = squeeze >= Squeeze::OneZone && rows.iter().all(|row| row.zone == first_zone);
        let local_format = match (squeeze >= Squeeze::NoYear, seconds) {
            (false, true) => "%a %Y-%m-%d %H:%M:%S",
            (false, false) => "%a %Y-%m-%d %H:%M",
            (true, true) => "%a %m-%d %H:%M:%S",
            (true, false) => "%a %m-%d %H:%M",
        };
        let local = |row: &Row| {
            let zone = if one_zone { String::new() } else { format!(" {}", row.zone) };
            format!("{}{zone}", row.local.strftime(local_format))
        };
        let utc = |row: &Row| {
            if seconds { row.at.to_string() } else { row.at.strftime("%Y-%m-%dT%H:%MZ").to_string() }
        };
        let (has_utc, has_ahead) = (squeeze < Squeeze::NoUtc, squeeze < Squeeze::NoTimeAhead);
        let columns = |local: String, [utc, action, service, ahead, notes]: [&str; 5]| -> Vec<String> {
            let owned = |is_shown: bool, cell: &str| is_shown.then(|| cell.to_owned());
            let cells = [
                Some(local),
                owned(has_utc, utc),
                owned(true, action),
                owned(true, service),
                owned(has_ahead, ahead),
                owned(!notes_below, notes),
            ];
            cells.into_iter().flatten().collect()
        };
        let times = if one_zone { first_zone } else { "LOCAL TIME" };
        let heading = columns(times.to_owned(), ["UTC", "ACTION", "SERVICE", "IN", "NOTES"]);
        let body = rows
            .iter()
            .map(|row| columns(local(row), [&utc(row), row.action, &row.service, &row.ahead, &row.notes]));
        let mut layout =
            Self { cells: std::iter::once(heading).chain(body).collect(), widths: Vec::new(), notes_below };
        layout.measure();
        if squeeze == Squeeze::ShortNames {
            layout.cut_names(most);
        }
        layout
    }

    fn measure(&mut self) {
        let count = self.cells.first().map_or(0, Vec::len);
        let width =
            |column: usize| self.cells.iter().filter_map(|row| row.get(column)).map(|c| columns(c)).max();
        self.widths = (0..count).map(|column| width(column).unwrap_or(0)).collect();
    }

    /// Names, which stand last by now, and then times get what room there is.
    fn cut_names(&mut self, most: usize) {
        let over = self.width().saturating_sub(most);
        if let Some(names) = self.widths.last_mut() {
            let room = names.saturating_sub(over).max(SHORTEST_NAME).min(*names);
            *names = room;
        }
        let over = self.width().saturating_sub(most);
        if let Some(times) = self.widths.first_mut() {
            *times = times.saturating_sub(over);
        }
    }

    fn width(&self) -> usize {
        let gaps = self.widths.len().saturating_sub(1).saturating_mul(GAP.len());
        self.widths.iter().fold(gaps, |sum, width| sum.saturating_add(*width))
    }

    fn write(&self, rows: &[Row], most: usize, out: &mut dyn Write) -> io::Result<()> {
        let notes = std::iter::once("").chain(rows.iter().map(|row| row.notes.as_str()));
        for (cells, notes) in self.cells.iter().zip(notes) {
            let cells: Vec<String> =
                cells.iter().zip(&self.widths).map(|(cell, width)| fit(cell, *width)).collect();
            writeln!(out, "{}", cells.join(GAP).trim_end())?;
            if self.notes_below && !notes.is_empty() {
                let room = most.saturating_sub(INDENT);
                for line in wrap_words(notes, room) {
                    writeln!(out, "{:INDENT$}{}", "", cut(&line, room))?;
                }
            }
        }
        Ok(())
    }
}

/// A time ahead in its two largest units.
fn time_ahead(ahead: SignedDuration) -> String {
    let seconds = u64::try_from(ahead.as_secs()).unwrap_or(0);
    in_whole_seconds(seconds).unwrap_or_else(|| "now".to_owned())
}
