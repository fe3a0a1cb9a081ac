//! The planner as people see it: what is called and what is told, for every way that App Runner can answer.
//!
//! A scene plays one service on one morning in virtual time. Each call gets the next reply of a script; between calls
//! time jumps to the planner's next deadline. What comes out is the whole conversation as text.

#![expect(clippy::arithmetic_side_effects, reason = "a test may panic: that is how it fails")]

mod scene;

use jiff::ToSpan;
use reveille::api::{Cause, OperationKind, OperationStatus, ServiceStatus};
use reveille::planner::Event;
use scene::*;
use std::time::Duration;

use OperationKind::{PauseService, StartDeployment};
use OperationStatus::{
    Failed, InProgress, Pending, RollbackFailed, RollbackInProgress, RollbackSucceeded, Succeeded,
};
use ServiceStatus::{OperationInProgress, Paused, Running};

#[test]
fn a_plain_morning_is_one_call_at_the_instant_and_a_few_questions() {
    let mut scene = Scene::before_the_morning();
    scene.expect("");
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, MORNING, "the call leaves at the instant");
    scene.play(vec![
        accepted("op-1"),
        listed(&[resume("op-1", Pending, 0)]),
        listed(&[resume("op-1", InProgress, 0)]),
        listed(&[resume("op-1", Succeeded, 0)]),
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
    let calling = scene.changes.first().expect("a change");
    assert_eq!((calling.attempt, calling.late), (1, Some(Duration::ZERO)));
    assert_eq!((&*calling.service, calling.scheduled), ("shop", MORNING));
    assert_eq!(scene.changes.last().map(|ending| ending.attempt), Some(1), "looks are no attempts");
}

#[test]
fn the_evening_pauses_what_the_morning_resumed() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 0)]), described(Running)]);
    scene.transcript.clear();
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, MORNING + 10.hours() + 30.minutes());
    scene.play(vec![
        accepted("op-2"),
        listed(&[operation("op-2", PauseService, Succeeded, 37_800)]),
        described(Paused),
    ]);
    scene.expect(
        "info pause due -> calling
         -> PauseService
         info pause calling -> tracking [op-2]
         -> ListOperations
         -> DescribeService
         info pause tracking -> succeeded [op-2]",
    );
}

#[test]
fn what_is_tried_again_is_tried_again() {
    let rows = [
        (throttled(), "ThrottlingException: slow down"),
        (answered("TooManyRequestsException", 429, "slow down"), "TooManyRequestsException: slow down"),
        (
            answered("InternalServiceErrorException", 500, "try later"),
            "InternalServiceErrorException: try later",
        ),
        (answered("", 503, "an HTML page"), "HTTP 503: an HTML page"),
        (failed(Cause::NotSent, "connection refused"), "connection refused"),
        (answered("NobodyKnowsThisException", 400, "hm"), "NobodyKnowsThisException: hm"),
    ];
    for (reply, error) in rows {
        let mut scene = Scene::before_the_morning();
        scene.play(vec![
            reply,
            accepted("op-1"),
            listed(&[resume("op-1", Succeeded, 0)]),
            described(Running),
        ]);
        scene.expect(&format!(
            "info resume due -> calling
             -> ResumeService
             WARN resume calling -> backing-off (again): {error}
             info resume backing-off -> calling
             -> ResumeService
             info resume calling -> tracking [op-1]
             -> ListOperations
             -> DescribeService
             info resume tracking -> succeeded [op-1]"
        ));
    }
}

#[test]
fn a_trouble_that_only_people_can_mend_is_told_once_and_tried_slowly() {
    for code in ["AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException"] {
        let mut scene = Scene::before_the_morning();
        let denied = || answered(code, 400, "not yours");
        scene.play(vec![denied(), denied(), denied(), described(Paused), listed(&[]), accepted("op-1")]);
        scene.expect(&format!(
            "info resume due -> calling
             -> ResumeService
             ERROR resume calling -> backing-off (again): {code}: not yours
             info resume backing-off -> calling
             -> ResumeService
             WARN resume calling -> backing-off (again): {code}: not yours
             -> DescribeService
             WARN resume backing-off -> backing-off (again): {code}: not yours
             -> DescribeService
             -> ListOperations
             info resume backing-off -> calling
             -> ResumeService
             info resume calling -> tracking [op-1]"
        ));
        assert_eq!(scene.now.wall, MORNING + 3.minutes(), "the slowest pace is a minute");
    }
}

