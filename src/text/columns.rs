//! Text on a terminal: how many columns it takes, and how it is made to fit. Pure.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a text takes: Chinese, Japanese and Korean characters and most emoji take two, accents none.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// The text in exactly so many columns: filled up, or cut with a sign that something is missing.
pub(crate) fn fit(text: &str, most: usize) -> String {
    let mut fitted = cut(text, most);
    let missing = most.saturating_sub(columns(&fitted));
    fitted.extend(std::iter::repeat_n(' ', missing));
    fitted
}

/// The text in so many columns at most, and without what could control the terminal.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    if columns(&plain) <= most {
        return plain;
    }
    let mut taken = 0_usize;
    let fits = |c: &char| {
        taken = taken.saturating_add(c.width().unwrap_or(0));
        taken < most
    };
    plain.chars().take_while(fits).chain(['…']).collect()
}

/// A part of a line that is not divided.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// What is written, colours among it.
    pub(crate) text: String,
    /// How many columns it takes.
    pub(crate) columns: usize,
}

impl<T: Into<String>> From<T> for Part {
    fn from(text: T) -> Self {
        let text = text.into();
        Self { columns: columns(&text), text }
    }
}

/// Lines of so many columns at most, unless one part alone takes more.
pub(crate) fn wrap(parts: impl IntoIterator<Item = Part>, gap: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<Part> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.columns.saturating_add(gap.len()).saturating_add(part.columns) <= most => {
                line.text.push_str(gap);
                line.text.push_str(&part.text);
                line.columns = line.columns.saturating_add(gap.len()).saturating_add(part.columns);
            }
            _ => lines.push(part),
        }
    }
    lines.into_iter().map(|line| line.text).collect()
}

/// A sentence, divided between its words.
pub(crate) fn wrap_words(text: &str, most: usize) -> Vec<String> {
    wrap(text.split(' ').map(Part::from), " ", most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_takes_the_columns_that_it_is_given() {
        let cases = [
            ("shop", 6, "shop  "),
            ("reports", 6, "repor…"),
            ("日本語", 6, "日本語"),
            ("日本語", 7, "日本語 "),
            ("日本語の", 7, "日本語…"),
            ("日本語の", 6, "日本… "),
            ("e\u{301}talon", 6, "e\u{301}talon"),
            ("a\u{1b}[31m", 8, "a?[31m  "),
        ];
        for (text, most, expected) in cases {
            assert_eq!(fit(text, most), expected);
            assert_eq!(columns(&fit(text, most)), most, "{text}");
        }
    }

    #[test]
    fn a_sentence_is_divided_between_its_words() {
        assert_eq!(wrap_words("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap_words("unbreakable word", 5), ["unbreakable", "word"]);
    }
}
