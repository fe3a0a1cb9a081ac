//! `[[service]]`.

use super::super::problem::Place;
use super::super::raw::{
    MAX_SERVICES, RawDefaults, RawSchedule, RawService, Read, Section, TOO_MANY_SERVICES, TextList,
};
use super::super::service::Service;
use super::checker::Checker;
use super::given::Given;
use super::names::{Named, Names, ONE_NAME, help_with_names, label, label_help};
use super::plan::{Planned, Timing};
use crate::api::ServiceArn;
use crate::schedule::Schedule;
use crate::text::{nearest_within, quoted};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// What to do about a file without services.
const NO_SERVICE_HELP: &str = "add a `[[service]]` with its `arn` and its `hours`, or put back what is missing: a file \
                               that was emptied or cut off looks like this";

/// The most ARNs in one list.
const MAX_ARNS: usize = 10_000;

/// The one partition of AWS in which App Runner is.
const PARTITION: &str = "aws";

/// The regions in which App Runner is.
const REGIONS: [&str; 11] = [
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
];

/// How many letters of a region may be wrong: `us-west-1` is two from `us-east-1`.
const MISTAKES_IN_A_REGION: usize = 1;

/// What is remembered of the services before one.
#[derive(Default)]
struct Seen {
    /// The schedule of those that have none.
    default: Given<Arc<Schedule>>,
    names: Names,
    /// Services with the same rules of their own share a schedule: by zone and rules, as written.
    own_schedules: BTreeMap<String, Arc<Schedule>>,
    /// Regions and partitions that have been warned of: once is enough for all their services.
    doubtful_places: BTreeSet<String>,
}

/// The region that is meant by a misspelt one. Most regions are a letter or two from another, so only letters between
/// the beginning and the number are taken for a mistake: `af-south-1` is no other spelling of `ap-south-1`.
fn meant(region: &str) -> Option<&'static str> {
    let ends = |region: &str| (region.chars().take(2).collect::<String>(), region.chars().next_back());
    nearest_within(
        region,
        REGIONS.into_iter().filter(|known| ends(known) == ends(region)),
        MISTAKES_IN_A_REGION,
    )
}

/// The services of a file.
#[derive(Default)]
pub(super) struct Services {
    pub(super) enabled: Vec<Service>,
    pub(super) disabled: Vec<Service>,
}

impl Services {
    fn len(&self) -> usize {
        self.enabled.len().saturating_add(self.disabled.len())
    }
}

