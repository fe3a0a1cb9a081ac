//! Rules in zones: which instants come of them, on both sides of every kind of clock change.

#![expect(clippy::panic, reason = "what a helper of a test meets, the test may panic on")]

use jiff::Timestamp;
use reveille::api::Action;
use reveille::config::parse;
use reveille::schedule::Schedule;
use std::sync::Arc;

/// A schedule that resumes by these rules and never pauses.
fn resumes(zone: &str, rules: &[&str]) -> Arc<Schedule> {
    schedule(zone, rules, &[])
}

fn schedule(zone: &str, resume: &[&str], pause: &[&str]) -> Arc<Schedule> {
    let list = |key: &str, rules: &[&str]| match rules {
        [] => String::new(),
        rules => format!("{key} = {rules:?}\n"),
    };
    let text = format!(
        "[[service]]\narn = \"arn:aws:apprunner:eu-west-1:123456789012:service/checkout/{}\"\ntimezone = \"{zone}\"\n{}{}",
        "0".repeat(32),
        list("resume", resume),
        list("pause", pause)
    );
    parse(&text)
        .unwrap_or_else(|problems| panic!("{}", problems.render("schedule.toml", &text)))
        .services
        .remove(0)
        .schedule
}

/// The next instants after a local time, each as the zone's clock shows it with the offset.
fn next(schedule: &Schedule, from: &str, count: usize) -> Vec<String> {
    let from: Timestamp = format!("{from}[{}]", schedule.time_zone_name())
        .parse::<jiff::Zoned>()
        .unwrap_or_else(|error| panic!("{from}: {error}"))
        .timestamp();
    schedule.after(from).take(count).map(|transition| shown(schedule, transition.at)).collect()
}

fn shown(schedule: &Schedule, at: Timestamp) -> String {
    at.to_zoned(schedule.time_zone().clone()).strftime("%a %F %T %:z").to_string()
}

#[test]
fn eight_o_clock_is_eight_o_clock_on_both_sides_of_a_change() {
    let eight = resumes("Europe/Berlin", &["0 8 * * *"]);
    assert_eq!(
        next(&eight, "2026-03-28T00:00", 3),
        [
            "Sat 2026-03-28 08:00:00 +01:00",
            "Sun 2026-03-29 08:00:00 +02:00",
            "Mon 2026-03-30 08:00:00 +02:00"
        ]
    );
    assert_eq!(
        next(&eight, "2026-10-24T00:00", 3),
        [
            "Sat 2026-10-24 08:00:00 +02:00",
            "Sun 2026-10-25 08:00:00 +01:00",
            "Mon 2026-10-26 08:00:00 +01:00"
        ]
    );
}

#[test]
fn of_a_resume_and_a_pause_at_one_instant_the_resume_stands_alone() {
    let both = schedule("Europe/Berlin", &["0 8 * * *"], &["0 8 * * *", "0 9 * * *"]);
    let from: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let actions: Vec<Action> = both.after(from).take(4).map(|transition| transition.action).collect();
    assert_eq!(actions, [Action::Resume, Action::Pause, Action::Resume, Action::Pause]);
    let at_eight = both.next_after(from).unwrap();
    assert_eq!(both.latest_at(at_eight.at), Some(at_eight));
}

