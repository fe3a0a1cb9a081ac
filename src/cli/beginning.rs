//! `--from`: a date or an instant.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Years whose days have a beginning in every zone.
const YEARS: RangeInclusive<i16> = 1..=9_998;

/// When something begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// With this day.
    Day(Date),
    /// At this instant.
    Instant(Timestamp),
}

impl FromStr for Beginning {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        let date = text.parse().ok().filter(|date: &Date| YEARS.contains(&date.year()));
        date.map(Self::Day).ok_or_else(|| {
            "it is neither a date such as 2026-03-29 nor an instant such as 2026-03-29T00:00:00Z".to_owned()
        })
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
}
