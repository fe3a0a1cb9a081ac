//! Time zones by their IANA names.
//!
//! This is the one place in which the room looks outside of its arguments: jiff reads the host's zone database, and
//! its own copy where the host has none. A zone is data that a government changes, not input that a caller could
//! bring, and for one database the answers are always the same.

use super::near::nearest;
use super::problem::quoted;
use jiff::tz::{TimeZone, db};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest name that is looked up, in bytes; the longest in use has about 30.
const MAX_NAME_BYTES: usize = 64;

/// A zone, with its name as the file has it.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    pub(super) zone: TimeZone,
    pub(super) name: Arc<str>,
}

/// What is wrong with the name of a zone.
#[derive(Debug)]
pub(super) struct WrongZone {
    pub(super) message: String,
    pub(super) help: String,
}

/// The zones that a file names, each looked up once.
#[derive(Debug, Default)]
pub(super) struct Zones {
    found: BTreeMap<String, Zone>,
}

impl Zones {
    /// The zone of a name in its exact IANA spelling.
    pub(super) fn find(&mut self, name: &str) -> Option<Zone> {
        if let Some(zone) = self.found.get(name) {
            return Some(zone.clone());
        }
        let zone = Zone { zone: look_up(name)?, name: name.into() };
        self.found.insert(name.to_owned(), zone.clone());
        Some(zone)
    }
}

/// Why [`Zones::find`] found nothing, with the near match.
pub(super) fn explain(name: &str) -> WrongZone {
    let what = if names_no_place(name) { "place's time zone" } else { "time zone that this machine knows" };
    let message = format!("{} is no {what}", quoted(name));
    let names: Vec<String> =
        db().available().map(|known| known.to_string()).filter(|known| !names_no_place(known)).collect();
    let city = names
        .iter()
        .find(|known| known.rsplit_once('/').is_some_and(|(_, city)| city.eq_ignore_ascii_case(name.trim())));
    let near = city.map(String::as_str).or_else(|| nearest(name, names.iter().map(String::as_str)));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "a zone is named as the IANA database has it, such as `Europe/Berlin` or `UTC`".to_owned(),
    };
    WrongZone { message, help }
}

fn look_up(name: &str) -> Option<TimeZone> {
    if name.len() > MAX_NAME_BYTES || names_no_place(name) {
        return None;
    }
    let zone = TimeZone::get(name).ok()?;
    // The look-up ignores case, other programs that read the name may not.
    (zone.iana_name() == Some(name)).then_some(zone)
}

/// Names that databases have beside the zones: the host's own zone, a zone that nobody has set, zones with leap
/// seconds. Each would mean something that the file does not say.
fn names_no_place(name: &str) -> bool {
    const NOT_ZONES: [&str; 4] = ["localtime", "posixrules", "Factory", "Etc/Unknown"];
    const OTHER_DATABASES: [&str; 2] = ["right/", "posix/"];
    NOT_ZONES.iter().any(|not| name.eq_ignore_ascii_case(not))
        || OTHER_DATABASES.iter().any(|prefix| name.starts_with(prefix))
}
