//! The literals of an expression, which the crate is not shown.

use super::error::InvalidQuery;
use crate::awscli::value::Value;

/// Marks the place of a literal in the text that the crate reads: a character that nobody types, and a number.
const MARK: char = '\u{f8f0}';

/// The literals between backquotes, in their order.
#[derive(Debug)]
pub(super) struct Literals(Vec<Value>);

impl Literals {
    /// What a literal of the expression stands for.
    pub(super) fn value(&self, literal: &jmespath::Variable) -> Value {
        let marked = literal.as_string().and_then(|text| text.strip_prefix(MARK));
        let place = marked.and_then(|number| number.parse::<usize>().ok());
        match place.and_then(|place| self.0.get(place)) {
            Some(kept) => kept.clone(),
            None => Value::text(literal.as_string().map_or("", String::as_str)),
        }
    }
}

/// Takes the literals out of an expression. The crate would sort the members of theirs, and it refuses the plain words
/// between backquotes that older expressions are full of.
pub(super) fn take(expression: &str) -> Result<(String, Literals), InvalidQuery> {
    let (mut text, mut literals) = (String::new(), Vec::new());
    let mut rest = expression.chars();
    while let Some(ch) = rest.next() {
        if !matches!(ch, '`' | '\'' | '"') {
            text.push(ch);
            continue;
        }
        let (quoted, is_closed) = up_to(ch, &mut rest);
        if ch != '`' || !is_closed {
            text.push(ch);
            text.push_str(&quoted);
            text.extend(is_closed.then_some(ch));
            continue;
        }
        text.push_str(&format!("'{MARK}{}'", literals.len()));
        literals.push(literal(&quoted.replace("\\`", "`"))?);
    }
    Ok((text, Literals(literals)))
}

/// What stands before the closing quote, and whether there is one.
fn up_to(quote: char, rest: &mut std::str::Chars<'_>) -> (String, bool) {
    let mut text = String::new();
    while let Some(ch) = rest.next() {
        if ch == quote {
            return (text, true);
        }
        text.push(ch);
        if ch == '\\' {
            text.extend(rest.next());
        }
    }
    (text, false)
}

fn literal(text: &str) -> Result<Value, InvalidQuery> {
    let as_json = serde_json::from_str::<Value>(text);
    let plain = || serde_json::from_str(&format!("\"{}\"", text.trim_start()));
    as_json.or_else(|_| plain()).map_err(|_| InvalidQuery::NoLiteral(text.to_owned()))
}
