//! What the checks of one file share, and how they report.

use super::super::context::CheckContext;
use super::super::problem::{Problems, Severity};
use super::budget::Budget;
use super::given::{Defaults, Given};
use crate::schedule::{ClosedSet, Days, Rule, Schedule, Zone, Zones};
use crate::text::Diagnostic;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// What the checks of one file share.
pub(super) struct Checker<'a> {
    pub(super) text: &'a str,
    pub(super) context: CheckContext<'a>,
    pub(super) problems: &'a mut Problems,
    pub(super) zones: Zones,
    /// The different rules by their text, for services repeat each other's and a rule is large; `None` for one that never
    /// fires, which no search should have to find out again.
    pub(super) rules: BTreeMap<String, Option<Arc<Rule>>>,
    /// The zone at the top of the file.
    pub(super) zone_of_file: Given<Zone>,
    /// Every entry of `[closed-days]` by its name; `None` for one that is wrong.
    pub(super) closed_sets: BTreeMap<String, Option<Arc<ClosedSet>>>,
    /// The days of each calendar by its path; `None` for one that is wrong.
    pub(super) calendars: BTreeMap<String, Option<Arc<Days>>>,
    /// The entries that no schedule has named so far, and where they stand.
    pub(super) unused_closed: BTreeMap<String, Range<usize>>,
    /// The schedules that no service has named so far, and where they stand.
    pub(super) unused_schedules: BTreeMap<String, Range<usize>>,
    pub(super) budget: Budget,
    /// Every schedule by its name; `None` for one that is wrong, which its services are not blamed for.
    pub(super) schedules: BTreeMap<String, Option<Arc<Schedule>>>,
    /// The catch-up windows of those schedules that have one.
    pub(super) catch_up_of_schedule: BTreeMap<String, Duration>,
    pub(super) defaults: Defaults,
    /// `[closed-days]` could not be read, so naming an entry that may be in it is not an error.
    pub(super) closed_days_unread: bool,
    /// The same of `[schedule]`.
    pub(super) schedules_unread: bool,
}

impl<'a> Checker<'a> {
    pub(super) fn new(text: &'a str, context: CheckContext<'a>, problems: &'a mut Problems) -> Self {
        Self {
            text,
            context,
            problems,
            zones: Zones::default(),
            rules: BTreeMap::new(),
            zone_of_file: Given::Absent,
            closed_sets: BTreeMap::new(),
            calendars: BTreeMap::new(),
            unused_closed: BTreeMap::new(),
            unused_schedules: BTreeMap::new(),
            budget: Budget::default(),
            schedules: BTreeMap::new(),
            catch_up_of_schedule: BTreeMap::new(),
            defaults: Defaults::default(),
            closed_days_unread: false,
            schedules_unread: false,
        }
    }

    pub(super) fn error(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problems.error(span, message, help.into());
    }

    /// Reports what is wrong with a text value, at its place in the file.
    pub(super) fn refuse(&mut self, value: &str, span: Range<usize>, wrong: Diagnostic) {
        let at = match wrong.at {
            Some(part) => self.part(value, span, part),
            None => span,
        };
        self.problems.add(Severity::Error, Diagnostic { at: Some(at), ..wrong });
    }

    /// The place of a part of a text value. Where the value is written with escapes, the parts have no places of
    /// their own, and it is the whole.
    pub(super) fn part(&self, value: &str, span: Range<usize>, part: Range<usize>) -> Range<usize> {
        let written = self.text.get(span.clone()).unwrap_or_default();
        let quotes = written.len().saturating_sub(value.len()) / 2;
        let inside = span.start.saturating_add(quotes)..span.end.saturating_sub(quotes);
        if self.text.get(inside.clone()) != Some(value) {
            return span;
        }
        inside.start.saturating_add(part.start)..inside.start.saturating_add(part.end)
    }
}