/// A name, a zone, rules, a local time to start after, and the instants that must come, as the zone's clock shows them.
type Case = (&'static str, &'static str, &'static [&'static str], &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "a fixed time in the gap happens at its end",
        "Europe/Berlin",
        &["30 2 * * *"],
        "2026-03-28T12:00",
        &["Sun 2026-03-29 03:00:00 +02:00", "Mon 2026-03-30 02:30:00 +02:00"],
    ),
    (
        "many fixed times in the gap are one instant",
        "Europe/Berlin",
        &["0-59/10 2 * * *"],
        "2026-03-29T00:00",
        &["Sun 2026-03-29 03:00:00 +02:00", "Mon 2026-03-30 02:00:00 +02:00"],
    ),
    (
        "a fixed time that occurs twice happens once, the first time",
        "Europe/Berlin",
        &["30 2 * * *"],
        "2026-10-24T12:00",
        &["Sun 2026-10-25 02:30:00 +02:00", "Mon 2026-10-26 02:30:00 +01:00"],
    ),
    (
        "in the second pass of an hour, its fixed times are over",
        "Europe/Berlin",
        &["15,45 2 * * *"],
        "2026-10-25T02:05+01:00",
        &["Mon 2026-10-26 02:15:00 +01:00"],
    ),
    (
        "a rule that follows real time has nothing in the gap",
        "Europe/Berlin",
        &["*/30 * * * *"],
        "2026-03-29T01:00",
        &[
            "Sun 2026-03-29 01:30:00 +01:00",
            "Sun 2026-03-29 03:00:00 +02:00",
            "Sun 2026-03-29 03:30:00 +02:00",
        ],
    ),
    (
        "a rule that follows real time happens in both passes",
        "Europe/Berlin",
        &["*/30 * * * *"],
        "2026-10-25T02:00+02:00",
        &[
            "Sun 2026-10-25 02:30:00 +02:00",
            "Sun 2026-10-25 02:00:00 +01:00",
            "Sun 2026-10-25 02:30:00 +01:00",
            "Sun 2026-10-25 03:00:00 +01:00",
        ],
    ),
    (
        "`*/15 2` follows real time, for its minute begins with a star",
        "Europe/Berlin",
        &["*/15 2 * * *"],
        "2026-03-29T00:00",
        &["Mon 2026-03-30 02:00:00 +02:00"],
    ),
    (
        "a second that begins with a star follows real time too",
        "Europe/Berlin",
        &["*/30 30 2 * * *"],
        "2026-10-25T02:30:00+02:00",
        &[
            "Sun 2026-10-25 02:30:30 +02:00",
            "Sun 2026-10-25 02:30:00 +01:00",
            "Sun 2026-10-25 02:30:30 +01:00",
        ],
    ),
    (
        "a list of hours names fixed times, not an interval",
        "Europe/Berlin",
        &["0 2,14 * * *"],
        "2026-03-28T14:00",
        &[
            "Sun 2026-03-29 03:00:00 +02:00",
            "Sun 2026-03-29 14:00:00 +02:00",
            "Mon 2026-03-30 02:00:00 +02:00",
        ],
    ),
    (
        "two rules in one list are merged",
        "Europe/Berlin",
        &["0 9 * * SAT,SUN", "0 5 * * MON-FRI"],
        "2026-11-20T00:00",
        &[
            "Fri 2026-11-20 05:00:00 +01:00",
            "Sat 2026-11-21 09:00:00 +01:00",
            "Sun 2026-11-22 09:00:00 +01:00",
        ],
    ),
    (
        "London's midnight is not touched by a change at one",
        "Europe/London",
        &["0 0 * * *"],
        "2026-03-28T12:00",
        &["Sun 2026-03-29 00:00:00 +00:00", "Mon 2026-03-30 00:00:00 +01:00"],
    ),
    (
        "Lord Howe's half hour that is missing",
        "Australia/Lord_Howe",
        &["15 2 * * *"],
        "2026-10-03T12:00",
        &["Sun 2026-10-04 02:30:00 +11:00", "Mon 2026-10-05 02:15:00 +11:00"],
    ),
    (
        "Lord Howe's half hour that occurs twice",
        "Australia/Lord_Howe",
        &["45 1 * * *"],
        "2026-04-04T12:00",
        &["Sun 2026-04-05 01:45:00 +11:00", "Mon 2026-04-06 01:45:00 +10:30"],
    ),
    (
        "Apia's missing day happens at once when it is over",
        "Pacific/Apia",
        &["0 8 * * *"],
        "2011-12-29T00:00",
        &[
            "Thu 2011-12-29 08:00:00 -10:00",
            "Sat 2011-12-31 00:00:00 +14:00",
            "Sat 2011-12-31 08:00:00 +14:00",
        ],
    ),
    (
        "Apia's missing day has no real time",
        "Pacific/Apia",
        &["0 */12 * * *"],
        "2011-12-29T00:00",
        &[
            "Thu 2011-12-29 12:00:00 -10:00",
            "Sat 2011-12-31 00:00:00 +14:00",
            "Sat 2011-12-31 12:00:00 +14:00",
        ],
    ),
    (
        "Sao Paulo's missing midnight",
        "America/Sao_Paulo",
        &["0 0 * * *"],
        "2018-11-03T12:00",
        &["Sun 2018-11-04 01:00:00 -02:00", "Mon 2018-11-05 00:00:00 -02:00"],
    ),
    (
        "Sao Paulo's hour before midnight that occurs twice",
        "America/Sao_Paulo",
        &["30 23 * * *"],
        "2018-02-17T12:00",
        &["Sat 2018-02-17 23:30:00 -02:00", "Sun 2018-02-18 23:30:00 -03:00"],
    ),
    (
        "Dublin, whose winter is the exception in the database",
        "Europe/Dublin",
        &["30 1 * * *"],
        "2026-03-28T12:00",
        &["Sun 2026-03-29 02:00:00 +01:00", "Mon 2026-03-30 01:30:00 +01:00"],
    ),
    (
        "Casablanca leaves its summer time for Ramadan",
        "Africa/Casablanca",
        &["30 2 * * *"],
        "2026-02-14T12:00",
        &["Sun 2026-02-15 02:30:00 +01:00", "Mon 2026-02-16 02:30:00 +00:00"],
    ),
    (
        "Casablanca comes back after Ramadan",
        "Africa/Casablanca",
        &["30 2 * * *"],
        "2026-03-21T12:00",
        &["Sun 2026-03-22 03:00:00 +01:00", "Mon 2026-03-23 02:30:00 +01:00"],
    ),
    (
        "Cairo's missing midnight on a Friday",
        "Africa/Cairo",
        &["0 0 * * FRI"],
        "2026-04-23T12:00",
        &["Fri 2026-04-24 01:00:00 +03:00", "Fri 2026-05-01 00:00:00 +03:00"],
    ),
    (
        "Gaza's changes are at two on a Saturday, and they move from year to year",
        "Asia/Gaza",
        &["30 2 * * SAT"],
        "2026-03-27T12:00",
        &["Sat 2026-03-28 03:00:00 +03:00", "Sat 2026-04-04 02:30:00 +03:00"],
    ),
    (
        "a zone that never changes",
        "Asia/Kolkata",
        &["0 8 * * MON-FRI"],
        "2026-03-27T12:00",
        &["Mon 2026-03-30 08:00:00 +05:30", "Tue 2026-03-31 08:00:00 +05:30"],
    ),
    (
        "UTC, when the file says so",
        "UTC",
        &["@daily"],
        "2026-03-27T12:00",
        &["Sat 2026-03-28 00:00:00 +00:00"],
    ),
    (
        "a year beyond every table of the database",
        "Europe/Berlin",
        &["30 2 * * *"],
        "2999-03-30T12:00",
        &["Sun 2999-03-31 03:00:00 +02:00"],
    ),
    (
        "a leap day skips the century that has none",
        "Europe/Berlin",
        &["0 8 29 2 *"],
        "2096-01-01T00:00",
        &["Wed 2096-02-29 08:00:00 +01:00", "Fri 2104-02-29 08:00:00 +01:00"],
    ),
    (
        "day of the month or day of the week: either matches",
        "UTC",
        &["0 0 13 * FRI"],
        "2026-11-10T00:00",
        &["Fri 2026-11-13 00:00:00 +00:00", "Fri 2026-11-20 00:00:00 +00:00"],
    ),
    (
        "a day that begins with a star restricts nothing: both match",
        "UTC",
        &["0 0 */10 * MON"],
        "2026-01-01T00:00",
        &["Mon 2026-05-11 00:00:00 +00:00", "Mon 2026-06-01 00:00:00 +00:00"],
    ),
    (
        "the last day, and the weekday nearest to a date",
        "UTC",
        &["0 0 L * *", "0 1 15W * *"],
        "2026-02-01T00:00",
        &[
            "Mon 2026-02-16 01:00:00 +00:00",
            "Sat 2026-02-28 00:00:00 +00:00",
            "Mon 2026-03-16 01:00:00 +00:00",
        ],
    ),
    (
        "the first Monday and the last Friday",
        "UTC",
        &["0 0 * * MON#1,FRIL"],
        "2026-11-01T00:00",
        &["Mon 2026-11-02 00:00:00 +00:00", "Fri 2026-11-27 00:00:00 +00:00"],
    ),
    (
        "the last weekday",
        "UTC",
        &["0 0 LW * *"],
        "2026-02-01T00:00",
        &["Fri 2026-02-27 00:00:00 +00:00", "Tue 2026-03-31 00:00:00 +00:00"],
    ),
    (
        "7 is Sunday, and a week may end on one",
        "UTC",
        &["0 0 * * 7", "0 1 * * sat-sun"],
        "2026-11-21T00:00",
        &[
            "Sat 2026-11-21 01:00:00 +00:00",
            "Sun 2026-11-22 00:00:00 +00:00",
            "Sun 2026-11-22 01:00:00 +00:00",
        ],
    ),
    (
        "months by name, in lists and ranges",
        "UTC",
        &["0 0 1 mar,SEP-oct *"],
        "2026-08-01T00:00",
        &[
            "Tue 2026-09-01 00:00:00 +00:00",
            "Thu 2026-10-01 00:00:00 +00:00",
            "Mon 2027-03-01 00:00:00 +00:00",
        ],
    ),
    (
        "a range with a step",
        "UTC",
        &["0 8-18/5 * * *"],
        "2026-08-01T00:00",
        &[
            "Sat 2026-08-01 08:00:00 +00:00",
            "Sat 2026-08-01 13:00:00 +00:00",
            "Sat 2026-08-01 18:00:00 +00:00",
        ],
    ),
    (
        "six fields begin with the second",
        "UTC",
        &["10,40 0 8 * * *"],
        "2026-11-21T08:00",
        &[
            "Sat 2026-11-21 08:00:10 +00:00",
            "Sat 2026-11-21 08:00:40 +00:00",
            "Sun 2026-11-22 08:00:10 +00:00",
        ],
    ),
];

