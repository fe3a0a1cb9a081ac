//! Who learns what, and when: errors that somebody must look at, each once.

mod scene;

use jiff::ToSpan;
use reveille::api::OperationKind::{PauseService, StartDeployment};
use reveille::api::OperationStatus::{InProgress, Succeeded};
use reveille::api::ServiceStatus::{OperationInProgress, Paused, Running};
use reveille::api::{Cause, Refusal, Reply};
use reveille::planner::{Event, LastOccurrence};
use scene::*;

/// What App Runner says, or nobody, each time that it is asked.
type Answer = fn() -> Result<Reply, Refusal>;

#[test]
fn a_resume_that_is_not_done_is_an_error_once_after_twenty_minutes_whatever_the_cause() {
    let refused = || failed(Cause::NotSent, "connection refused");
    let causes: [(Answer, &str); 2] =
        [(throttled, "ThrottlingException: slow down"), (refused, "connection refused")];
    for (reply, error) in causes {
        let mut scene = Scene::before_the_morning();
        scene.refuse_until(MORNING + 20.minutes() - 1.second(), reply);
        assert_eq!(scene.said("ERROR"), [""; 0]);
        scene.refuse_until(MORNING + 3.hours(), reply);
        let errors = scene.said("ERROR");
        assert_eq!(errors.len(), 1, "{errors:#?}");
        let late = errors.first().expect("an error");
        assert!(late.ends_with(&format!(": not done 20 min after its instant: {error}")), "{late}");
    }
}

#[test]
fn missing_credentials_and_rights_are_errors_at_once_and_a_late_resume_is_one_more() {
    let none = || failed(Cause::NoCredentials, "no AWS credentials");
    let denied = || answered("AccessDeniedException", 400, "not yours");
    let causes: [(Answer, &str); 2] =
        [(none, "no AWS credentials"), (denied, "AccessDeniedException: not yours")];
    for (reply, error) in causes {
        let mut scene = Scene::before_the_morning();
        scene.play(vec![reply()]);
        let at_once = format!("ERROR resume calling -> backing-off (again): {error}");
        assert_eq!(scene.transcript.last(), Some(&at_once));
        scene.refuse_until(MORNING + 3.hours(), reply);
        let late =
            format!("ERROR resume backing-off -> backing-off: not done 20 min after its instant: {error}");
        assert_eq!(scene.said("ERROR"), [&*at_once, &*late]);
        assert!(scene.said("WARN").len() > 100, "it was tried all the time");
    }
}

#[test]
fn a_resume_whose_call_hangs_is_late_and_has_not_left_again() {
    let mut scene = Scene::before_the_morning();
    scene.run_to(MORNING + 20.minutes());
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         ERROR resume calling -> calling: not done 20 min after its instant",
    );
    let notice = scene.changes.last().expect("a change");
    assert!(notice.is_late_notice() && notice.late.is_none());
    assert!(!scene.changes.first().expect("a change").is_late_notice());
}

#[test]
fn resumes_that_succeed_one_another_are_as_late_as_the_first() {
    let often = OFFICE.replace("0 8 * * MON-FRI", "*/15 8-17 * * MON-FRI");
    let mut scene = Scene::of(&often, MORNING - 1.second());
    scene.refuse_until(MORNING + 11.hours(), throttled);
    let errors = scene.said("ERROR");
    let [late, given_up] = errors[..] else { panic!("{errors:#?}") };
    let since = "not done 20 min after the first of the resumes since 2026-07-06T06:00:00Z: ";
    assert!(late.contains(since), "{late}");
    assert!(given_up.contains("superseded: the pause at 2026-07-06T16:30:00Z came first"), "{given_up}");
    let at = |needle: &str| {
        let change = scene.changes.iter().find(|change| told(change).contains(needle));
        change.map(|change| change.scheduled)
    };
    assert_eq!(at(since), Some(MORNING + 15.minutes()), "it was told by the second");
    assert!(scene.said("WARN resume").iter().any(|line| line.contains("superseded")));
}

#[test]
fn a_lost_pause_is_waited_for_and_then_the_morning_is_settled_or_done() {
    for has_landed in [false, true] {
        let mut scene = Scene::of(&nap(), MORNING - 30.seconds());
        scene.play(vec![described(Running)]);
        scene.expect("-> DescribeService\ninfo resume due -> already");
        scene.run_to(MORNING);
        scene.play(vec![failed(Cause::NoReply, "timed out"), described(Running)]);
        scene.expect(
            "info pause due -> calling
             -> PauseService
             WARN pause calling -> superseded: the resume at 2026-07-06T06:00:00Z came first
             -> DescribeService
             WARN resume due -> waiting (again): an earlier pause of ours may still take effect",
        );
        scene.run_to_next_call();
        assert_eq!(scene.now.wall, MORNING + 55.seconds());
        if has_landed {
            let late = operation("late", PauseService, Succeeded, 40);
            scene.play(vec![described(Paused), listed(&[late]), accepted("op-1")]);
            scene.expect(
                "-> DescribeService
                 -> ListOperations
                 info resume waiting -> calling
                 -> ResumeService
                 info resume calling -> tracking [op-1]",
            );
        } else {
            scene.play(vec![described(Running)]);
            scene.expect("-> DescribeService\ninfo resume waiting -> already");
        }
    }
}

