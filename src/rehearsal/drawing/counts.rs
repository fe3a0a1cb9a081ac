//! The numbers of a rehearsal in words.

use super::rows::Fold;
use super::week::Week;
use super::words::{ending_word, number};

/// What was played: how long, from when, and for how many services.
pub(super) fn title(week: &Week) -> String {
    let days = ((week.length() + 43_200_000) / 86_400_000).max(1);
    let services = counted(week.services, "service");
    let fold = match week.fold {
        Fold::Service => "",
        Fold::Schedule => ", a row for each schedule",
        Fold::Zone => ", a row for each zone",
    };
    let from = week.rows.first().map(|row| {
        let local = week.from.to_zoned(row.zone.clone());
        let time = local.time() != jiff::civil::Time::midnight();
        format!(" from {}", local.strftime(if time { "%a %-d %b %Y %H:%M" } else { "%a %-d %b %Y" }))
    });
    format!("{}{}, {services}{fold}", counted(days, "day"), from.unwrap_or_default())
}

/// The counts: what is counted, and how much of it, in parts that may stand on lines of their own.
pub(super) fn counts(week: &Week) -> Vec<(&'static str, Vec<String>)> {
    let always = week.length() * week.services;
    let percent = (week.awake * 100 + always / 2).checked_div(always);
    let awake = vec![
        hours(week.awake),
        format!("of {} always on", hours(always)),
        format!("({} %)", percent.unwrap_or(0)),
    ];
    let mut counts = vec![
        ("occurrences", occurrences(week)),
        ("API calls", vec![number(week.calls)]),
        ("retries", vec![number(week.retries)]),
        ("hours awake", awake),
    ];
    if !week.fault_counts.is_empty() {
        counts.push(("trouble", trouble(week)));
    }
    counts
}

fn occurrences(week: &Week) -> Vec<String> {
    let all: u64 = week.endings.values().sum();
    if all == 0 {
        return vec!["none".to_owned()];
    }
    let ended =
        week.endings.iter().map(|(ending, count)| format!("{} {}", number(*count), ending_word(*ending)));
    let mut parts = vec![format!("{}:", number(all))];
    parts.extend(ended.map(|part| format!("{part},")));
    if let Some(last) = parts.last_mut() {
        last.pop();
    }
    parts
}

/// What was done to the world, and how much of it.
fn trouble(week: &Week) -> Vec<String> {
    let all = week.fault_counts.values().map(|count| count.times).sum();
    let phrases: Vec<String> = week.fault_counts.iter().map(|(word, count)| count.phrase(word)).collect();
    format!("{}: {}", number(all), phrases.join(", ")).split(' ').map(str::to_owned).collect()
}

fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", number(count), if count == 1 { "" } else { "s" })
}

/// Hours, with tenths where they matter.
fn hours(millis: u64) -> String {
    let tenths = (millis + 180_000) / 360_000;
    let (whole, tenth) = (tenths / 10, tenths % 10);
    match tenth {
        0 => number(whole),
        _ if whole >= 1_000 => number((tenths + 5) / 10),
        tenth => format!("{whole}.{tenth}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_have_tenths_where_they_matter() {
        let cases = [
            (0, "0"),
            (180_000_000, "50"),
            (1_059_840_000, "294.4"),
            (3_859_560_000, "1,072"),
            (31_536_000_000_000, "8,760,000"),
        ];
        for (millis, expected) in cases {
            assert_eq!(hours(millis), expected);
        }
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "service"), "1 service");
        assert_eq!(counted(1_000, "service"), "1,000 services");
    }
}
