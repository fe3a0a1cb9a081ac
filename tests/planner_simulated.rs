//! Bugs that the simulator found, each as the shortest conversation that shows it.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    reason = "a test may panic: that is how it fails"
)]

mod scene;

use jiff::ToSpan;
use reveille::planner::{Cause, Event, OperationStatus, Refusal, Remembered, Reply, ServiceStatus};
use reveille::schedule::Difference;
use scene::*;

use ServiceStatus::{OperationInProgress, Paused, Running};

/// What each try looks like whose operation is in no list, and which changes nothing.
fn unlisted_failure() -> Vec<Result<Reply, Refusal>> {
    vec![
        accepted_without_operation(OperationInProgress),
        described(OperationInProgress),
        listed(&[]),
        described(Paused),
        listed(&[]),
    ]
}

#[test]
fn an_operation_that_fails_before_it_is_listed_counts_as_a_try() {
    let mut scene = Scene::before_the_morning();
    for _ in 0..3 {
        scene.play(unlisted_failure());
    }
    assert_eq!(
        scene.transcript.last().unwrap(),
        "ERROR resume waiting -> failed: an operation for it failed while nobody followed it; it was the last \
         of 3 tries"
    );
}

#[test]
fn an_operation_that_is_lost_with_its_reply_and_then_seen_at_work_counts_as_a_try() {
    let mut scene = Scene::before_the_morning();
    for _ in 0..3 {
        let mut replies = unlisted_failure();
        replies[0] = failed(Cause::NoReply, "gone");
        scene.play(replies);
    }
    let calls = scene.transcript.iter().filter(|line| line.contains("-> ResumeService")).count();
    assert_eq!(calls, 3, "{}", scene.transcript.join("\n"));
    assert!(scene.transcript.last().unwrap().contains("failed"), "{}", scene.transcript.join("\n"));
}

#[test]
fn failed_operations_of_an_earlier_process_count_when_the_list_shows_them_late() {
    let mut scene = Scene::of(OFFICE, MORNING + 5.seconds());
    scene.play(vec![
        described(Paused),
        listed(&[]),
        accepted("op-3"),
        listed(&[
            resume("op-3", OperationStatus::Failed, 6),
            resume("op-2", OperationStatus::Failed, 3),
            resume("op-1", OperationStatus::Failed, 0),
        ]),
    ]);
    let last = scene.changes.last().expect("a change");
    assert_eq!(
        told(last),
        "ERROR resume tracking -> failed [op-3]: the operation ended FAILED; App Runner gives no reason here, its \
         logs do; it was the last of 3 tries"
    );
}

#[test]
fn what_is_remembered_of_a_service_counts_when_the_file_has_it_again() {
    let mut before = Scene::before_the_morning();
    before.run_to_next_call();
    let calling = before.changes.last().expect("a change");
    let remembered = Remembered::of(calling, MORNING);
    let empty = "timezone = \"UTC\"\n";
    let mut scene = Scene::remembering(empty, MORNING + 1.minute(), vec![remembered]);
    scene.handle(Event::Reload(Difference::between(&config(empty), &config(OFFICE))));
    scene.play(vec![described(Running), listed(&[resume("op-1", OperationStatus::Succeeded, 1)])]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume calling -> succeeded [op-1]",
    );
}

#[test]
fn our_own_operation_is_no_persons_when_a_service_leaves_the_file_and_comes_back() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", OperationStatus::Succeeded, 1)])]);
    scene.transcript.clear();
    let empty = "timezone = \"UTC\"\n";
    let other = OFFICE.replace("30 18 * * MON-FRI", "59 7 * * *").replace("0 8 * * MON-FRI", "0 7 * * *");
    for (old, new) in [(OFFICE, empty), (empty, &other)] {
        scene.run_to(scene.now.wall + 1.hour());
        scene.handle(Event::Reload(Difference::between(&config(old), &config(new))));
    }
    scene.run_to(MORNING + 10.hours());
    scene.expect("");
}