#[test]
fn who_woke_the_service_and_paused_it_again_while_calls_failed_is_not_fought() {
    let mut scene = Scene::before_the_morning();
    scene.run_to(MORNING);
    while scene.now.wall < MORNING + 90.seconds() {
        scene.play(vec![throttled()]);
    }
    scene.transcript.clear();
    let by_hand = [operation("by-hand", PauseService, Succeeded, 60), resume("by-hand-too", Succeeded, 30)];
    scene.play(vec![described(Paused), listed(&by_hand)]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume backing-off -> overruled: somebody began PAUSE_SERVICE at 2026-07-06T06:01:00Z, after the scheduled instant",
    );
}

#[test]
fn what_app_runner_will_never_accept_fails_at_once() {
    for code in ["ResourceNotFoundException", "InvalidRequestException", "ValidationException"] {
        let mut scene = Scene::before_the_morning();
        scene.play(vec![answered(code, 400, "no such service")]);
        scene.expect(&format!(
            "info resume due -> calling
             -> ResumeService
             ERROR resume calling -> failed: ResumeService: {code}: no such service"
        ));
        assert_eq!(scene.planner.owed(), 0);
    }
}

#[test]
fn an_invalid_state_that_is_the_wanted_one_is_already_done() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![invalid_state(), described(Running)]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         -> DescribeService
         info resume calling -> already",
    );
}

#[test]
fn an_invalid_state_behind_a_deployment_is_waited_out_and_then_done() {
    let mut scene = Scene::before_the_morning();
    let deployment = |status| operation("dep-1", StartDeployment, status, -60);
    scene.play(vec![
        invalid_state(),
        described(OperationInProgress),
        listed(&[deployment(InProgress)]),
        described(OperationInProgress),
        listed(&[deployment(InProgress)]),
        described(Paused),
        listed(&[deployment(Succeeded)]),
        accepted("op-1"),
        listed(&[resume("op-1", Succeeded, 20)]),
        described(Running),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         -> DescribeService
         -> ListOperations
         WARN resume calling -> waiting (again): the service is busy with START_DEPLOYMENT
         -> DescribeService
         -> ListOperations
         -> DescribeService
         -> ListOperations
         info resume waiting -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]
         -> ListOperations
         -> DescribeService
         info resume tracking -> succeeded [op-1]",
    );
}

#[test]
fn an_invalid_state_behind_somebodys_resume_adopts_it() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![
        invalid_state(),
        described(OperationInProgress),
        listed(&[resume("by-hand", InProgress, -5)]),
        listed(&[resume("by-hand", Succeeded, -5)]),
        described(Running),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         -> DescribeService
         -> ListOperations
         info resume calling -> tracking [by-hand]
         -> ListOperations
         -> DescribeService
         info resume tracking -> succeeded [by-hand]",
    );
}

#[test]
fn an_invalid_state_that_nothing_explains_is_tried_again_with_a_backoff() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![invalid_state(), described(Paused), listed(&[]), accepted("op-1")]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         -> DescribeService
         -> ListOperations
         WARN resume calling -> backing-off (again): InvalidStateException: not now
         info resume backing-off -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]",
    );
}

#[test]
fn an_invalid_state_of_a_service_beyond_help_fails() {
    for status in [ServiceStatus::Deleted, ServiceStatus::DeleteFailed, ServiceStatus::CreateFailed] {
        let mut scene = Scene::before_the_morning();
        scene.play(vec![invalid_state(), described(status.clone())]);
        scene.expect(&format!(
            "info resume due -> calling
             -> ResumeService
             -> DescribeService
             ERROR resume calling -> failed: the service is {status}; App Runner will not change it any more"
        ));
    }
}

