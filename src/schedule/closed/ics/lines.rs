//! The lines of a calendar.

use crate::text::Diagnostic;
use std::borrow::Cow;
use std::fmt;

/// Lines with their places, folded ones put together under the number of their first part. They stay bytes, for some
/// programs fold a line in the middle of a character.
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    rest: Option<&'a [u8]>,
    /// Of the line with which the rest begins; it is as yet without an end.
    place: LinePlace,
}

/// Where a line stands in its calendar. Written out it is the line's number, from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinePlace {
    number: usize,
    start: usize,
    end: usize,
}

impl LinePlace {
    /// Where a calendar begins, for what is wrong with all of it.
    pub(super) const FIRST: Self = Self { number: 1, start: 0, end: 0 };

    pub(super) fn wrong(self, message: impl Into<String>, help: &str) -> Diagnostic {
        Diagnostic::at(self.start..self.end, message).with_help(help)
    }
}

impl fmt::Display for LinePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

impl<'a> Lines<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: Some(bytes), place: LinePlace::FIRST }
    }

    /// One line as it stands in the file, without its end.
    fn part(&mut self) -> Option<(LinePlace, &'a [u8])> {
        let rest = self.rest?;
        let mut parts = rest.splitn(2, |byte| *byte == b'\n');
        let line = parts.next()?;
        self.rest = parts.next();
        let LinePlace { number, start, .. } = self.place;
        let end = start.saturating_add(line.len());
        let after = end.saturating_add(1);
        self.place = LinePlace { number: number.saturating_add(1), start: after, end: after };
        Some((LinePlace { number, start, end }, line.strip_suffix(b"\r").unwrap_or(line)))
    }

    fn is_folded(&self) -> bool {
        self.rest.is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'\t')))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (LinePlace, Cow<'a, [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let (mut place, first) = self.part()?;
        let mut line = Cow::Borrowed(first);
        while self.is_folded()
            && let Some((LinePlace { end, .. }, part)) = self.part()
        {
            line.to_mut().extend_from_slice(part.get(1..).unwrap_or_default());
            place.end = end;
        }
        Some((place, line))
    }
}

/// What a line begins or ends, in capitals: `component(line, "BEGIN:")`.
pub(super) fn component(line: &[u8], keyword: &str) -> Option<String> {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let (start, name) = line.split_at_checked(keyword.len())?;
    let begins = start.eq_ignore_ascii_case(keyword.as_bytes());
    begins.then(|| String::from_utf8_lossy(name.trim_ascii()).to_ascii_uppercase())
}
