//! Whether a version of the file that was read again takes effect, and what is logged about it.
//!
//! A smaller file is suspicious: an editor, a full disk or a template that failed halfway leaves one that is valid and
//! lacks services, which would then never be resumed. So a version that drops most services has to be confirmed.

use super::file::{Reread, Trigger, Unusable, Version};
use crate::api::ServiceArn;
use crate::config::{Config, DaemonSettings, Difference, NewZoneData, Service};
use crate::planner::LastOccurrence;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Of fewer services than this, dropping most is an edit that people make.
const FEWEST_TO_DOUBT: usize = 10;

/// The most services that one line names.
const MOST_NAMED: usize = 10;

/// How long before the last change of any service the last one of another may lie that was in effect as well: a week,
/// for rules of one day in it, and a day. What left the file earlier is no news at a start.
const IN_EFFECT_WITHIN: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Judges each version that is read again.
#[derive(Debug)]
pub(super) struct Reloads {
    /// `[daemon]` as it was at the start, which is what is in effect.
    daemon: DaemonSettings,
    /// What was said of the latest reading, unless that is in effect. A file is compared every minute, and nothing is
    /// said twice.
    reported: Option<Refused>,
}

/// Why a version is not in effect.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    Unusable(Unusable),
    /// It drops most services; by its digest.
    HeldBack(String),
}

impl Reloads {
    /// The file with which the process began.
    pub(super) fn of(config: &Config) -> Self {
        Self { daemon: config.daemon.clone(), reported: None }
    }

    /// The version that comes into effect, and what it changes; nothing when the one in effect stays.
    pub(super) fn judge(
        &mut self,
        in_effect: &Version,
        reread: Reread,
        now: Timestamp,
    ) -> Option<(Version, Difference)> {
        let Reread { trigger, version } = reread;
        let version = match version {
            Ok(version) => version,
            Err(unusable) => {
                self.refuse(trigger, Refused::Unusable(unusable), log_unusable);
                return None;
            }
        };
        let difference = Difference::between(&in_effect.config, &version.config);
        let services = in_effect.config.services.len();
        let dropped = difference.removed.len();
        // Who disables services has them in mind: they are as good as followed here, and those that were disabled before are
        // not.
        let left = version.config.services.len().saturating_add(difference.disabled.len());
        if is_doubtful(dropped, services, left) && !trigger.is_request() {
            let names = names_of(&in_effect.config, &difference.removed);
            self.refuse(trigger, Refused::HeldBack(version.digest), |_| {
                log_held_back(&names, dropped, services);
            });
            return None;
        }
        let was_refused = self.reported.take().is_some();
        let is_news = was_refused
            || trigger.is_request()
            || version.digest != in_effect.digest
            || !difference.is_empty();
        if !is_news {
            return None;
        }
        self.log(in_effect, &version, &difference, now);
        Some((version, difference))
    }

    /// Logs why a version is refused, unless that was logged before and nobody asked for this reload.
    fn refuse(&mut self, trigger: Trigger, refused: Refused, log: impl FnOnce(&Refused)) {
        if trigger.is_request() || self.reported.as_ref() != Some(&refused) {
            log(&refused);
        }
        self.reported = Some(refused);
    }

    fn log(&self, in_effect: &Version, version: &Version, difference: &Difference, now: Timestamp) {
        if !difference.disabled.is_empty() {
            tracing::warn!(
                disabled = difference.disabled.len(),
                names = listed(&names_of(&in_effect.config, &difference.disabled)),
                "services are disabled: they are no longer resumed or paused"
            );
        }
        if !difference.removed.is_empty() {
            tracing::warn!(
                removed = difference.removed.len(),
                names = listed(&names_of(&in_effect.config, &difference.removed)),
                "services left the file: they are no longer resumed or paused"
            );
        }
        if version.warnings != in_effect.warnings {
            version.tell_warnings();
        }
        if let Some(new) = NewZoneData::between(&in_effect.config, &version.config, now) {
            log_new_zone_data(&new);
        }
        tracing::info!(
            added = difference.added.len(),
            changed = difference.changed.len(),
            removed = difference.removed.len(),
            disabled = difference.disabled.len(),
            unchanged = difference.unchanged,
            "reloaded the file"
        );
        let keys = version.config.daemon.keys_unlike(&self.daemon);
        if !keys.is_empty() {
            tracing::warn!(keys = keys.join(", "), "[daemon] has changed: restart reveille to apply it");
        }
    }
}