#[test]
fn a_status_that_nobody_knows_counts_as_still_going_on() {
    let mut scene = Scene::before_the_morning();
    let unknown = ServiceStatus::Unknown("HIBERNATING".to_owned());
    scene.play(vec![invalid_state(), described(unknown), listed(&[]), described(Running)]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         -> DescribeService
         -> ListOperations
         WARN resume calling -> waiting (again): the service is HIBERNATING
         -> DescribeService
         info resume waiting -> already",
    );
}

#[test]
fn after_a_lost_reply_the_operation_that_began_is_adopted() {
    for (cause, error) in [(Cause::NoReply, "read timed out"), (Cause::Unreadable, "not JSON")] {
        let mut scene = Scene::before_the_morning();
        scene.play(vec![
            failed(cause, error),
            described(OperationInProgress),
            listed(&[resume("op-1", InProgress, 0)]),
            listed(&[resume("op-1", Succeeded, 0)]),
            described(Running),
        ]);
        scene.expect(&format!(
            "info resume due -> calling
             -> ResumeService
             WARN resume calling -> backing-off (again): {error}
             -> DescribeService
             -> ListOperations
             info resume backing-off -> tracking [op-1]
             -> ListOperations
             -> DescribeService
             info resume tracking -> succeeded [op-1]"
        ));
    }
}

#[test]
fn after_a_lost_reply_an_operation_that_has_ended_is_our_success() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![
        failed(Cause::NoReply, "read timed out"),
        described(Running),
        listed(&[resume("op-1", Succeeded, 0)]),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         WARN resume calling -> backing-off (again): read timed out
         -> DescribeService
         -> ListOperations
         info resume backing-off -> succeeded [op-1]",
    );
}

#[test]
fn after_a_lost_reply_that_changed_nothing_the_call_is_made_again() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![
        failed(Cause::NoReply, "read timed out"),
        described(Paused),
        listed(&[]),
        accepted("op-1"),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         WARN resume calling -> backing-off (again): read timed out
         -> DescribeService
         -> ListOperations
         info resume backing-off -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]",
    );
}

#[test]
fn a_reply_without_an_operation_is_believed_when_the_service_is_there() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted_without_operation(Running)]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         info resume calling -> already",
    );
}

#[test]
fn a_reply_without_an_operation_is_looked_into_when_the_service_is_not_there() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![
        accepted_without_operation(OperationInProgress),
        described(OperationInProgress),
        listed(&[resume("op-1", Pending, 0)]),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         -> DescribeService
         -> ListOperations
         info resume calling -> tracking [op-1]",
    );
}

#[test]
fn a_failed_operation_is_a_failed_try_and_the_third_is_the_last() {
    for (status, word) in
        [(Failed, "FAILED"), (RollbackFailed, "ROLLBACK_FAILED"), (RollbackSucceeded, "ROLLBACK_SUCCEEDED")]
    {
        let mut scene = Scene::before_the_morning();
        scene.play(vec![
            accepted("op-1"),
            listed(&[resume("op-1", RollbackInProgress, 0)]),
            listed(&[resume("op-1", status.clone(), 0)]),
            accepted("op-2"),
            listed(&[resume("op-2", status.clone(), 50)]),
            accepted("op-3"),
            listed(&[resume("op-3", status.clone(), 100)]),
        ]);
        let error = format!("the operation ended {word}; App Runner gives no reason here, its logs do");
        scene.expect(&format!(
            "info resume due -> calling
             -> ResumeService
             info resume calling -> tracking [op-1]
             -> ListOperations
             -> ListOperations
             WARN resume tracking -> backing-off [op-1] (again): {error}
             info resume backing-off -> calling
             -> ResumeService
             info resume calling -> tracking [op-2]
             -> ListOperations
             WARN resume tracking -> backing-off [op-2] (again): {error}
             info resume backing-off -> calling
             -> ResumeService
             info resume calling -> tracking [op-3]
             -> ListOperations
             ERROR resume tracking -> failed [op-3]: {error}; it was the last of 3 tries"
        ));
    }
}