impl Checker<'_> {
    /// Every service. Those that have no schedule follow the default one.
    pub(super) fn services(
        &mut self,
        sections: &[Read<RawService>],
        defaults: Option<&Read<RawDefaults>>,
    ) -> Services {
        // With another error the services may be there, and not be read.
        if sections.is_empty() && self.problems.errors() == 0 {
            let message = "the file has no services, so nothing would ever be resumed or paused";
            self.error(0..0, message, NO_SERVICE_HELP);
        }
        let mut seen = Seen { default: self.schedule_of_defaults(defaults), ..Seen::default() };
        let mut services = Services::default();
        for section in sections {
            let is_enabled = section.raw.enabled.as_ref().is_none_or(|enabled| *enabled.get_ref());
            let list = if is_enabled { &mut services.enabled } else { &mut services.disabled };
            list.extend(self.section(section, &mut seen));
            if services.len() > MAX_SERVICES {
                self.error(section.span.clone(), "the file has too many services", TOO_MANY_SERVICES);
                break;
            }
        }
        self.warn_if_all_are_disabled(&services, sections);
        services
    }

    fn schedule_of_defaults(&mut self, defaults: Option<&Read<RawDefaults>>) -> Given<Arc<Schedule>> {
        let Some(defaults) = defaults else { return Given::Absent };
        match &defaults.raw.schedule {
            Some(name) => self.named(name).map_or(Given::Wrong, Given::Right),
            // It may be there, under a name that is misspelt.
            None if defaults.faulty => Given::Wrong,
            None => Given::Absent,
        }
    }

    fn warn_if_all_are_disabled(&mut self, services: &Services, sections: &[Read<RawService>]) {
        let first = sections.iter().find_map(|section| section.raw.enabled.as_ref());
        if let Some(first) = first.filter(|_| services.enabled.is_empty() && self.problems.errors() == 0) {
            let message = "every service is disabled, so nothing is resumed or paused";
            self.problems.warning(
                first.span(),
                message,
                "leave `enabled` out where a service is to be followed".to_owned(),
            );
        }
    }

    /// The services of one section; none if anything about it is wrong. Every check is made, so that all is said at once.
    fn section(&mut self, section: &Read<RawService>, seen: &mut Seen) -> Vec<Service> {
        let named = self.arns_and_names(section, seen);
        let schedule = self.schedule_of(section, seen);
        let name = schedule.as_ref().and_then(|schedule| schedule.name.as_deref());
        let of_schedule = name.and_then(|name| self.catch_up_of_schedule.get(name).copied());
        let catch_up = self.catch_up(section.raw.catch_up.as_ref(), of_schedule);
        let on_manual_change = self.on_manual_change(section.raw.on_manual_change.as_ref());
        let (Some(schedule), Some(catch_up), Some(on_manual_change)) = (schedule, catch_up, on_manual_change)
        else {
            return Vec::new();
        };
        let service =
            |(arn, name)| Service { arn, name, schedule: Arc::clone(&schedule), catch_up, on_manual_change };
        named.into_iter().map(service).collect()
    }

    fn arns_and_names(&mut self, section: &Read<RawService>, seen: &mut Seen) -> Vec<(ServiceArn, Arc<str>)> {
        match (&section.raw.arn, &section.raw.arns) {
            (given, None) => self.arn_and_name(given.as_ref(), section, seen).into_iter().collect(),
            (None, Some(given)) => self.list(given, section, seen),
            (Some(_), Some(given)) => {
                self.error(given.span(), "a service has either `arn` or `arns`", "leave one of the two out");
                Vec::new()
            }
        }
    }

    /// Services that have everything but their ARN in common.
    fn list(
        &mut self,
        given: &Spanned<TextList>,
        section: &Read<RawService>,
        seen: &mut Seen,
    ) -> Vec<(ServiceArn, Arc<str>)> {
        if let Some(name) = &section.raw.name {
            let help = "leave `name` out to have the name in each ARN, or write a `[[service]]` for each";
            self.error(name.span(), "several services cannot share a name", help);
        }
        let count = given.get_ref().len();
        if !(1..=MAX_ARNS).contains(&count) && !section.faulty {
            let message = match count {
                0 => "`arns` is an empty list".to_owned(),
                _ => format!("`arns` has a list of {count} ARNs"),
            };
            self.error(given.span(), message, format!("a list has 1 to {MAX_ARNS} ARNs"));
        }
        let mut named = Vec::new();
        for given in given.get_ref().iter().take(MAX_ARNS) {
            let arn = self.arn(given, seen);
            let name = arn.as_ref().and_then(|arn| self.name_in_arn(given, arn, seen));
            named.extend(arn.zip(name));
        }
        named
    }

    fn arn_and_name(
        &mut self,
        given: Option<&Spanned<String>>,
        section: &Read<RawService>,
        seen: &mut Seen,
    ) -> Option<(ServiceArn, Arc<str>)> {
        if given.is_none() && !section.faulty {
            self.error(section.span.clone(), "a service has no `arn`", RawService::accepts("arn"));
        }
        let arn = given.and_then(|given| self.arn(given, seen));
        let name = self.service_name(section, arn.as_ref(), seen);
        arn.zip(name)
    }

    fn arn(&mut self, given: &Spanned<String>, seen: &mut Seen) -> Option<ServiceArn> {
        let arn: ServiceArn = match given.get_ref().parse() {
            Ok(arn) => arn,
            Err(error) => {
                let message = format!("not the ARN of an App Runner service: {}", error.what());
                self.error(given.span(), message, error.help());
                return None;
            }
        };
        if let Err((first, at)) = seen.names.take_arn(&arn, given.span().start) {
            let place = self.place_in_words(at);
            let message = if first == arn {
                format!("the service in {place} already has this ARN")
            } else {
                format!(
                    "this ARN differs only in case from that of the service in {place}: it is the same service"
                )
            };
            self.error(given.span(), message, "list each service once");
            return None;
        }
        self.warn_of_a_place(&arn, given, seen);
        Some(arn)
    }

    /// App Runner may have come to more places than this build knows, so it is no more than a warning.
    fn warn_of_a_place(&mut self, arn: &ServiceArn, given: &Spanned<String>, seen: &mut Seen) {
        let (what, place, help) = if arn.partition() != PARTITION {
            ("partition", arn.partition(), format!("it is in the partition `{PARTITION}`"))
        } else if !REGIONS.contains(&arn.region()) {
            let list = format!("it is in {}", REGIONS.join(", "));
            (
                "region",
                arn.region(),
                meant(arn.region()).map_or(list, |near| format!("did you mean `{near}`?")),
            )
        } else {
            return;
        };
        if seen.doubtful_places.insert(place.to_owned()) {
            let begins = place.as_ptr().addr().saturating_sub(arn.as_str().as_ptr().addr());
            let span = self.part(given.get_ref(), given.span(), begins..begins.saturating_add(place.len()));
            let message = format!("App Runner is not known to be in the {what} {}", quoted(place));
            self.problems.warning(span, message, help);
        }
    }

    /// The label that the file gives, else the name in the ARN; `None` if another service has it, or it is wrong.
    fn service_name(
        &mut self,
        section: &Read<RawService>,
        arn: Option<&ServiceArn>,
        seen: &mut Seen,
    ) -> Option<Arc<str>> {
        match &section.raw.name {
            Some(given) => self.given_name(given, arn, seen),
            // It may be there, and not be a text.
            None if section.faulty => None,
            None => self.name_in_arn(section.raw.arn.as_ref()?, arn?, seen),
        }
    }

    fn given_name(
        &mut self,
        given: &Spanned<String>,
        arn: Option<&ServiceArn>,
        seen: &mut Seen,
    ) -> Option<Arc<str>> {
        let Some(name) = label(given.get_ref()) else {
            let message = format!("{} cannot be the name of a service", quoted(given.get_ref()));
            self.error(given.span(), message, label_help());
            return None;
        };
        if name.parse::<ServiceArn>().is_ok() {
            let help = "remove `name` to use the name in the ARN, or choose a shorter one";
            self.error(given.span(), "the name of a service cannot be an ARN", help);
            return None;
        }
        if let Err(taken) = seen.names.take(&name, given.span().start, arn) {
            self.taken(
                given.span(),
                &name,
                &taken,
                format!("{ONE_NAME}: give one of the two another `name`"),
            );
            return None;
        }
        Some(name)
    }

    fn name_in_arn(
        &mut self,
        given: &Spanned<String>,
        arn: &ServiceArn,
        seen: &mut Seen,
    ) -> Option<Arc<str>> {
        let name: Arc<str> = arn.service_name().into();
        let begins = given.get_ref().find('/').map_or(0, |slash| slash.saturating_add(1));
        let part = begins..begins.saturating_add(name.len());
        let place = self.part(given.get_ref(), given.span(), part);
        if let Err(taken) = seen.names.take(&name, place.start, Some(arn)) {
            self.taken(place, &name, &taken, taken.remedy(arn));
            return None;
        }
        Some(name)
    }

    fn taken(&mut self, span: Range<usize>, name: &str, taken: &Named, help: String) {
        let first = self.place_in_words(taken.at);
        let message = if *taken.name == *name {
            format!("{} is already the name of the service in {first}", quoted(name))
        } else {
            let (name, first_name) = (quoted(name), quoted(&taken.name));
            format!("{name} reads like {first_name}, the name of the service in {first}")
        };
        self.error(span, message, help);
    }

    fn place_in_words(&self, at: usize) -> String {
        // Counting lines is a walk over the file, so it is not done for a problem that nobody will see.
        if self.problems.is_full() {
            return String::new();
        }
        let Place { line, column } = Place::of(self.text, at);
        format!("line {line}, column {column}")
    }

    /// The named schedule of a service, or one of its own rules.
    fn schedule_of(&mut self, section: &Read<RawService>, seen: &mut Seen) -> Option<Arc<Schedule>> {
        let timing = Timing::from(&section.raw);
        let own = timing.says_when() || timing.closed.is_some() || timing.timezone.is_some();
        match &section.raw.schedule {
            Some(name) if own => {
                let message = "a service has either a `schedule` or its own `hours`, `resume`, `pause`, `closed` and \
                               `timezone`";
                self.error(name.span(), message, "remove one of the two");
                None
            }
            Some(name) => self.named(name),
            None if timing.says_when() => self.own(section, &timing, seen),
            None if section.faulty => None,
            None => self.default_schedule(section, &timing, seen),
        }
    }

    fn default_schedule(
        &mut self,
        section: &Read<RawService>,
        timing: &Timing<'_>,
        seen: &Seen,
    ) -> Option<Arc<Schedule>> {
        let own = timing.closed.map(Spanned::span).or_else(|| timing.timezone.map(Spanned::span));
        match (&seen.default, own) {
            (Given::Wrong, _) => None,
            (Given::Right(schedule), None) => Some(Arc::clone(schedule)),
            (Given::Right(_), Some(span)) => {
                let message = "a service that follows the schedule of `[defaults]` has no `closed` or `timezone` of its own";
                self.error(
                    span,
                    message,
                    "leave it out, or write `hours`, or `resume` and `pause`, beside it",
                );
                None
            }
            (Given::Absent, _) => {
                let message = "a service has neither a `schedule` nor its own `hours`, `resume` or `pause`";
                self.error(
                    section.span.clone(),
                    message,
                    "write `schedule`, or `hours`, or `resume` and `pause`; or a `schedule` in `[defaults]`",
                );
                None
            }
        }
    }

    fn named(&mut self, name: &Spanned<String>) -> Option<Arc<Schedule>> {
        if let Some(schedule) = self.schedules.get(name.get_ref()) {
            self.unused_schedules.remove(name.get_ref());
            return schedule.clone();
        }
        if self.schedules_unread {
            return None;
        }
        let help = if self.problems.is_full() {
            String::new()
        } else {
            // A key that stands in `[schedule]` itself has been refused, and names no schedule.
            let named = self
                .schedules
                .iter()
                .filter(|(name, schedule)| schedule.is_some() || !RawSchedule::has_key(name));
            let names = named.map(|(name, _)| name.as_str());
            help_with_names(name.get_ref(), names, "the file has no `[schedule.NAME]`")
        };
        self.error(name.span(), format!("there is no schedule {}", quoted(name.get_ref())), help);
        None
    }

    fn own(
        &mut self,
        section: &Read<RawService>,
        timing: &Timing<'_>,
        seen: &mut Seen,
    ) -> Option<Arc<Schedule>> {
        let planned = self.plan(timing);
        let closed = self.closed_of(timing);
        let zone = self.zone_for(timing.timezone, &section.span, section.faulty)?;
        let (Planned { plan, places }, closed) = (planned?, closed?);
        let key = format!("{}\n{}", zone.name, timing.as_written());
        if let Some(known) = seen.own_schedules.get(&key) {
            return Some(known.clone());
        }
        let schedule = Schedule { name: None, zone: zone.zone, zone_name: zone.name, plan, closed };
        self.look_ahead(&schedule, &places);
        let schedule = Arc::new(schedule);
        seen.own_schedules.insert(key, schedule.clone());
        Some(schedule)
    }
}
