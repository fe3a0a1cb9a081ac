//! Rules in zones: which instants come of them, on both sides of every kind of clock change.

#![expect(clippy::panic, reason = "what a helper of a test meets, the test may panic on")]

use jiff::Timestamp;
use reveille::schedule::{Action, Schedule, parse};
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
