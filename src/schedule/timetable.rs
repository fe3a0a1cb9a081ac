//! A schedule: rules in a zone, and the transitions that come of them.

use super::clock_change;
use super::closed::{ClosedDays, OpenRule};
use super::cron::Rule;
use super::hours::{Hours, Week};
use super::transition::Transition;
use crate::api::Action;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::cmp::Reverse;
use std::sync::Arc;

/// A checked set of rules in one time zone, shared by all the services that follow it.
#[derive(Debug, PartialEq, Eq)]
pub struct Schedule {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) zone: TimeZone,
    pub(crate) zone_name: Arc<str>,
    pub(crate) plan: Plan,
    pub(crate) closed: ClosedDays,
}

/// What a schedule follows: rules or working hours, never both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Every rule in here fires at some time: a search for the next match always ends soon.
    Rules(Box<[(Action, Arc<Rule>)]>),
    /// The windows of a week.
    Hours(Arc<Week>),
}

/// How many transitions are looked at to find one that counts.
const MOST_IN_A_ROW: usize = 1000;

/// Of a rule in a zone, the match next to an instant on one side of it.
type Search = fn(&OpenRule<'_>, &TimeZone, Timestamp) -> Option<Timestamp>;

impl Schedule {
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

    /// The name of the closed days that a local date belongs to, or `None` if it is open.
    pub fn closed_on(&self, date: Date) -> Option<&Arc<str>> {
        self.closed.set_of(date).map(|set| &set.name)
    }

    /// The first transition after an instant, or `None` if there will be none before the year 5000.
    ///
    /// When a resume and a pause fall on the same instant, that is one transition, and it is the resume.
    pub fn next_after(&self, instant: Timestamp) -> Option<Transition> {
        match &self.plan {
            Plan::Rules(rules) => {
                let found = self.around(rules, instant, clock_change::next_after);
                found.min_by_key(|next| (next.at, Reverse(next.action)))
            }
            Plan::Hours(week) => self.hours(week).next_after(&self.zone, instant),
        }
    }

    /// The latest transition at or before an instant, or `None` if there was none: its action is the desired
    /// state, which the schedule asks for.
    pub fn latest_at(&self, instant: Timestamp) -> Option<Transition> {
        match &self.plan {
            Plan::Rules(rules) => self.around(rules, instant, clock_change::latest_at).max(),
            Plan::Hours(week) => self.hours(week).latest_at(&self.zone, instant),
        }
    }

    /// Whether services are to be awake at an instant. Before its first transition hours that never begin keep them awake,
    /// and rules have woken nothing yet.
    pub(crate) fn is_awake_at(&self, instant: Timestamp) -> bool {
        match self.latest_at(instant) {
            Some(latest) => latest.action == Action::Resume,
            None => matches!(self.plan, Plan::Hours(_)),
        }
    }

    /// The first transition of this action after an instant, or `None` if there will be none, as far as a bounded search can
    /// tell.
    pub(crate) fn next(&self, action: Action, after: Timestamp) -> Option<Timestamp> {
        let Plan::Rules(rules) = &self.plan else {
            // Only closed days put several pauses in a row.
            let next = self.after(after).take(MOST_IN_A_ROW).find(|next| next.action == action);
            return next.map(|next| next.at);
        };
        let next_of_rules = |after: Timestamp| {
            let of_action = rules.iter().filter(|(of, _)| *of == action);
            of_action.filter_map(|(_, rule)| self.next_of(action, rule, after)).min()
        };
        // A pause at the instant of a resume does not happen.
        let happens = |at: &Timestamp| self.latest_at(*at).is_some_and(|latest| latest.action == action);
        let candidates = std::iter::successors(next_of_rules(after), |at| next_of_rules(*at));
        candidates.take(MOST_IN_A_ROW).find(happens)
    }

    /// How many rules a search asks.
    pub(crate) fn rules(&self) -> usize {
        match &self.plan {
            Plan::Rules(rules) => rules.len(),
            Plan::Hours(_) => 1,
        }
    }

    /// All the transitions after an instant, in order, up to the year 5000.
    pub fn after(&self, instant: Timestamp) -> impl Iterator<Item = Transition> + '_ {
        std::iter::successors(self.next_after(instant), |last| self.next_after(last.at))
    }

    fn around(
        &self,
        rules: &[(Action, Arc<Rule>)],
        instant: Timestamp,
        search: Search,
    ) -> impl Iterator<Item = Transition> {
        rules.iter().filter_map(move |(action, rule)| {
            let at = search(&self.open(*action, rule), &self.zone, instant)?;
            Some(Transition { at, action: *action })
        })
    }

    /// The first instant after another at which one of its rules happens, whatever the others do.
    pub(crate) fn next_of(&self, action: Action, rule: &Rule, after: Timestamp) -> Option<Timestamp> {
        clock_change::next_after(&self.open(action, rule), &self.zone, after)
    }

    /// A rule without its matches on the days on which its action is left out: a pause never is.
    pub(crate) fn open<'a>(&'a self, action: Action, rule: &'a Rule) -> OpenRule<'a> {
        let closed = match action {
            Action::Resume => &self.closed,
            Action::Pause => ClosedDays::NONE,
        };
        OpenRule { rule, closed }
    }

    pub(crate) fn hours<'a>(&'a self, week: &'a Week) -> Hours<'a> {
        Hours { week, closed: &self.closed }
    }
}
