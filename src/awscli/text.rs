//! Lines of words between tabs: scalars first, in the order of their names, then a line for each thing inside.

use super::value::{Members, Value};
use std::collections::BTreeSet;

/// What cannot be written as lines of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a list that mixes objects with other things cannot be shown as text; use a `--query` that yields one kind, or \
     `--output json`"
)]
pub(crate) struct MixedList;

pub(crate) fn document(value: &Value) -> Result<String, MixedList> {
    let mut out = String::new();
    write(value, None, None, &mut out)?;
    Ok(out)
}

/// `name` is that of the member that holds the value, `columns` the names of the list's objects.
fn write(
    value: &Value,
    name: Option<&str>,
    columns: Option<&[&str]>,
    out: &mut String,
) -> Result<(), MixedList> {
    match value {
        Value::Map(members) => write_map(members, name, columns, out),
        Value::List(items) => write_list(items, name, out),
        scalar => {
            line(out, &[scalar.to_string()]);
            Ok(())
        }
    }
}

fn write_list(items: &[Value], name: Option<&str>, out: &mut String) -> Result<(), MixedList> {
    if items.iter().any(|item| matches!(item, Value::Map(_))) {
        let columns = scalar_names(items)?;
        let columns: Vec<&str> = columns.into_iter().collect();
        return items.iter().try_for_each(|item| write(item, name, Some(&columns), out));
    }
    let (scalars, lists): (Vec<&Value>, Vec<&Value>) = items.iter().partition(|item| item.is_scalar());
    let words: Vec<String> = scalars.iter().map(ToString::to_string).collect();
    match name {
        Some(name) => words.into_iter().for_each(|word| line(out, &[name.to_uppercase(), word])),
        None if words.is_empty() => {}
        None => line(out, &words),
    }
    lists.into_iter().try_for_each(|list| write(list, name, None, out))
}

fn scalar_names(items: &[Value]) -> Result<BTreeSet<&str>, MixedList> {
    let mut names = BTreeSet::new();
    for item in items {
        let Value::Map(members) = item else { return Err(MixedList) };
        let scalars = members.iter().filter(|(_, value)| value.is_scalar());
        names.extend(scalars.map(|(name, _)| name.as_str()));
    }
    Ok(names)
}

fn write_map(
    members: &Members,
    name: Option<&str>,
    columns: Option<&[&str]>,
    out: &mut String,
) -> Result<(), MixedList> {
    let mut sorted: Vec<&(String, Value)> = members.iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    let is_word =
        |name: &str, value: &Value| columns.map_or(value.is_scalar(), |names| names.contains(&name));
    let (scalars, inside): (Vec<_>, Vec<_>) =
        sorted.into_iter().partition(|(name, value)| is_word(name, value));
    let mut words: Vec<String> = match columns {
        None => scalars.iter().map(|(_, value)| value.to_string()).collect(),
        Some(names) => {
            let word = |wanted: &&str| {
                let found = scalars.iter().find(|(name, _)| name == wanted);
                found.map(|(_, value)| value.to_string()).unwrap_or_default()
            };
            names.iter().map(word).collect()
        }
    };
    if !words.is_empty() {
        words.splice(..0, name.map(str::to_uppercase));
        line(out, &words);
    }
    inside.into_iter().try_for_each(|(name, value)| write(value, Some(name), None, out))
}

fn line(out: &mut String, words: &[String]) {
    out.push_str(&words.join("\t"));
    out.push('\n');
}
