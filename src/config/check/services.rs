//! `[[service]]`.

use super::super::problem::Place;
use super::super::raw::{RawSchedule, RawService, Read, Section};
use super::super::service::{OnManualChange, Service};
use super::checker::Checker;
use super::names::{Named, Names, ONE_NAME, help_with_names, label, label_help};
use super::plan::{Planned, Timing};
use crate::api::ServiceArn;
use crate::schedule::Schedule;
use crate::text::{nearest_within, quoted};
use jiff::{Span, SpanRelativeTo};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use toml::Spanned;

/// What to do about a file without services.
const NO_SERVICE_HELP: &str = "add a `[[service]]` with its `arn` and its `hours`, or put back what is missing: a file \
                               that was emptied or cut off looks like this";

/// How long a missed transition is still worth doing, unless the file says otherwise.
const DEFAULT_CATCH_UP: Duration = Duration::from_hours(12);

/// The shortest catch-up window.
const MIN_CATCH_UP: Duration = Duration::from_secs(1);

/// The longest catch-up window. After a week without reveille, somebody should look before anything is done.
const MAX_CATCH_UP: Duration = Duration::from_hours(7 * 24);

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
    names: Names,
    /// Services with the same rules of their own share a schedule: by zone and rules, as written.
    own_schedules: BTreeMap<String, Arc<Schedule>>,
    /// Regions and partitions that have been warned of: once is enough for all their services.
    doubtful_places: BTreeSet<String>,
}

/// A catch-up window, or why a text is none. On the wall clock a window is so many hours, so a day in it has 24 of them,
/// whatever the zone's clock does.
fn window(text: &str) -> Result<Duration, &'static str> {
    let hours = |span: Span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok();
    let given = text.parse::<Span>().ok().and_then(hours).ok_or("is no catch-up window")?;
    // A negative one is shorter than any.
    let window = Duration::try_from(given).unwrap_or_default();
    if window < MIN_CATCH_UP {
        return Err("is too short for a catch-up window");
    }
    if window > MAX_CATCH_UP {
        return Err("is too long for a catch-up window");
    }
    Ok(window)
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

impl Checker<'_> {
    pub(super) fn services(&mut self, sections: Vec<Read<RawService>>) -> Vec<Service> {
        // With another error the services may be there, and not be read.
        if sections.is_empty() && self.problems.errors() == 0 {
            let message = "the file has no services, so nothing would ever be resumed or paused";
            self.error(0..0, message, NO_SERVICE_HELP);
        }
        let mut seen = Seen::default();
        sections.into_iter().filter_map(|section| self.service(&section, &mut seen)).collect()
    }

    /// One service; `None` if anything about it is wrong. Every check is made, so that all is said at once.
    fn service(&mut self, section: &Read<RawService>, seen: &mut Seen) -> Option<Service> {
        let arn = self.arn(section, seen);
        let name = self.service_name(section, arn.as_ref(), seen);
        let catch_up = self.catch_up(section.raw.catch_up.as_ref());
        let on_manual_change = self.on_manual_change(section.raw.on_manual_change.as_ref());
        let schedule = self.schedule_of(section, seen);
        Some(Service {
            arn: arn?,
            name: name?,
            schedule: schedule?,
            catch_up: catch_up?,
            on_manual_change: on_manual_change?,
        })
    }

    fn arn(&mut self, section: &Read<RawService>, seen: &mut Seen) -> Option<ServiceArn> {
        let Some(given) = &section.raw.arn else {
            if !section.faulty {
                self.error(section.span.clone(), "a service has no `arn`", RawService::accepts("arn"));
            }
            return None;
        };
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
                format!("this ARN is already that of the service in {place}")
            } else {
                format!(
                    "this ARN differs only in case from that of the service in {place}: it is the same service"
                )
            };
            self.error(given.span(), message, "a service stands in the file once");
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
            let help = "leave `name` out to have the name in the ARN, or give a shorter one";
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

    fn catch_up(&mut self, given: Option<&Spanned<String>>) -> Option<Duration> {
        let Some(given) = given else {
            return Some(DEFAULT_CATCH_UP);
        };
        window(given.get_ref())
            .map_err(|why| {
                let message = format!("{} {why}", quoted(given.get_ref()));
                self.error(given.span(), message, RawService::accepts("catch-up"));
            })
            .ok()
    }

    fn on_manual_change(&mut self, given: Option<&Spanned<String>>) -> Option<OnManualChange> {
        match given.map(|given| given.get_ref().as_str()) {
            None | Some("respect") => Some(OnManualChange::Respect),
            Some("enforce") => Some(OnManualChange::Enforce),
            Some(other) => {
                let message = format!("{} is no value of `on-manual-change`", quoted(other));
                let span = given.map(Spanned::span).unwrap_or_default();
                self.error(span, message, RawService::accepts("on-manual-change"));
                None
            }
        }
    }

    /// The named schedule of a service, or one of its own rules.
    fn schedule_of(&mut self, section: &Read<RawService>, seen: &mut Seen) -> Option<Arc<Schedule>> {
        let timing = Timing::from(&section.raw);
        let own = timing.says_when() || timing.closed.is_some() || timing.timezone.is_some();
        match &section.raw.schedule {
            Some(name) if own => {
                let message = "a service has either a `schedule` or its own `hours`, `resume`, `pause`, `closed` and \
                               `timezone`";
                self.error(name.span(), message, "leave one of the two out");
                None
            }
            Some(name) => self.named(name),
            None if timing.says_when() => self.own(section, &timing, seen),
            None if section.faulty => None,
            None => {
                let message = "a service has neither a `schedule` nor its own `hours`, `resume` or `pause`";
                self.error(section.span.clone(), message, RawService::accepts("schedule"));
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
