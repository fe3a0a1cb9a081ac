//! From bytes to what a file says: TOML's own errors, unknown keys and values of the wrong type, all of them at once.

mod section;
mod syntax;

use super::problem::Problems;
use super::raw::{
    CLOSED_DAYS, MAX_SERVICES, Named, RawDays, RawFile, RawSchedule, RawService, Read, Section,
    TOO_MANY_SERVICES,
};
use crate::text::quoted;
use section::{refuse_all_but_texts, section, with_article};
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The largest file that is read: 100,000 services take about 20 MB.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

/// The most entries in `[closed-days]`.
const MAX_SETS: usize = 1000;

/// The most days and ranges in one list.
const MAX_DATES: usize = 5000;

/// A key at the top of the file with its value.
type Entry<'a> = (Spanned<Cow<'a, str>>, Spanned<DeValue<'a>>);

/// Reads a whole file. After an error of TOML itself nothing is left of it, for what was read around it may mean
/// something else.
pub(super) fn file<'a>(bytes: &'a [u8], problems: &mut Problems) -> Option<RawFile<'a>> {
    let text = text(bytes, problems)?;
    let (mut file, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        syntax::refuse(text, file.get_ref(), errors, problems);
        return None;
    }
    let root = file.get_mut();
    let daemon = root.remove_entry("daemon").and_then(|entry| settings(entry, "[daemon]", problems));
    let limits = root.remove_entry("limits").and_then(|entry| settings(entry, "[limits]", problems));
    let defaults = root.remove_entry("defaults").and_then(|entry| table(entry, "[defaults]", problems));
    let defaults = defaults.map(|table| section(table, problems));
    let closed_days = root.remove_entry("closed-days").map(|entry| closed_days(entry, problems));
    let schedules = root.remove_entry("schedule").map(|entry| schedules(entry, problems));
    let services = root.remove_entry("service").map(|entry| services(entry, problems));
    Some(RawFile {
        text,
        top: section(file, problems),
        daemon: daemon.unwrap_or_default(),
        limits: limits.unwrap_or_default(),
        defaults,
        closed_days: closed_days.unwrap_or_else(|| Some(Vec::new())),
        schedules: schedules.unwrap_or_else(|| Some(Vec::new())),
        services: services.unwrap_or_default(),
    })
}

fn text<'a>(bytes: &'a [u8], problems: &mut Problems) -> Option<&'a str> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let end = at.saturating_add(error.error_len().unwrap_or(1));
        let help = "schedule.toml must be UTF-8; save it in that encoding".to_owned();
        problems.error(at..end, "the file is not valid UTF-8 from here on", help);
    });
    let text = text.ok()?;
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_FILE_BYTES / 1024 / 1024);
        problems.error(0..0, message, None);
        return None;
    }
    Some(text)
}

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
                format!("write `{heading}` on a line of its own, with its keys below it"),
            );
            None
        }
    }
}

fn settings<T: Section>(entry: Entry<'_>, heading: &str, problems: &mut Problems) -> Option<T> {
    table(entry, heading, problems).map(|table| section(table, problems).raw)
}

fn closed_days(entry: Entry<'_>, problems: &mut Problems) -> Option<Vec<Named<RawDays>>> {
    let all = table(entry, "[closed-days]", problems)?.into_inner();
    let named = all.into_iter().enumerate().map(|(index, (name, value))| {
        let name = owned(&name);
        if index == MAX_SETS {
            let message = format!("there are more than {MAX_SETS} entries");
            problems.error(name.span(), message, "let schedules share closed days".to_owned());
        }
        let days = if index < MAX_SETS { days(name.get_ref(), value, problems) } else { None };
        (name, days)
    });
    Some(named.collect())
}

fn days(name: &str, value: Spanned<DeValue<'_>>, problems: &mut Problems) -> Option<RawDays> {
    let span = value.span();
    match value.into_inner() {
        DeValue::String(text) => Some(RawDays::One(Spanned::new(span, text.into_owned()))),
        DeValue::Array(list) => dates(name, list, span, problems),
        DeValue::Table(table) => Some(RawDays::Calendar(section(Spanned::new(span, table), problems))),
        other => {
            let message = format!("{} cannot be {}", quoted(name), with_article(&other));
            problems.error(span, message, format!("closed days are {CLOSED_DAYS}"));
            None
        }
    }
}

fn dates(name: &str, mut list: DeArray<'_>, span: Range<usize>, problems: &mut Problems) -> Option<RawDays> {
    if list.len() > MAX_DATES {
        let message = format!("{} has a list of {} days", quoted(name), list.len());
        problems.error(span, message, format!("a list has at most {MAX_DATES} days and ranges"));
        return None;
    }
    let before = problems.errors();
    refuse_all_but_texts(&mut list, name, &format!("closed days are {CLOSED_DAYS}"), problems);
    let texts =
        list.iter().filter_map(|text| Some(Spanned::new(text.span(), text.get_ref().as_str()?.to_owned())));
    Some(RawDays::Many { texts: texts.collect(), faulty: problems.errors() > before })
}

fn schedules(entry: Entry<'_>, problems: &mut Problems) -> Option<Vec<Named<Read<RawSchedule>>>> {
    let all = table(entry, "[schedule.NAME]", problems)?;
    let named = all.into_inner().into_iter().map(|(name, value)| {
        let label = owned(&name);
        if RawSchedule::has_key(label.get_ref()) && !matches!(value.get_ref(), DeValue::Table(_)) {
            let message = format!("`{}` is in `[schedule]`, but each schedule needs a name", label.get_ref());
            let help = "write `[schedule.office]`, or another name, and `schedule = \"office\"` in each `[[service]]` \
                        that follows it".to_owned();
            problems.error(label.span(), message, help);
            return (label, None);
        }
        let heading = format!("[schedule.{}]", name.get_ref());
        let table = table((name, value), &heading, problems);
        (label, table.map(|table| section(table, problems)))
    });
    Some(named.collect())
}

fn services(entry: Entry<'_>, problems: &mut Problems) -> Vec<Read<RawService>> {
    let (key, value) = entry;
    let list = match value.into_inner() {
        DeValue::Array(list) => list,
        other => {
            let message = format!("`service` is a list of sections, not {}", with_article(&other));
            problems.error(key.span(), message, "write `[[service]]`, with two brackets".to_owned());
            return Vec::new();
        }
    };
    let tables = list.into_iter().filter_map(|value| {
        table((Spanned::new(value.span(), "service".into()), value), "[[service]]", problems)
    });
    let tables: Vec<_> = tables.collect();
    if let Some(beyond) = tables.get(MAX_SERVICES) {
        let message = format!("the file has {} services", tables.len());
        problems.error(beyond.span(), message, TOO_MANY_SERVICES.to_owned());
    }
    tables.into_iter().take(MAX_SERVICES).map(|table| section(table, problems)).collect()
}

fn owned(name: &Spanned<Cow<'_, str>>) -> Spanned<String> {
    Spanned::new(name.span(), name.get_ref().to_string())
}
