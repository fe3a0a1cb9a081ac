//! How the time of a zone is divided: into local days, and these into equal parts. Each cell is such a part, and each
//! column of a drawing a whole number of them.

use super::calendar::start_of_day;
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use std::ops::Range;

/// Into how many cells a day is divided, in drawings of up to so many days: three minutes each, of which a column
/// of a wide terminal has several, and quarters of an hour. Beyond, it is one cell.
const PARTS_OF_A_DAY: [(u64, usize); 2] = [(6, 480), (30, 96)];

/// From so many days on, a column is a whole part of a day. Before, it is as short as the width allows.
const DAYS_IN_WHOLE_PARTS: u64 = 14;

/// Into how many columns a day may be divided, so that each is a whole number of hours or quarters.
const WHOLE_PARTS: [usize; 10] = [96, 48, 24, 12, 8, 6, 4, 3, 2, 1];

/// More days than the longest rehearsal has.
const MOST_DAYS: usize = 4_000;

/// The cells of a stretch of time in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Where each cell begins, and where the last ends: milliseconds since the beginning.
    edges: Vec<u64>,
    /// Into how many cells a whole day is divided.
    parts: usize,
    /// Which part of its day the first cell is.
    first_part: usize,
    first_weekday: Weekday,
    /// How many local days there are, in part or as a whole.
    days: usize,
    in_whole_parts: bool,
}

impl Grid {
    pub(super) fn new(from: Timestamp, until: Timestamp, zone: &TimeZone) -> Self {
        let length = millis(from, until).max(1);
        let whole_days = (length + 43_200_000) / 86_400_000;
        let parts =
            PARTS_OF_A_DAY.into_iter().find(|(days, _)| whole_days <= *days).map_or(1, |(_, parts)| parts);
        let date = zone.to_datetime(from).date();
        let mut grid = Self {
            edges: vec![0],
            parts,
            first_part: 0,
            first_weekday: date.weekday(),
            days: 0,
            in_whole_parts: whole_days >= DAYS_IN_WHOLE_PARTS,
        };
        for date in std::iter::successors(Some(date), |date| date.tomorrow().ok()).take(MOST_DAYS) {
            if !grid.add_day(date, from, length, zone) {
                break;
            }
        }
        if grid.edges.last().is_some_and(|last| *last < length) {
            grid.edges.push(length);
        }
        grid
    }

    /// Adds the cells of a day; whether more days may follow.
    fn add_day(&mut self, date: Date, from: Timestamp, length: u64, zone: &TimeZone) -> bool {
        let next = date.tomorrow().ok().and_then(|next| start_of_day(next, zone));
        let (Some(begins), Some(ends)) = (start_of_day(date, zone), next) else { return false };
        self.days += 1;
        let day = ends.duration_since(begins).as_millis();
        let parts = i128::try_from(self.parts).unwrap_or(1);
        for part in 1..=self.parts {
            let into = day * i128::try_from(part).unwrap_or(0) / parts;
            let edge = begins.duration_since(from).as_millis() + into;
            let last = self.edges.last().copied().unwrap_or(0);
            match u64::try_from(edge) {
                Ok(edge) if edge > last => self.edges.push(edge.min(length)),
                // Before the beginning: the first cell comes later in the day.
                _ if self.edges.len() == 1 && self.days == 1 => self.first_part = part,
                // A day that the zone leaves out has cells without length.
                _ => self.edges.push(last),
            }
            if self.edges.last() == Some(&length) {
                return false;
            }
        }
        true
    }

    /// How many cells there are.
    pub(super) fn cells(&self) -> usize {
        self.edges.len() - 1
    }

    /// Where a cell begins and ends, in milliseconds since the beginning.
    pub fn bounds(&self, cell: usize) -> Range<u64> {
        let edge = |index: usize| self.edges.get(index).or(self.edges.last()).copied().unwrap_or(0);
        edge(cell)..edge(cell + 1)
    }

    /// In which cell an instant lies.
    pub(super) fn cell_at(&self, at: u64) -> usize {
        let begun = self.edges.partition_point(|edge| *edge <= at);
        (begun - 1).min(self.cells() - 1)
    }