#[test]
fn an_overdue_operation_is_told_once_and_followed_more_slowly() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted("op-1")]);
    while scene.now.wall < MORNING + 25.minutes() {
        scene.play(vec![listed(&[resume("op-1", InProgress, 0)])]);
    }
    scene.transcript.retain(|line| !line.starts_with("->"));
    scene.expect(
        "info resume due -> calling
         info resume calling -> tracking [op-1]
         ERROR resume tracking -> tracking [op-1]: not done 20 min after its instant: its operation is still going on",
    );
    let before = scene.now.wall;
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, before + 1.minute());
    scene.play(vec![listed(&[resume("op-1", Succeeded, 0)]), described(Running)]);
    scene.expect("-> ListOperations\n-> DescribeService\ninfo resume tracking -> succeeded [op-1]");
}

#[test]
fn an_operation_with_a_status_that_nobody_knows_is_logged_once_and_followed() {
    let mut scene = Scene::before_the_morning();
    let paused = || OperationStatus::Unknown("SUSPENDED".to_owned());
    scene.play(vec![
        accepted("op-1"),
        listed(&[resume("op-1", paused(), 0)]),
        listed(&[resume("op-1", paused(), 0)]),
        listed(&[resume("op-1", Succeeded, 0)]),
        described(Running),
    ]);
    scene.transcript.retain(|line| !line.starts_with("->"));
    scene.expect(
        "info resume due -> calling
         info resume calling -> tracking [op-1]
         WARN resume tracking -> tracking [op-1]: App Runner gives the operation the status SUSPENDED, which this version does not know: it counts as in progress
         info resume tracking -> succeeded [op-1]",
    );
}

#[test]
fn a_service_that_stays_busy_is_told_once_after_twenty_minutes() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![invalid_state()]);
    while scene.now.wall < MORNING + 30.minutes() {
        scene.play(vec![described(OperationInProgress), listed(&[])]);
    }
    scene.transcript.retain(|line| !line.starts_with("->"));
    scene.expect(
        "info resume due -> calling
         WARN resume calling -> waiting (again): the service is OPERATION_IN_PROGRESS
         ERROR resume waiting -> waiting: not done 20 min after its instant: the service is OPERATION_IN_PROGRESS",
    );
}

#[test]
fn the_operation_is_found_on_a_later_page() {
    let mut scene = Scene::before_the_morning();
    let others = [operation("dep-2", StartDeployment, Succeeded, 300)];
    scene.play(vec![
        accepted("op-1"),
        page(&others, "token-1"),
        page(&others, "token-2"),
        listed(&[resume("op-1", Succeeded, 0)]),
        described(Running),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]
         -> ListOperations
         -> ListOperations from token-1
         -> ListOperations from token-2
         -> DescribeService
         info resume tracking -> succeeded [op-1]",
    );
}

#[test]
fn an_operation_that_is_listed_late_is_awaited() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![
        accepted("op-1"),
        listed(&[]),
        listed(&[operation("dep-1", StartDeployment, Succeeded, -900)]),
        listed(&[resume("op-1", Succeeded, 0)]),
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
fn an_operation_that_is_never_listed_is_looked_for_in_another_way() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted("op-1")]);
    while scene.now.wall < MORNING + 2.minutes() {
        scene.play(vec![listed(&[])]);
    }
    scene.run_to_next_call();
    scene.transcript.drain(..scene.transcript.len() - 1);
    scene.play(vec![described(Paused), listed(&[]), accepted("op-2")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         WARN resume tracking -> backing-off (again): operation op-1 is in no list
         info resume backing-off -> calling
         -> ResumeService
         info resume calling -> tracking [op-2]",
    );
}

#[test]
fn a_question_that_fails_is_asked_again_and_the_operation_is_kept() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![
        accepted("op-1"),
        throttled(),
        failed(Cause::NoReply, "read timed out"),
        listed(&[resume("op-1", InProgress, 0)]),
        listed(&[resume("op-1", Succeeded, 0)]),
        described(Running),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]
         -> ListOperations
         WARN resume tracking -> backing-off [op-1] (again): ThrottlingException: slow down
         -> ListOperations
         WARN resume backing-off -> backing-off [op-1] (again): read timed out
         -> ListOperations
         info resume backing-off -> tracking [op-1]
         -> ListOperations
         -> DescribeService
         info resume tracking -> succeeded [op-1]",
    );
}

