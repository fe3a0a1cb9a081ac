//! `--query`: `JMESPath`, as the CLI applies it. The crate reads the expression; it is applied here, for the crate's
//! own values lose the order of members, and its comparisons know no text.

mod compare;
mod error;
mod evaluate;
mod function;
mod literals;

use super::value::Value;
use error::InvalidQuery;
use jmespath::ast::Ast;
use literals::Literals;

pub(crate) use error::Misapplied;

/// An expression that was read.
#[derive(Debug)]
pub(crate) struct Query {
    ast: Ast,
    literals: Literals,
}

impl Query {
    pub(crate) fn parse(expression: &str) -> Result<Self, InvalidQuery> {
        let (text, literals) = literals::take(expression)?;
        let ast = jmespath::parse(&text).map_err(|error| InvalidQuery::NoExpression {
            expression: expression.to_owned(),
            problem: first_line(&error.reason.to_string()).to_owned(),
        })?;
        Ok(Self { ast, literals })
    }

    pub(crate) fn apply(&self, value: &Value) -> Result<Value, Misapplied> {
        evaluate::evaluate(&self.ast, value, &self.literals)
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
