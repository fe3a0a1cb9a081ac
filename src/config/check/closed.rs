//! `[closed-days]`.

use super::super::raw::{CLOSED_DAYS, RawCalendar, Section};
use super::super::read;
use super::{Checker, Given, label, label_help};
use crate::schedule::closed::ics;
use crate::schedule::{ClosedSet, Days, Entry};
use crate::text::quoted;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The most days and ranges in one list.
const MAX_DATES: usize = 5000;

/// The most different calendars in a file.
const MAX_CALENDARS: usize = 12;

/// The most entries in `[closed-days]`.
const MAX_SETS: usize = 1000;

/// The longest path of a calendar: the kernel's own bound.
const MAX_PATH_BYTES: usize = 4095;

impl Checker<'_> {
    /// One entry, which is known by its name from then on, even when it is wrong.
    pub(crate) fn closed_set(&mut self, name: &Spanned<String>, value: Spanned<DeValue<'_>>) {
        let label = label(name.get_ref());
        if label.is_none() {
            let message = format!("{} cannot be the name of closed days", quoted(name.get_ref()));
            self.error(name.span(), message, label_help());
        }
        if self.closed_sets.len() == MAX_SETS {
            self.error(
                name.span(),
                format!("there are more than {MAX_SETS} entries"),
                "let schedules share closed days",
            );
        }
        let days = if self.closed_sets.len() < MAX_SETS { self.days(name, value) } else { None };
        let set = label.zip(days).map(|(label, days)| Arc::new(ClosedSet::new(label, days)));
        if let Some(set) = &set {
            self.warn_of_the_past(set, name.span());
        }
        self.closed_sets.insert(name.get_ref().clone(), set);
        self.unused_closed.insert(name.get_ref().clone(), name.span());
    }

    fn days(&mut self, name: &Spanned<String>, value: Spanned<DeValue<'_>>) -> Option<Arc<Days>> {
        let span = value.span();
        let days = |entries| Arc::new(Days::new(entries));
        match value.into_inner() {
            DeValue::String(text) => self.entry(&text, span).map(|entry| days(vec![entry])),
            DeValue::Array(list) => self.list(name.get_ref(), list, span).map(days),
            DeValue::Table(table) => self.calendar(Spanned::new(span, table)),
            other => {
                let message = format!("{} cannot be {}", quoted(name.get_ref()), read::with_article(&other));
                self.error(span, message, format!("closed days are {CLOSED_DAYS}"));
                None
            }
        }
    }

    fn list(&mut self, name: &str, mut list: DeArray<'_>, span: Range<usize>) -> Option<Vec<Entry>> {
        let before = self.problems.errors();
        if list.len() > MAX_DATES {
            let message = format!("{} has a list of {} days", quoted(name), list.len());
            self.error(span, message, format!("a list has at most {MAX_DATES} days and ranges"));
            return None;
        }
        let help = format!("closed days are {CLOSED_DAYS}");
        read::refuse_all_but_texts(&mut list, name, &help, self.problems);
        let texts = list.iter().filter_map(|text| Some((text.get_ref().as_str()?, text.span())));
        let entries: Vec<Entry> = texts.filter_map(|(text, span)| self.entry(text, span)).collect();
        (self.problems.errors() == before).then_some(entries)
    }

    fn entry(&mut self, text: &str, span: Range<usize>) -> Option<Entry> {
        Entry::parse(text).map_err(|wrong| self.refuse(text, span, wrong)).ok()
    }

    fn calendar(&mut self, table: Spanned<DeTable<'_>>) -> Option<Arc<Days>> {
        let section = read::section::<RawCalendar>(table, self.problems);
        let Some(path) = section.raw.ics else {
            if !section.faulty {
                self.error(section.span, "a calendar has no `ics`", RawCalendar::accepts("ics"));
            }
            return None;
        };
        let name = path.get_ref();
        if !(1..=MAX_PATH_BYTES).contains(&name.len()) || name.contains('\0') {
            let message = format!("{} is no path of a file", quoted(name));
            self.error(path.span(), message, RawCalendar::accepts("ics"));
            return None;
        }
        if name.contains("://") {
            let message = format!("{} is a URL, and URLs are not read", quoted(name));
            self.error(path.span(), message, "download the calendar, and name the file");
            return None;
        }
        if let Some(known) = self.calendars.get(name) {
            return known.clone();
        }
        if self.calendars.len() >= MAX_CALENDARS {
            let message = format!("the file names more than {MAX_CALENDARS} different calendars");
            self.error(path.span(), message, "let schedules share closed days");
            return None;
        }
        let days = self.read_calendar(name, path.span()).map(|entries| Arc::new(Days::new(entries)));
        self.calendars.insert(name.clone(), days.clone());
        days
    }

    fn read_calendar(&mut self, name: &str, span: Range<usize>) -> Option<Vec<Entry>> {
        let zone = match &self.zone_of_file {
            Given::Right(zone) => Some(&zone.zone),
            Given::Absent | Given::Wrong => None,
        };
        let bytes = match self.context.read(Path::new(name)) {
            Ok(bytes) => bytes,
            Err(message) => {
                self.error(span, message, "the path is relative to the file that names it");
                return None;
            }
        };
        match ics::read(&bytes, zone) {
            Ok(entries) => Some(entries),
            Err(wrong) => {
                let message = format!("{name}:{}: {}", wrong.line_in(&bytes), wrong.message);
                self.problems.error(span, message, wrong.help);
                None
            }
        }
    }

    fn warn_of_the_past(&mut self, set: &ClosedSet, span: Range<usize>) {
        // Where the day is youngest, so that no place's today counts as past.
        let today = self.context.now.map(|now| jiff::tz::offset(-12).to_datetime(now).date());
        if set.is_empty() {
            let message = format!("{} closes no day", quoted(&set.name));
            let help =
                "an empty list, or a calendar without an event, may be one that was not filled in".to_owned();
            self.problems.warning(span, message, help);
        } else if today.is_some_and(|today| set.is_over(today)) {
            let message = format!("the closed days {} are all in the past", quoted(&set.name));
            let help = "add the days to come, or write yearly ones as in `--12-25`".to_owned();
            self.problems.warning(span, message, help);
        }
    }
}