#[test]
fn a_question_that_is_refused_for_good_says_nothing_of_the_operation() {
    let bad = || answered("ValidationException", 400, "bad token");
    let mut scene = Scene::before_the_morning();
    let others = [operation("dep-2", StartDeployment, Succeeded, 300)];
    scene.play(vec![
        accepted("op-1"),
        bad(),
        page(&others, "token-1"),
        bad(),
        listed(&[resume("op-1", Succeeded, 0)]),
        described(Running),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]
         -> ListOperations
         WARN resume tracking -> backing-off [op-1] (again): ValidationException: bad token
         -> ListOperations
         -> ListOperations from token-1
         WARN resume backing-off -> backing-off [op-1] (again): ValidationException: bad token
         -> ListOperations
         -> DescribeService
         info resume backing-off -> succeeded [op-1]",
    );
}

#[test]
fn a_morning_missed_while_the_process_was_down_is_done_once() {
    let mut scene = Scene::of(OFFICE, MORNING + 20.minutes());
    scene.play(vec![
        described(Paused),
        listed(&[operation("old", PauseService, Succeeded, -50_000)]),
        accepted("op-1"),
        listed(&[resume("op-1", Succeeded, 1200)]),
        described(Running),
    ]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]
         -> ListOperations
         -> DescribeService
         info resume tracking -> succeeded [op-1]",
    );
    let late = scene.changes.first().and_then(|change| change.late);
    assert_eq!(late, Some(Duration::from_mins(20)));
    scene.run_to(MORNING + 10.hours());
    scene.expect("");
}

#[test]
fn a_start_with_everything_in_place_costs_one_question() {
    let mut scene = Scene::of(OFFICE, MORNING + 3.hours());
    scene.play(vec![described(Running)]);
    scene.expect("-> DescribeService\ninfo resume due -> already");
}

#[test]
fn a_start_while_our_operation_runs_adopts_it() {
    let mut scene = Scene::of(OFFICE, MORNING + 30.seconds());
    scene.play(vec![described(OperationInProgress), listed(&[resume("op-1", InProgress, 1)])]);
    scene.expect(
        "-> DescribeService\n-> ListOperations\ninfo resume due -> tracking [op-1]\n-> ListOperations",
    );
}

#[test]
fn who_paused_by_hand_after_the_instant_is_not_fought() {
    let mut scene = Scene::of(OFFICE, MORNING + 5.hours());
    let by_hand = operation("by-hand", PauseService, Succeeded, 4 * 3600);
    scene.play(vec![described(Paused), listed(&[by_hand])]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume due -> overruled: somebody began PAUSE_SERVICE at 2026-07-06T10:00:00Z, after the scheduled instant",
    );
}

#[test]
fn a_person_is_overruled_where_the_file_says_enforce() {
    let enforce = OFFICE.to_owned() + "on-manual-change = \"enforce\"\n";
    let mut scene = Scene::of(&enforce, MORNING + 5.hours());
    let by_hand = operation("by-hand", PauseService, Succeeded, 4 * 3600);
    scene.play(vec![described(Paused), listed(&[by_hand]), accepted("op-1")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]",
    );
}

#[test]
fn what_is_not_known_is_only_looked_at_when_its_window_has_closed() {
    let short = OFFICE.to_owned() + "catch-up = \"2h\"\n";
    for hours in [2, 3] {
        let mut awake = Scene::of(&short, MORNING + hours.hours());
        awake.play(vec![described(Running)]);
        awake.expect("-> DescribeService\ninfo resume due -> already");
        let mut asleep = Scene::of(&short, MORNING + hours.hours());
        asleep.play(vec![described(Paused), listed(&[])]);
        asleep.expect(
            "-> DescribeService
             -> ListOperations
             ERROR resume due -> expired: its catch-up window of 2 h has closed, and the service is asleep",
        );
        for mut scene in [awake, asleep] {
            assert_eq!(scene.planner.owed(), 0);
            scene.run_to_next_call();
            assert_eq!(scene.now.wall, MORNING + 10.hours() + 30.minutes());
        }
    }
}

