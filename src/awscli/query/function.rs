//! The functions of `JMESPath`.

use super::compare::{equal, number, order};
use super::error::Misapplied;
use super::evaluate::Evaluator;
use crate::awscli::json::compact;
use crate::awscli::value::{Members, Value, insert};
use jmespath::ast::Ast;
use std::cmp::Ordering;

/// Checks the arguments of a built-in function and calls it.
pub(super) fn call(name: &str, args: &[Ast], data: &Value, at: Evaluator<'_>) -> Result<Value, Misapplied> {
    check_arity(name, args.len())?;
    let call = Call { name, at };
    match args {
        [Ast::Expref { ast, .. }, list] if name == "map" => call.map(ast, &at.value(list, data)?),
        [list, Ast::Expref { ast, .. }] if matches!(name, "sort_by" | "max_by" | "min_by") => {
            call.by(&at.value(list, data)?, ast)
        }
        _ if matches!(name, "map" | "sort_by" | "max_by" | "min_by") => {
            Err(call.refuse("a list and an expression that begins with `&`", &Value::Null))
        }
        _ => {
            let args: Result<Vec<Value>, Misapplied> = args.iter().map(|arg| at.value(arg, data)).collect();
            call.plain(&args?)
        }
    }
}

/// How many arguments a function takes, and whether it takes more.
fn check_arity(name: &str, given: usize) -> Result<(), Misapplied> {
    let (least, more) = match name {
        "merge" | "not_null" => (1, true),
        "abs" | "avg" | "ceil" | "floor" | "keys" | "length" | "max" | "min" | "reverse" | "sort" | "sum"
        | "to_array" | "to_number" | "to_string" | "type" | "values" => (1, false),
        "contains" | "ends_with" | "join" | "map" | "max_by" | "min_by" | "sort_by" | "starts_with" => {
            (2, false)
        }
        _ => return Err(Misapplied::NoFunction(name.to_owned())),
    };
    if given == least || (more && given > least) {
        return Ok(());
    }
    let takes = format!("{least} {}", if more { "or more arguments" } else { "argument(s)" });
    Err(Misapplied::Arity { name: name.to_owned(), takes, given })
}

struct Call<'a> {
    name: &'a str,
    at: Evaluator<'a>,
}

