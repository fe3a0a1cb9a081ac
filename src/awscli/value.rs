//! A value as it came from the wire: members keep their order, and what a query repeats stays one thing.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::rc::Rc;

/// The members of an object, in their order.
pub(crate) type Members = Vec<(String, Value)>;

/// A JSON value whose objects keep their order.
///
/// Lists and objects are shared and not copied: a query that takes one thing twice yields it twice, which YAML shows.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// A whole number, as it was written.
    Int(i128),
    /// A number with a fraction or an exponent.
    Float(f64),
    Text(String),
    List(Rc<Vec<Self>>),
    /// The members of an object, in the order of the wire.
    Map(Rc<Members>),
}

impl Value {
    /// A list of these.
    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(Rc::new(items))
    }

    /// An object of these.
    pub(crate) fn map(members: Members) -> Self {
        Self::Map(Rc::new(members))
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The member of this name, if this is an object that has one.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The items, if it is a list.
    pub(crate) fn as_list(&self) -> Option<&Rc<Vec<Self>>> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Neither a list nor an object.
    pub(crate) fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_))
    }

    /// An object without members: the reply in which nothing was understood.
    pub(crate) fn is_empty_map(&self) -> bool {
        matches!(self, Self::Map(members) if members.is_empty())
    }

    /// Nothing, false, zero, or without content.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(is) => !is,
            Self::Int(number) => *number == 0,
            Self::Float(number) => number.abs() <= 0.0,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(members) => members.is_empty(),
        }
    }
}

/// As the text and table formats write a value: words with a capital letter, lists and objects in one line.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => f.write_str(&float(*number)),
            Self::Text(text) => f.write_str(text),
            Self::List(items) => {
                f.write_str("[")?;
                for (place, item) in items.iter().enumerate() {
                    f.write_str(if place == 0 { "" } else { ", " })?;
                    f.write_str(&within(item))?;
                }
                f.write_str("]")
            }
            Self::Map(members) => {
                f.write_str("{")?;
                for (place, (name, value)) in members.iter().enumerate() {
                    f.write_str(if place == 0 { "" } else { ", " })?;
                    write!(f, "{}: {}", quoted(name), within(value))?;
                }
                f.write_str("}")
            }
        }
    }
}

fn within(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        other => other.to_string(),
    }
}

/// Text in quotes, single ones unless it holds only such.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for ch in text.chars() {
        match ch {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if ch == quote => out.extend(['\\', ch]),
            _ if ch.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(ch))),
            _ => out.push(ch),
        }
    }
    out.push(quote);
    out
}

/// The shortest spelling that reads back as the same number, always told from a whole number.
pub(crate) fn float(number: f64) -> String {
    if !number.is_finite() {
        return if number.is_nan() { "NaN".into() } else { format!("{number}") };
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { format!("{plain}.0") };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsItCame)
    }
}

struct AsItCame;

impl<'de> Visitor<'de> for AsItCame {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Value, E> {
        Ok(Value::Bool(is))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Int(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::list(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Members::new();
        while let Some((name, value)) = map.next_entry()? {
            insert(&mut members, name, value);
        }
        Ok(Value::map(members))
    }
}

/// Adds a member. One that comes again keeps its first place and takes the last value.
pub(crate) fn insert(members: &mut Members, name: String, value: Value) {
    match members.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = value,
        None => members.push((name, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelt_so_that_they_read_back_the_same() {
        let spellings = [
            (1.0, "1.0"),
            (1_605_899_125.0, "1605899125.0"),
            (1_606_135_297.123, "1606135297.123"),
            (1e22, "1e+22"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1e15, "1000000000000000.0"),
            (1.5e-7, "1.5e-07"),
            (0.0001, "0.0001"),
            (-0.5, "-0.5"),
            (0.0, "0.0"),
        ];
        for (number, expected) in spellings {
            assert_eq!(float(number), expected);
        }
    }

    #[test]
    fn members_keep_their_order_and_the_last_of_two_wins() {
        let value: Value = serde_json::from_str(r#"{"z":1,"a":[true,null,1.5,"it's"],"z":2}"#).unwrap();
        assert_eq!(value.to_string(), r#"{'z': 2, 'a': [True, None, 1.5, "it's"]}"#);
    }
}
