//! `hours`, `resume`, `pause` and `closed`: what a schedule follows.

use super::super::raw::{OneOrMany, RawSchedule, RawService};
use super::checker::Checker;
use super::given::Given;
use super::names::help_with_names;
use crate::schedule::{ClosedDays, ClosedSet, Plan, Week, read_windows};
use crate::text::quoted;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// The most sets in one `closed`.
const MAX_CLOSED_SETS: usize = 20;

const NO_CLOSED_DAYS: &str =
    "the file has no `[closed-days]`: write that section, with `holidays = [\"--12-25\"]` in it";

/// The keys that a schedule and a service with rules of its own have in common.
pub(crate) struct Timing<'a> {
    pub(crate) hours: Option<&'a Spanned<OneOrMany>>,
    pub(crate) resume: Option<&'a Spanned<OneOrMany>>,
    pub(crate) pause: Option<&'a Spanned<OneOrMany>>,
    pub(crate) closed: Option<&'a Spanned<OneOrMany>>,
    pub(crate) timezone: Option<&'a Spanned<String>>,
}

/// A plan, and where each part of it stands.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) places: Places,
}

/// Where the parts of a plan stand in the file.
pub(crate) enum Places {
    /// One for each rule, in their order.
    Rules(Vec<Range<usize>>),
    /// Each text of a window with the week that it makes alone.
    Hours(Vec<(Week, Range<usize>)>),
}

impl<'a> From<&'a RawSchedule> for Timing<'a> {
    fn from(raw: &'a RawSchedule) -> Self {
        Self {
            hours: raw.hours.as_ref(),
            resume: raw.resume.as_ref(),
            pause: raw.pause.as_ref(),
            closed: raw.closed.as_ref(),
            timezone: raw.timezone.as_ref(),
        }
    }
}

impl<'a> From<&'a RawService> for Timing<'a> {
    fn from(raw: &'a RawService) -> Self {
        Self {
            hours: raw.hours.as_ref(),
            resume: raw.resume.as_ref(),
            pause: raw.pause.as_ref(),
            closed: raw.closed.as_ref(),
            timezone: raw.timezone.as_ref(),
        }
    }
}

impl Timing<'_> {
    /// Whether anything says when services wake or sleep.
    pub(crate) fn says_when(&self) -> bool {
        self.hours.is_some() || self.resume.is_some() || self.pause.is_some()
    }

    /// All of it but the zone as one text: services with the same text share a schedule.
    pub(crate) fn as_written(&self) -> String {
        let keys =
            [("hours", self.hours), ("resume", self.resume), ("pause", self.pause), ("closed", self.closed)];
        let given = keys.into_iter().filter_map(|(key, texts)| Some((key, texts?.get_ref().texts())));
        given.map(|(key, texts)| format!("{key} {texts:?}\n")).collect()
    }
}

impl Checker<'_> {
    /// What a section follows, or `None` if something about it is wrong. Whether it must say anything is for the
    /// caller to know.
    pub(crate) fn plan(&mut self, timing: &Timing<'_>) -> Option<Planned> {
        let Some(hours) = timing.hours else {
            let rules = self.rules(timing.resume, timing.pause)?;
            let (rules, places): (Vec<_>, _) = rules.into_iter().unzip();
            return Some(Planned { plan: Plan::Rules(rules.into()), places: Places::Rules(places) });
        };
        let planned = self.hours(hours);
        if timing.resume.is_none() && timing.pause.is_none() {
            return planned;
        }
        let message = "`hours` cannot be combined with `resume` or `pause`";
        self.error(hours.span(), message, "write either working hours or cron rules");
        self.rules(timing.resume, timing.pause);
        None
    }

    fn hours(&mut self, hours: &Spanned<OneOrMany>) -> Option<Planned> {
        let before = self.problems.errors();
        let (mut all, mut places) = (Vec::new(), Vec::new());
        for (text, span) in self.texts("hours", "windows", hours) {
            match read_windows(text) {
                Ok(windows) => {
                    all.extend_from_slice(&windows);
                    places.push((Week::new(windows), self.part(text, span, 0..text.len())));
                }
                Err(wrong) => self.refuse(text, span, wrong),
            }
        }
        let planned = Planned { plan: Plan::Hours(Arc::new(Week::new(all))), places: Places::Hours(places) };
        (self.problems.errors() == before).then_some(planned)
    }

    /// The closed days of a schedule, or those of `[defaults]`, or `None` if one of them is wrong.
    pub(crate) fn closed_of(&mut self, timing: &Timing<'_>) -> Option<ClosedDays> {
        match (timing.closed, &self.defaults.closed) {
            (Some(closed), _) => self.closed_sets_of(closed),
            (None, Given::Right(closed)) => Some(closed.clone()),
            (None, Given::Absent) => Some(ClosedDays::default()),
            (None, Given::Wrong) => None,
        }
    }

    /// The sets that `closed` names, or `None` if one of them is wrong.
    pub(super) fn closed_sets_of(&mut self, closed: &Spanned<OneOrMany>) -> Option<ClosedDays> {
        let names = match closed.get_ref() {
            OneOrMany::One(name) => vec![(name.as_str(), closed.span())],
            OneOrMany::Many(names) if names.len() <= MAX_CLOSED_SETS => {
                names.iter().map(|name| (name.get_ref().as_str(), name.span())).collect()
            }
            OneOrMany::Many(names) => {
                let message = format!("`closed` has a list of {} names", names.len());
                self.error(closed.span(), message, format!("a list has at most {MAX_CLOSED_SETS} names"));
                return None;
            }
        };
        let sets: Vec<_> = names.into_iter().map(|(name, span)| self.closed_named(name, span)).collect();
        sets.into_iter().collect::<Option<_>>().map(ClosedDays::new)
    }

    fn closed_named(&mut self, name: &str, span: Range<usize>) -> Option<Arc<ClosedSet>> {
        if let Some(set) = self.closed_sets.get(name) {
            self.unused_closed.remove(name);
            return set.clone();
        }
        if self.closed_days_unread {
            return None;
        }
        let names = self.closed_sets.keys().map(String::as_str);
        let help = help_with_names(name, names, NO_CLOSED_DAYS);
        self.error(span, format!("there are no closed days called {}", quoted(name)), help);
        None
    }
}
