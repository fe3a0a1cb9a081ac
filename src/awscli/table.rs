//! A table within tables, each as wide as the widest.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "lengths of text in memory, and a cell is never narrower than its borders"
)]

use super::value::{Members, Value};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The space on both sides of a cell, together with its border.
const PADDING: usize = 4;

/// The borders left and right of a row.
const BORDERS: usize = 2;

/// What cannot be laid out as a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoTable {
    /// Rows of different lengths.
    #[error(
        "rows of different lengths cannot be a table; use a `--query` that takes the same from each, or `--output json`"
    )]
    Ragged,
    /// Objects beside other things.
    #[error(
        "a list that mixes objects with other things cannot be a table; use a `--query` that yields one kind, or \
         `--output json`"
    )]
    Mixed,
}

/// How a table is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TableStyle {
    /// How many columns the terminal has; a row that is wider is turned upright.
    pub(crate) width: usize,
    pub(crate) colour: bool,
}

/// The whole output, under this title.
pub(crate) fn document(title: &str, value: &Value, style: TableStyle) -> Result<String, NoTable> {
    let mut sections = Sections::default();
    if !sections.build(Some(title), value, 0)? {
        return Ok(String::new());
    }
    Ok(sections.draw(style))
}

/// A title with rows under it.
#[derive(Debug, Default)]
struct Section {
    title: Option<String>,
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
    level: usize,
    columns: Option<usize>,
    widths: Vec<usize>,
}

#[derive(Debug, Default)]
struct Sections(Vec<Section>);

impl Sections {
    fn begin(&mut self, title: Option<&str>, level: usize) {
        self.0.push(Section { title: title.map(str::to_owned), level, ..Section::default() });
    }

    fn headers(&mut self, headers: &[&str]) {
        if let Some(section) = self.0.last_mut() {
            section.headers = headers.iter().map(|header| (*header).to_owned()).collect();
            section.columns.get_or_insert(headers.len());
            section.widen(&section.headers.clone());
        }
    }

    fn row(&mut self, row: Vec<String>) -> Result<(), NoTable> {
        self.0.last_mut().map_or(Ok(()), |section| section.row(row))
    }

    /// Lays out a value; whether there was anything to lay out.
    fn build(&mut self, title: Option<&str>, value: &Value, level: usize) -> Result<bool, NoTable> {
        if value.is_empty() {
            return Ok(false);
        }
        if title.is_some() {
            self.begin(title, level);
        }
        match value {
            Value::List(items) if matches!(items.first(), Some(Value::Map(_))) => {
                self.objects(items, title, level)?;
            }
            Value::List(items) => items.iter().try_for_each(|item| self.item(item))?,
            Value::Map(members) => self.members(members, level)?,
            _ => {}
        }
        Ok(true)
    }

    /// An item of a list that does not begin with an object.
    fn item(&mut self, item: &Value) -> Result<(), NoTable> {
        match item {
            Value::List(cells) if cells.iter().all(Value::is_scalar) => {
                self.row(cells.iter().map(ToString::to_string).collect())
            }
            Value::Map(members) => self.row(members.iter().map(|(name, _)| name.clone()).collect()),
            Value::List(_) => self.build(None, item, 0).map(drop),
            scalar => self.row(vec![scalar.to_string()]),
        }
    }

    fn members(&mut self, members: &Members, level: usize) -> Result<(), NoTable> {
        let (scalars, inside) = by_name(members);
        match scalars.as_slice() {
            [] => {}
            [(name, value)] => self.row(vec![(*name).to_owned(), value.to_string()])?,
            several => {
                self.headers(&several.iter().map(|(name, _)| *name).collect::<Vec<_>>());
                self.row(several.iter().map(|(_, value)| value.to_string()).collect())?;
            }
        }
        for (name, value) in inside {
            self.build(Some(name), value, level + 1)?;
        }
        Ok(())
    }

