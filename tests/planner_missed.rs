//! What came due while no process was there, and pauses that come too late.

#![expect(clippy::arithmetic_side_effects, reason = "a test may panic")]

mod scene;

use jiff::{Timestamp, ToSpan};
use reveille::api::Action;
use reveille::api::OperationKind::PauseService;
use reveille::api::OperationStatus::Succeeded;
use reveille::api::ServiceStatus::{Paused, Running};
use reveille::planner::{Ending, Horizon, LastOccurrence, State};
use reveille::schedule::Transition;
use scene::*;

/// Friday at 18:30, before the morning of the scenes.
fn friday_evening() -> Timestamp {
    MORNING - 61.hours() - 30.minutes()
}

/// What is remembered of an action that was done at its instant.
fn done(action: Action, at: Timestamp) -> Vec<LastOccurrence> {
    let done = remembered(State::Ended(Ending::Succeeded), at);
    vec![LastOccurrence { transition: Transition { at, action }, ..done }]
}

#[test]
fn a_morning_that_nobody_did_is_an_error_once_however_long_the_process_was_down() {
    for days in [0, 28] {
        let start = MORNING + (24 * days + 11).hours();
        let pause = start - 30.minutes();
        let mut scene = Scene::remembering(OFFICE, start, done(Action::Pause, friday_evening()));
        scene.play(vec![described(Paused)]);
        scene.expect(&format!(
            "ERROR resume due -> superseded: the pause at {pause} came first; before: the process was down
             -> DescribeService
             info pause due -> already"
        ));
    }
}

#[test]
fn an_evening_that_nobody_did_is_a_warning_and_the_morning_after_it_is_done() {
    let mut scene = Scene::remembering(OFFICE, MORNING + 25.hours(), done(Action::Resume, MORNING));
    scene.play(vec![described(Running)]);
    scene.expect(
        "WARN pause due -> superseded: the resume at 2026-07-07T06:00:00Z came first; before: the process was down
         -> DescribeService
         info resume due -> already",
    );
}

#[test]
fn rules_that_an_edit_puts_into_the_past_were_not_missed() {
    let mut scene = Scene::with_the_morning_done();
    scene.run_to(MORNING + 9.hours());
    scene.reload(OFFICE, &OFFICE.replace("30 18", "0 12,16").replace("0 8", "0 8,13"));
    scene.play(vec![described(Paused)]);
    scene.expect("-> DescribeService\ninfo pause due -> already");
}

#[test]
fn a_morning_beyond_its_window_is_an_error() {
    let only_mornings = OFFICE.replace("pause = \"30 18 * * MON-FRI\"\n", "");
    let thursday = MORNING - 96.hours();
    let start = thursday + (24 + 13).hours();
    let mut scene = Scene::remembering(&only_mornings, start, done(Action::Resume, thursday));
    scene.expect("ERROR resume due -> expired: the catch-up window of 12 h closed before it could be done");
}

#[test]
fn fridays_pause_is_made_on_saturday_with_and_without_the_ledger() {
    let friday = friday_evening() - 10.hours() - 30.minutes();
    for memory in [done(Action::Resume, friday), vec![]] {
        let mut scene = Scene::remembering(OFFICE, friday_evening() + 17.hours(), memory);
        scene.play(vec![described(Running), listed(&[]), accepted("op-1")]);
        scene.expect(
            "-> DescribeService
             -> ListOperations
             info pause due -> calling
             -> PauseService
             info pause calling -> tracking [op-1]",
        );
    }
}

#[test]
fn who_resumed_the_service_after_fridays_pause_is_not_fought_without_a_ledger() {
    let mut scene = Scene::of(OFFICE, friday_evening() + 17.hours());
    let by_hand = resume("by-hand", Succeeded, -50 * 3_600);
    scene.play(vec![described(Running), listed(&[by_hand])]);
    assert!(
        scene.transcript.last().is_some_and(|line| line.contains("pause due -> overruled: somebody began"))
    );
}

/// Nights whose pause was missed, and a start two minutes before the morning.
const NIGHTS: &str = r#"
timezone = "UTC"
[[service]]
name = "shop"
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"
resume = "0 6 * * *"
pause = "0 22 * * *"
"#;

#[test]
fn a_pause_that_was_missed_is_not_made_when_the_next_resume_is_near() {
    let skipped = "WARN pause due -> expired: it is late, and the next resume is near";
    let memory = || done(Action::Resume, MORNING - 24.hours());
    for minutes in [2, 10, 19] {
        let mut scene = Scene::remembering(NIGHTS, MORNING - minutes.minutes(), memory());
        scene.run_to(MORNING);
        scene.expect(&format!("{skipped}\ninfo resume due -> calling\n-> ResumeService"));
        // Whoever comes only for what is owed knows of the morning all the same.
        let once = Horizon::WhatIsOwed;
        let mut scene = Scene::within(once, NIGHTS, MORNING - minutes.minutes(), memory());
        scene.expect(skipped);
        assert_eq!(scene.planner.owed(), 0);
    }
    let mut scene = Scene::remembering(NIGHTS, MORNING - 20.minutes(), memory());
    scene.play(vec![described(Running)]);
    assert_eq!(scene.planner.owed(), 1, "there is time for it");

    let monday = done(Action::Resume, friday_evening() - 10.hours() - 30.minutes());
    let mut scene = Scene::remembering(OFFICE, MORNING - 10.minutes(), monday);
    scene.expect(skipped);
}

#[test]
fn a_pause_is_tried_again_late_only_where_no_resume_is_near() {
    let short = NIGHTS.replace("0 22", "45 5");
    let yesterday = done(Action::Resume, MORNING - 24.hours());
    let mut scene = Scene::remembering(&short, MORNING - 15.minutes() - 1.second(), yesterday);
    scene.refuse_until(MORNING - 10.minutes(), throttled);
    scene.play(vec![described(Running), listed(&[])]);
    let last = scene.transcript.last().map(String::as_str);
    assert_eq!(last, Some("WARN pause backing-off -> expired: it is late, and the next resume is near"));
    assert!(scene.said("-> PauseService").len() > 3, "in its first minute it was tried");
    let took = scene.changes.last().map(|change| change.attempt);
    assert!(took.is_some_and(|attempts| attempts < 15), "{took:?}");
}

#[test]
fn a_pause_at_its_instant_is_made_however_near_the_resume_is() {
    let short = NIGHTS.replace("0 22", "55 5");
    let yesterday = done(Action::Resume, MORNING - 24.hours());
    let mut scene = Scene::remembering(&short, MORNING - 5.minutes() - 1.second(), yesterday);
    scene.play(vec![accepted("op-1"), listed(&[operation("op-1", PauseService, Succeeded, -300)])]);
    scene.play(vec![described(Paused)]);
    assert_eq!(scene.transcript.last().map(String::as_str), Some("info pause tracking -> succeeded [op-1]"));
}
