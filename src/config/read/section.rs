//! One section: its unknown keys and values of the wrong type, all of them at once.

use super::super::problem::Problems;
use super::super::raw::{self, Read, Section};
use crate::text::{did_you_mean, quoted};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

/// How many values of the wrong type are looked for in one section.
const MAX_TRIES: usize = 100;

/// Reads one section. Every unknown key and every value of the wrong type is a problem, and is left out.
pub(super) fn section<T: Section>(mut table: Spanned<DeTable<'_>>, problems: &mut Problems) -> Read<T> {
    let span = table.span();
    let mut faulty = refuse_unknown_keys::<T>(table.get_mut(), problems);
    for _ in 0..MAX_TRIES {
        let error = match T::deserialize(Deserializer::from(table.clone())) {
            Ok(raw) => return Read { raw, span, faulty },
            Err(error) => error,
        };
        faulty = true;
        let at = error.span().unwrap_or_else(|| span.clone());
        if !remove_wrong_value::<T>(table.get_mut(), &at, problems) {
            problems.error(at, error.message(), None);
            break;
        }
    }
    Read { raw: T::default(), span, faulty }
}

fn refuse_unknown_keys<T: Section>(table: &mut DeTable<'_>, problems: &mut Problems) -> bool {
    let unknown: Vec<Spanned<String>> = table
        .keys()
        .filter(|key| !T::has_key(key.get_ref()))
        .map(|key| Spanned::new(key.span(), key.get_ref().to_string()))
        .collect();
    for key in &unknown {
        refuse_unknown_key::<T>(key.get_ref(), key.span(), problems);
        table.remove(key.get_ref().as_str());
    }
    !unknown.is_empty()
}

fn refuse_unknown_key<T: Section>(name: &str, span: Range<usize>, problems: &mut Problems) {
    if problems.is_full() {
        problems.error(span, String::new(), None);
        return;
    }
    if let Some(help) = raw::belongs(name) {
        problems.error(span, format!("{} does not belong here", quoted(name)), help);
        return;
    }
    let names = || T::KEYS.iter().map(|key| key.name).chain(T::SECTIONS.iter().copied());
    let list: Vec<String> = names().map(|name| format!("`{name}`")).collect();
    let help = did_you_mean(name, names(), &format!("the keys here are {}", list.join(", ")));
    problems.error(span, format!("unknown key {}", quoted(name)), help);
}

/// Takes the value at a place out of the section, or the element if the value is a list.
fn remove_wrong_value<T: Section>(
    table: &mut DeTable<'_>,
    at: &Range<usize>,
    problems: &mut Problems,
) -> bool {
    let holds = |value: &Spanned<DeValue<'_>>| value.span().start <= at.start && at.end <= value.span().end;
    let Some((name, value)) = table.iter_mut().find(|(_, value)| holds(value)) else {
        return false;
    };
    let name = name.get_ref().to_string();
    let help = T::accepts(&name);
    if let DeValue::Array(list) = value.get_mut()
        && list.iter().any(holds)
    {
        refuse_all_but_texts(list, &name, &help, problems);
        // A list that is empty now was not when it was written, and is no second mistake.
        if list.is_empty() {
            table.remove(name.as_str());
        }
        return true;
    }
    problems.error(value.span(), format!("`{name}` cannot be {}", with_article(value.get_ref())), help);
    table.remove(name.as_str()).is_some()
}

/// Whatever is a list here is a list of texts.
pub(super) fn refuse_all_but_texts(list: &mut DeArray<'_>, name: &str, help: &str, problems: &mut Problems) {
    let mut texts = DeArray::new();
    for element in std::mem::replace(list, DeArray::new()) {
        if element.get_ref().is_str() {
            texts.push(element);
        } else {
            let message = format!("`{name}` cannot hold {}", with_article(element.get_ref()));
            problems.error(element.span(), message, help.to_owned());
        }
    }
    *list = texts;
}

/// The type of a value, for people.
pub(super) fn with_article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}
