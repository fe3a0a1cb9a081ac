//! What `check` says of local times that a clock change leaves out, held against what the timetable then does.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "what a helper of a test meets, the test may panic on"
)]

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use reveille::api::Action;
use reveille::config::{self, CheckContext};
use reveille::schedule::Schedule;
use std::sync::Arc;

/// The next change forward of some zones, in minutes of the local day: an hour at two, at midnight, half an hour, a
/// change to UTC-02:00 before midnight, and a day that was left out altogether.
const CHANGES: [Change; 7] = [
    Change { zone: "Europe/Berlin", at: "2027-03-28T01:00:00Z", first: 120, end: 180 },
    Change { zone: "Europe/London", at: "2027-03-28T01:00:00Z", first: 60, end: 120 },
    Change { zone: "America/New_York", at: "2027-03-14T07:00:00Z", first: 120, end: 180 },
    Change { zone: "Australia/Lord_Howe", at: "2027-10-02T15:30:00Z", first: 120, end: 150 },
    Change { zone: "Africa/Cairo", at: "2027-04-29T22:00:00Z", first: 0, end: 60 },
    Change { zone: "America/Nuuk", at: "2027-03-28T01:00:00Z", first: 1380, end: 1440 },
    Change { zone: "Pacific/Apia", at: "2011-12-30T10:00:00Z", first: 0, end: 1440 },
];

/// A window of every day, from one minute of the day to another, over midnight where it must be.
fn window(begins: i32, ends: i32) -> String {
    let time = |minute: i32| {
        let minute = minute.rem_euclid(1440);
        format!("{:02}:{:02}", minute / 60, minute % 60)
    };
    format!("daily {}-{}", time(begins), time(ends))
}

/// Minutes of the day before a gap, at its edges, in it and behind it.
fn minutes(change: Change) -> Vec<i32> {
    let Change { first, end, .. } = change;
    let third = (end - first) / 3;
    vec![first - 50, first, first + third, first + 2 * third, end - 1, end, end + 50]
}

#[test]
fn what_check_says_of_a_window_in_a_gap_is_what_happens() {
    let mut told = 0;
    for change in CHANGES {
        for begins in minutes(change) {
            for ends in minutes(change).into_iter().filter(|ends| (ends - begins).rem_euclid(1440) != 0) {
                told += claims(change, &[window(begins, ends)]);
            }
        }
    }
    assert!(told > 150, "only {told} windows were warned of");
}

#[test]
fn what_check_says_of_several_windows_around_a_gap_is_what_happens() {
    let mut told = 0;
    for change in CHANGES.into_iter().filter(|change| change.end - change.first < 1440) {
        let minutes = minutes(change);
        for (place, begins) in minutes.iter().enumerate() {
            for (next, ends) in minutes.iter().enumerate().skip(place + 1) {
                for (last, begins_again) in minutes.iter().enumerate().skip(next) {
                    for ends_again in minutes.iter().skip(last + 1) {
                        told += claims(change, &[window(*begins, *ends), window(*begins_again, *ends_again)]);
                    }
                }
            }
        }
    }
    assert!(told > 150, "only {told} windows were warned of");
}

#[test]
fn what_check_says_of_a_rule_in_a_gap_is_what_happens() {
    let mut told = 0;
    for change in CHANGES {
        let at: Timestamp = change.at.parse().unwrap();
        for (resume, pause) in
            minutes(change).into_iter().flat_map(|a| minutes(change).into_iter().map(move |b| (a, b)))
        {
            let rule =
                |minute: i32| format!("{} {} * * *", minute.rem_euclid(60), minute.rem_euclid(1440) / 60);
            let text = format!("resume = \"{}\"\npause = \"{}\"\n", rule(resume), rule(pause));
            let (schedule, claims) = check_lines(change.zone, at, &text);
            let happens = schedule.next_after(at - 1.nanoseconds()).filter(|next| next.at == at);
            told += claims.len();
            for claim in claims {
                let scene = format!("{} {text}{claim}\n{happens:?}", change.zone);
                let action = happens.unwrap_or_else(|| panic!("{scene}")).action;
                let of_pause = claim.starts_with("pause");
                assert_eq!(
                    claim.ends_with("together with a resume, which wins"),
                    of_pause && action == Action::Resume,
                    "{scene}"
                );
                assert!(of_pause || action == Action::Resume, "{scene}");
            }
        }
    }
    assert!(told > 100, "only {told} rules were warned of");
}

#[test]
fn a_window_in_an_hour_that_occurs_twice_is_not_warned_of() {
    let back = [("Europe/Berlin", "2026-10-25T01:00:00Z"), ("Australia/Lord_Howe", "2027-04-03T15:00:00Z")];
    for (zone, at) in back {
        for (begins, ends) in [(135, 145), (100, 135), (135, 200), (90, 180)] {
            says_nothing_of_the_day(zone, at, &window(begins, ends));
        }
    }
}

/// A clock that is put forward.
#[derive(Debug, Clone, Copy)]
struct Change {
    zone: &'static str,
    /// The instant.
    at: &'static str,
    /// The first minute of the local day that is left out, and the first that is not.
    first: i32,
    end: i32,
}

