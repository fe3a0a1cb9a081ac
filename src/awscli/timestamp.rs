//! Instants, as the CLI prints them.

use super::value::Value;
use jiff::fmt::rfc2822;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// How the instants of a reply are printed.
#[derive(Debug, Clone)]
pub(crate) enum TimeFormat {
    /// In ISO 8601, with the offset of this zone.
    Iso8601(TimeZone),
    /// As App Runner sent them.
    AsOnTheWire,
}

/// What stands where an instant belongs, and is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a number of seconds nor a date and time")]
pub(crate) struct InvalidTime(String);

impl TimeFormat {
    /// The instant, as it is printed.
    pub(super) fn show(&self, value: &Value) -> Result<Value, InvalidTime> {
        let Self::Iso8601(zone) = self else { return Ok(value.clone()) };
        let invalid = || InvalidTime(value.to_string());
        let (instant, offset) = read(value).ok_or_else(invalid)?;
        let offset = offset.unwrap_or_else(|| zone.to_offset(instant));
        Ok(Value::Text(iso_8601(instant, offset)))
    }
}

/// The instant, and the offset that came with it.
fn read(value: &Value) -> Option<(Timestamp, Option<Offset>)> {
    match value {
        Value::Int(seconds) => Some((Timestamp::from_second(i64::try_from(*seconds).ok()?).ok()?, None)),
        Value::Float(seconds) => Some((from_seconds(*seconds)?, None)),
        Value::Text(text) => {
            if let Ok(seconds) = text.trim().parse::<f64>() {
                return Some((from_seconds(seconds)?, None));
            }
            from_text(text).map(|zoned| (zoned.timestamp(), Some(zoned.offset())))
        }
        _ => None,
    }
}

/// To the microsecond, for no more fits into the number that comes over the wire.
fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let microseconds = (seconds * 1e6).round_ties_even();
    // The range in which the cast is exact, and far more than the years 1 to 9999.
    if microseconds.abs() > 1e18 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range was checked, and the fraction rounded away"
    )]
    let microseconds = microseconds as i64;
    Timestamp::from_microsecond(microseconds).ok()
}

fn from_text(text: &str) -> Option<Zoned> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        let offset = jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(offset_of(text));
        let zone = offset.unwrap_or(TimeZone::UTC);
        return Some(instant.to_zoned(zone));
    }
    if let Ok(zoned) = rfc2822::parse(text) {
        return Some(zoned);
    }
    text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()
}

/// The last part of `2020-11-20T19:05:25+02:00`.
fn offset_of(text: &str) -> &str {
    let time = text.find(['T', 't', ' ']).and_then(|at| text.get(at..)).unwrap_or_default();
    time.find(['+', '-']).and_then(|at| time.get(at..)).unwrap_or("+00:00")
}

fn iso_8601(instant: Timestamp, offset: Offset) -> String {
    let civil = offset.to_datetime(instant);
    let form =
        if civil.subsec_nanosecond() / 1_000 == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S.%6f" };
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{}{sign}{:02}:{:02}", civil.strftime(form), minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        let value: Value = serde_json::from_str(json).unwrap();
        TimeFormat::Iso8601(zone)
            .show(&value)
            .map_or_else(|error| error.to_string(), |value| value.to_string())
    }

    #[test]
    fn instants_have_the_offset_of_the_zone_or_their_own() {
        let cases = [
            ("1605899125.0", "UTC", "2020-11-20T19:05:25+00:00"),
            ("1606135297.123", "UTC", "2020-11-23T12:41:37.123000+00:00"),
            ("1606135297.1234567", "UTC", "2020-11-23T12:41:37.123457+00:00"),
            ("1605899125", "Europe/Berlin", "2020-11-20T20:05:25+01:00"),
            ("1594000000", "America/New_York", "2020-07-05T21:46:40-04:00"),
            ("1594000000", "Asia/Kolkata", "2020-07-06T07:16:40+05:30"),
            ("-1.5", "UTC", "1969-12-31T23:59:58.500000+00:00"),
            ("\"1605899125.5\"", "UTC", "2020-11-20T19:05:25.500000+00:00"),
            ("\"2020-11-20T19:05:25Z\"", "Europe/Berlin", "2020-11-20T19:05:25+00:00"),
            ("\"2020-11-20T19:05:25.250+02:00\"", "UTC", "2020-11-20T19:05:25.250000+02:00"),
            ("\"2020-11-20T19:05:25-0530\"", "UTC", "2020-11-20T19:05:25-05:30"),
            ("\"Fri, 20 Nov 2020 19:05:25 GMT\"", "UTC", "2020-11-20T19:05:25+00:00"),
            ("\"2020-11-20T19:05:25\"", "Europe/Berlin", "2020-11-20T19:05:25+00:00"),
            ("\"soon\"", "UTC", "`soon` is neither a number of seconds nor a date and time"),
            ("1e300", "UTC", "`1e+300` is neither a number of seconds nor a date and time"),
            ("true", "UTC", "`True` is neither a number of seconds nor a date and time"),
        ];
        for (json, zone, expected) in cases {
            assert_eq!(shown(json, zone), expected, "{json} in {zone}");
        }
    }
}
