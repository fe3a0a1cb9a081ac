//! Bugs that the simulator found, each as the shortest conversation that shows it.

mod scene;

use jiff::{Timestamp, ToSpan};
use reveille::api::{Cause, Operation, OperationKind, OperationStatus, Refusal, Reply, ServiceStatus};
use reveille::planner::LastOccurrence;
use scene::*;

use OperationKind::PauseService;
use OperationStatus::{Failed, InProgress, Succeeded};
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
        listed(&[resume("op-3", Failed, 6), resume("op-2", Failed, 3), resume("op-1", Failed, 0)]),
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
    let remembered = LastOccurrence::of(calling, MORNING);
    let mut scene = Scene::remembering(NO_SERVICES, MORNING + 1.minute(), vec![remembered]);
    scene.reload(NO_SERVICES, OFFICE);
    scene.play(vec![described(Running), listed(&[resume("op-1", Succeeded, 1)])]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume calling -> succeeded [op-1]",
    );
}

#[test]
fn our_own_operation_is_no_persons_when_a_service_leaves_the_file_and_comes_back() {
    let mut scene = Scene::with_the_morning_done();
    let other = OFFICE.replace("30 18 * * MON-FRI", "59 7 * * *").replace("0 8 * * MON-FRI", "0 7 * * *");
    for (old, new) in [(OFFICE, NO_SERVICES), (NO_SERVICES, &other)] {
        scene.run_to(scene.now.wall + 1.hour());
        scene.reload(old, new);
    }
    scene.run_to(MORNING + 10.hours());
    scene.expect("");
}

#[test]
fn an_operation_that_succeeds_within_the_window_is_asked_about_before_it_closes() {
    let mut scene = Scene::of(&format!("{OFFICE}catch-up = \"10m\"\n"), MORNING - 1.second());
    // Operations are known to take half an hour.
    let slow = |id: &str, began: Timestamp| Operation {
        started_at: Some(began),
        ended_at: Some(began + 30.minutes()),
        ..resume(id, Succeeded, 1)
    };
    scene.play(vec![accepted("op-1"), listed(&[slow("op-1", MORNING)]), described(Running)]);
    scene.play(vec![
        accepted("op-2"),
        listed(&[operation("op-2", PauseService, Succeeded, 37_800)]),
        described(Paused),
    ]);
    scene.play(vec![accepted("op-3")]);
    let (began, op_3) = (scene.now.wall, slow("op-3", scene.now.wall));
    scene.transcript.clear();
    scene.run_to_next_call();
    assert!(scene.now.wall < began + 10.minutes(), "{}", scene.now.wall);
    scene.answer(listed(&[op_3]));
    scene.play(vec![described(Running)]);
    scene.expect("-> ListOperations\n-> DescribeService\ninfo resume tracking -> succeeded [op-3]");
}

#[test]
fn an_operation_that_is_not_listed_yet_is_not_looked_for_among_last_weeks() {
    let mut scene = Scene::before_the_morning();
    let last_week = || page(&[resume("op-0", Succeeded, -500_000)], "older");
    scene.play(vec![
        accepted("op-1"),
        last_week(),
        last_week(),
        listed(&[resume("op-1", Succeeded, 1)]),
        described(Running),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]
         -> ListOperations
         -> ListOperations
         -> ListOperations
         -> DescribeService
         info resume tracking -> succeeded [op-1]",
    );
}

#[test]
fn failed_operations_count_although_our_clock_is_a_second_ahead() {
    let mut scene = Scene::of(OFFICE, MORNING + 5.minutes());
    let listed_as_begun_before =
        [resume("op-3", Failed, 90), resume("op-2", Failed, 40), resume("op-1", Failed, -1)];
    scene.play(vec![described(Paused), listed(&listed_as_begun_before)]);
    assert!(told(scene.changes.last().expect("a change")).contains("it was the last of 3 tries"));
}

#[test]
fn our_own_late_operation_is_no_persons_when_the_file_moves_the_end_before_it() {
    let mut scene = Scene::of(OFFICE, MORNING + 20.minutes());
    let late = || resume("op-1", Succeeded, 1_201);
    scene.play(vec![described(Paused), listed(&[]), accepted("op-1"), listed(&[late()]), described(Running)]);
    scene.transcript.clear();
    let earlier = OFFICE.replace("30 18", "10 8");
    scene.reload(OFFICE, &earlier);
    scene.play(vec![described(Running), listed(&[late()]), accepted("op-2")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info pause due -> calling
         -> PauseService
         info pause calling -> tracking [op-2]",
    );
}

#[test]
fn a_person_is_not_fought_because_a_call_of_the_day_before_was_in_doubt() {
    let mut before = Scene::before_the_morning();
    before.run_to_next_call();
    let calling = before.changes.last().expect("a change");
    let remembered = LastOccurrence::of(calling, MORNING);
    // It is down until the evening; a person resumes the service after its end, before the next process begins.
    let mut scene = Scene::remembering(OFFICE, MORNING + 12.hours(), vec![remembered]);
    scene.transcript.clear();
    scene.play(vec![described(Running), listed(&[resume("by-hand", Succeeded, 11 * 3_600)])]);
    scene.expect(
        "-> ListOperations
         info pause due -> overruled: somebody began RESUME_SERVICE at 2026-07-06T17:00:00Z, after the scheduled \
         instant",
    );
}

#[test]
fn a_reply_that_was_on_its_way_while_the_host_slept_is_not_believed() {
    let mut scene = Scene::of(OFFICE, MORNING + 5.minutes());
    scene.run_to_next_call();
    scene.sleep(9.hours());
    scene.answer(described(Running));
    scene.play(vec![described(Paused), listed(&[]), accepted("op-1")]);
    scene.expect(
        "-> DescribeService
         -> DescribeService
         -> ListOperations
         info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]",
    );
}