/// Checks a file with these hours as of three weeks before an instant. The schedule, and the help of each warning about
/// a time that does not exist.
fn check(zone: &str, at: Timestamp, hours: &[String]) -> (Arc<Schedule>, Vec<String>) {
    check_lines(zone, at, &format!("hours = {hours:?}\n"))
}

/// The same of any lines. Each warning begins with the line in which it stands, as far as to its key's end.
fn check_lines(zone: &str, at: Timestamp, lines: &str) -> (Arc<Schedule>, Vec<String>) {
    let text = format!(
        "[[service]]\narn = \"arn:aws:apprunner:eu-west-1:123456789012:service/checkout/{:032}\"\n\
         timezone = \"{zone}\"\n{lines}",
        0
    );
    let now = Some(at - SignedDuration::from_hours(21 * 24));
    let checked = config::check(text.as_bytes(), CheckContext { now, files: None });
    let told = checked.problems.iter().filter(|problem| problem.message().contains(" does not exist on "));
    let told = told.map(|problem| {
        let line = text.lines().nth(problem.place(&text).line - 1).unwrap_or_default();
        let key = line.split(' ').next().unwrap_or_default();
        format!("{key}: {}: {}", problem.message(), problem.help().unwrap_or_default())
    });
    let told = told.collect();
    (checked.config.expect("the lines are right").services[0].schedule.clone(), told)
}

/// Holds each warning about hours against the timetable. How many there were.
fn claims(change: Change, hours: &[String]) -> usize {
    let at: Timestamp = change.at.parse().expect("the instant of a change is one");
    let (schedule, told) = check(change.zone, at, hours);
    let (before, after) = (state(&schedule, at - 1.nanoseconds()), state(&schedule, at));
    for claim in &told {
        let scene = format!("{} {hours:?}: {claim}\nawake before: {before}, after: {after}", change.zone);
        let help = claim.rsplit_once("forward: ").expect("a warning has help").1;
        let alone = help.split_once("; ");
        match alone {
            // What the whole does is said beside what one window does.
            Some((_, "other hours wake the service then")) => assert!(!before && after, "{scene}"),
            Some((_, "other hours keep the service awake")) => assert!(before && after, "{scene}"),
            None if help.contains("the window begins ") => assert!(!before && after, "{scene}"),
            None if help.contains("the window ends ") => assert!(before && !after, "{scene}"),
            None if help.contains("the window is skipped") => assert!(!after, "{scene}"),
            None if help.contains("the window has no break") => assert!(before && after, "{scene}"),
            _ => panic!("a claim of another kind: {scene}"),
        }
        if hours.len() == 1 && help.contains("the window is skipped") {
            assert!(!before, "{scene}");
        }
        said_when(change, at, help, &scene);
    }
    if hours.len() == 1 {
        missed_nothing(change, &schedule, at, &told);
    }
    told.len()
}

/// A time that is named is that of the first clock after the change.
fn said_when(change: Change, at: Timestamp, help: &str, scene: &str) {
    let zone = TimeZone::get(change.zone).expect("the zone is known");
    let shown = zone.to_datetime(at);
    if help.contains("the window begins ") || help.contains("the window ends ") {
        let named = help.split("; ").next().unwrap_or_default();
        assert!(named.ends_with(&shown.strftime("at %R").to_string()), "{scene}");
    }
}

/// Where the plain day of the window, as on the same day a week before, has an edge in the gap, there is a warning.
fn missed_nothing(change: Change, schedule: &Schedule, at: Timestamp, told: &[String]) {
    let zone = schedule.time_zone();
    let a_week_before = zone.to_datetime(at - SignedDuration::from_secs(1)) - 7.days();
    let day = if change.first == 0 {
        a_week_before.date().tomorrow().expect("a day")
    } else {
        a_week_before.date()
    };
    let minute = |of: i32| {
        let civil = day.to_datetime(Time::midnight()) + SignedDuration::from_mins(of.into());
        zone.to_timestamp(civil).expect("a plain day has every minute")
    };
    let edges = schedule.after(minute(change.first) - 1.nanoseconds()).take(1);
    let edge = edges.into_iter().find(|edge| edge.at < minute(change.end));
    assert_eq!(edge.is_some(), !told.is_empty(), "{}: {edge:?}, {told:?}", change.zone);
}

fn state(schedule: &Schedule, at: Timestamp) -> bool {
    schedule.latest_at(at).is_some_and(|latest| latest.action == Action::Resume)
}

/// A change back of the clock leaves no time out.
fn says_nothing_of_the_day(zone: &str, at: &str, hours: &str) {
    let at: Timestamp = at.parse().expect("the instant of a change is one");
    let (schedule, told) = check(zone, at, &[hours.to_owned()]);
    assert!(told.iter().all(|claim| !claim.contains(&zone_day(&schedule, at))), "{zone} {hours}: {told:?}");
}

fn zone_day(schedule: &Schedule, at: Timestamp) -> String {
    schedule.time_zone().to_datetime(at).strftime("%F").to_string()
}
