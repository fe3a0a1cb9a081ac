//! What the zone database has under a name.

use jiff::tz::TimeZone;

/// The longest name that is looked up, in bytes; the longest in use has about 30.
const MAX_NAME_BYTES: usize = 64;

/// The zone of a name, as a calendar gives it.
pub(crate) fn in_any_case(name: &str) -> Option<TimeZone> {
    if name.len() > MAX_NAME_BYTES || names_no_place(name) {
        return None;
    }
    TimeZone::get(name).ok()
}

/// The zone of a name in its exact IANA spelling.
pub(super) fn in_exact_case(name: &str) -> Option<TimeZone> {
    let zone = in_any_case(name)?;
    // The look-up ignores case, other programs that read the name may not.
    (zone.iana_name() == Some(name)).then_some(zone)
}

/// Names that databases have beside the zones: the host's own zone, a zone that nobody has set, zones with leap
/// seconds. Each would mean something that the file does not say.
pub(super) fn names_no_place(name: &str) -> bool {
    const NOT_ZONES: [&str; 4] = ["localtime", "posixrules", "Factory", "Etc/Unknown"];
    const OTHER_DATABASES: [&str; 2] = ["right/", "posix/"];
    NOT_ZONES.iter().any(|not| name.eq_ignore_ascii_case(not))
        || OTHER_DATABASES.iter().any(|prefix| name.starts_with(prefix))
}
