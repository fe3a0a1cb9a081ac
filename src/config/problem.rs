//! What is wrong with a file: where, and what is accepted there.

use crate::text::{Diagnostic, columns, printable};
use std::fmt;
use std::ops::Range;

/// How many problems of one file are kept. Nobody fixes more at once; the rest is counted.
const MAX_PROBLEMS: usize = 100;

/// How much of a line is shown around the offending text, in characters.
const MAX_EXCERPT: usize = 110;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file is refused.
    Error,
    /// The file works, though perhaps not as meant.
    Warning,
}

impl Severity {
    /// The word in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether what is shown has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Text without escape sequences.
    Plain,
    /// With the escape sequences of a terminal.
    Colour,
}

impl Paint {
    /// A text in the colour of a severity.
    fn severe(self, severity: Severity, text: &str) -> String {
        let colour = match (self, severity) {
            (Self::Plain, _) => return text.to_owned(),
            (Self::Colour, Severity::Error) => "31",
            (Self::Colour, Severity::Warning) => "33",
        };
        format!("\x1b[1;{colour}m{text}\x1b[0m")
    }

    /// A text that stands back.
    fn faint(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\x1b[34m{text}\x1b[0m"),
        }
    }
}

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong and where in the file; what concerns the file as a whole has no place in it.
    diagnostic: Diagnostic,
}

/// A place in a file, as editors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte in a text.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let line = SourceLine::around(text, offset);
        Self { line: line.number, column: line.before.chars().count().saturating_add(1) }
    }
}

impl Problem {
    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.diagnostic.message
    }

    /// What is accepted, or how to fix it, in one line.
    pub fn help(&self) -> Option<&str> {
        self.diagnostic.help.as_deref()
    }

    /// The offending bytes of the file; none of them, at its beginning, for what concerns it as a whole.
    pub fn span(&self) -> Range<usize> {
        self.diagnostic.at.clone().unwrap_or_default()
    }

    /// Where in the text of its file the problem begins.
    pub fn place(&self, text: &str) -> Place {
        Place::of(text, self.span().start)
    }

    /// The problem as a person reads it: file, line and column, what is wrong, the line with a marker under the
    /// offending text, and what is accepted.
    ///
    /// ```
    /// let text = "timezone = \"Europe/Berln\"";
    /// let problems = reveille::config::parse(text).unwrap_err();
    /// let shown = problems.iter().next().unwrap().render("schedule.toml", text);
    /// assert!(shown.starts_with("schedule.toml:1:12: error: "));
    /// assert!(shown.contains("did you mean `Europe/Berlin`?"));
    /// ```
    pub fn render(&self, file_name: &str, text: &str) -> String {
        self.render_in(Paint::Plain, file_name, text)
    }

    /// The same, with colours or without.
    pub fn render_in(&self, paint: Paint, file_name: &str, text: &str) -> String {
        let Place { line, column } = self.place(text);
        let number = line.to_string();
        let (excerpt, marker) = SourceLine::around(text, self.span().start).excerpt(self.span().len());
        let severity = paint.severe(self.severity, self.severity.as_str());
        let marker = paint.severe(self.severity, &marker);
        let gutter = " ".repeat(number.len());
        let (number, bar) = (paint.faint(&format!("{number} |")), paint.faint(&format!("{gutter} |")));
        let mut shown = format!(
            "{file_name}:{line}:{column}: {severity}: {}\n{bar}\n{number} {excerpt}\n{bar} {marker}\n",
            self.message()
        );
        if let Some(help) = self.help() {
            shown.push_str(&format!("{} {help}\n", paint.faint(&format!("{gutter} ="))));
        }
        shown
    }
}

/// One line of a text, split where a problem begins.
struct SourceLine<'a> {
    number: usize,
    before: &'a str,
    from: &'a str,
}

impl<'a> SourceLine<'a> {
    /// The line in which a byte lies; a byte beyond the text, or within a character, counts as the one before.
    fn around(text: &'a str, offset: usize) -> Self {
        let (head, tail) = text.split_at(text.floor_char_boundary(offset));
        let before = head.rsplit('\n').next().unwrap_or_default();
        let from = tail.split('\n').next().unwrap_or_default();
        let number = head.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
        Self { number, before, from: from.strip_suffix('\r').unwrap_or(from) }
    }

