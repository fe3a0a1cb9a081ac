//! TOML's own errors, each reported once, with how to fix it.

use super::super::problem::{Place, Problems, Severity};
use crate::text::{quoted, typography};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// What TOML's parser says of a key or a section that was there before.
const TWICE: &str = "duplicate key";

/// The deepest key that is looked for: a key in a calendar of `[closed-days]` is no deeper.
const MAX_DEPTH: usize = 8;

/// Reports the errors of a text. `file` is what could be read of it in spite of them.
pub(super) fn refuse(text: &str, file: &DeTable<'_>, mut errors: Vec<Error>, problems: &mut Problems) {
    let start = |error: &Error| error.span().map_or(0, |span| span.start);
    errors.sort_by_key(start);
    // What lies in here follows from an error that has been reported.
    let mut reported = 0..0;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        if reported.contains(&span.start) {
            continue;
        }
        if problems.is_full() {
            problems.error(span, String::new(), None);
            continue;
        }
        let line = line_around(text, span.start);
        if let Some(look_alike) = text.get(line.clone()).and_then(typography::in_line) {
            problems.add(Severity::Error, look_alike.shifted(line.start));
            reported = line;
        } else if error.message() == TWICE {
            reported = refuse_twice(text, file, span, problems);
        } else if let Some(list) = unclosed_list(text, &line, span.start) {
            problems.error(
                list,
                "the list that begins here is not closed",
                "write `]` at its end".to_owned(),
            );
            reported = span.start..text.len();
        } else if is_of_quotes(&error) {
            let help = "end it, on the same line, with the quote that it begins with".to_owned();
            problems.error(span.clone(), "this string is not closed", help);
            reported = span.start..text.len();
        } else {
            problems.error(span, error.message(), None);
        }
    }
}

/// Whether a text has no end: everything after it is misread.
fn is_of_quotes(error: &Error) -> bool {
    error.message().starts_with("invalid basic string")
        || error.message().starts_with("invalid literal string")
}

/// The bracket of a list that still goes on in this line, which is none of a list: it is a heading or gives a key a value.
fn unclosed_list(text: &str, line: &Range<usize>, before: usize) -> Option<Range<usize>> {
    let written = text.get(line.clone())?.trim_start();
    if !written.starts_with('[') && !written.contains('=') {
        return None;
    }
    let mut open = Vec::new();
    let (mut quote, mut in_comment) = (None, false);
    for (at, sign) in text.get(..before.min(line.start))?.char_indices() {
        match (quote, sign) {
            (_, '\n') => (quote, in_comment) = (None, false),
            _ if in_comment => {}
            (Some(end), sign) if sign == end => quote = None,
            (None, '#') => in_comment = true,
            (None, '"' | '\'') => quote = Some(sign),
            (None, '[') => open.push(at),
            (None, ']') => drop(open.pop()),
            _ => {}
        }
    }
    open.first().map(|at| *at..at.saturating_add(1))
}

/// A key or a section that was there before. Gives back what follows from it.
fn refuse_twice(text: &str, file: &DeTable<'_>, span: Range<usize>, problems: &mut Problems) -> Range<usize> {
    let line = line_around(text, span.start);
    let written = text.get(line.clone()).unwrap_or_default();
    let key = text.get(span.clone()).unwrap_or_default();
    if !written.trim_start().starts_with('[') {
        let message = twice(text, &quoted(key), nearest_before(file, key, span.start));
        problems.error(span, message, "remove one of the two".to_owned());
        return 0..0;
    }
    let message = twice(text, &quoted(without_comment(written)), first_heading(text, written, line.start));
    let help = match key {
        "service" => "write `[[service]]`, with two brackets, above each service",
        "daemon" | "limits" | "closed-days" => "put the keys of both below one heading",
        _ => "put the keys of both below one heading, or give one of the two another name",
    };
    problems.error(span, message, help.to_owned());
    line.start..end_of_section(text, line.end)
}

fn twice(text: &str, what: &str, first: Option<usize>) -> String {
    match first {
        Some(first) => format!("{what} is in the file twice, first on line {}", Place::of(text, first).line),
        None => format!("{what} is in the file twice"),
    }
}

/// The bytes of the line in which a byte lies, without its end.
fn line_around(text: &str, offset: usize) -> Range<usize> {
    let (head, tail) = text.split_at(text.floor_char_boundary(offset));
    let start = head.rfind('\n').map_or(0, |end| end.saturating_add(1));
    start..head.len().saturating_add(tail.find('\n').unwrap_or(tail.len()))
}

fn without_comment(heading: &str) -> &str {
    heading.split('#').next().unwrap_or_default().trim()
}

/// Where the next heading begins, or the end of the text.
fn end_of_section(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default().split_inclusive('\n');
    let body = rest.take_while(|line| !line.trim_start().starts_with('['));
    from.saturating_add(body.map(str::len).sum())
}

/// Where the first heading of the same section begins.
fn first_heading(text: &str, heading: &str, before: usize) -> Option<usize> {
    let wanted = section_of(heading);
    let mut start = 0_usize;
    for line in text.get(..before)?.split_inclusive('\n') {
        if line.trim_start().starts_with('[') && section_of(line) == wanted {
            return Some(start);
        }
        start = start.saturating_add(line.len());
    }
    None
}

/// The name between the brackets of a heading, however many there are and however it is spaced and quoted.
fn section_of(heading: &str) -> String {
    let sign = |c: char| matches!(c, '[' | ']' | '"' | '\'') || c.is_whitespace();
    without_comment(heading).chars().filter(|c| !sign(*c)).collect()
}

/// Where a key of this name stands that lies before a byte, and nearest to it.
fn nearest_before(file: &DeTable<'_>, key: &str, before: usize) -> Option<usize> {
    let name = key.trim_matches(['"', '\'']);
    let mut nearest = None;
    let mut tables = vec![(file, 0_usize)];
    while let Some((table, depth)) = tables.pop() {
        for (key, value) in table {
            let start = key.span().start;
            if key.get_ref() == name && start < before {
                nearest = nearest.max(Some(start));
            }
            if depth < MAX_DEPTH {
                tables.extend(tables_in(value).map(|table| (table, depth.saturating_add(1))));
            }
        }
    }
    nearest
}

fn tables_in<'a, 'b>(value: &'a Spanned<DeValue<'b>>) -> impl Iterator<Item = &'a DeTable<'b>> {
    let list = value.get_ref().as_array().into_iter().flat_map(|list| list.iter());
    value.get_ref().as_table().into_iter().chain(list.filter_map(|element| element.get_ref().as_table()))
}
