//! One line is one event: nothing that came from outside can end a line or control the terminal.

use std::fmt::{self, Debug, Display, Formatter, Write};

/// Shows a value of a log line with every character that could forge another line, or command a terminal, escaped.
pub(super) struct OneLine<'a>(pub(super) &'a dyn Debug);

impl Display for OneLine<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{:?}", self.0)
    }
}

/// A text without any such character.
pub(super) fn harmless(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut harmless, c| {
        if is_harmless(c) {
            harmless.push(c);
        } else {
            harmless.extend(c.escape_default());
        }
        harmless
    })
}

struct Escaping<'a, 'f>(&'a mut Formatter<'f>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match is_harmless(c) {
            true => self.0.write_char(c),
            false => write!(self.0, "{}", c.escape_default()),
        })
    }
}

/// Neither a control character, nor a line or paragraph separator, nor one that turns the direction of text.
fn is_harmless(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
