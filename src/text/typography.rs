//! Characters that word processors, chats and web pages put in the place of those of a keyboard.

use super::diagnostic::Diagnostic;

/// Each with what it is and the plain one.
const CHARACTERS: [(char, &str, &str); 44] = [
    ('\u{2018}', "a curly quote", QUOTE),
    ('\u{2019}', "a curly quote", QUOTE),
    ('\u{201a}', "a low quote", QUOTE),
    ('\u{201b}', "a curly quote", QUOTE),
    ('\u{201c}', "a curly quote", QUOTE),
    ('\u{201d}', "a curly quote", QUOTE),
    ('\u{201e}', "a low quote", QUOTE),
    ('\u{201f}', "a curly quote", QUOTE),
    ('\u{ab}', "an angle quote", QUOTE),
    ('\u{bb}', "an angle quote", QUOTE),
    ('\u{2039}', "an angle quote", QUOTE),
    ('\u{203a}', "an angle quote", QUOTE),
    ('\u{b4}', "an acute accent", QUOTE),
    ('\u{2032}', "a prime", QUOTE),
    ('\u{2033}', "a double prime", QUOTE),
    ('\u{300c}', "a corner bracket", QUOTE),
    ('\u{300d}', "a corner bracket", QUOTE),
    ('\u{ff02}', "a full-width quote", QUOTE),
    ('\u{ff07}', "a full-width quote", QUOTE),
    ('\u{2010}', "a typographic hyphen", HYPHEN),
    ('\u{2011}', "a non-breaking hyphen", HYPHEN),
    ('\u{2012}', "a figure dash", HYPHEN),
    ('\u{2013}', "an en dash", HYPHEN),
    ('\u{2014}', "an em dash", HYPHEN),
    ('\u{2015}', "a horizontal bar", HYPHEN),
    ('\u{2212}', "a minus sign", HYPHEN),
    ('\u{fe63}', "a small hyphen", HYPHEN),
    ('\u{ff0d}', "a full-width hyphen", HYPHEN),
    ('\u{2217}', "an asterisk operator", "the plain asterisk `*`"),
    ('\u{ff0a}', "a full-width asterisk", "the plain asterisk `*`"),
    ('\u{ff1a}', "a full-width colon", "the plain colon `:`"),
    ('\u{2236}', "a ratio sign", "the plain colon `:`"),
    ('\u{ff0c}', "a full-width comma", "the plain comma `,`"),
    ('\u{ff1d}', "a full-width equals sign", "the plain equals sign `=`"),
    ('\u{ff0f}', "a full-width slash", "the plain slash `/`"),
    ('\u{2026}', "an ellipsis", "the dots `..`"),
    ('\u{a0}', "a no-break space", SPACE),
    ('\u{2007}', "a figure space", SPACE),
    ('\u{2009}', "a thin space", SPACE),
    ('\u{202f}', "a narrow no-break space", SPACE),
    ('\u{3000}', "an ideographic space", SPACE),
    ('\u{200b}', "a zero-width space", NOTHING),
    ('\u{200d}', "a zero-width joiner", NOTHING),
    ('\u{2060}', "a word joiner", NOTHING),
];

const QUOTE: &str = "the plain quote `\"`";
const HYPHEN: &str = "the plain hyphen `-`";
const SPACE: &str = "a plain space";
const NOTHING: &str = "nothing";

/// A character that looks like a plain one.
struct LookAlike {
    index: usize,
    c: char,
    name: &'static str,
    plain: &'static str,
}

impl LookAlike {
    fn new(index: usize, c: char) -> Option<Self> {
        let (_, name, plain) = CHARACTERS.iter().find(|(known, ..)| *known == c)?;
        Some(Self { index, c, name, plain })
    }

    /// Which character it is, and what to type.
    fn diagnostic(&self) -> Diagnostic {
        let Self { index, c, name, plain } = self;
        let code = format!("U+{:04X}", u32::from(*c));
        let is_seen = !matches!(*plain, SPACE | NOTHING);
        let message = if is_seen { format!("`{c}` ({code}) is {name}") } else { format!("{code} is {name}") };
        let help =
            if *plain == NOTHING { "leave it out".to_owned() } else { format!("type {plain} instead") };
        Diagnostic::at(*index..index.saturating_add(c.len_utf8()), message).with_help(help)
    }
}

/// The first such character in the text of a value, where every kind of space is a space.
pub(crate) fn in_value(value: &str) -> Option<Diagnostic> {
    let mut seen = value.char_indices().filter(|(_, c)| !c.is_whitespace());
    let found = seen.find_map(|(index, c)| LookAlike::new(index, c))?;
    if found.plain == QUOTE {
        return Some(found.diagnostic().with_help("remove it: the value already has its quotes"));
    }
    Some(found.diagnostic())
}

/// The first such character in a line of TOML that stands in no string and no comment.
pub(crate) fn in_line(line: &str) -> Option<Diagnostic> {
    let mut open: Option<(char, usize)> = None;
    let mut chars = line.char_indices();
    while let Some((index, c)) = chars.next() {
        match open {
            None if c == '#' => return None,
            None if matches!(c, '"' | '\'') => open = Some((c, index)),
            None => {
                if let Some(found) = LookAlike::new(index, c) {
                    return Some(found.diagnostic());
                }
            }
            Some(('"', _)) if c == '\\' => drop(chars.next()),
            Some((quote, _)) if c == quote => open = None,
            Some(_) => {}
        }
    }
    // One that was meant to close a string is inside of it, for the string goes on.
    let (_, begins) = open?;
    let inside = line.char_indices().filter(|(index, _)| *index > begins);
    let mut found = inside.filter_map(|(index, c)| LookAlike::new(index, c));
    found.find(|found| found.plain == QUOTE).map(|found| found.diagnostic())
}
