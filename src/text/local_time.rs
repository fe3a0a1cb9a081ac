//! Instants within texts, as people of a zone read them. Pure.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A text in which each instant that a program wrote (`2027-03-25T15:00:00Z`) is written in a zone's own time.
pub(crate) fn localised(text: &str, zone: &TimeZone, told: impl Fn(&Zoned) -> String) -> String {
    let mut local = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, instant, after)) = split_at_instant(rest) {
        local.push_str(before);
        local.push_str(&told(&instant.to_zoned(zone.clone())));
        rest = after;
    }
    local.push_str(rest);
    local
}

/// The first instant in a text, and what stands before and behind it.
fn split_at_instant(text: &str) -> Option<(&str, Timestamp, &str)> {
    text.match_indices('Z').find_map(|(at, _)| {
        let (until, after) = text.split_at_checked(at.saturating_add(1))?;
        let before = text.get(..at)?.trim_end_matches(is_part);
        let instant = until.strip_prefix(before)?;
        let from_digit = instant.trim_start_matches(|c: char| !c.is_ascii_digit());
        let before = until.strip_suffix(from_digit)?;
        Some((before, from_digit.parse().ok()?, after))
    })
}

/// Whether an instant may hold this before its `Z`.
fn is_part(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | 'T')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_within_a_text_are_written_in_local_time() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let cases = [
            ("the pause at 2027-03-25T15:00:00Z came first", "the pause at 25 Mar 16:00 came first"),
            ("2027-03-28T00:59:59.9Z, 2027-03-28T01:00:00Z", "28 Mar 01:59, 28 Mar 03:00"),
            ("at:2027-03-25T15:00:00Z; Zürich", "at:25 Mar 16:00; Zürich"),
            ("AZ, EZ, 12Z and 2027-13-25T15:00:00Z", "AZ, EZ, 12Z and 2027-13-25T15:00:00Z"),
            ("", ""),
        ];
        for (text, expected) in cases {
            let told = |at: &Zoned| at.strftime("%-d %b %H:%M").to_string();
            assert_eq!(localised(text, &zone, told), expected);
        }
    }
}
