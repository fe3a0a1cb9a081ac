//! What one column of a row looks like on a terminal.

use super::grid::Columns;
use super::rows::{Cell, Fold, Row};
use super::week::Week;
use std::collections::BTreeMap;
use std::ops::Range;

/// How full a column is that stands for many services, or for many hours.
const FILLED: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// In a column of up to so many milliseconds a service is awake or not; in a longer one it is awake for a part of it.
const MOST_OF_A_MOMENT: u64 = 6 * 3_600_000;

/// What a column of a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The time before the beginning, or after the end.
    Nothing,
    Asleep,
    /// Asleep on a closed day.
    Closed,
    /// How much of it is awake, of eight.
    Awake(usize),
    Resuming,
    Failed,
}

impl Mark {
    pub(super) fn sign(self) -> char {
        match self {
            Self::Nothing => ' ',
            Self::Asleep => '·',
            Self::Closed => '-',
            Self::Awake(eighths) => FILLED.get(eighths).copied().unwrap_or('█'),
            Self::Resuming => '▒',
            Self::Failed => '×',
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Self::Nothing | Self::Asleep => "\x1b[2m",
            Self::Closed => "\x1b[36m",
            Self::Awake(_) => "\x1b[32m",
            Self::Resuming => "\x1b[33m",
            Self::Failed => "\x1b[31m",
        }
    }
}

/// Whether a column is so short that a service is awake in it or not.
pub(super) fn is_moment(week: &Week, columns: usize) -> bool {
    let columns = u64::try_from(columns).unwrap_or(u64::MAX).max(1);
    week.length() <= MOST_OF_A_MOMENT * columns
}

/// What each column of a row shows.
pub(super) fn marks(week: &Week, row: &Row, columns: &Columns) -> Vec<Mark> {
    // One service at a time is awake or not. Elsewhere each bit of being awake is shown.
    let in_or_out = week.fold == Fold::Service && is_moment(week, columns.len());
    let mark = |cells: Range<usize>| {
        let Some(part) = row.cells.get(cells.start..cells.end.min(row.cells.len())) else {
            return Mark::Nothing;
        };
        let (from, to) =
            (row.grid.bounds(cells.start).start, row.grid.bounds(cells.end.saturating_sub(1)).end);
        if part.is_empty() {
            return Mark::Nothing;
        }
        if part.iter().any(|cell| cell.failed > 0) {
            return Mark::Failed;
        }
        let eighths = eighths_awake(row, part, to - from);
        let resuming: u64 = part.iter().map(|cell| cell.resuming).sum();
        match eighths {
            4.. if in_or_out => Mark::Awake(8),
            _ if in_or_out && resuming > 0 => Mark::Resuming,
            0 if is_closed(week, row, from, to) => Mark::Closed,
            0 => Mark::Asleep,
            _ if in_or_out => Mark::Asleep,
            eighths => Mark::Awake(eighths),
        }
    };
    let mut marks: Vec<Mark> = columns.iter().map(mark).collect();
    if in_or_out {
        show_each_stretch(row, columns, &mut marks);
    }
    marks
}

/// A stretch of being awake that fills no column by half is shown all the same: where most of it is.
fn show_each_stretch(row: &Row, columns: &Columns, marks: &mut [Mark]) {
    let cells: Vec<(usize, Cell)> = row.cells.iter().copied().enumerate().collect();
    // A resume begins another stretch.
    let stretches = cells.chunk_by(|(_, before), (_, cell)| {
        (before.awake > 0) == (cell.awake > 0) && (cell.resuming == 0 || before.resuming > 0)
    });
    for stretch in stretches.filter(|stretch| stretch.iter().all(|(_, cell)| cell.awake > 0)) {
        let mut awake: BTreeMap<usize, u64> = BTreeMap::new();
        for (index, cell) in stretch {
            *awake.entry(columns.of_cell(*index)).or_default() += cell.awake;
        }
        let is_shown = |column: &usize| matches!(marks.get(*column), Some(Mark::Awake(_) | Mark::Failed));
        if awake.keys().any(is_shown) {
            continue;
        }
        let most = awake.into_iter().max_by_key(|(column, awake)| (*awake, *column));
        if let Some(mark) = most.and_then(|(column, _)| marks.get_mut(column)) {
            *mark = Mark::Awake(8);
        }
    }
}

/// How much of these cells is awake, of eight; a bit of it is one.
fn eighths_awake(row: &Row, part: &[Cell], time: u64) -> usize {
    let awake: u64 = part.iter().map(|cell| cell.awake).sum();
    let most = (time * row.services).max(1);
    let rounded = (awake * 8 + most / 2) / most;
    usize::try_from(rounded).unwrap_or(8).min(8).max(usize::from(awake > 0))
}

/// Whether half of the time between these two or more, in milliseconds since the beginning, is closed.
fn is_closed(week: &Week, row: &Row, from: u64, to: u64) -> bool {
    let inside = row
        .closed
        .iter()
        .map(|days| week.millis(days.until).min(to).saturating_sub(week.millis(days.from).max(from)));
    inside.sum::<u64>() * 2 >= (to - from).max(1)
}

/// The signs of a row, each run of one colour coloured once.
pub(super) fn strip(marks: &[Mark], colour: bool) -> String {
    let mut text = String::new();
    for run in marks.chunk_by(|one, other| one.colour() == other.colour()) {
        let signs = run.iter().map(|mark| mark.sign());
        match run.first().filter(|_| colour) {
            Some(first) => {
                text.push_str(first.colour());
                text.extend(signs);
                text.push_str("\x1b[0m");
            }
            None => text.extend(signs),
        }
    }
    text
}
