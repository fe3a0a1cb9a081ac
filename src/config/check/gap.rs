//! The local times that a clock change leaves out, and what happens in their place.
//!
//! What is said is asked of the timetable, so that it is what will happen: a window that loses all of its minutes does
//! not happen, and what moves to the end of the gap may meet there what is stronger.

use crate::api::Action;
use crate::schedule::{Hours, OpenRule, Schedule, Transition, ZoneChange};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// One change of a clock that is put forward.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gap {
    /// The instant of the change.
    at: Timestamp,
    /// How far the zone was from UTC until then.
    before: Offset,
    /// The first local time that is left out.
    first: DateTime,
    /// What the clock shows at the change.
    end: DateTime,
}

/// A local time that is left out.
#[derive(Debug)]
pub(crate) struct LeftOut {
    pub(crate) time: DateTime,
    /// What happens in its place, as a sentence.
    pub(crate) instead: String,
}

/// Whether a service is awake just before a clock change, and at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Awake {
    before: bool,
    after: bool,
}

impl Gap {
    /// The gaps of a zone between two instants.
    pub(crate) fn coming(zone: &TimeZone, now: Timestamp, end: Timestamp) -> impl Iterator<Item = Self> {
        let changes = ZoneChange::following(zone, now).take_while(move |change| change.at <= end);
        changes.filter_map(|ZoneChange { at, before, after }| {
            let (first, end) = (before.to_datetime(at), after.to_datetime(at));
            (first < end).then_some(Self { at, before, first, end })
        })
    }

    /// What the gap does to a rule of fixed times.
    pub(crate) fn of_a_rule(
        &self,
        schedule: &Schedule,
        action: Action,
        rule: &OpenRule<'_>,
    ) -> Option<LeftOut> {
        let time = rule.next(self.first, true).filter(|time| *time < self.end)?;
        let happens = self.just_before().and_then(|before| schedule.next_after(before));
        let instead = match happens {
            Some(Transition { at, action: Action::Resume }) if at == self.at && action == Action::Pause => {
                format!("{}, together with a resume, which wins", self.when(time, "it happens"))
            }
            _ => self.when(time, "it happens"),
        };
        Some(LeftOut { time, instead })
    }

    /// What the gap does to windows, which may be some of many. What changes nothing in the whole is not reported.
    pub(crate) fn of_a_window(&self, zone: &TimeZone, alone: Hours<'_>, whole: Hours<'_>) -> Option<LeftOut> {
        let in_whole = self.edges(whole);
        let edge = self.edges(alone).into_iter().find(|edge| in_whole.contains(edge))?;
        let time = self.before.to_datetime(edge.at);
        let (of_window, of_whole) = (self.awake(zone, alone)?, self.awake(zone, whole)?);
        let window = match (of_window.before, of_window.after) {
            (false, true) => self.when(time, "the window begins"),
            (true, false) => self.when(time, "the window ends"),
            (false, false) => "the window is skipped on that day".to_owned(),
            (true, true) => "on that day the window has no break".to_owned(),
        };
        let others = match (of_whole.before, of_whole.after) {
            _ if of_window == of_whole => "",
            (false, true) => "; other hours wake the service then",
            (true, true) => "; other hours keep the service awake",
            (true | false, false) => "",
        };
        Some(LeftOut { time, instead: format!("{window}{others}") })
    }

    /// The edges of windows that would happen in the gap if the clock went on as before. A pause that would find the
    /// service asleep is none.
    fn edges(&self, hours: Hours<'_>) -> Vec<Transition> {
        let steady = TimeZone::fixed(self.before);
        let mut edges = Vec::new();
        let (Some(mut after), Some(Awake { before: mut awake, .. })) =
            (self.just_before(), self.awake(&steady, hours))
        else {
            return edges;
        };
        while let Some(edge) = hours.next_after(&steady, after)
            && self.before.to_datetime(edge.at) < self.end
        {
            let wakes = edge.action == Action::Resume;
            if wakes != awake {
                edges.push(edge);
            }
            (after, awake) = (edge.at, wakes);
        }
        edges
    }

    fn awake(&self, zone: &TimeZone, hours: Hours<'_>) -> Option<Awake> {
        let awake = |at| hours.latest_at(zone, at).is_some_and(|latest| latest.action == Action::Resume);
        Some(Awake { before: awake(self.just_before()?), after: awake(self.at) })
    }

    fn just_before(&self) -> Option<Timestamp> {
        self.at.checked_sub(SignedDuration::from_nanos(1)).ok()
    }

    /// That something happens at the end of the gap, which may lie on another day than the time that is left out.
    fn when(&self, time: DateTime, happens: &str) -> String {
        if time.date() == self.end.date() {
            format!("on that day {happens} at {}", self.end.strftime("%R"))
        } else {
            format!("{happens} on {} at {}", self.end.strftime("%a %F"), self.end.strftime("%R"))
        }
    }
}