impl Call<'_> {
    fn refuse(&self, takes: &'static str, given: &Value) -> Misapplied {
        Misapplied::Type { name: self.name.to_owned(), takes, given: compact(given) }
    }

    fn plain(&self, args: &[Value]) -> Result<Value, Misapplied> {
        match (self.name, args) {
            ("not_null", args) => {
                Ok(args.iter().find(|arg| !matches!(arg, Value::Null)).cloned().unwrap_or(Value::Null))
            }
            ("merge", args) => self.merge(args),
            (_, [arg]) => self.one(arg),
            (_, [first, second]) => self.two(first, second),
            _ => Ok(Value::Null),
        }
    }

    fn one(&self, arg: &Value) -> Result<Value, Misapplied> {
        match (self.name, arg) {
            ("type", arg) => Ok(Value::text(type_of(arg))),
            ("to_array", Value::List(_))
            | ("to_string", Value::Text(_))
            | ("ceil" | "floor", Value::Int(_)) => Ok(arg.clone()),
            ("to_array", arg) => Ok(Value::list(vec![arg.clone()])),
            ("to_string", arg) => Ok(Value::Text(ascii(&compact(arg)))),
            ("to_number", arg) => Ok(to_number(arg)),
            ("length", Value::Text(text)) => Ok(count(text.chars().count())),
            ("length", Value::List(items)) => Ok(count(items.len())),
            ("length", Value::Map(members)) => Ok(count(members.len())),
            ("reverse", Value::Text(text)) => Ok(Value::Text(text.chars().rev().collect())),
            ("reverse", Value::List(items)) => Ok(Value::list(items.iter().rev().cloned().collect())),
            ("keys", Value::Map(members)) => {
                Ok(Value::list(members.iter().map(|(name, _)| Value::text(name)).collect()))
            }
            ("values", Value::Map(members)) => {
                Ok(Value::list(members.iter().map(|(_, value)| value.clone()).collect()))
            }
            ("abs", Value::Int(number)) => Ok(Value::Int(number.saturating_abs())),
            ("abs", Value::Float(number)) => Ok(Value::Float(number.abs())),
            ("ceil", Value::Float(number)) => Ok(integer(number.ceil())),
            ("floor", Value::Float(number)) => Ok(integer(number.floor())),
            ("length", _) => Err(self.refuse("a text, a list or an object", arg)),
            ("reverse", _) => Err(self.refuse("a text or a list", arg)),
            ("keys" | "values", _) => Err(self.refuse("an object", arg)),
            ("abs" | "ceil" | "floor", _) => Err(self.refuse("a number", arg)),
            _ => self.aggregate(arg),
        }
    }

    /// The functions of a list of numbers, or of texts.
    fn aggregate(&self, arg: &Value) -> Result<Value, Misapplied> {
        let refuse = || self.refuse("a list of numbers, or of texts", arg);
        let items = arg.as_list().ok_or_else(refuse)?;
        let all_texts = items.iter().all(|item| matches!(item, Value::Text(_)));
        let all_numbers = items.iter().all(|item| number(item).is_some());
        if !all_numbers && (!all_texts || matches!(self.name, "avg" | "sum")) {
            return Err(refuse());
        }
        match self.name {
            "sum" => Ok(sum(items)),
            "avg" if items.is_empty() => Ok(Value::Null),
            "avg" => Ok(average(items)),
            "max" => Ok(extreme(items.iter().map(|item| (item, item)), Ordering::Greater)),
            "min" => Ok(extreme(items.iter().map(|item| (item, item)), Ordering::Less)),
            _ => {
                let mut sorted = items.to_vec();
                sorted.sort_by(|one, other| order(one, other).unwrap_or(Ordering::Equal));
                Ok(Value::list(sorted))
            }
        }
    }

    fn two(&self, first: &Value, second: &Value) -> Result<Value, Misapplied> {
        match (self.name, first, second) {
            ("contains", Value::List(items), wanted) => {
                Ok(Value::Bool(items.iter().any(|item| equal(item, wanted))))
            }
            ("contains", Value::Text(text), Value::Text(wanted)) => Ok(Value::Bool(text.contains(wanted))),
            ("contains", ..) => Err(self.refuse("a list and a value, or two texts", first)),
            ("starts_with", Value::Text(text), Value::Text(begin)) => {
                Ok(Value::Bool(text.starts_with(begin)))
            }
            ("ends_with", Value::Text(text), Value::Text(end)) => Ok(Value::Bool(text.ends_with(end))),
            ("join", Value::Text(between), Value::List(items)) => {
                let texts: Option<Vec<&str>> = items.iter().map(Value::as_text).collect();
                let texts = texts.ok_or_else(|| self.refuse("a text and a list of texts", second))?;
                Ok(Value::Text(texts.join(between)))
            }
            ("join", ..) => Err(self.refuse("a text and a list of texts", second)),
            _ => Err(self.refuse("two texts", first)),
        }
    }

    fn merge(&self, args: &[Value]) -> Result<Value, Misapplied> {
        let mut merged = Members::new();
        for arg in args {
            let Value::Map(members) = arg else { return Err(self.refuse("objects", arg)) };
            for (name, value) in members.iter() {
                insert(&mut merged, name.clone(), value.clone());
            }
        }
        Ok(Value::map(merged))
    }

    fn map(&self, ast: &Ast, list: &Value) -> Result<Value, Misapplied> {
        let items = list.as_list().ok_or_else(|| self.refuse("an expression and a list", list))?;
        let mapped: Result<Vec<Value>, Misapplied> =
            items.iter().map(|item| self.at.value(ast, item)).collect();
        mapped.map(Value::list)
    }

    /// The functions that order a list by what an expression yields.
    fn by(&self, list: &Value, ast: &Ast) -> Result<Value, Misapplied> {
        let items = list.as_list().ok_or_else(|| self.refuse("a list and an expression", list))?;
        let keys: Result<Vec<Value>, Misapplied> =
            items.iter().map(|item| self.at.value(ast, item)).collect();
        let keys = keys?;
        let is_key = |key: &&Value| {
            matches!(type_of(key), "number" | "string") && keys.first().map(type_of) == Some(type_of(key))
        };
        if let Some(key) = keys.iter().find(|key| !is_key(key)) {
            return Err(self.refuse("an expression that yields only numbers, or only texts", key));
        }
        let pairs = keys.iter().zip(items.iter());
        match self.name {
            "max_by" => Ok(extreme(pairs, Ordering::Greater)),
            "min_by" => Ok(extreme(pairs, Ordering::Less)),
            _ => {
                let mut pairs: Vec<(&Value, &Value)> = pairs.collect();
                pairs.sort_by(|(one, _), (other, _)| order(one, other).unwrap_or(Ordering::Equal));
                Ok(Value::list(pairs.into_iter().map(|(_, item)| item.clone()).collect()))
            }
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::Float(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
}

fn count(count: usize) -> Value {
    Value::Int(i128::try_from(count).unwrap_or(i128::MAX))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast of a whole float saturates, and none is that large"
)]
fn integer(number: f64) -> Value {
    Value::Int(number as i128)
}

fn sum(items: &[Value]) -> Value {
    let whole = |item: &Value| if let Value::Int(number) = item { Some(*number) } else { None };
    let whole: Option<Vec<i128>> = items.iter().map(whole).collect();
    match whole {
        Some(numbers) => Value::Int(numbers.into_iter().fold(0, i128::saturating_add)),
        None => Value::Float(items.iter().filter_map(number).sum()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "no list is longer than 2^53")]
fn average(items: &[Value]) -> Value {
    let sum: f64 = items.iter().filter_map(number).sum();
    Value::Float(sum / items.len() as f64)
}

/// The first value whose key no other exceeds in this direction.
fn extreme<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>, direction: Ordering) -> Value {
    let best = pairs.reduce(|best, next| if order(next.0, best.0) == Some(direction) { next } else { best });
    best.map_or(Value::Null, |(_, value)| value.clone())
}

fn to_number(value: &Value) -> Value {
    match value {
        Value::Int(_) | Value::Float(_) => value.clone(),
        Value::Text(text) => match (text.trim().parse::<i128>(), text.trim().parse::<f64>()) {
            (Ok(number), _) => Value::Int(number),
            (_, Ok(number)) => Value::Float(number),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

/// JSON in letters of ASCII alone.
fn ascii(json: &str) -> String {
    let mut out = String::new();
    for ch in json.chars() {
        if ch.is_ascii() {
            out.push(ch);
        } else {
            out.extend(ch.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}
