//! From text to sections: TOML's own errors, unknown keys and values of the wrong type, all of them at once.

use super::problem::Problems;
use super::raw::{RawSchedule, Section};
use super::{raw, syntax};
use crate::text::{did_you_mean, quoted};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

/// How many values of the wrong type are looked for in one section.
const MAX_TRIES: usize = 100;

/// A section that has been read.
pub(crate) struct Read<T> {
    /// Its values, as far as they could be read.
    pub(crate) raw: T,
    /// The place of its heading.
    pub(crate) span: Range<usize>,
    /// Whether something in it could not be read, so that a missing value may be no other mistake.
    pub(crate) faulty: bool,
}

/// The sections of a file, each still to be read.
pub(crate) struct Sections<'a> {
    /// What stands outside of every section.
    pub(crate) top: Spanned<DeTable<'a>>,
    pub(crate) daemon: Option<Spanned<DeTable<'a>>>,
    pub(crate) limits: Option<Spanned<DeTable<'a>>>,
    /// In the order of their names, each still of any type.
    pub(crate) closed_days: Vec<(Spanned<String>, Spanned<DeValue<'a>>)>,
    /// In the order of their names; `None` for one that is no section.
    pub(crate) schedules: Vec<NamedSection<'a>>,
    /// In the order of the file.
    pub(crate) services: Vec<Spanned<DeTable<'a>>>,
    /// Whether `closed-days` is there and no section, so that nobody is to blame for naming what may be in it.
    pub(crate) closed_days_unread: bool,
    /// The same of `schedule`.
    pub(crate) schedules_unread: bool,
}

/// Divides a file into its sections. After an error of TOML itself there are none, for what was read around it may
/// mean something else.
pub(crate) fn sections<'a>(text: &'a str, problems: &mut Problems) -> Option<Sections<'a>> {
    let (mut file, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        syntax::refuse(text, file.get_ref(), errors, problems);
        return None;
    }
    let root = file.get_mut();
    let daemon = root.remove_entry("daemon").and_then(|entry| table(entry, "[daemon]", problems));
    let limits = root.remove_entry("limits").and_then(|entry| table(entry, "[limits]", problems));
    let closed_days = root.remove_entry("closed-days").map(|entry| closed_days(entry, problems));
    let schedules = root.remove_entry("schedule").map(|entry| schedules(entry, problems));
    let services = root.remove_entry("service").map(|entry| services(entry, problems)).unwrap_or_default();
    Some(Sections {
        top: file,
        daemon,
        limits,
        closed_days_unread: matches!(closed_days, Some(None)),
        closed_days: closed_days.flatten().unwrap_or_default(),
        schedules_unread: matches!(schedules, Some(None)),
        schedules: schedules.flatten().unwrap_or_default(),
        services,
    })
}

type Entry<'a> = (Spanned<std::borrow::Cow<'a, str>>, Spanned<DeValue<'a>>);

fn table<'a>(entry: Entry<'a>, heading: &str, problems: &mut Problems) -> Option<Spanned<DeTable<'a>>> {
    let (key, value) = entry;
    let span = value.span();
    match value.into_inner() {
        DeValue::Table(table) => Some(Spanned::new(span, table)),
        other => {
            let message = format!("`{}` is a section, not {}", key.get_ref(), with_article(&other));
            problems.error(
                key.span(),
                message,
                format!("write `{heading}` on a line of its own, keys below it"),
            );
            None
        }
    }
}

fn closed_days<'a>(
    entry: Entry<'a>,
    problems: &mut Problems,
) -> Option<Vec<(Spanned<String>, Spanned<DeValue<'a>>)>> {
    let named = table(entry, "[closed-days]", problems)?.into_inner().into_iter();
    Some(named.map(|(name, value)| (Spanned::new(name.span(), name.get_ref().to_string()), value)).collect())
}

type NamedSection<'a> = (Spanned<String>, Option<Spanned<DeTable<'a>>>);

fn schedules<'a>(entry: Entry<'a>, problems: &mut Problems) -> Option<Vec<NamedSection<'a>>> {
    let all = table(entry, "[schedule.NAME]", problems)?;
    let named = all.into_inner().into_iter().map(|(name, value)| {
        let label = Spanned::new(name.span(), name.get_ref().to_string());
        if RawSchedule::has_key(label.get_ref()) && !matches!(value.get_ref(), DeValue::Table(_)) {
            let message = format!("`{}` stands in `[schedule]`, but each schedule has a name", label.get_ref());
            let help = "write `[schedule.office]`, or another name, and `schedule = \"office\"` in each `[[service]]` \
                        that follows it".to_owned();
            problems.error(label.span(), message, help);
            return (label, None);
        }
        let heading = format!("[schedule.{}]", name.get_ref());
        (label, table((name, value), &heading, problems))
    });
    Some(named.collect())
}

fn services<'a>(entry: Entry<'a>, problems: &mut Problems) -> Vec<Spanned<DeTable<'a>>> {
    let (key, value) = entry;
    match value.into_inner() {
        DeValue::Array(list) => {
            let tables = list.into_iter().filter_map(|value| {
                table((Spanned::new(value.span(), "service".into()), value), "[[service]]", problems)
            });
            tables.collect()
        }
        other => {
            let message = format!("`service` is a list of sections, not {}", with_article(&other));
            problems.error(key.span(), message, "write `[[service]]`, with two brackets".to_owned());
            Vec::new()
        }
    }
}

/// Reads one section. Every unknown key and every value of the wrong type is a problem, and is left out.
pub(crate) fn section<T: Section>(mut table: Spanned<DeTable<'_>>, problems: &mut Problems) -> Read<T> {
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
pub(crate) fn refuse_all_but_texts(list: &mut DeArray<'_>, name: &str, help: &str, problems: &mut Problems) {
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
pub(crate) fn with_article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}
