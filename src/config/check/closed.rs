//! `[closed-days]`.

use super::super::raw::{Named, RawCalendar, RawDays, Read, Section};
use super::checker::Checker;
use super::given::Given;
use super::names::{label, label_help};
use crate::schedule::{ClosedSet, Days, Entry, read_calendar};
use crate::text::quoted;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use toml::Spanned;

/// The most different calendars in a file.
const MAX_CALENDARS: usize = 12;

/// The longest path of a calendar: the kernel's own bound.
const MAX_PATH_BYTES: usize = 4095;

impl Checker<'_> {
    pub(super) fn closed_days(&mut self, sets: Option<Vec<Named<RawDays>>>) {
        self.closed_days_unread = sets.is_none();
        for (name, days) in sets.unwrap_or_default() {
            self.closed_set(&name, days);
        }
    }

    /// One entry, which is known by its name from then on, even when it is wrong.
    fn closed_set(&mut self, name: &Spanned<String>, days: Option<RawDays>) {
        let label = label(name.get_ref());
        if label.is_none() {
            let message = format!("{} cannot be the name of closed days", quoted(name.get_ref()));
            self.error(name.span(), message, label_help());
        }
        let days = days.and_then(|days| self.days(days));
        let set = label.zip(days).map(|(label, days)| Arc::new(ClosedSet::new(label, days)));
        if let Some(set) = &set {
            self.warn_of_the_past(set, name.span());
        }
        self.closed_sets.insert(name.get_ref().clone(), set);
        self.unused_closed.insert(name.get_ref().clone(), name.span());
    }

    fn days(&mut self, days: RawDays) -> Option<Arc<Days>> {
        let (texts, faulty) = match days {
            RawDays::Calendar(section) => return self.calendar(section),
            RawDays::One(text) => (vec![text], false),
            RawDays::Many { texts, faulty } => (texts, faulty),
        };
        let entries: Vec<_> = texts.iter().map(|text| self.entry(text.get_ref(), text.span())).collect();
        let entries = entries.into_iter().collect::<Option<_>>().filter(|_| !faulty);
        entries.map(|entries| Arc::new(Days::new(entries)))
    }

    fn entry(&mut self, text: &str, span: Range<usize>) -> Option<Entry> {
        Entry::parse(text).map_err(|wrong| self.refuse(text, span, wrong)).ok()
    }

    fn calendar(&mut self, section: Read<RawCalendar>) -> Option<Arc<Days>> {
        let Some(path) = section.raw.ics else {
            if !section.faulty {
                self.error(section.span, "a calendar has no `ics`", RawCalendar::accepts("ics"));
            }
            return None;
        };
        let name = path.get_ref();
        if !(1..=MAX_PATH_BYTES).contains(&name.len()) || name.contains('\0') {
            let message = format!("{} is not a file path", quoted(name));
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
        match read_calendar(&bytes, zone) {
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
            let help = "the list is empty, or the calendar has no events: was it never filled in?".to_owned();
            self.problems.warning(span, message, help);
        } else if today.is_some_and(|today| set.is_over(today)) {
            let message = format!("the closed days {} are all in the past", quoted(&set.name));
            let help = "add the days to come, or write yearly ones as in `--12-25`".to_owned();
            self.problems.warning(span, message, help);
        }
    }
}
