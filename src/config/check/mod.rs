//! From sections to a checked [`Config`]: the one door through which a file comes into the house.

mod closed;
mod gap;
mod names;
mod outlook;
mod plan;
mod rules;
mod services;
mod settings;
mod watch;

use super::checked::Config;
use super::context::CheckContext;
use super::problem::{Problems, Severity};
use super::raw::{RawSchedule, RawTop, Section};
use super::read;
use super::read::Sections;
use crate::schedule::{ClosedSet, Days, Schedule, Zone, Zones, zone};
use crate::text::{Diagnostic, did_you_mean, is_unprintable, quoted};
use outlook::Budget;
use plan::{Planned, Timing};
use rules::Rules;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::DeTable;

/// The longest label that a schedule or a service may have, in characters: it appears in every log line.
const MAX_LABEL_CHARS: usize = 100;

/// Checks a whole file. Without an error the config is there.
pub(crate) fn check(text: &str, context: CheckContext<'_>) -> (Option<Config>, Problems) {
    let mut problems = Problems::default();
    let config =
        read::sections(text, &mut problems).map(|sections| checked(text, context, sections, &mut problems));
    problems.sort();
    (config.filter(|_| problems.errors() == 0), problems)
}

fn checked(text: &str, context: CheckContext<'_>, sections: Sections<'_>, problems: &mut Problems) -> Config {
    let daemon = sections.daemon.map(|section| settings::daemon(section, problems)).unwrap_or_default();
    let limits = sections.limits.map(|section| settings::limits(section, problems)).unwrap_or_default();
    let mut checker = Checker {
        text,
        context,
        problems,
        zones: Zones::default(),
        rules: Rules::default(),
        zone_of_file: Given::Absent,
        closed_sets: BTreeMap::new(),
        calendars: BTreeMap::new(),
        unused_closed: BTreeMap::new(),
        unused_schedules: BTreeMap::new(),
        budget: Budget::default(),
        schedules: BTreeMap::new(),
        closed_days_unread: sections.closed_days_unread,
        schedules_unread: sections.schedules_unread,
    };
    checker.zone_of_file = checker.top(sections.top);
    for (name, value) in sections.closed_days {
        checker.closed_set(&name, value);
    }
    for (name, section) in sections.schedules {
        match section {
            Some(section) => checker.named_schedule(&name, section),
            None => drop(checker.schedules.insert(name.into_inner(), None)),
        }
    }
    let services = checker.services(sections.services);
    checker.warn_of_the_unused();
    Config { daemon, limits, services, named_schedules: checker.schedules.into_keys().collect() }
}

/// What the checks of one file share.
struct Checker<'a> {
    text: &'a str,
    context: CheckContext<'a>,
    problems: &'a mut Problems,
    zones: Zones,
    rules: Rules,
    /// The zone at the top of the file.
    zone_of_file: Given<Zone>,
    /// Every entry of `[closed-days]` by its name; `None` for one that is wrong.
    closed_sets: BTreeMap<String, Option<Arc<ClosedSet>>>,
    /// The days of each calendar by its path; `None` for one that is wrong.
    calendars: BTreeMap<String, Option<Arc<Days>>>,
    /// The entries that no schedule has named so far, and where they stand.
    unused_closed: BTreeMap<String, Range<usize>>,
    /// The schedules that no service has named so far, and where they stand.
    unused_schedules: BTreeMap<String, Range<usize>>,
    budget: Budget,
    /// Every schedule by its name; `None` for one that is wrong, which its services are not blamed for.
    schedules: BTreeMap<String, Option<Arc<Schedule>>>,
    closed_days_unread: bool,
    schedules_unread: bool,
}

/// A value that may be missing, or be there and wrong. What is wrong has been said.
#[derive(Debug, Clone)]
enum Given<T> {
    Absent,
    Wrong,
    Right(T),
}

