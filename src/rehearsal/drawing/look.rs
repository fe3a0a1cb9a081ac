//! What one column of a row looks like on a terminal.

use super::rows::{Cell, Fold, Row};
use super::week::Week;

/// How full a column is that stands for many services, or for many hours.
const FILLED: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// In a column of up to so many milliseconds a service is awake or not; in a longer one it is awake for a part of it.
const MOST_OF_A_MOMENT: u64 = 6 * 3_600_000;

/// What a column of a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Asleep,
    /// Asleep on a closed day.
    Closed,
    /// How much of it is awake, of eight.
    Awake(usize),
    Resuming,
    Failed,
}

impl Look {
    pub(super) fn sign(self) -> char {
        match self {
            Self::Asleep => '·',
            Self::Closed => '-',
            Self::Awake(eighths) => FILLED.get(eighths).copied().unwrap_or('█'),
            Self::Resuming => '▒',
            Self::Failed => '×',
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Self::Asleep => "\x1b[2m",
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
    week.length() <= MOST_OF_A_MOMENT.saturating_mul(columns)
}

/// What each of so many columns of a row shows.
pub(super) fn looks(week: &Week, row: &Row, columns: usize) -> Vec<Look> {
    // One service at a time is awake or not. Elsewhere each bit of being awake is shown.
    let in_or_out = week.fold == Fold::Service && is_moment(week, columns);
    let edge = |column: usize, of: usize| column.saturating_mul(of).checked_div(columns).unwrap_or(0);
    let cells = row.cells.len();
    let length = usize::try_from(week.length()).unwrap_or(usize::MAX);
    let look = |column: usize| {
        let next = column.saturating_add(1);
        let first = edge(column, cells);
        let part: Vec<Cell> = row
            .cells
            .iter()
            .take(edge(next, cells).max(first.saturating_add(1)))
            .skip(first)
            .copied()
            .collect();
        if part.iter().any(|cell| cell.failed > 0) {
            return Look::Failed;
        }
        if in_or_out && part.iter().any(|cell| cell.resuming > 0) {
            return Look::Resuming;
        }
        match eighths_awake(week, row, &part, in_or_out) {
            0 if is_closed(week, row, edge(column, length), edge(next, length)) => Look::Closed,
            0 => Look::Asleep,
            eighths => Look::Awake(eighths),
        }
    };
    (0..columns).map(look).collect()
}

/// How much of these cells is awake, of eight.
fn eighths_awake(week: &Week, row: &Row, part: &[Cell], in_or_out: bool) -> usize {
    let awake: u64 = part.iter().map(|cell| cell.awake).sum();
    let cells = u64::try_from(row.cells.len()).unwrap_or(1).max(1);
    let time = u64::try_from(part.len()).unwrap_or(1).saturating_mul(week.length()).div_euclid(cells);
    let most = time.saturating_mul(row.services).max(1);
    let rounded = awake.saturating_mul(8).saturating_add(most.div_euclid(2)).div_euclid(most);
    match usize::try_from(rounded).unwrap_or(8).min(8) {
        eighths if in_or_out => {
            if eighths < 4 {
                0
            } else {
                8
            }
        }
        eighths => eighths.max(usize::from(awake > 0)),
    }
}

/// Whether half of the time between these two or more, in milliseconds since the beginning, is closed.
fn is_closed(week: &Week, row: &Row, from: usize, to: usize) -> bool {
    let (from, to) = (u64::try_from(from).unwrap_or(u64::MAX), u64::try_from(to).unwrap_or(u64::MAX));
    let inside = row
        .closed
        .iter()
        .map(|days| week.millis(days.until).min(to).saturating_sub(week.millis(days.from).max(from)));
    inside.sum::<u64>().saturating_mul(2) >= to.saturating_sub(from).max(1)
}

/// The signs of a row, each run of one colour coloured once.
pub(super) fn strip(looks: &[Look], colour: bool) -> String {
    let mut text = String::new();
    for run in looks.chunk_by(|one, other| one.colour() == other.colour()) {
        let signs = run.iter().map(|look| look.sign());
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
