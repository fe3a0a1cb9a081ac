//! Time zones by their IANA names.
//!
//! This is the one place where the module uses anything but its arguments: jiff reads the host's zone database, and
//! its own copy where the host has none. A zone is data that a government changes, not input that a caller could
//! bring, and for one database the answers are always the same.

mod lookup;
mod meant;
mod places;

pub(super) use lookup::in_any_case;

use crate::text::Diagnostic;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An instant at which a zone without clock changes has the offset that it keeps: the year 2100.
const LATER: Timestamp = Timestamp::constant(4_102_444_800, 0);

/// A zone, with its name as the file has it.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    pub(crate) zone: TimeZone,
    pub(crate) name: Arc<str>,
}

/// The zones that a file names, each looked up once.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    found: BTreeMap<String, Zone>,
}

impl Zones {
    /// The zone of a name in its exact IANA spelling.
    pub(crate) fn find(&mut self, name: &str) -> Option<Zone> {
        if let Some(zone) = self.found.get(name) {
            return Some(zone.clone());
        }
        let zone = Zone { zone: lookup::in_exact_case(name)?, name: name.into() };
        self.found.insert(name.to_owned(), zone.clone());
        Some(zone)
    }

    /// Why [`Zones::find`] found nothing, with what may be meant.
    pub(crate) fn explain(name: &str) -> Diagnostic {
        meant::explain(name)
    }
}

impl Zone {
    /// What a zone with one offset all year means, for those who expect the clock of a place. `UTC` says what it is.
    pub(crate) fn fixed_offset(&self) -> Option<Diagnostic> {
        const LIKE_PLACES: [&str; 3] = ["EST", "MST", "HST"];
        const LIKE_LONDON: [&str; 5] = ["GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich"];
        let name = &*self.name;
        let short = name.strip_prefix("Etc/").unwrap_or(name);
        let minutes = self.zone.to_offset(LATER).seconds() / 60;
        let offset = meant::in_words(minutes);
        if LIKE_LONDON.contains(&short) {
            let message = format!("`{name}` is {offset} all year, also in summer");
            let help = "the clock of London is `Europe/London`; for no clock changes write `UTC`";
            return Some(Diagnostic::whole(message).with_help(help));
        }
        if LIKE_PLACES.contains(&name) {
            let message = format!("`{name}` is {offset} all year: its clock never changes");
            return Some(Diagnostic::whole(message).with_help(meant::abbreviated(name)?));
        }
        short.strip_prefix("GMT").filter(|_| name != short)?;
        let message = format!("`{name}` is {offset} all year: its sign is the other way round");
        let other = 0_i32.saturating_sub(minutes);
        let help = match (meant::all_year(other), meant::with_standard_time(other)) {
            (Some(zone), Some(place)) => {
                format!("{} is `{zone}`, or better a place, as in `{place}`", meant::in_words(other))
            }
            (Some(zone), None) => format!("{} is `{zone}`", meant::in_words(other)),
            (None, _) => {
                format!(
                    "better name a place, as in `{}`",
                    meant::with_standard_time(minutes).unwrap_or("Pacific/Apia")
                )
            }
        };
        Some(Diagnostic::whole(message).with_help(help))
    }
}