#[test]
fn every_named_case_gives_its_instants() {
    for (name, zone, rules, from, expected) in CASES {
        let schedule = resumes(zone, rules);
        assert_eq!(next(&schedule, from, expected.len()), *expected, "{name}");
    }
}

#[test]
fn a_rule_that_never_fires_has_no_transition_and_is_answered_at_once() {
    let never = resumes("Europe/Berlin", &["0 8 31 2 *", "*/5 * 30 2 *", "0 0 */30 * MON#2"]);
    let from: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    assert_eq!((never.next_after(from), never.latest_at(from)), (None, None));
}

#[test]
fn transitions_end_with_the_year_4999() {
    for (rule, last) in [("0 8 * * *", "4999-12-31T07:00:00Z"), ("*/5 * * * *", "4999-12-31T23:55:00Z")] {
        let schedule = resumes("Europe/Berlin", &[rule]);
        let last: Timestamp = last.parse().unwrap();
        assert_eq!(schedule.latest_at(Timestamp::MAX).map(|latest| latest.at), Some(last));
        assert_eq!((schedule.next_after(last), schedule.next_after(Timestamp::MAX)), (None, None));
        assert_eq!(schedule.latest_at(Timestamp::MIN), None);
        assert!(schedule.next_after(Timestamp::MIN).is_some());
    }
}

