//! Errors as text that may be shown: one line of bounded length, without secrets.

use std::error::Error;
use std::iter::successors;

/// The longest message, in characters: enough for the list of places where no credentials were found. App Runner's own
/// are shorter; a proxy's page is not.
const MAX_MESSAGE: usize = 600;

/// The header that carries the session token. A complaint about a signature quotes it, with its value.
const TOKEN: &str = "x-amz-security-token";

/// The text of an error and of everything behind it, in one line that may be shown.
pub(super) fn text(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for part in chain(error).map(ToString::to_string) {
        if text.is_empty() {
            text = part;
        } else if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
    }
    presentable(&text)
}

/// One line of bounded length, without secrets.
pub(super) fn presentable(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut line = String::new();
    let mut is_token = false;
    for word in words {
        let (shown, token_follows) = if is_token { ("[removed]", false) } else { without_token(word) };
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(shown);
        is_token = token_follows;
    }
    match line.char_indices().nth(MAX_MESSAGE) {
        None => line,
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
    }
}

/// Cuts off what stands behind the name of the token's header, and tells whether the next word is the token.
fn without_token(word: &str) -> (&str, bool) {
    let Some(at) = word.to_ascii_lowercase().find(TOKEN) else {
        return (word, false);
    };
    let (name, value) = word.split_at(at.saturating_add(TOKEN.len()));
    (name, !value.contains(|c: char| c.is_alphanumeric()))
}

/// An error and everything behind it.
pub(super) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source())
}
