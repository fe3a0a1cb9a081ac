//! `--query`: `JMESPath`, as the CLI applies it. The crate reads the expression; it is applied here, for the crate's
//! own values lose the order of members, and its comparisons know no text.

mod compare;
mod evaluate;
mod function;

use super::value::Value;
use jmespath::ast::Ast;
use std::rc::Rc;

pub(crate) use evaluate::Misapplied;

/// Marks the place of a literal in the text that the crate reads: a character that nobody types, and a number.
const MARK: char = '\u{f8f0}';

/// An expression that was read.
#[derive(Debug)]
pub(crate) struct Query {
    ast: Ast,
    /// The literals between backquotes, in their order.
    literals: Vec<Value>,
}

/// An expression that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidQuery {
    /// It is no `JMESPath`.
    #[error("`{expression}` is no JMESPath expression: {problem}")]
    NoExpression {
        /// What was given.
        expression: String,
        /// Where it goes wrong.
        problem: String,
    },
    /// A literal is no JSON.
    #[error("`{0}` between backquotes is neither JSON nor plain text")]
    NoLiteral(String),
}

impl Query {
    /// Reads an expression.
    pub(crate) fn parse(expression: &str) -> Result<Self, InvalidQuery> {
        let (text, literals) = take_literals(expression)?;
        let ast = jmespath::parse(&text).map_err(|error| InvalidQuery::NoExpression {
            expression: expression.to_owned(),
            problem: first_line(&error.reason.to_string()).to_owned(),
        })?;
        Ok(Self { ast, literals })
    }

    /// Applies the expression.
    pub(crate) fn apply(&self, value: &Value) -> Result<Value, Misapplied> {
        evaluate::evaluate(&self.ast, value, self)
    }

    fn literal(&self, value: &jmespath::Variable) -> Value {
        let marked = value.as_string().and_then(|text| text.strip_prefix(MARK));
        let place = marked.and_then(|number| number.parse::<usize>().ok());
        match place.and_then(|place| self.literals.get(place)) {
            Some(literal) => literal.clone(),
            None => Value::text(value.as_string().map_or("", String::as_str)),
        }
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Takes the literals out of an expression. The crate would sort the members of theirs, and it refuses the plain words
/// between backquotes that older expressions are full of.
fn take_literals(expression: &str) -> Result<(String, Vec<Value>), InvalidQuery> {
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
    Ok((text, literals))
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

/// The items of a list.
fn items(value: &Value) -> Option<&Rc<Vec<Value>>> {
    match value {
        Value::List(items) => Some(items),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