    /// A list of objects: one row each, and a section of its own for each that holds more.
    fn objects(&mut self, items: &[Value], title: Option<&str>, level: usize) -> Result<(), NoTable> {
        let (mut headers, mut more) = (BTreeSet::new(), BTreeSet::new());
        for item in items {
            let Value::Map(members) = item else { return Err(NoTable::Mixed) };
            for (name, value) in members.iter() {
                if value.is_scalar() {
                    headers.insert(name.as_str())
                } else {
                    more.insert(name.as_str())
                };
            }
        }
        let headers: Vec<&str> = headers.into_iter().collect();
        self.headers(&headers);
        for (place, item) in items.iter().enumerate() {
            if place > 0 && !more.is_empty() {
                self.begin(title, level);
                self.headers(&headers);
            }
            let cell = |name: &&str| item.get(name).map(ToString::to_string).unwrap_or_default();
            self.row(headers.iter().map(cell).collect())?;
            for name in &more {
                if let Some(value) = item.get(name) {
                    self.build(Some(name), value, level + 1)?;
                }
            }
        }
        Ok(())
    }

    fn draw(mut self, style: TableStyle) -> String {
        let mut width = self.width();
        if width > style.width {
            self.0.iter_mut().for_each(Section::turn_upright);
            width = self.width();
        }
        let mut pen = Pen { out: String::new(), colour: style.colour, level: 0 };
        pen.put(&format!("{}\n", "-".repeat(width)));
        for section in &self.0 {
            section.draw(width, &mut pen);
        }
        pen.out
    }

    fn width(&self) -> usize {
        self.0.iter().map(Section::width).max().unwrap_or_default()
    }
}

/// A name with what it stands for.
type Named<'a> = (&'a str, &'a Value);

/// The members in the order of their names: scalars, and what holds more.
fn by_name(members: &Members) -> (Vec<Named<'_>>, Vec<Named<'_>>) {
    let mut sorted: Vec<Named<'_>> = members.iter().map(|(name, value)| (name.as_str(), value)).collect();
    sorted.sort_by_key(|(name, _)| *name);
    sorted.into_iter().partition(|(_, value)| value.is_scalar())
}

impl Section {
    fn row(&mut self, row: Vec<String>) -> Result<(), NoTable> {
        if *self.columns.get_or_insert(row.len()) != row.len() {
            return Err(NoTable::Ragged);
        }
        self.widen(&row);
        self.rows.push(row);
        Ok(())
    }

    fn widen(&mut self, row: &[String]) {
        if self.widths.is_empty() {
            self.widths = vec![0; row.len()];
        }
        for (width, cell) in self.widths.iter_mut().zip(row) {
            *width = (*width).max(width_of(cell));
        }
    }

    /// A single row becomes a row for each column, with the column's name in front.
    fn turn_upright(&mut self) {
        if let [row] = self.rows.as_mut_slice()
            && !self.headers.is_empty()
        {
            let rows = self.headers.drain(..).zip(row.drain(..)).map(|(header, cell)| vec![header, cell]);
            let rows: Vec<Vec<String>> = rows.collect();
            self.rows.clear();
            self.widths.clear();
            for row in rows {
                self.columns = Some(row.len());
                self.widen(&row);
                self.rows.push(row);
            }
        }
    }

    fn width(&self) -> usize {
        let around = self.level * 2 + BORDERS;
        let cells: usize = self.widths.iter().map(|width| width + PADDING).sum();
        // What has no title counts as wide as the word that stands for nothing.
        let title = self.title.as_deref().map_or(4, width_of);
        cells.max(title) + around
    }

    /// The columns' widths, scaled so that they fill a row of this width.
    fn scaled(&self, width: usize) -> Vec<usize> {
        let widths: Vec<usize> = self.widths.iter().map(|width| width + PADDING).collect();
        let sum: usize = widths.iter().sum();
        let mut scaled: Vec<usize> = widths.iter().map(|each| scale(*each, width, sum)).collect();
        loop {
            let total: usize = scaled.iter().sum();
            let (over, under) = (total.saturating_sub(width), width.saturating_sub(total));
            if scaled.is_empty() || (over == 0 && under == 0) {
                return scaled;
            }
            scaled.iter_mut().take(over).for_each(|width| *width -= 1);
            scaled.iter_mut().rev().take(under).for_each(|width| *width += 1);
        }
    }

