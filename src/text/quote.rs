//! A text from outside, short and safe on a terminal.

/// How much of a text from the file is repeated in a message, in characters.
const MAX_QUOTE: usize = 60;

/// A character in the place of one that could move the cursor of a terminal or turn the direction of its text.
pub(crate) fn printable(c: char) -> char {
    if c != '\t' && is_unprintable(c) { '\u{fffd}' } else { c }
}

/// Whether a character does something other than being seen.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A text from the file between backquotes, short and safe on a terminal.
pub(crate) fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "an empty string".to_owned();
    }
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(MAX_QUOTE).map(printable).collect();
    let end = if chars.next().is_some() { "…" } else { "" };
    format!("`{start}{end}`")
}