    /// The cells of each column, of so many at most.
    pub(super) fn columns(&self, most: usize) -> Columns {
        let most = most.max(1);
        if !self.in_whole_parts {
            let edge = |column: usize| column * self.cells() / most;
            let column = |column: usize| {
                let first = edge(column);
                first..edge(column + 1).max(first + 1)
            };
            return Columns((0..most).map(column).collect());
        }
        let has_room = |parts: &usize| self.parts.is_multiple_of(*parts) && parts * self.days <= most;
        if let Some(columns_a_day) = WHOLE_PARTS.into_iter().find(has_room) {
            let cells = self.parts / columns_a_day;
            return self.columns_of(cells, 0, self.days * columns_a_day);
        }
        // Weeks, or several: a column of two or three days would now hold a weekend and now none.
        let into_the_week = usize::try_from(self.first_weekday.to_monday_zero_offset()).unwrap_or(0);
        let weeks = (self.days + into_the_week).div_ceil(7);
        let weeks_a_column = weeks.div_ceil(most).max(1);
        let cells = weeks_a_column * 7 * self.parts;
        self.columns_of(cells, into_the_week * self.parts, weeks.div_ceil(weeks_a_column))
    }

    /// Columns of so many cells. `before` cells, and those of the first day that are over, would stand before the first.
    fn columns_of(&self, cells: usize, before: usize, columns: usize) -> Columns {
        let before = before + self.first_part;
        let edge = |column: usize| (column * cells).saturating_sub(before).min(self.cells());
        Columns((0..columns).map(|column| edge(column)..edge(column + 1)).collect())
    }
}

/// The columns of a drawing, each with its cells. The first may have none: they are of a time before the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns(Vec<Range<usize>>);

impl Columns {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Range<usize>> {
        self.0.iter().cloned()
    }

    /// In which column a cell stands.
    pub(super) fn of_cell(&self, cell: usize) -> usize {
        self.0.partition_point(|cells| cells.end <= cell).min(self.len().saturating_sub(1))
    }
}

fn millis(from: Timestamp, until: Timestamp) -> u64 {
    u64::try_from(until.duration_since(from).as_millis()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(from: &str, until: &str) -> Grid {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        Grid::new(from.parse().unwrap(), until.parse().unwrap(), &zone)
    }

    /// How long each column is, in hours, those without cells among them.
    fn hours(grid: &Grid, most: usize) -> Vec<u64> {
        let column = |cells: Range<usize>| {
            cells.map(|cell| grid.bounds(cell)).map(|cell| cell.end - cell.start).sum::<u64>() / 3_600_000
        };
        grid.columns(most).iter().map(column).collect()
    }

    #[test]
    fn from_two_weeks_on_columns_are_whole_parts_of_local_days() {
        // From noon, over a clock change: the first two columns are of a time before.
        let grid = grid("2026-03-26T11:00:00Z", "2026-04-09T10:00:00Z");
        let expected: Vec<u64> = std::iter::repeat_n(0, 2)
            .chain(std::iter::repeat_n(6, 2 + 2 * 4))
            .chain([5; 4])
            .chain(std::iter::repeat_n(6, 10 * 4 + 2))
            .chain([0; 2])
            .collect();
        assert_eq!(hours(&grid, 64), expected);
        assert_eq!(hours(&grid, 89), expected);
    }

    #[test]
    fn beyond_a_month_a_column_is_a_day_or_whole_weeks_from_monday() {
        // From a Thursday.
        let two_months = grid("2026-03-25T23:00:00Z", "2026-05-24T22:00:00Z");
        assert_eq!(hours(&two_months, 64), [[24; 3].as_slice(), &[23], &[24; 56]].concat());
        assert_eq!(hours(&two_months, 40), [4 * 24 - 1, 168, 168, 168, 168, 168, 168, 168, 168]);
        assert_eq!(hours(&two_months, 5), [11 * 24 - 1, 336, 336, 336, 168]);
    }

    #[test]
    fn every_cell_stands_in_one_column() {
        for days in [1, 2, 13, 14, 30, 31, 70, 400, 3_650] {
            let from: Timestamp = "2026-03-26T11:23:45Z".parse().unwrap();
            let until = from + jiff::SignedDuration::from_hours(24 * days);
            let grid = Grid::new(from, until, &TimeZone::get("Europe/Berlin").unwrap());
            assert_eq!(grid.bounds(grid.cells() - 1).end, millis(from, until));
            for most in [14, 47, 64, 120, 200] {
                let columns = grid.columns(most);
                assert!(columns.len() <= most, "{days} days in {most}");
                let of_columns: Vec<usize> = columns.iter().flatten().collect();
                if grid.cells() >= most {
                    assert!(of_columns.into_iter().eq(0..grid.cells()), "{days} days in {most}");
                }
            }
        }
    }
}
