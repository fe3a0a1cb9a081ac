//! Applies an expression that was read.

use super::compare::{compare, is_false};
use super::error::Misapplied;
use super::function;
use super::literals::Literals;
use crate::awscli::value::{Members, Value, insert};
use jmespath::ast::Ast;

/// Deeper expressions are refused: a bound on what a command line may ask of the stack.
const DEEPEST: usize = 200;

/// Applies the expression to a value.
pub(super) fn evaluate(ast: &Ast, value: &Value, literals: &Literals) -> Result<Value, Misapplied> {
    Evaluator { literals, depth: 0 }.value(ast, value)
}

/// An expression at a depth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evaluator<'a> {
    literals: &'a Literals,
    depth: usize,
}

impl Evaluator<'_> {
    pub(super) fn value(self, ast: &Ast, data: &Value) -> Result<Value, Misapplied> {
        if self.depth >= DEEPEST {
            return Err(Misapplied::TooDeep(DEEPEST));
        }
        let inner = Self { depth: self.depth.saturating_add(1), ..self };
        match ast {
            Ast::Identity { .. } => Ok(data.clone()),
            Ast::Field { name, .. } => Ok(data.get(name).cloned().unwrap_or(Value::Null)),
            Ast::Literal { value, .. } => Ok(self.literals.value(value)),
            Ast::Subexpr { lhs, rhs, .. } => inner.value(rhs, &inner.value(lhs, data)?),
            Ast::Index { idx, .. } => Ok(index(data, *idx)),
            Ast::Slice { start, stop, step, .. } => slice(data, *start, *stop, *step),
            Ast::Projection { lhs, rhs, .. } => inner.project(&inner.value(lhs, data)?, rhs),
            Ast::ObjectValues { node, .. } => Ok(values(&inner.value(node, data)?)),
            Ast::Flatten { node, .. } => Ok(flatten(&inner.value(node, data)?)),
            Ast::Condition { predicate, then, .. } => match is_false(&inner.value(predicate, data)?) {
                true => Ok(Value::Null),
                false => inner.value(then, data),
            },
            Ast::Comparison { comparator, lhs, rhs, .. } => {
                compare(comparator, &inner.value(lhs, data)?, &inner.value(rhs, data)?)
            }
            Ast::Or { lhs, rhs, .. } => {
                let left = inner.value(lhs, data)?;
                if is_false(&left) { inner.value(rhs, data) } else { Ok(left) }
            }
            Ast::And { lhs, rhs, .. } => {
                let left = inner.value(lhs, data)?;
                if is_false(&left) { Ok(left) } else { inner.value(rhs, data) }
            }
            Ast::Not { node, .. } => Ok(Value::Bool(is_false(&inner.value(node, data)?))),
            Ast::MultiList { .. } | Ast::MultiHash { .. } if matches!(data, Value::Null) => Ok(Value::Null),
            Ast::MultiList { elements, .. } => {
                let items: Result<Vec<Value>, Misapplied> =
                    elements.iter().map(|element| inner.value(element, data)).collect();
                items.map(Value::list)
            }
            Ast::MultiHash { elements, .. } => {
                let mut members = Members::new();
                for element in elements {
                    insert(&mut members, element.key.clone(), inner.value(&element.value, data)?);
                }
                Ok(Value::map(members))
            }
            Ast::Function { name, args, .. } => function::call(name, args, data, inner),
            Ast::Expref { .. } => Err(Misapplied::StrayReference),
        }
    }

    /// What each item yields, without those that yield nothing.
    fn project(self, list: &Value, rhs: &Ast) -> Result<Value, Misapplied> {
        let Some(list) = list.as_list() else { return Ok(Value::Null) };
        let mut found = Vec::new();
        for item in list.iter() {
            let value = self.value(rhs, item)?;
            if !matches!(value, Value::Null) {
                found.push(value);
            }
        }
        Ok(Value::list(found))
    }
}

fn index(data: &Value, index: i32) -> Value {
    let Some(list) = data.as_list() else { return Value::Null };
    let from_either_end = usize::try_from(index)
        .ok()
        .or_else(|| usize::try_from(index.unsigned_abs()).ok().and_then(|back| list.len().checked_sub(back)));
    from_either_end.and_then(|place| list.get(place)).cloned().unwrap_or(Value::Null)
}

fn slice(data: &Value, start: Option<i32>, stop: Option<i32>, step: i32) -> Result<Value, Misapplied> {
    let Some(list) = data.as_list() else { return Ok(Value::Null) };
    if step == 0 {
        return Err(Misapplied::ZeroStep);
    }
    let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
    // Where a slice may begin and end: one before the first to the last, or the first to one behind the last.
    let (least, most) = if step < 0 { (-1, length.saturating_sub(1)) } else { (0, length) };
    let bound = |given: Option<i32>, otherwise: i64| match given.map(i64::from) {
        None => otherwise,
        Some(place) if place < 0 => place.saturating_add(length).max(least),
        Some(place) => place.min(most),
    };
    let (first, last) = if step < 0 { (most, least) } else { (least, most) };
    let (mut place, stop) = (bound(start, first), bound(stop, last));
    let mut found = Vec::new();
    while if step < 0 { place > stop } else { place < stop } {
        found.extend(usize::try_from(place).ok().and_then(|place| list.get(place)).cloned());
        place = place.saturating_add(i64::from(step));
    }
    Ok(Value::list(found))
}

fn values(data: &Value) -> Value {
    match data {
        Value::Map(members) => Value::list(members.iter().map(|(_, value)| value.clone()).collect()),
        _ => Value::Null,
    }
}

fn flatten(data: &Value) -> Value {
    let Some(list) = data.as_list() else { return Value::Null };
    let mut flat = Vec::new();
    for item in list.iter() {
        match item.as_list() {
            Some(inner) => flat.extend(inner.iter().cloned()),
            None => flat.push(item.clone()),
        }
    }
    Value::list(flat)
}