#[test]
fn what_is_only_looked_at_is_done_if_the_file_gives_it_a_longer_window_meanwhile() {
    let file = |window| OFFICE.to_owned() + &format!("catch-up = \"{window}\"\n");
    for (window, last) in [("12h", "-> ResumeService"), ("3h", "the service is asleep")] {
        let mut scene = Scene::of(&file("2h"), MORNING + 3.hours());
        scene.run_to_next_call();
        scene.reload(&file("2h"), &file(window));
        scene.play(vec![described(Paused), listed(&[])]);
        let told = scene.transcript.last().expect("what came of it");
        assert!(told.ends_with(last), "{window}: {told}");
    }
}

#[test]
fn a_pause_that_comes_while_an_unknown_resume_is_looked_at_is_no_error() {
    let short = OFFICE.to_owned() + "catch-up = \"2h\"\n";
    let evening = MORNING + 10.hours() + 30.minutes();
    let mut scene = Scene::of(&short, evening - 1.second());
    scene.run_to(evening);
    assert_eq!(
        scene.said("superseded"),
        ["WARN resume due -> superseded: the pause at 2026-07-06T16:30:00Z came first"]
    );
}

#[test]
fn an_enforced_service_of_which_nothing_is_known_is_resumed_although_its_window_has_closed() {
    let enforced = OFFICE.to_owned() + "catch-up = \"2h\"\non-manual-change = \"enforce\"\n";
    let mut scene = Scene::of(&enforced, MORNING + 3.hours());
    scene.play(vec![described(Paused), listed(&[])]);
    scene.run_to_next_call();
    scene.play(vec![described(Paused), described(Paused), listed(&[])]);
    assert_eq!(scene.said("-> ResumeService").len(), 1, "{:#?}", scene.transcript);
}

#[test]
fn an_occurrence_that_cannot_be_done_in_its_window_expires() {
    let short = OFFICE.to_owned() + "catch-up = \"10m\"\n";
    let mut scene = Scene::of(&short, MORNING - 1.second());
    scene.run_to(MORNING);
    while scene.planner.owed() > 0 {
        if scene.unanswered.is_empty() {
            scene.run_to(scene.now.wall + scene.next_wait().expect("a deadline"));
        } else {
            scene.answer(throttled());
        }
    }
    let last = scene.changes.last().expect("a change");
    assert_eq!(
        told(last),
        "ERROR resume backing-off -> expired: the catch-up window of 10 min closed before it could be done: \
         ThrottlingException: slow down"
    );
    assert_eq!(scene.now.wall, MORNING + 10.minutes());
    assert!(scene.changes.len() > 20, "it was tried all the time: {}", scene.changes.len());
}

#[test]
fn the_next_transition_supersedes_what_is_still_owed() {
    let mut scene = Scene::before_the_morning();
    let denied = || answered("AccessDeniedException", 400, "not yours");
    while scene.now.wall < MORNING + 10.hours() + 29.minutes() {
        scene.play(vec![denied()]);
    }
    scene.transcript.clear();
    scene.run_to(MORNING + 10.hours() + 30.minutes());
    scene.transcript.retain(|line| !line.contains("calling"));
    scene.unanswered.drain(..scene.unanswered.len() - 1);
    scene.play(vec![described(Paused)]);
    let said = scene.transcript.join("\n");
    assert!(
        said.contains(
            "ERROR resume backing-off -> superseded: the pause at 2026-07-06T16:30:00Z came first; before: \
             AccessDeniedException: not yours"
        ),
        "{said}"
    );
    assert!(said.ends_with("-> DescribeService\ninfo pause due -> already"), "{said}");
}

#[test]
fn a_call_in_flight_at_the_next_transition_is_awaited_before_anything_else_is_called() {
    let dense = OFFICE.replace("30 18 * * MON-FRI", "1 8 * * MON-FRI");
    let mut scene = Scene::of(&dense, MORNING - 1.second());
    scene.run_to(MORNING + 90.seconds());
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         ERROR resume calling -> superseded: the pause at 2026-07-06T06:01:00Z came first",
    );
    scene.play(vec![
        accepted("op-1"),
        described(OperationInProgress),
        listed(&[resume("op-1", InProgress, 0)]),
        described(Running),
        listed(&[resume("op-1", Succeeded, 70)]),
        accepted("op-2"),
    ]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         WARN pause due -> waiting (again): the service is busy with RESUME_SERVICE
         -> DescribeService
         -> ListOperations
         info pause waiting -> calling
         -> PauseService
         info pause calling -> tracking [op-2]",
    );
}

