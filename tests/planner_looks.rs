//! How far a look reads, and what is made of an answer that is old, doubtful or names no operation.

mod scene;

use jiff::{SignedDuration, ToSpan};
use reveille::api::OperationKind::{PauseService, StartDeployment};
use reveille::api::OperationStatus::{InProgress, Succeeded};
use reveille::api::ServiceStatus::{OperationInProgress, Paused, Running};
use reveille::api::{Cause, Refusal, Reply};
use reveille::planner::{Event, LastOccurrence};
use scene::*;
use std::time::Duration;

const HOUR: i64 = 3_600;

/// A page of the list with nothing but a deployment that was made so long after the instant, and more behind it.
fn deployment(seconds: i64, next: &str) -> Result<Reply, Refusal> {
    page(&[operation("dep-1", StartDeployment, Succeeded, seconds)], next)
}

/// The tokens of the pages after the first, as many as there may be and more.
fn tokens() -> impl Iterator<Item = String> {
    (2..=15).map(|number| format!("page-{number}"))
}

#[test]
fn a_pause_by_hand_is_found_behind_pages_of_deployments() {
    let mut scene = Scene::of(OFFICE, MORNING + 5.hours());
    let by_hand = operation("by-hand", PauseService, Succeeded, HOUR);
    scene.play(vec![
        described(Paused),
        deployment(4 * HOUR, "page-2"),
        deployment(3 * HOUR, "page-3"),
        page(&[by_hand], "page-4"),
        deployment(-HOUR, "page-5"),
    ]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         -> ListOperations from page-2
         -> ListOperations from page-3
         -> ListOperations from page-4
         info resume due -> overruled: somebody began PAUSE_SERVICE at 2026-07-06T07:00:00Z, after the scheduled instant",
    );
}

#[test]
fn a_look_reads_no_further_than_the_instant() {
    let mut scene = Scene::of(OFFICE, MORNING + 5.hours());
    scene.play(vec![described(Paused), deployment(HOUR, "page-2"), deployment(-1, "page-3")]);
    scene.run_to_next_call();
    scene.expect(
        "-> DescribeService
         -> ListOperations
         -> ListOperations from page-2
         info resume due -> calling
         -> ResumeService",
    );
}

#[test]
fn a_look_reads_ten_pages_of_operations_at_most() {
    let mut scene = Scene::of(OFFICE, MORNING + 5.hours());
    scene.play(vec![described(Paused)]);
    scene.play(tokens().take(10).map(|token| deployment(HOUR, &token)).collect());
    scene.run_to_next_call();
    assert_eq!(scene.said("-> ListOperations").len(), 10);
    assert_eq!(scene.transcript.last().map(String::as_str), Some("-> ResumeService"));
}

#[test]
fn an_operation_is_looked_for_on_ten_pages_and_then_from_the_first_again() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted("op-1")]);
    scene.transcript.clear();
    scene.play(tokens().take(10).map(|token| deployment(HOUR, &token)).collect());
    scene.run_to_next_call();
    let mut questions = vec!["-> ListOperations".to_owned()];
    questions.extend(tokens().take(9).map(|token| format!("-> ListOperations from {token}")));
    questions.push("-> ListOperations".to_owned());
    assert_eq!(scene.transcript, questions);
}

#[test]
fn an_enforced_service_is_not_resumed_because_of_an_answer_that_is_old() {
    let enforced = OFFICE.to_owned() + "on-manual-change = \"enforce\"\n";
    let mut scene = Scene::of(&enforced, MORNING - 1.second());
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 1)]), described(Running)]);
    scene.run_to_next_call();
    scene.transcript.clear();
    // Whoever had paused it may have resumed it in these two minutes.
    scene.run_to(scene.now.wall + 2.minutes());
    scene.answer(described(Paused));
    scene.run_to(scene.now.wall + 1.minute());
    scene.expect("WARN shop was not seen: the reply was no answer, or an old one");
    scene.play(vec![described(Running)]);
    scene.expect("-> DescribeService");
}

#[test]
fn a_pause_that_was_taken_without_naming_its_operation_may_still_land_in_the_morning() {
    let mut scene = Scene::of(&nap(), MORNING - 30.seconds());
    scene.play(vec![described(Running)]);
    scene.run_to(MORNING - 5.seconds());
    scene.transcript.clear();
    scene.play(vec![accepted_without_operation(OperationInProgress)]);
    scene.run_to(MORNING);
    // The look for the pause comes back, and then that for the resume.
    scene.play(vec![described(Running), described(Running)]);
    let waits = "WARN resume due -> waiting (again): an earlier pause of ours may still take effect";
    assert_eq!(scene.transcript.last().map(String::as_str), Some(waits));
    scene.play(vec![described(Paused), listed(&[operation("late", PauseService, Succeeded, 30)])]);
    scene.run_to_next_call();
    assert_eq!(scene.transcript.last().map(String::as_str), Some("-> ResumeService"));
}

#[test]
fn a_pause_whose_service_was_asleep_already_does_not_hold_up_the_morning() {
    let mut scene = Scene::of(&nap(), MORNING - 30.seconds());
    scene.play(vec![described(Running)]);
    scene.run_to(MORNING - 5.seconds());
    scene.play(vec![accepted_without_operation(Paused)]);
    scene.transcript.clear();
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, MORNING);
    scene.expect("info resume due -> calling\n-> ResumeService");
}

