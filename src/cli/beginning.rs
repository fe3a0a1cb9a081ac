//! `--from`: a date or an instant.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Years whose days have a beginning in every zone.
const YEARS: RangeInclusive<i16> = 1..=9_998;

/// Where a list of transitions or a rehearsal begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// When this day begins, in the zone of each schedule.
    Day(Date),
    Instant(Timestamp),
}

const NEITHER: &str = "it is neither a date such as 2026-03-29 nor an instant such as 2026-03-29T00:00:00Z";

/// jiff would take the date of any time, and silently drop the rest.
fn is_date_alone(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+'))
}

impl FromStr for Beginning {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        let Ok(time) = text.parse::<DateTime>() else {
            return Err(NEITHER.to_owned());
        };
        if !YEARS.contains(&time.year()) {
            return Err(format!("its year is not from {} to {}", YEARS.start(), YEARS.end()));
        }
        if !is_date_alone(text) {
            let date = time.date();
            return Err(format!(
                "a time needs an offset from UTC: write {time}Z, {time}+02:00, or {date} for the whole day"
            ));
        }
        Ok(Self::Day(time.date()))
    }
}

impl Beginning {
    /// The instant; a day begins in this zone.
    pub(super) fn instant(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Instant(instant) => instant,
            Self::Day(date) => {
                let midnight = date.to_zoned(zone.clone());
                midnight.map_or(Timestamp::MIN, |midnight| midnight.timestamp())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_begins_in_its_zone_and_a_time_without_a_zone_is_refused() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let begins = |text: &str| text.parse::<Beginning>().map(|from| from.instant(&zone).to_string());
        assert_eq!(begins("2027-03-28"), Ok("2027-03-27T23:00:00Z".to_owned()));
        assert_eq!(begins("2027-03-28T08:00:00+02:00"), Ok("2027-03-28T06:00:00Z".to_owned()));
        for wrong in ["soon", "2027-02-30", "28.03.2027", "", "-009999-01-01"] {
            assert!(begins(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_without_an_offset_is_refused_with_what_to_write() {
        let refused = |text: &str| text.parse::<Beginning>().unwrap_err();
        for time in ["2027-03-29T12:00:00", "2027-03-29 12:00", "2027-03-29T12:00:00[Europe/Berlin]"] {
            assert_eq!(
                refused(time),
                "a time needs an offset from UTC: write 2027-03-29T12:00:00Z, 2027-03-29T12:00:00+02:00, or \
                 2027-03-29 for the whole day"
            );
        }
        for offered in ["2027-03-29T12:00:00Z", "2027-03-29T12:00:00+02:00", "2027-03-29", "20270329"] {
            assert!(offered.parse::<Beginning>().is_ok(), "{offered}");
        }
        for year in ["9999-12-31", "-009999-01-01", "0000-01-01"] {
            assert_eq!(refused(year), "its year is not from 1 to 9998");
        }
    }
}