#[test]
fn after_a_long_sleep_the_latest_transition_counts() {
    let mut scene = Scene::before_the_morning();
    scene.now.wall = MORNING + 11.hours();
    scene.handle(Event::Tick);
    scene.play(vec![described(Running), listed(&[]), accepted("op-1")]);
    scene.expect(
        "ERROR resume due -> superseded: the pause at 2026-07-06T16:30:00Z came first
         -> DescribeService
         -> ListOperations
         info pause due -> calling
         -> PauseService
         info pause calling -> tracking [op-1]",
    );
}

#[test]
fn a_clock_that_steps_back_a_little_does_nothing_twice() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 0)]), described(Running)]);
    scene.transcript.clear();
    scene.now.wall = MORNING - 5.minutes();
    scene.handle(Event::Tick);
    scene.run_to(MORNING + 10.hours());
    scene.expect("the clock was set back by 302 s");
}

#[test]
fn a_clock_that_was_far_ahead_and_is_set_right_plans_anew() {
    let mut scene = Scene::of(OFFICE, MORNING + 3.days_in_hours());
    scene.play(vec![described(Running)]);
    scene.transcript.clear();
    scene.now.wall = MORNING - 10.minutes();
    scene.handle(Event::Tick);
    scene.expect("the clock was set back by 259800 s");
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, MORNING);
}

#[test]
fn a_retry_is_not_delayed_by_a_clock_that_is_set_back() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![throttled()]);
    let elapsed = scene.now.elapsed;
    scene.now.wall -= 30.minutes();
    scene.run_to_next_call();
    assert!(scene.now.elapsed.since(elapsed) <= Duration::from_secs(1));
}

#[test]
fn a_stop_lets_nothing_leave_and_still_hears_the_reply() {
    let mut scene = Scene::before_the_morning();
    scene.run_to(MORNING);
    scene.handle(Event::Stop);
    scene.play(vec![accepted("op-1")]);
    scene.run_to(MORNING + 5.minutes());
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]",
    );
}

#[test]
fn calls_beyond_the_limits_wait_and_mornings_go_first() {
    let mut text = "timezone = \"UTC\"\n[limits]\ncalls-per-second = 2\ncalls-in-flight = 3\n".to_owned();
    for n in 0..5 {
        let rules = if n < 3 { "pause" } else { "resume" };
        text += &format!(
            "[[service]]\narn = \"arn:aws:apprunner:us-east-1:123456789012:service/app-{n}/{n:032x}\"\n\
             {rules} = \"0 6 * * *\"\n"
        );
    }
    let mut scene = Scene::of(&text, MORNING - 1.second());
    // Yesterday's pauses are looked at first, for nobody knows whether they were made.
    scene.play((0..8).map(|_| answered("ResourceNotFoundException", 400, "gone")).collect());
    scene.transcript.clear();
    scene.run_to(MORNING + 24.hours());
    let calls: Vec<&String> = scene.transcript.iter().filter(|line| !line.contains("due")).collect();
    assert_eq!(calls, ["-> ResumeService", "-> ResumeService", "held back: 3 wait"]);
    scene.run_to(MORNING + 24.hours() + 10.seconds());
    assert_eq!(scene.unanswered.len(), 3, "never more than three in flight");
    assert_eq!(scene.said("held back"), ["held back: 3 wait"], "once");
    scene.answer(accepted("op-1"));
    scene.run_to(MORNING + 24.hours() + 11.seconds());
    assert_eq!(scene.unanswered.len(), 3);
}

#[test]
fn a_service_that_hangs_delays_no_other() {
    let two = OFFICE.to_owned()
        + r#"
[[service]]
name = "blog"
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/blog/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
schedule = "office"
"#;
    let mut scene = Scene::of(&two, MORNING - 1.second());
    scene.run_to(MORNING);
    let hangs = scene.unanswered.pop_front().expect("the first call");
    scene.play(vec![accepted("op-2"), listed(&[resume("op-2", Succeeded, 0)]), described(Running)]);
    assert_eq!(scene.planner.owed(), 1, "the other is done while {} hangs", hangs.arn);
}

