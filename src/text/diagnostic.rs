//! What is wrong with a text that a person wrote.

use std::ops::Range;

/// Something wrong with a text, or doubtful in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// The offending bytes, counted from the beginning of the text; `None` for the text as a whole.
    pub(crate) at: Option<Range<usize>>,
    /// What is wrong, in one line.
    pub(crate) message: String,
    /// What is accepted, or how to fix it, in one line.
    pub(crate) help: Option<String>,
}

impl Diagnostic {
    /// About the text as a whole.
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self { at: None, message: message.into(), help: None }
    }

    /// About a part of the text.
    pub(crate) fn at(part: Range<usize>, message: impl Into<String>) -> Self {
        Self { at: Some(part), ..Self::whole(message) }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same about a longer text, in which this one begins at such a byte.
    pub(crate) fn shifted(self, by: usize) -> Self {
        let at = self.at.map(|at| at.start.saturating_add(by)..at.end.saturating_add(by));
        Self { at, ..self }
    }

    /// The line in which the offending bytes begin, from 1.
    pub(crate) fn line_in(&self, text: &[u8]) -> usize {
        let start = self.at.as_ref().map_or(0, |at| at.start);
        let ends = text.iter().take(start).filter(|byte| **byte == b'\n');
        ends.count().saturating_add(1)
    }
}
