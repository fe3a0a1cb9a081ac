//! What is worth knowing about a transition: closed days around it, and what a clock change does to it.

use super::timetable::{Plan, Schedule};
use super::transition::Transition;
use super::zone_change::ZoneChange;
use crate::api::Action;
use jiff::civil::{Date, DateTime};
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::sync::Arc;

/// The most local times, or clock changes, that one note names.
const MOST_NAMED: usize = 4;

/// Something worth knowing about a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// It falls on a closed day of this name, so it is a pause: it finds the service asleep, unless a person woke it.
    ClosedDay(Arc<str>),
    /// It is the first after closed days of this name.
    AfterClosedDays(Arc<str>),
    /// These are its local times, which a clock change leaves out on that day: it happens right after.
    LeftOut(Vec<DateTime>),
    /// Its local time occurs twice on that day.
    Repeated {
        /// Whether this is the first of the two.
        first: bool,
    },
    /// Since the transition before, the clock was put forward, or back when this is less than zero.
    ClockChanged {
        /// How far it was set; negative when it was set back.
        by: SignedDuration,
        /// The local date of the change.
        on: Date,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedDay(name) => write!(f, "closed day ({name})"),
            Self::AfterClosedDays(name) => write!(f, "after closed days ({name})"),
            Self::LeftOut(times) => {
                let verb = if times.len() == 1 { "does" } else { "do" };
                write!(f, "clock change: {} {verb} not exist on that day", listed(times))
            }
            Self::Repeated { first: true } => f.write_str("clock change: the first of two such times"),
            Self::Repeated { first: false } => f.write_str("clock change: the second of two such times"),
            Self::ClockChanged { by, on } => {
                let direction = if by.is_negative() { "back" } else { "forward" };
                let minutes = by.as_mins().unsigned_abs();
                let (hours, minutes) = (minutes / 60, minutes % 60);
                write!(f, "clock change: {direction} {hours}:{minutes:02} h on {}", on.strftime("%a %F"))
            }
        }
    }
}

/// `02:00, 02:15 and 02:30`, and how many more where there are many.
fn listed(times: &[DateTime]) -> String {
    let mut words: Vec<String> =
        times.iter().take(MOST_NAMED).map(|time| time.strftime("%R").to_string()).collect();
    let more = times.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        words.push(format!("{more} more"));
    }
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
}

impl Schedule {
    /// What is worth knowing about one of the schedule's transitions.
    pub fn notes(&self, transition: Transition) -> Vec<Note> {
        let just_before = transition.at.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(transition.at);
        let before = self.latest_at(just_before);
        let local = self.zone.to_datetime(transition.at);
        let closed = self.closed_note(local.date(), before);
        let time = self.time_note(transition, local);
        // What the change at this very instant does is told by the times that it leaves out.
        let told = matches!(time, Some(Note::LeftOut(_))).then_some(transition.at);
        let changes = before.map(|before| self.change_notes(before.at, transition.at, told));
        closed.into_iter().chain(time).chain(changes.into_iter().flatten()).collect()
    }

    fn closed_note(&self, date: Date, before: Option<Transition>) -> Option<Note> {
        if let Some(set) = self.closed.set_of(date) {
            return Some(Note::ClosedDay(set.name.clone()));
        }
        let closed = self.closed.previous_closed(date)?;
        let since = before.map_or(Date::MIN, |before| self.zone.to_datetime(before.at).date());
        let set = self.closed.set_of(closed).filter(|_| since <= closed)?;
        Some(Note::AfterClosedDays(set.name.clone()))
    }

    fn time_note(&self, transition: Transition, local: DateTime) -> Option<Note> {
        if let AmbiguousOffset::Fold { before, .. } = self.zone.to_ambiguous_timestamp(local).offset() {
            return Some(Note::Repeated { first: self.zone.to_offset(transition.at) == before });
        }
        let ZoneChange { at, before, after } =
            ZoneChange::by(&self.zone, transition.at).filter(|change| change.at == transition.at)?;
        let named = self.named_times_in(transition.action, before.to_datetime(at), after.to_datetime(at));
        (!named.is_empty()).then_some(Note::LeftOut(named))
    }

    /// The local times of a stretch that the rules or windows name for an action, unless they name its end as well.
    fn named_times_in(&self, action: Action, first: DateTime, end: DateTime) -> Vec<DateTime> {
        let next = |from: DateTime| match &self.plan {
            Plan::Rules(rules) => {
                let fixed = rules.iter().filter(|(of, rule)| *of == action && !rule.follows_real_time());
                fixed.filter_map(|(_, rule)| rule.next(from, true)).min()
            }
            Plan::Hours(week) => week.mark_after(from.checked_sub(SignedDuration::from_secs(1)).ok()?),
        };
        if next(end) == Some(end) {
            return Vec::new();
        }
        let just_after = |time: &DateTime| next(time.checked_add(SignedDuration::from_secs(1)).ok()?);
        std::iter::successors(next(first), just_after).take_while(|time| *time < end).collect()
    }

    /// The clock changes after one transition and up to the next, in order.
    fn change_notes(&self, since: Timestamp, until: Timestamp, told: Option<Timestamp>) -> Vec<Note> {
        let changes = ZoneChange::following(&self.zone, since).take_while(|change| change.at <= until);
        let moving = changes.filter(|change| !change.step().is_zero() && Some(change.at) != told);
        let note = |change: ZoneChange| Note::ClockChanged {
            by: change.step(),
            on: change.after.to_datetime(change.at).date(),
        };
        moving.take(MOST_NAMED).map(note).collect()
    }
}