#[test]
fn an_operation_without_a_name_is_a_failed_try_only_where_one_was_under_way() {
    let told_of = |status| {
        let mut scene = Scene::before_the_morning();
        scene.play(vec![accepted_without_operation(status), described(Paused), listed(&[])]);
        let last = scene.changes.last().expect("what came of it");
        (told(last), last.failed_operations)
    };
    let failed =
        "WARN resume calling -> backing-off (again): an operation for it failed while nobody followed it";
    assert_eq!(told_of(OperationInProgress), (failed.to_owned(), 1));
    let refused =
        "WARN resume calling -> backing-off (again): the reply named no operation, and the service is PAUSED";
    assert_eq!(told_of(Paused), (refused.to_owned(), 0));
}

#[test]
fn an_operation_is_followed_on_after_a_question_that_the_services_state_does_not_allow() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![
        accepted("op-1"),
        invalid_state(),
        listed(&[resume("op-1", InProgress, 0)]),
        listed(&[resume("op-1", Succeeded, 0)]),
        described(Running),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]
         -> ListOperations
         WARN resume tracking -> backing-off [op-1] (again): InvalidStateException: not now
         -> ListOperations
         info resume backing-off -> tracking [op-1]
         -> ListOperations
         -> DescribeService
         info resume tracking -> succeeded [op-1]",
    );
}

#[test]
fn a_success_that_was_yet_to_be_confirmed_is_known_after_a_restart() {
    let mut before = Scene::before_the_morning();
    before.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 1)]), throttled()]);
    let backing_off = before.changes.last().expect("a change");
    assert_eq!(
        told(backing_off),
        "WARN resume tracking -> backing-off [op-1] (again): ThrottlingException: slow down"
    );
    let memory = LastOccurrence::of(backing_off, before.now.wall);
    let mut scene = Scene::remembering(OFFICE, before.now.wall + 2.minutes(), vec![memory]);
    scene.play(vec![listed(&[resume("op-1", Succeeded, 1)]), described(Running)]);
    scene.expect(
        "-> ListOperations
         -> DescribeService
         info resume backing-off -> succeeded [op-1]",
    );
}

#[test]
fn a_service_that_was_free_for_a_while_has_not_been_busy_since_before() {
    let (morning, evening) = (Scene::before_the_morning(), Scene::with_the_morning_done());
    for (mut scene, minutes, free) in [(morning, 0, Paused), (evening, 630, Running)] {
        let instant = MORNING + minutes.minutes();
        let deployment = |status| listed(&[operation("dep-1", StartDeployment, status, -HOUR)]);
        scene.run_to(instant);
        scene.play(vec![
            invalid_state(),
            described(OperationInProgress),
            deployment(InProgress),
            described(free),
            deployment(Succeeded),
        ]);
        scene.refuse_until(instant + 25.minutes(), throttled);
        scene.play(vec![described(OperationInProgress), deployment(InProgress)]);
        let waits = scene.changes.last().expect("it waits");
        let busy = "-> waiting (again): the service is busy with START_DEPLOYMENT";
        assert_eq!(told(waits), format!("WARN {} backing-off {busy}", waits.action));
        assert!(waits.retry_in < Some(Duration::from_mins(1)), "{:?}", waits.retry_in);
    }
}

#[test]
fn a_pause_of_ours_that_leaves_when_the_host_wakes_up_in_the_morning_is_no_persons() {
    let mut scene = Scene::of(&nap(), MORNING - 30.seconds());
    scene.play(vec![described(Running)]);
    scene.run_to(MORNING - 5.seconds());
    assert_eq!(scene.said("-> PauseService").len(), scene.unanswered.len());
    // The host sleeps with the call in its buffers; it arrives when the host wakes, and the reply is lost.
    scene.sleep(10.minutes());
    scene.handle(Event::Tick);
    scene.advance(SignedDuration::from_secs(3));
    scene.answer(failed(Cause::NoReply, "connection reset"));
    let ours = operation("late", PauseService, Succeeded, 10 * 60 - 4);
    scene.play(vec![described(Paused), listed(&[ours])]);
    scene.run_to_next_call();
    assert_eq!(
        scene.transcript.last().map(String::as_str),
        Some("-> ResumeService"),
        "{:#?}",
        scene.transcript
    );
}

#[test]
fn a_resume_of_ours_that_is_listed_under_another_id_is_no_persons_after_a_reload() {
    let mut scene = Scene::of(OFFICE, MORNING + 3.hours());
    scene.play(vec![described(Paused), listed(&[]), accepted("op-1")]);
    scene.refuse_until(MORNING + 3.hours() + 2.minutes(), || listed(&[]));
    scene.play(vec![listed(&[]), described(Running), listed(&[])]);
    assert_eq!(scene.transcript.last().map(String::as_str), Some("info resume tracking -> already"));
    scene.transcript.clear();
    // Its day ended at ten, an hour before our resume.
    scene.reload(OFFICE, &OFFICE.replace("30 18", "0 10"));
    scene.play(vec![described(Running), listed(&[resume("another", Succeeded, 3 * HOUR + 1)])]);
    scene.run_to_next_call();
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info pause due -> calling
         -> PauseService",
    );
}
