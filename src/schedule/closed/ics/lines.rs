//! The lines of a calendar.

use std::borrow::Cow;

/// Lines with their numbers, folded ones put together under the number of their first part. They stay bytes, for some
/// programs fold a line in the middle of a character.
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    rest: Option<&'a [u8]>,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: Some(bytes), number: 0 }
    }

    /// One line as it stands in the file, without its end.
    fn part(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let mut parts = rest.splitn(2, |byte| *byte == b'\n');
        let line = parts.next()?;
        self.rest = parts.next();
        self.number = self.number.saturating_add(1);
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn is_folded(&self) -> bool {
        self.rest.is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'\t')))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, Cow<'a, [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Cow::Borrowed(self.part()?);
        let number = self.number;
        while self.is_folded() {
            let more = self.part().and_then(|part| part.get(1..)).unwrap_or_default();
            line.to_mut().extend_from_slice(more);
        }
        Some((number, line))
    }
}

/// What a line begins or ends, in capitals: `component(line, "BEGIN:")`.
pub(super) fn component(line: &[u8], keyword: &str) -> Option<String> {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let (start, name) = line.split_at_checked(keyword.len())?;
    let begins = start.eq_ignore_ascii_case(keyword.as_bytes());
    begins.then(|| String::from_utf8_lossy(name.trim_ascii()).to_ascii_uppercase())
}
