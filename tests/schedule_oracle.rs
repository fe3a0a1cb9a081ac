//! Another way to the same transitions: watch the zone's clock, minute by minute, as a person would.
//!
//! The watcher knows nothing of gaps, folds or offsets. A rule of fixed times happens when the clock first shows, or
//! first jumps over, one of them; a rule that follows real time happens whenever the clock shows one of its times.

#![expect(clippy::arithmetic_side_effects, reason = "a test may panic where time ends")]

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use reveille::schedule::parse;

/// A rule as cron writes it, as a question about one minute, and whether it follows real time.
type Watched = (&'static str, fn(DateTime) -> bool, bool);

const RULES: [Watched; 9] = [
    ("0 8 * * 1-5", |t| at(t, 8, 0) && !weekend(t), false),
    ("30 2 * * *", |t| at(t, 2, 30), false),
    ("15 1 * * *", |t| at(t, 1, 15), false),
    ("0 0 * * *", |t| at(t, 0, 0), false),
    ("10,50 0-3,23 * * *", |t| matches!(t.hour(), 0..=3 | 23) && matches!(t.minute(), 10 | 50), false),
    (
        "0 3,15 1-7 * SUN",
        |t| matches!(t.hour(), 3 | 15) && t.minute() == 0 && (t.day() <= 7 || sunday(t)),
        false,
    ),
    ("*/30 * * * *", |t| t.minute() % 30 == 0, true),
    ("5 */2 * * *", |t| t.minute() == 5 && t.hour() % 2 == 0, true),
    ("*/20 2 * * SAT,SUN", |t| t.hour() == 2 && t.minute() % 20 == 0 && weekend(t), true),
];

const ZONES: [&str; 20] = [
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Caracas",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Pyongyang",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
];

fn at(time: DateTime, hour: i8, minute: i8) -> bool {
    (time.hour(), time.minute()) == (hour, minute)
}

fn sunday(time: DateTime) -> bool {
    time.weekday() == Weekday::Sunday
}

fn weekend(time: DateTime) -> bool {
    sunday(time) || time.weekday() == Weekday::Saturday
}

/// What the watcher sees of every rule between two instants.
fn watch(zone: &TimeZone, from: Timestamp, until: Timestamp) -> [Vec<Timestamp>; RULES.len()] {
    let mut seen: [Vec<Timestamp>; RULES.len()] = Default::default();
    let mut furthest = zone.to_datetime(from);
    let mut now = from + SignedDuration::from_mins(1);
    while now <= until {
        let shown = zone.to_datetime(now);
        let mut passed = Vec::new();
        while furthest < shown {
            furthest += 1.minute();
            passed.push(furthest);
        }
        for ((_, matches, follows_real_time), seen) in RULES.iter().zip(&mut seen) {
            let happens =
                if *follows_real_time { matches(shown) } else { passed.iter().any(|time| matches(*time)) };
            if happens {
                seen.push(now);
            }
        }
        now += SignedDuration::from_mins(1);
    }
    seen
}

#[test]
fn whoever_watches_the_clock_sees_the_same_transitions() {
    let text = RULES.map(|(rule, ..)| rule);
    let mut windows = 0;
    for name in ZONES {
        let zone = TimeZone::get(name).unwrap();
        let schedules = text.map(|rule| {
            let text = format!(
                "[[service]]\narn = \"arn:aws:apprunner:eu-west-1:123456789012:service/checkout/{}\"\ntimezone = \"{name}\"\nresume = \"{rule}\"",
                "0".repeat(32)
            );
            let config = parse(&text).unwrap_or_else(|problems| panic!("{}", problems.render(name, &text)));
            config.services[0].schedule.clone()
        });
        let first: Timestamp = "2000-01-01T00:00Z".parse().unwrap();
        let last: Timestamp = "2037-12-31T00:00Z".parse().unwrap();
        let changes = zone.following(first).map(|change| change.timestamp()).take_while(|at| *at < last);
        for change in changes.chain([first]) {
            // Long enough for Apia's missing day, too.
            let (from, until) =
                (change - SignedDuration::from_hours(4), change + SignedDuration::from_hours(10));
            for ((rule, seen), schedule) in text.iter().zip(watch(&zone, from, until)).zip(&schedules) {
                let computed: Vec<Timestamp> = schedule
                    .after(from)
                    .map(|transition| transition.at)
                    .take_while(|at| *at <= until)
                    .collect();
                assert_eq!(computed, seen, "{rule} in {name} around {change}");
                // Whoever begins to ask in the middle, also in an hour that occurs for the second time.
                for minutes in [0, 10, 40] {
                    let asked = change + SignedDuration::from_mins(minutes);
                    let next = schedule.next_after(asked).map(|next| next.at).filter(|at| *at <= until);
                    assert_eq!(
                        next,
                        seen.iter().copied().find(|at| *at > asked),
                        "{rule} in {name} after {asked}"
                    );
                    let latest = schedule.latest_at(asked).map(|latest| latest.at).filter(|at| *at > from);
                    assert_eq!(
                        latest,
                        seen.iter().copied().rfind(|at| *at <= asked),
                        "{rule} in {name} by {asked}"
                    );
                }
            }
            windows += 1;
        }
    }
    assert!(windows > 1000, "only {windows} changes of a clock were watched");
}