impl Checker<'_> {
    fn top(&mut self, section: Spanned<DeTable<'_>>) -> Given<Zone> {
        let top = read::section::<RawTop>(section, self.problems);
        match top.raw.timezone {
            None if top.faulty => Given::Wrong,
            timezone => self.zone(timezone.as_ref()),
        }
    }

    fn named_schedule(&mut self, name: &Spanned<String>, section: Spanned<DeTable<'_>>) {
        let section = read::section::<RawSchedule>(section, self.problems);
        let label = label(name.get_ref());
        if label.is_none() {
            let message = format!("{} cannot be the name of a schedule", quoted(name.get_ref()));
            self.error(name.span(), message, label_help());
        }
        let timing = Timing::from(&section.raw);
        let planned = self.plan(&timing);
        let closed = self.closed_of(&timing);
        let zone = self.zone_for(timing.timezone, &section.span, section.faulty);
        if !timing.says_when() && !section.faulty {
            let message = format!(
                "the schedule {} has neither `hours` nor `resume` nor `pause`",
                quoted(name.get_ref())
            );
            self.error(section.span, message, RawSchedule::accepts("hours"));
        }
        let schedule = match (label, planned, zone, closed) {
            (
                Some(label),
                Some(Planned { plan, places }),
                Some(Zone { zone, name: zone_name }),
                Some(closed),
            ) if !section.faulty => {
                let schedule = Schedule { name: Some(label), zone, zone_name, plan, closed };
                self.look_ahead(&schedule, &places);
                Some(Arc::new(schedule))
            }
            _ => None,
        };
        self.schedules.insert(name.get_ref().clone(), schedule);
        self.unused_schedules.insert(name.get_ref().clone(), name.span());
    }

    /// The zone that a section names, else the one at the top of the file. There is no other.
    fn zone_for(
        &mut self,
        own: Option<&Spanned<String>>,
        section: &Range<usize>,
        faulty: bool,
    ) -> Option<Zone> {
        let given = match self.zone(own) {
            Given::Absent => self.zone_of_file.clone(),
            given => given,
        };
        match given {
            Given::Right(zone) => Some(zone),
            Given::Absent if !faulty => {
                let help =
                    "write `timezone = \"Europe/Berlin\"` here, or at the top of the file for all schedules";
                self.error(section.clone(), "no time zone says when these rules happen", help);
                None
            }
            Given::Absent | Given::Wrong => None,
        }
    }

    fn zone(&mut self, name: Option<&Spanned<String>>) -> Given<Zone> {
        let Some(name) = name else {
            return Given::Absent;
        };
        if let Some(zone) = self.zones.find(name.get_ref()) {
            if let Some(surprise) = zone::fixed_offset(&zone) {
                self.problems.warning(name.span(), surprise.message, surprise.help);
            }
            return Given::Right(zone);
        }
        // A near match costs a walk over all zones, so none is looked for when nobody will see it.
        let wrong =
            if self.problems.is_full() { Diagnostic::whole("") } else { zone::explain(name.get_ref()) };
        self.refuse(name.get_ref(), name.span(), wrong);
        Given::Wrong
    }

    fn error(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problems.error(span, message, help.into());
    }

    /// Reports what is wrong with a text value, at its place in the file.
    fn refuse(&mut self, value: &str, span: Range<usize>, wrong: Diagnostic) {
        let at = match wrong.at {
            Some(part) => self.part(value, span, part),
            None => span,
        };
        self.problems.add(Severity::Error, Diagnostic { at: Some(at), ..wrong });
    }

    /// The place of a part of a text value. Where the value is written with escapes, the parts have no places of
    /// their own, and it is the whole.
    fn part(&self, value: &str, span: Range<usize>, part: Range<usize>) -> Range<usize> {
        let written = self.text.get(span.clone()).unwrap_or_default();
        let quotes = written.len().saturating_sub(value.len()) / 2;
        let inside = span.start.saturating_add(quotes)..span.end.saturating_sub(quotes);
        if self.text.get(inside.clone()) != Some(value) {
            return span;
        }
        inside.start.saturating_add(part.start)..inside.start.saturating_add(part.end)
    }
}

/// "There is no …" with a near match, or with what there is.
fn help_with_names<'a>(name: &str, names: impl Iterator<Item = &'a str> + Clone, nothing: &str) -> String {
    let list: Vec<String> = names.clone().take(10).map(quoted).collect();
    let more = if names.clone().count() > list.len() { " and others" } else { "" };
    match list.as_slice() {
        [] => nothing.to_owned(),
        list => did_you_mean(name, names, &format!("the file has {}{more}", list.join(", "))),
    }
}

/// A label that can stand in a log line.
fn label(text: &str) -> Option<Arc<str>> {
    let fits = (1..=MAX_LABEL_CHARS).contains(&text.chars().count());
    let clean = !text.chars().any(is_unprintable) && text.trim() == text;
    (fits && clean).then(|| text.into())
}

fn label_help() -> String {
    format!(
        "a name has 1 to {MAX_LABEL_CHARS} characters, none of them a control character, no space at its ends"
    )
}