/// What is answered to an operation that succeeds, and leaves the service asleep.
fn in_vain(id: &str, listed_too: &[&str]) -> Vec<Result<Reply, Refusal>> {
    let all: Vec<_> = std::iter::once(id).chain(listed_too.iter().copied()).collect();
    let all: Vec<_> = all.iter().map(|id| resume(id, Succeeded, 1)).collect();
    vec![accepted(id), listed(&all), described(Paused), listed(&all)]
}

#[test]
fn a_success_that_leaves_the_service_asleep_is_a_failed_try() {
    let mut scene = Scene::before_the_morning();
    scene.play(in_vain("op-1", &[]));
    scene.play(vec![accepted("op-2"), listed(&[resume("op-2", Succeeded, 60)]), described(Running)]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]
         -> ListOperations
         -> DescribeService
         -> ListOperations
         WARN resume tracking -> backing-off [op-1] (again): operation op-1 ended SUCCEEDED, and the service is not \
         RUNNING
         info resume backing-off -> calling
         -> ResumeService
         info resume calling -> tracking [op-2]
         -> ListOperations
         -> DescribeService
         info resume tracking -> succeeded [op-2]",
    );
}

#[test]
fn three_successes_in_vain_are_the_last_and_those_before_a_restart_count() {
    let the_end = "ERROR resume tracking -> failed [op-3]: operation op-3 ended SUCCEEDED, and the service is not \
                   RUNNING; it was the last of 3 tries";
    let last_try = || in_vain("op-3", &["op-2", "op-1"]);
    let mut scene = Scene::before_the_morning();
    scene.play(in_vain("op-1", &[]));
    scene.play(in_vain("op-2", &["op-1"]));
    let memory = vec![LastOccurrence::of(scene.changes.last().expect("a change"), scene.now.wall)];
    scene.play(last_try());
    assert_eq!(scene.transcript.last().map(String::as_str), Some(the_end));
    for memory in [memory, vec![]] {
        let mut scene = Scene::remembering(OFFICE, MORNING + 2.minutes(), memory);
        let before = [resume("op-2", Succeeded, 1), resume("op-1", Succeeded, 1)];
        scene.play(vec![described(Paused), listed(&before)]);
        scene.play(last_try());
        assert_eq!(scene.transcript.last().map(String::as_str), Some(the_end), "{:#?}", scene.transcript);
    }
}

#[test]
fn a_success_that_a_person_has_undone_was_not_in_vain() {
    let mut scene = Scene::before_the_morning();
    let op_1 = || resume("op-1", Succeeded, 1);
    let by_hand = operation("by-hand", PauseService, Succeeded, 60);
    scene.play(vec![accepted("op-1"), listed(&[op_1()]), described(Paused), listed(&[by_hand, op_1()])]);
    assert_eq!(
        scene.transcript.last().map(String::as_str),
        Some(
            "info resume tracking -> overruled: somebody began PAUSE_SERVICE at 2026-07-06T06:01:00Z, after the \
             scheduled instant"
        )
    );
}

#[test]
fn a_success_that_a_deployment_hides_is_one_when_that_has_ended() {
    let mut scene = Scene::before_the_morning();
    let op_1 = || resume("op-1", Succeeded, 1);
    let deployment = operation("dep-1", StartDeployment, InProgress, 60);
    scene.play(vec![
        accepted("op-1"),
        listed(&[op_1()]),
        described(OperationInProgress),
        listed(&[deployment, op_1()]),
        described(Running),
    ]);
    let end = scene.transcript.split_off(scene.transcript.len() - 3);
    assert_eq!(
        end,
        [
            "WARN resume tracking -> waiting (again): the service is busy with START_DEPLOYMENT",
            "-> DescribeService",
            "info resume waiting -> succeeded [op-1]"
        ]
    );
}

#[test]
fn an_operation_is_as_old_after_two_restarts_as_it_is() {
    let evening = MORNING + 10.hours() + 30.minutes();
    let mut scene = Scene::with_the_morning_done();
    scene.run_to(evening);
    scene.play(vec![accepted("op-2")]);
    let going_on = || listed(&[operation("op-2", PauseService, InProgress, 37_800)]);
    for minutes in [14, 15] {
        let memory = LastOccurrence::of(scene.changes.last().expect("a change"), scene.now.wall);
        scene = Scene::remembering(OFFICE, evening + minutes.minutes(), vec![memory]);
        scene.play(vec![throttled(), going_on()]);
    }
    while scene.said("ERROR").is_empty() {
        scene.play(vec![going_on()]);
    }
    assert_eq!(
        scene.said("ERROR"),
        ["ERROR pause tracking -> tracking [op-2]: the operation has been going on for more than 20 min"]
    );
    let told_after = scene.now.wall.duration_since(evening);
    assert!((20..=21).contains(&told_after.as_mins()), "{told_after:#}");
}

#[test]
fn a_service_that_a_clock_ten_minutes_ahead_has_paused_is_resumed_and_the_step_is_told() {
    let evening = MORNING + 10.hours() + 30.minutes();
    let mut scene = Scene::with_the_morning_done();
    scene.run_to(evening);
    let paused = || operation("op-2", PauseService, Succeeded, 37_200);
    scene.play(vec![accepted("op-2"), listed(&[paused()]), described(Paused)]);
    scene.transcript.clear();
    scene.now.wall -= 10.minutes();
    scene.handle(Event::Tick);
    scene.play(vec![described(Paused), listed(&[paused()]), accepted("op-3")]);
    let set_back = scene.transcript.remove(0);
    assert!(set_back.starts_with("the clock was set back by"), "{set_back}");
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-3]",
    );
}
