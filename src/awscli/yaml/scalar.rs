//! Text in YAML: how it is quoted, and where its lines are folded.

use super::style::{Style, is_break, is_printable};
use super::{Emitter, WIDTH};

impl Emitter {
    pub(super) fn write_scalar(&mut self, text: &str, style: Style, fold: bool) {
        let chars: Vec<char> = text.chars().collect();
        match style {
            Style::Plain => self.plain(&chars, fold),
            Style::Single => self.single_quoted(&chars, fold),
            Style::Double => self.double_quoted(&chars, fold),
        }
    }

    fn chars(&mut self, chars: &[char]) {
        self.write(&chars.iter().collect::<String>());
    }

    /// Words by themselves: one that does not fit goes to the next line, before or after the space in front of it.
    fn plain(&mut self, text: &[char], fold: bool) {
        if !self.whitespace {
            self.write(" ");
        }
        self.whitespace = false;
        self.indention = false;
        for run in runs(text) {
            let is_space = run.first() == Some(&' ');
            if is_space && run.len() == 1 && self.column >= WIDTH && fold {
                self.fold();
            } else if !is_space
                && self.column + run.len() > WIDTH
                && self.indent.is_some_and(|indent| self.column > indent)
            {
                self.begin_line();
                self.chars(run);
            } else {
                self.chars(run);
            }
        }
    }

    fn fold(&mut self) {
        self.begin_line();
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &[char], fold: bool) {
        self.indicator("'", true, false, false);
        let mut at = 0_usize;
        for run in runs(text) {
            let (began, ends) = (at, at + run.len());
            at = ends;
            match run.first() {
                Some(' ') => {
                    let inside = began != 0 && ends != text.len();
                    if run.len() == 1 && self.column > WIDTH && fold && inside {
                        self.begin_line();
                    } else {
                        self.chars(run);
                    }
                }
                // A line break of another kind than a newline: those stand in double quotes.
                Some(ch) if is_break(*ch) => {
                    for ch in run {
                        self.break_line(&ch.to_string());
                    }
                    self.begin_line();
                }
                _ => self.chars(run),
            }
        }
        self.indicator("'", false, false, false);
    }

    fn double_quoted(&mut self, text: &[char], fold: bool) {
        self.indicator("\"", true, false, false);
        let (mut start, mut end) = (0_usize, 0_usize);
        while end <= text.len() {
            let ch = text.get(end).copied();
            if ch.is_none_or(needs_escape) {
                self.chars(text.get(start..end).unwrap_or_default());
                start = start.max(end);
                if let Some(ch) = ch {
                    self.write(&escaped(ch));
                    start = end + 1;
                }
            }
            let inside = 0 < end && end + 1 < text.len();
            let reached = self.column + end.saturating_sub(start);
            if inside
                && (ch == Some(' ') || start >= end)
                && reached.saturating_sub(usize::from(start > end)) > WIDTH
                && fold
            {
                start = self.fold_double_quoted(text, start, end);
            }
            end += 1;
        }
        self.indicator("\"", false, false, false);
    }

    /// Goes to the next line, with a `\` where a reader would otherwise see one space too many or too few; gives
    /// back how much has been written.
    fn fold_double_quoted(&mut self, text: &[char], start: usize, end: usize) -> usize {
        let bare = folds_bare(text, start, end);
        self.chars(text.get(start..end).unwrap_or_default());
        if !bare {
            self.write("\\");
        }
        let mut start = start.max(end);
        self.fold();
        if text.get(start) == Some(&' ') {
            if bare {
                start += 1;
            } else {
                self.write("\\");
            }
        }
        start
    }
}

/// Runs of spaces, of line breaks, and of neither.
fn runs(text: &[char]) -> impl Iterator<Item = &[char]> {
    let kind = |ch: &char| (*ch == ' ', is_break(*ch));
    text.chunk_by(move |one, other| kind(one) == kind(other))
}

/// Whether a line of double-quoted text may end here without a `\`.
fn folds_bare(text: &[char], start: usize, end: usize) -> bool {
    let find = |wanted: char, from: usize, to: usize| {
        text.get(from..to)?.iter().position(|ch| *ch == wanted).map(|found| from + found)
    };
    let Some(space) = find(' ', end, text.len()) else { return false };
    let stop = find('\n', end, space).unwrap_or(space);
    let Some(next) = text.get(stop + 1) else { return false };
    if text.get(stop) == Some(&'\n') && *next != ' ' {
        return false;
    }
    let between = text.get(end..stop).unwrap_or_default();
    let around = end.checked_sub(1).and_then(|before| text.get(before..=end));
    !between.iter().any(|ch| matches!(ch, '"' | '\''))
        && !matches!(next, ' ' | '\n')
        && around != Some(&[' ', ' '])
        && start != end
}

fn needs_escape(ch: char) -> bool {
    !is_printable(ch) || matches!(ch, '"' | '\\' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn escaped(ch: char) -> String {
    let short = match ch {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(ch) {
                code @ 0..=0xff => format!("\\x{code:02X}"),
                code @ 0x100..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}
