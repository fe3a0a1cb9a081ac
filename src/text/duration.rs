//! Durations for people. Pure.

use std::time::Duration;

/// Durations from this length on are shown without tenths of a second.
const TENTHS_UP_TO: Duration = Duration::from_secs(10);

/// A duration in its two largest units: `9 h 18 min`, `31 s`; with tenths where it is short: `4.8 s`.
pub(crate) fn humane(duration: Duration) -> String {
    if duration < TENTHS_UP_TO {
        let tenths = duration.as_millis().saturating_add(50).div_euclid(100);
        return match (tenths.div_euclid(10), tenths % 10) {
            (seconds, 0) => format!("{seconds} s"),
            (seconds, tenth) => format!("{seconds}.{tenth} s"),
        };
    }
    in_whole_seconds(duration.as_secs()).unwrap_or_default()
}

/// The same of whole seconds; nothing where there are none.
pub(crate) fn in_whole_seconds(seconds: u64) -> Option<String> {
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let from_largest = units.iter().skip_while(|(count, _)| *count == 0).take(2);
    let shown: Vec<String> =
        from_largest.filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    (!shown.is_empty()).then(|| shown.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_written_in_its_two_largest_units() {
        let cases = [
            (0, "0 s"),
            (40, "0 s"),
            (4_800, "4.8 s"),
            (5_000, "5 s"),
            (9_960, "10 s"),
            (31_400, "31 s"),
            (90_000, "1 min 30 s"),
            (1_200_000, "20 min"),
            (3_600_000, "1 h"),
            (33_480_000, "9 h 18 min"),
            (43_200_000, "12 h"),
            (90_061_000, "1 d 1 h"),
            (86_460_000, "1 d"),
        ];
        for (millis, expected) in cases {
            assert_eq!(humane(Duration::from_millis(millis)), expected);
        }
    }
}