/// Whether a file that drops so many of so many services, and leaves so many, is to be doubted: one that drops most of
/// them, or leaves none at all.
fn is_doubtful(dropped: usize, of: usize, left: usize) -> bool {
    (of >= FEWEST_TO_DOUBT && dropped > of / 2) || (of > 0 && left == 0)
}

fn log_unusable(refused: &Refused) {
    match refused {
        Refused::Unusable(Unusable::Unreadable(error)) => {
            tracing::error!(error, "cannot read the file; the previous version stays in effect");
        }
        Refused::Unusable(Unusable::Wrong(errors)) => {
            for error in errors {
                tracing::error!(error, "the file has errors; the previous version stays in effect");
            }
        }
        Refused::HeldBack(_) => {}
    }
}

fn log_held_back(names: &[&str], removed: usize, of: usize) {
    tracing::error!(
        removed,
        of,
        names = listed(names),
        "the file drops most of the services, so it is held back; the previous version stays in effect: \
         confirm it with `systemctl reload reveille` or SIGHUP, or put the missing services back"
    );
}

fn log_new_zone_data(new: &NewZoneData) {
    let zones: Vec<&str> = new.zones.iter().map(AsRef::as_ref).collect();
    tracing::info!(
        zones = listed(&zones),
        services = new.services,
        moved = new.moved,
        "the time zone data of this host has changed: {} of the next four weeks move",
        if new.is_all { "these transitions" } else { "at least these transitions" }
    );
}

/// Says at a start which services that were in effect lately are not in the file.
///
/// They are not held back as in a reload. There is no former version to go on with, only the last state of its services,
/// so the choice is between the file and nothing; and whoever restarts after a deliberate cut must not be locked out.
/// A file that was in effect already says nothing new.
pub(super) fn tell_missing(remembered: &[LastOccurrence], file: &Version, noted_last: Option<&str>) {
    if noted_last == Some(file.digest.as_str()) {
        return;
    }
    let newest = remembered.iter().map(|service| service.at).max();
    let since = newest.and_then(|newest| newest.checked_sub(IN_EFFECT_WITHIN).ok());
    let lately = || remembered.iter().filter(|service| Some(service.at) >= since);
    let present: BTreeSet<&ServiceArn> = file.config.named_services().map(|service| &service.arn).collect();
    let missing = lately().map(|service| &service.arn).filter(|arn| !present.contains(arn));
    let names: Vec<&str> = missing.map(ServiceArn::service_name).collect();
    let of = lately().count();
    match names.len() {
        0 => {}
        missing if is_doubtful(missing, of, present.len()) => tracing::error!(
            missing,
            of,
            names = listed(&names),
            "most services that were in effect before are missing from the file: they are neither resumed nor paused; \
             if that was not intended, put them back"
        ),
        missing => tracing::warn!(
            missing,
            of,
            names = listed(&names),
            "services that were in effect before are missing from the file: they are neither resumed nor paused"
        ),
    }
}

/// The names that the file has for these services, in its order.
fn names_of<'a>(config: &'a Config, arns: &[ServiceArn]) -> Vec<&'a str> {
    let arns: BTreeSet<&ServiceArn> = arns.iter().collect();
    let services = config.services.iter().filter(|service| arns.contains(&service.arn));
    services.map(|Service { name, .. }| name.as_ref()).collect()
}

/// The first of them, and how many there are besides.
fn listed(names: &[&str]) -> String {
    let first = names.get(..MOST_NAMED).unwrap_or(names).join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_doubted_when_it_drops_more_than_half_of_ten_services_or_all() {
        let cases = [
            ((9, 9, 9), false),
            ((9, 9, 0), true),
            ((0, 0, 0), false),
            ((5, 10, 5), false),
            ((6, 10, 4), true),
            ((5, 11, 6), false),
            ((6, 11, 5), true),
            ((279, 300, 21), true),
            ((300, 300, 300), true),
            ((0, 300, 300), false),
        ];
        for ((dropped, of, left), expected) in cases {
            assert_eq!(is_doubtful(dropped, of, left), expected, "{dropped} of {of}, {left} left");
        }
    }

    #[test]
    fn a_long_list_of_names_ends_with_how_many_more() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        assert_eq!(listed(&names[..2]), "a, b");
        assert_eq!(listed(&names[..10]), "a, b, c, d, e, f, g, h, i, j");
        assert_eq!(listed(&names), "a, b, c, d, e, f, g, h, i, j and 2 more");
    }
}
