//! What is equal, what is more, and what counts as nothing.

use super::error::Misapplied;
use crate::awscli::value::Value;
use jmespath::ast::Comparator;
use std::cmp::Ordering;

/// Compares as `==`, `<` and so on do; nothing when these two cannot be compared by more and less.
pub(super) fn compare(comparator: &Comparator, left: &Value, right: &Value) -> Result<Value, Misapplied> {
    let is = match comparator {
        Comparator::Equal => equal(left, right),
        Comparator::NotEqual => !equal(left, right),
        _ => {
            let comparable =
                |value: &Value| matches!(value, Value::Int(_) | Value::Float(_) | Value::Text(_));
            if !comparable(left) || !comparable(right) {
                return Ok(Value::Null);
            }
            let order = order(left, right).ok_or(Misapplied::Incomparable)?;
            match comparator {
                Comparator::LessThan => order.is_lt(),
                Comparator::LessThanEqual => order.is_le(),
                Comparator::GreaterThan => order.is_gt(),
                _ => order.is_ge(),
            }
        }
    };
    Ok(Value::Bool(is))
}

/// Whether two values are the same; members may stand in another order.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| equal(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            let same =
                |(name, value): &(String, Value)| right.get(name).is_some_and(|found| equal(value, found));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => order(left, right) == Some(Ordering::Equal),
    }
}

/// Which of two numbers, or of two texts, comes first.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Text(one), Value::Text(other)) => Some(one.cmp(other)),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

/// The number, if it is one.
#[expect(clippy::cast_precision_loss, reason = "whole numbers that matter here are far below 2^53")]
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Nothing, false, or without content. Zero is something.
pub(super) fn is_false(value: &Value) -> bool {
    !matches!(value, Value::Int(_) | Value::Float(_)) && value.is_empty()
}
