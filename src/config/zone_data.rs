//! New data for a time zone, which moves the transitions of a file that says the same.

use super::checked::Config;
use super::service::Service;
use crate::schedule::{Schedule, Transition};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far ahead transitions are compared: what people have planned for, and within what two versions of the file can
/// be told apart by hand.
const LOOKED_AHEAD: SignedDuration = SignedDuration::from_hours(4 * 7 * 24);

/// The most transitions that are compared in all: some hundredths of a second of work.
const MOST_COMPARED: usize = 2000;

/// What new data for time zones changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewZoneData {
    /// The zones, by the names that the file has for them.
    pub zones: BTreeSet<Arc<str>>,
    /// How many services follow one of them.
    pub services: usize,
    /// How many transitions of these services in the next four weeks happen at another instant.
    pub moved: usize,
    /// Whether all of them were compared; otherwise more may move.
    pub is_all: bool,
}

impl NewZoneData {
    /// What differs between two readings of a file by the zones alone. `None` when no zone has changed.
    pub fn between(old: &Config, new: &Config, from: Timestamp) -> Option<Self> {
        let before: BTreeMap<_, &Service> =
            old.services.iter().map(|service| (&service.arn, service)).collect();
        let mut found = Self { zones: BTreeSet::new(), services: 0, moved: 0, is_all: true };
        let mut left = MOST_COMPARED;
        // Services share schedules, so each pair of them is compared once.
        let mut compared: BTreeMap<(*const Schedule, *const Schedule), usize> = BTreeMap::new();
        for service in &new.services {
            let Some(before) = before.get(&service.arn) else { continue };
            let (old, new) = (&before.schedule, &service.schedule);
            if old.zone_name != new.zone_name || old.zone == new.zone {
                continue;
            }
            found.zones.insert(Arc::clone(&new.zone_name));
            found.services = found.services.saturating_add(1);
            let pair = (Arc::as_ptr(old), Arc::as_ptr(new));
            let moved = *compared.entry(pair).or_insert_with(|| moved(old, new, from, &mut left));
            found.moved = found.moved.saturating_add(moved);
        }
        found.is_all = left > 0;
        (!found.zones.is_empty()).then_some(found)
    }
}

/// How many of the new schedule's transitions the old one does not have, as far as they may be compared.
fn moved(old: &Schedule, new: &Schedule, from: Timestamp, left: &mut usize) -> usize {
    let until = from.checked_add(LOOKED_AHEAD).unwrap_or(Timestamp::MAX);
    let most = left.div_ceil(2);
    let ahead = |schedule: &Schedule| -> BTreeSet<Transition> {
        schedule.after(from).take_while(|next| next.at <= until).take(most).collect()
    };
    let (old, new) = (ahead(old), ahead(new));
    *left = left.saturating_sub(old.len()).saturating_sub(new.len());
    // Where one was cut off, what comes later cannot be told.
    let cut = [&old, &new].into_iter().filter(|ahead| ahead.len() == most).filter_map(|ahead| ahead.last());
    let until = cut.map(|last| last.at).min().unwrap_or(until);
    new.difference(&old).filter(|transition| transition.at <= until).count()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use jiff::tz::TimeZone;

    /// A file whose zone follows this rule, whatever the host knows of it.
    fn file(rules: &str, zone: &str) -> Config {
        let mut config = parse(&format!(
            "timezone = \"Europe/Berlin\"\n[schedule.office]\n{rules}\n\
             [[service]]\narn = \"arn:aws:apprunner:us-east-1:123456789012:service/shop/{:032}\"\nschedule = \"office\"\n\
             [[service]]\narn = \"arn:aws:apprunner:us-east-1:123456789012:service/cart/{:032}\"\nschedule = \"office\"\n",
            1, 2
        ))
        .unwrap();
        let schedule = &config.services[0].schedule;
        let schedule = Arc::new(Schedule {
            name: schedule.name.clone(),
            zone: TimeZone::posix(zone).unwrap(),
            zone_name: Arc::clone(&schedule.zone_name),
            plan: schedule.plan.clone(),
            closed: schedule.closed.clone(),
        });
        config.services.iter_mut().for_each(|service| service.schedule = Arc::clone(&schedule));
        config
    }

    const OFFICE: &str = "hours = \"Mon-Fri 08:00-18:00\"";
    const EUROPE: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

    fn new_data(rules: &str, zones: [&str; 2], from: &str) -> Option<NewZoneData> {
        let [old, new] = zones.map(|zone| file(rules, zone));
        NewZoneData::between(&old, &new, from.parse().unwrap())
    }

    #[test]
    fn a_government_that_gives_up_summer_time_moves_what_comes_after_the_change() {
        // A fortnight before the change: two weeks of five days with two transitions, of two services.
        let new = new_data(OFFICE, [EUROPE, "CET-1"], "2027-03-14T12:00:00Z").unwrap();
        assert_eq!(new.zones.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["Europe/Berlin"]);
        assert_eq!((new.services, new.moved, new.is_all), (2, 2 * 2 * 5 * 2, true));
        let new = new_data(OFFICE, [EUROPE, "CET-1"], "2027-11-14T12:00:00Z").unwrap();
        assert_eq!((new.services, new.moved), (2, 0), "in winter nothing moves yet");
    }

    #[test]
    fn the_same_data_is_not_reported() {
        assert_eq!(new_data(OFFICE, [EUROPE, EUROPE], "2027-03-14T12:00:00Z"), None);
    }

    #[test]
    fn of_very_many_transitions_only_some_are_compared() {
        let often = "resume = \"* * * * *\"\npause = \"30 * * * * *\"";
        let new = new_data(often, ["UTC0", "XXX-0:00:07"], "2027-03-14T12:00:00Z").unwrap();
        assert!(!new.is_all, "{new:?}");
        assert!((1..=2 * MOST_COMPARED).contains(&new.moved), "{new:?}");
    }
}