    /// What is shown of the line, and the marker below it, for an offending text of so many bytes.
    fn excerpt(&self, bytes: usize) -> (String, String) {
        let offending = self.from.split_at(self.from.floor_char_boundary(bytes)).0;
        let left: Vec<char> = self.before.chars().collect();
        let cut = left.len().saturating_sub(MAX_EXCERPT / 2);
        let left: String = left.into_iter().skip(cut).map(printable).collect();
        let width = MAX_EXCERPT.saturating_sub(left.chars().count());
        let marked: String = offending.chars().take(width).map(printable).collect();
        let mut right = self.from.chars();
        let shown: String = right.by_ref().take(width).map(printable).collect();
        let (start, end) = (if cut > 0 { "…" } else { "" }, if right.next().is_some() { "…" } else { "" });
        // A tab stays a tab below, so that the marker stands where it should at any width of tabs.
        let shown_before = format!("{start}{left}");
        let indent: Vec<String> = shown_before.split('\t').map(|part| " ".repeat(columns(part))).collect();
        (
            format!("{start}{left}{shown}{end}").trim_end().to_owned(),
            format!("{}{}", indent.join("\t"), "^".repeat(columns(&marked).max(1))),
        )
    }
}

/// The problems of one file, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
    unlisted: usize,
    errors: usize,
}

impl Problems {
    /// The problems, in the order of the file; at most 100 of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// How many problems there are beyond those listed.
    pub fn unlisted(&self) -> usize {
        self.unlisted
    }

    /// How many problems there are, listed or not.
    pub fn len(&self) -> usize {
        self.list.len().saturating_add(self.unlisted)
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many of the problems are errors: with one, the file is refused.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Every problem as [`Problem::render`] shows it, with an empty line between them.
    pub fn render(&self, file_name: &str, text: &str) -> String {
        self.render_in(Paint::Plain, file_name, text)
    }

    /// The same, with colours or without.
    pub fn render_in(&self, paint: Paint, file_name: &str, text: &str) -> String {
        let mut shown: Vec<String> =
            self.list.iter().map(|problem| problem.render_in(paint, file_name, text)).collect();
        if self.unlisted > 0 {
            shown.push(format!("{file_name}: and {} more problems\n", self.unlisted));
        }
        shown.join("\n")
    }

    /// Whether an error that is added now is only counted, so that a costly help need not be found.
    pub(crate) fn is_full(&self) -> bool {
        self.errors >= MAX_PROBLEMS
    }

    pub(crate) fn error(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        let help = help.into();
        self.add(Severity::Error, Diagnostic { help, ..Diagnostic::at(span, message) });
    }

    pub(crate) fn warning(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        let help = help.into();
        self.add(Severity::Warning, Diagnostic { help, ..Diagnostic::at(span, message) });
    }

    /// Takes in what is wrong, at its place in the file.
    pub(crate) fn add(&mut self, severity: Severity, diagnostic: Diagnostic) {
        if severity == Severity::Error {
            if self.list.len() >= MAX_PROBLEMS && !self.is_full() {
                self.drop_a_warning();
            }
            self.errors = self.errors.saturating_add(1);
        }
        if self.list.len() >= MAX_PROBLEMS {
            self.unlisted = self.unlisted.saturating_add(1);
            return;
        }
        // Messages repeat texts of the file, and what is in a file must not reach a terminal as it is.
        let printable = |text: String| text.chars().map(printable).collect();
        let Diagnostic { at, message, help } = diagnostic;
        let diagnostic = Diagnostic { at, message: printable(message), help: help.map(printable) };
        self.list.push(Problem { severity, diagnostic });
    }

    pub(crate) fn sort(&mut self) {
        self.list.sort_by_key(|problem| problem.span().start);
    }

    /// Makes room for an error: a hundred warnings must not hide why a file is refused.
    fn drop_a_warning(&mut self) {
        let warning = self.list.iter().rposition(|problem| problem.severity == Severity::Warning);
        if let Some(index) = warning {
            self.list.remove(index);
            self.unlisted = self.unlisted.saturating_add(1);
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.list.iter().find(|problem| problem.severity == Severity::Error);
        match (self.errors, first) {
            (0, _) | (_, None) => f.write_str("no errors"),
            (1, Some(first)) => f.write_str(first.message()),
            (errors, Some(first)) => {
                write!(f, "{}, and {} more errors", first.message(), errors.saturating_sub(1))
            }
        }
    }
}

impl std::error::Error for Problems {}