#[test]
fn a_try_that_comes_after_the_host_slept_is_a_look_first() {
    let mut scene = Scene::of(OFFICE, MORNING + 5.minutes());
    scene.play(vec![described(Paused), listed(&[]), throttled()]);
    scene.transcript.clear();
    scene.sleep(3.hours());
    scene.play(vec![described(Paused), listed(&[operation("by-hand", PauseService, Succeeded, 7_200)])]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume backing-off -> overruled: somebody began PAUSE_SERVICE at 2026-07-06T08:00:00Z, after the \
         scheduled instant",
    );
}

#[test]
fn a_call_that_waited_for_a_permit_while_the_host_slept_is_a_look_first() {
    let two = OFFICE.replace("[schedule.office]", "[limits]\ncalls-in-flight = 1\n[schedule.office]")
        + "[[service]]\nschedule = \"office\"\n\
           arn = \"arn:aws:apprunner:eu-central-1:123456789012:service/blog/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d\"\n";
    let mut scene = Scene::of(&two, MORNING - 1.second());
    scene.run_to(MORNING);
    assert_eq!(scene.unanswered.len(), 1, "the other waits");
    scene.sleep(2.hours());
    scene.answer(accepted("op-1"));
    let next = scene.unanswered.back().expect("the other's call");
    assert_eq!(next.request.api_name(), "DescribeService");
}

#[test]
fn an_action_in_vain_that_was_answered_while_the_host_slept_is_looked_at_again() {
    let mut scene = Scene::before_the_morning();
    scene.run_to_next_call();
    scene.sleep(1.hour());
    scene.answer(accepted_without_operation(Running));
    scene.transcript.clear();
    scene.play(vec![described(Paused), listed(&[operation("by-hand", PauseService, Succeeded, 600)])]);
    scene.expect(
        "-> ListOperations
         info resume calling -> overruled: somebody began PAUSE_SERVICE at 2026-07-06T06:10:00Z, after the scheduled \
         instant",
    );
}

#[test]
fn an_operation_that_was_adopted_is_no_persons_when_the_file_moves_the_end_before_it() {
    let mut scene = Scene::of(OFFICE, MORNING + 20.minutes());
    let running = |status| resume("op-1", status, 1_201);
    scene.play(vec![described(OperationInProgress), listed(&[running(InProgress)])]);
    scene.play(vec![listed(&[running(Succeeded)]), described(Running)]);
    scene.transcript.clear();
    let earlier = OFFICE.replace("30 18", "10 8");
    scene.reload(OFFICE, &earlier);
    scene.play(vec![described(Running), listed(&[running(Succeeded)]), accepted("op-2")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info pause due -> calling
         -> PauseService
         info pause calling -> tracking [op-2]",
    );
}

#[test]
fn an_enforced_schedule_waits_until_a_clock_that_was_set_back_has_passed_the_morning() {
    let enforced = OFFICE.to_owned() + "on-manual-change = \"enforce\"\n";
    let mut scene = Scene::of(&enforced, MORNING - 1.second());
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 1)]), described(Running)]);
    scene.now.wall = MORNING - 7.minutes();
    scene.transcript.clear();
    scene.play(vec![described(Paused), accepted("op-2")]);
    scene.expect(
        "the clock was set back by 122 s
         -> DescribeService
         info resume due -> calling: it is PAUSED within its hours, and the schedule is enforced
         -> ResumeService
         info resume calling -> tracking [op-2]",
    );
    let correction = scene.changes.last().expect("a change");
    assert!(correction.scheduled > MORNING, "{}", correction.scheduled);
}

#[test]
fn a_look_at_the_very_instant_that_the_morning_had_begins_no_second_morning_of_that_instant() {
    let enforced = OFFICE.to_owned() + "on-manual-change = \"enforce\"\n";
    let mut scene = Scene::of(&enforced, MORNING - 1.second());
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 1)]), described(Running)]);
    scene.run_to_next_call();
    scene.now.wall = MORNING;
    scene.answer(described(Paused));
    assert_eq!(scene.planner.owed(), 0, "{:#?}", scene.transcript);
    scene.play(vec![described(Paused)]);
    assert_eq!(scene.planner.owed(), 1, "{:#?}", scene.transcript);
}
