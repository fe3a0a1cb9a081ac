//! A schedule: rules in a zone, and the transitions that come of them.

use super::clock_change;
use super::cron::Rule;
use super::transition::{Action, Transition};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::cmp::Reverse;
use std::sync::Arc;

/// A checked set of rules in one time zone, shared by all the services that follow it.
#[derive(Debug, PartialEq, Eq)]
pub struct Schedule {
    name: Option<Arc<str>>,
    zone: TimeZone,
    zone_name: Arc<str>,
    rules: Box<[(Action, Arc<Rule>)]>,
}

impl Schedule {
    /// Every rule that comes in here fires at some time: a search for the next match always ends soon.
    pub(super) fn new(
        name: Option<Arc<str>>,
        zone: TimeZone,
        zone_name: Arc<str>,
        rules: Vec<(Action, Arc<Rule>)>,
    ) -> Self {
        Self { name, zone, zone_name, rules: rules.into() }
    }

    /// The name in `[schedule.NAME]`, or `None` for the rules that a service brings itself.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The time zone in which the rules are read.
    pub fn time_zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The IANA name of the time zone, as the file has it.
    pub fn time_zone_name(&self) -> &str {
        &self.zone_name
    }

    /// The first transition after an instant, or `None` if there will be none before the year 5000.
    ///
    /// When a resume and a pause fall on the same instant, that is one transition, and it is the resume.
    pub fn next_after(&self, instant: Timestamp) -> Option<Transition> {
        self.around(instant, clock_change::next_after).min_by_key(|next| (next.at, Reverse(next.action)))
    }

    /// The latest transition at or before an instant, or `None` if there was none: its action is the state that the
    /// schedule asks for.
    pub fn latest_at(&self, instant: Timestamp) -> Option<Transition> {
        self.around(instant, clock_change::latest_at).max()
    }

    /// All the transitions after an instant, in order, up to the year 5000.
    pub fn after(&self, instant: Timestamp) -> impl Iterator<Item = Transition> + '_ {
        std::iter::successors(self.next_after(instant), |last| self.next_after(last.at))
    }

    fn around(
        &self,
        instant: Timestamp,
        search: fn(&Rule, &TimeZone, Timestamp) -> Option<Timestamp>,
    ) -> impl Iterator<Item = Transition> {
        self.rules.iter().filter_map(move |(action, rule)| {
            search(rule, &self.zone, instant).map(|at| Transition { at, action: *action })
        })
    }
}