    fn draw(&self, width: usize, pen: &mut Pen) {
        pen.level = self.level;
        let width = width - self.level * 2;
        if let Some(title) = self.title.as_deref().filter(|title| !title.is_empty()) {
            pen.line(&centred(title, width, "|"));
            if self.headers.is_empty() && self.rows.is_empty() {
                pen.line(&format!("+{}+", "-".repeat(width - 2)));
            }
        }
        let widths = self.scaled(width);
        if !self.headers.is_empty() {
            let cells = widths.iter().zip(&self.headers).enumerate();
            let cells = cells.map(|(place, (width, header))| centred(header, *width, left_edge(place)));
            let cells: String = cells.collect();
            pen.line(&separator(&widths));
            pen.line(&cells);
        }
        if self.rows.is_empty() || widths.is_empty() {
            return;
        }
        pen.line(&separator(&widths));
        for row in &self.rows {
            let cells = widths.iter().zip(row).enumerate();
            let cells: String = cells
                .map(|(place, (width, cell))| left(cell, *width, left_edge(place), pen.colour))
                .collect();
            pen.line(&cells);
        }
        pen.line(&separator(&widths));
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "widths of a table are small and not negative"
)]
fn scale(width: usize, to: usize, from: usize) -> usize {
    let factor = to as f64 / from as f64;
    (factor * width as f64).round_ties_even() as usize
}

fn left_edge(place: usize) -> &'static str {
    if place == 0 { "|" } else { "" }
}

/// The line between headers and rows.
fn separator(widths: &[usize]) -> String {
    let part = |(place, width): (usize, &usize)| match place {
        0 => format!("+{}+", "-".repeat(width - 2)),
        _ => format!("{}+", "-".repeat(width - 1)),
    };
    widths.iter().enumerate().map(part).collect()
}

fn centred(text: &str, width: usize, left: &str) -> String {
    let text_width = width_of(text);
    let (middle, half) = (width / 2, text_width / 2 + 1);
    let before = middle.saturating_sub(half);
    // A text that is too wide for its cell begins at the edge, as if it had begun before it.
    let begun_before = half.saturating_sub(middle);
    let so_far = left.len() + before + text_width;
    let after = (width + begun_before).saturating_sub(so_far + 1);
    format!("{left}{}{text}{}|", " ".repeat(before), " ".repeat(after))
}

fn left(text: &str, width: usize, left: &str, colour: bool) -> String {
    let text_width = width_of(text);
    let least = text_width + left.len() + 3;
    let padding = if least <= width { 2 } else { 0 };
    let so_far = left.len() + padding + text_width;
    let after = width.saturating_sub(so_far + 1);
    let shown = if colour { format!("{CELL}{text}{RESET}") } else { text.to_owned() };
    format!("{left}{}{shown}{}|", " ".repeat(padding), " ".repeat(after))
}

/// The letters that take two columns of a terminal, or may: those of the East Asian widths W, F and A in Unicode, as
/// hexadecimal ranges. To the CLI every character has a width, also those that `unicode-width` gives no column, such as
/// combining marks.
const WIDE: &str = include_str!("wide.txt");

/// The ranges of [`WIDE`], in their order.
static WIDE_RANGES: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| {
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((u32::from_str_radix(first, 16).ok()?, u32::from_str_radix(last, 16).ok()?))
    };
    WIDE.split_whitespace().filter_map(range).collect()
});

/// How many columns of a terminal a text takes. What may be wide or narrow counts as wide.
fn width_of(text: &str) -> usize {
    let is_wide = |ch: char| {
        let place = WIDE_RANGES.partition_point(|(_, last)| *last < u32::from(ch));
        !ch.is_ascii() && WIDE_RANGES.get(place).is_some_and(|(first, _)| *first <= u32::from(ch))
    };
    text.chars().map(|ch| if is_wide(ch) { 2 } else { 1 }).sum()
}

/// Bright blue, as in the CLI.
const CELL: &str = "\x1b[1m\x1b[34m";

/// Dim yellow, as in the CLI.
const EDGE: &str = "\x1b[2m\x1b[33m|\x1b[0m";

const RESET: &str = "\x1b[0m";

/// Writes; with colours, it goes back to none after every stroke.
struct Pen {
    out: String,
    colour: bool,
    level: usize,
}

impl Pen {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        if self.colour {
            self.out.push_str(RESET);
        }
    }

    /// A line between the edges of the tables around.
    fn line(&mut self, text: &str) {
        let edges = if self.colour { EDGE } else { "|" }.repeat(self.level);
        self.put(&edges);
        self.put(text);
        self.put(&edges);
        self.put("\n");
    }
}