#[test]
fn a_known_service_is_asked_at_most_five_times() {
    let mut scene = Scene::before_the_morning();
    for day in 0..4 {
        let instant = MORNING + (24 * day).hours();
        while scene.planner.owed() == 0 || scene.unanswered.is_empty() {
            scene.run_to_next_call();
            if scene.now.wall < instant {
                scene.answer(accepted_without_operation(Paused));
            }
        }
        scene.play(vec![accepted("op")]);
        scene.transcript.clear();
        let ends = instant + 55.seconds();
        while scene.planner.owed() > 0 {
            scene.run_to_next_call();
            if scene.transcript.last().is_some_and(|line| line == "-> DescribeService") {
                scene.answer(described(Running));
                continue;
            }
            let status = if scene.now.wall >= ends { Succeeded } else { InProgress };
            let mut seen = resume("op", status, 24 * 3600 * day);
            seen.ended_at = Some(ends);
            scene.answer(listed(&[seen]));
        }
        let looks = scene.transcript.iter().filter(|line| *line == "-> DescribeService").count();
        assert_eq!(looks, 1, "one look to be sure");
        let questions = scene.transcript.iter().filter(|line| *line == "-> ListOperations").count();
        assert!(day == 0 || questions <= 5, "day {day}: {questions} questions");
    }
}

/// Days as hours, since instants know no days.
trait DaysInHours {
    fn days_in_hours(self) -> jiff::Span;
}

impl DaysInHours for i64 {
    fn days_in_hours(self) -> jiff::Span {
        (self * 24).hours()
    }
}

/// A file with one call at a time, and these services in it: names and keys.
fn one_call_at_a_time(services: &[(&str, &str)]) -> String {
    let mut text = "timezone = \"UTC\"\n[limits]\ncalls-in-flight = 1\n".to_owned();
    for (name, keys) in services {
        let id = name.len();
        text += &format!(
            "[[service]]\narn = \"arn:aws:apprunner:us-east-1:123456789012:service/{name}/{id:032x}\"\n{keys}\n"
        );
    }
    text
}

#[test]
fn a_pause_that_waits_for_a_permit_goes_with_the_mornings_once_its_morning_has_come() {
    let file = one_call_at_a_time(&[
        ("shop", "resume = \"0 5 * * *\""),
        ("store", "pause = \"0 6 * * *\""),
        ("market", "pause = \"0 6 * * *\"\nresume = \"30 0 6 * * *\""),
    ]);
    let mut scene = Scene::of(&file, MORNING - 2.hours());
    let start: Vec<_> = (0..3).map(|_| answered("ResourceNotFoundException", 400, "gone")).collect();
    scene.play(start);
    scene.run_to(MORNING + 23.hours());
    // One call hangs, behind which all wait.
    assert_eq!(scene.unanswered.len(), 1);
    scene.run_to(MORNING + 24.hours() + 40.seconds());
    scene.answer(accepted("op-1"));
    let next = scene.unanswered.back().expect("the next call");
    assert_eq!(next.arn.service_name(), "market", "the store's pause has waited as long");
}

#[test]
fn a_lost_call_behind_somebodys_deployment_is_no_failed_try() {
    let mut scene = Scene::before_the_morning();
    let deployment = |status| operation("by-hand", StartDeployment, status, -5);
    scene.play(vec![
        failed(Cause::NoReply, "timed out"),
        described(OperationInProgress),
        listed(&[deployment(InProgress)]),
        described(Paused),
        listed(&[deployment(Succeeded)]),
        accepted("op-1"),
    ]);
    assert_eq!(scene.said("failed while nobody followed it"), [""; 0]);
    assert_eq!(scene.changes.last().map(|change| change.failed_operations), Some(0));
}

#[test]
fn tries_that_are_refused_for_more_than_a_minute_are_followed_by_another_look() {
    let mut scene = Scene::of(OFFICE, MORNING + 5.minutes());
    scene.play(vec![described(Paused), listed(&[])]);
    scene.refuse_until(MORNING + 10.minutes(), throttled);
    assert!(scene.said("-> DescribeService").len() > 1, "{:#?}", scene.said("->"));
}