#[test]
fn the_latest_transition_is_the_one_that_came_last() {
    let rules = [
        "0 8 * * MON-FRI",
        "30 2 * * *",
        "0 0 * * *",
        "*/30 * * * *",
        "15 */3 * * *",
        "0-59/20 1-3 * * *",
        "*/20 59 0,1,2,23 * * *",
        "0 2,14 1,15 * *",
    ];
    let around_changes = [
        ("Europe/Berlin", "2026-03-27T00:00Z"),
        ("Europe/Berlin", "2026-10-23T00:00Z"),
        ("Australia/Lord_Howe", "2026-04-03T00:00Z"),
        ("Australia/Lord_Howe", "2026-10-02T00:00Z"),
        ("Pacific/Apia", "2011-12-28T00:00Z"),
        ("America/Sao_Paulo", "2018-02-16T00:00Z"),
        ("America/Sao_Paulo", "2018-11-02T00:00Z"),
        ("Africa/Casablanca", "2026-02-13T00:00Z"),
        ("UTC", "2026-01-01T00:00Z"),
    ];
    for (zone, from) in around_changes {
        for rule in rules {
            let schedule = resumes(zone, &[rule]);
            let transitions: Vec<_> = schedule.after(from.parse().unwrap()).take(300).collect();
            assert_eq!(transitions.len(), 300, "{rule} in {zone}");
            for pair in transitions.windows(2) {
                let (earlier, later) = (pair[0], pair[1]);
                assert!(earlier.at < later.at, "{rule} in {zone}: {earlier:?} then {later:?}");
                let just_before = later.at - jiff::SignedDuration::from_nanos(1);
                let half_way = earlier.at
                    + (later.at - earlier.at)
                        .total(jiff::Unit::Second)
                        .map(|seconds| jiff::SignedDuration::from_secs_f64(seconds / 2.0))
                        .unwrap();
                for instant in [earlier.at, half_way, just_before] {
                    assert_eq!(schedule.latest_at(instant), Some(earlier), "{rule} in {zone} at {instant}");
                    assert_eq!(schedule.next_after(instant), Some(later), "{rule} in {zone} at {instant}");
                }
            }
        }
    }
}
