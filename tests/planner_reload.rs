//! Another file in force, and people who change services by hand: what is settled stays settled, what is begun goes on.

#![expect(clippy::arithmetic_side_effects, reason = "a test may panic")]

mod scene;

use jiff::{Timestamp, ToSpan};
use reveille::api::{Cause, OperationKind, OperationStatus, ServiceStatus};
use scene::*;

use OperationKind::{PauseService, ResumeService};
use OperationStatus::{Failed, InProgress, Succeeded};
use ServiceStatus::{OperationInProgress, Paused, Running};

/// When the office closes.
const EVENING: Timestamp = Timestamp::constant(1_783_355_400, 0);

#[test]
fn a_file_that_was_only_saved_does_nothing_again() {
    let mut scene = Scene::with_the_morning_done();
    scene.reload(OFFICE, OFFICE);
    let renamed = OFFICE.replace("\"shop\"", "\"the shop\"");
    scene.reload(OFFICE, &renamed);
    scene.run_to(MORNING + 10.hours());
    scene.expect("");
}

#[test]
fn an_arn_in_letters_of_another_case_is_the_same_service_and_does_nothing_again() {
    let mut scene = Scene::with_the_morning_done();
    let other_case = OFFICE.replace("service/shop/8fe1e", "service/Shop/8FE1E");
    scene.reload(OFFICE, &other_case);
    scene.run_to(MORNING + 10.hours());
    scene.expect("");
    scene.run_to_next_call();
    assert!(
        scene.unanswered[0].arn.as_str().contains("service/Shop/8FE1E"),
        "the pause goes to the ARN of the file"
    );
}

#[test]
fn an_end_that_moves_into_the_past_is_due_now() {
    let mut scene = Scene::with_the_morning_done();
    scene.run_to(MORNING + 9.hours());
    scene.reload(OFFICE, &OFFICE.replace("30 18", "0 16"));
    scene.play(vec![described(Running), listed(&[resume("op-1", Succeeded, 1)]), accepted("op-2")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info pause due -> calling
         -> PauseService
         info pause calling -> tracking [op-2]",
    );
}

#[test]
fn a_beginning_that_moves_into_the_future_does_not_undo_the_morning() {
    let mut scene = Scene::with_the_morning_done();
    scene.run_to(MORNING + 30.minutes());
    scene.reload(OFFICE, &OFFICE.replace("0 8", "0 9"));
    scene.expect("");
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, MORNING + 1.hour());
}

#[test]
fn a_coming_transition_follows_the_new_file() {
    let mut scene = Scene::with_the_morning_done();
    scene.reload(OFFICE, &OFFICE.replace("30 18", "0 20"));
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, MORNING + 12.hours());
}

#[test]
fn what_is_begun_goes_on_when_its_service_leaves_the_file() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted("op-1")]);
    scene.reload(OFFICE, NO_SERVICES);
    scene.play(vec![
        listed(&[resume("op-1", InProgress, 1)]),
        listed(&[resume("op-1", Succeeded, 1)]),
        described(Running),
    ]);
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]
         -> ListOperations
         -> ListOperations
         -> DescribeService
         info resume tracking -> succeeded [op-1]",
    );
    scene.run_to(MORNING + 48.hours());
    scene.expect("");
}

#[test]
fn a_service_that_comes_back_while_it_is_on_its_way_out_goes_on() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted("op-1")]);
    scene.reload(OFFICE, NO_SERVICES);
    scene.reload(NO_SERVICES, OFFICE);
    scene.play(vec![listed(&[resume("op-1", Succeeded, 1)]), described(Running)]);
    scene.transcript.clear();
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, MORNING + 10.hours() + 30.minutes());
}

#[test]
fn a_new_service_is_looked_at_before_anything_is_called() {
    let mut scene = Scene::of(NO_SERVICES, MORNING + 1.hour());
    scene.expect("");
    scene.reload(NO_SERVICES, OFFICE);
    scene.play(vec![described(Paused), listed(&[]), accepted("op-1")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]",
    );
}

#[test]
fn a_place_that_is_free_is_taken_by_the_next_service() {
    let blog = OFFICE.replace("shop", "blog").replace("8fe1e10304f84fd2b0df550fe98a71fa", &"1".repeat(32));
    let mut scene = Scene::with_the_morning_done();
    scene.reload(OFFICE, &blog);
    scene.play(vec![described(Running)]);
    scene.expect("-> DescribeService\ninfo resume due -> already");
    scene.reload(&blog, OFFICE);
    scene.expect("");
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, MORNING + 10.hours() + 30.minutes(), "its morning had ended before it left");
}

fn enforced() -> String {
    OFFICE.to_owned() + "on-manual-change = \"enforce\"\n"
}

#[test]
fn an_enforced_schedule_looks_every_five_minutes_and_corrects() {
    let mut scene = Scene::of(&enforced(), MORNING - 1.second());
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 1)]), described(Running)]);
    let done_at = scene.now.wall;
    scene.transcript.clear();
    for look in 1..=3 {
        scene.run_to_next_call();
        assert_eq!(scene.now.wall, done_at + (5 * look).minutes());
        scene.answer(described(Running));
    }
    scene.play(vec![described(Paused), accepted("op-2")]);
    scene.expect(
        "-> DescribeService
         -> DescribeService
         -> DescribeService
         -> DescribeService
         info resume due -> calling: it is PAUSED within its hours, and the schedule is enforced
         -> ResumeService
         info resume calling -> tracking [op-2]",
    );
    assert_eq!(scene.changes.last().map(|change| change.scheduled), Some(done_at + 20.minutes()));
}

#[test]
fn an_enforced_schedule_waits_for_a_pause_that_is_under_way_and_never_looks_faster() {
    let mut scene = Scene::of(&enforced(), MORNING - 1.second());
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 1)]), described(Running)]);
    let done_at = scene.now.wall;
    scene.transcript.clear();
    for reply in [described(OperationInProgress), throttled()] {
        scene.run_to_next_call();
        scene.answer(reply);
    }
    assert_eq!(scene.now.wall, done_at + 10.minutes());
    scene.expect(
        "-> DescribeService\n-> DescribeService\nWARN shop was not seen: ThrottlingException: slow down",
    );
}

#[test]
fn an_enforced_service_that_cannot_be_seen_is_told_once_until_it_is_seen_again() {
    let mut scene = Scene::of(&enforced(), MORNING - 1.second());
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 1)]), described(Running)]);
    scene.transcript.clear();
    let denied = || answered("AccessDeniedException", 400, "not allowed");
    scene.play(vec![denied(), denied(), described(Running), denied()]);
    scene.expect(
        "-> DescribeService
         WARN shop was not seen: AccessDeniedException: not allowed
         -> DescribeService
         -> DescribeService
         -> DescribeService
         WARN shop was not seen: AccessDeniedException: not allowed",
    );
}

#[test]
fn an_enforced_schedule_is_paused_on_time_and_leaves_the_night_alone() {
    let evening = MORNING + 10.hours() + 30.minutes();
    let mut scene = Scene::of(&enforced(), evening - 1.minute());
    scene.play(vec![described(Running)]);
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, evening, "the look that is due later holds nothing up");
    scene.play(vec![
        accepted("op-2"),
        listed(&[operation("op-2", PauseService, Succeeded, 37_800)]),
        described(Paused),
    ]);
    scene.expect(
        "-> DescribeService
         info resume due -> already
         info pause due -> calling
         -> PauseService
         info pause calling -> tracking [op-2]
         -> ListOperations
         -> DescribeService
         info pause tracking -> succeeded [op-2]",
    );
    scene.run_to(MORNING + 23.hours());
    scene.expect("");
}

/// The enforced service whose morning is done; it is never paused by the file.
fn awake_and_enforced(more: &str) -> Scene {
    let file = enforced().replace("pause = \"30 18 * * MON-FRI\"\n", "") + more;
    let mut scene = Scene::of(&file, MORNING - 1.second());
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 1)]), described(Running)]);
    scene.transcript.clear();
    scene
}

/// How many minutes until the next look.
fn minutes_to_the_next_look(scene: &mut Scene) -> i64 {
    let rested_at = scene.now.wall;
    scene.run_to_next_call();
    assert_eq!(scene.transcript.last().map(String::as_str), Some("-> DescribeService"));
    scene.now.wall.duration_since(rested_at).as_mins()
}

#[test]
fn an_enforced_service_that_cannot_be_resumed_is_looked_at_ever_less_often() {
    let mut scene = awake_and_enforced("");
    let mut gaps = Vec::new();
    for _ in 0..8 {
        gaps.push(minutes_to_the_next_look(&mut scene));
        scene.play(vec![described(Paused), answered("InvalidRequestException", 400, "no")]);
        assert_eq!(scene.planner.owed(), 0);
    }
    assert_eq!(gaps, [5, 10, 20, 40, 80, 160, 240, 240]);
    minutes_to_the_next_look(&mut scene);
    let again = scene.now.wall.duration_since(MORNING).as_secs();
    scene.play(vec![described(Paused), accepted("op-2")]);
    scene.play(vec![listed(&[resume("op-2", Succeeded, again)]), described(Running)]);
    assert_eq!(minutes_to_the_next_look(&mut scene), 5);
}

#[test]
fn a_pause_that_failed_does_not_count_where_a_resume_cannot_be_done() {
    let refused = || answered("InvalidRequestException", 400, "no");
    let mut scene = Scene::of(&enforced(), MORNING - 1.second());
    scene.play(vec![accepted("op-1"), listed(&[resume("op-1", Succeeded, 1)]), described(Running)]);
    // The looks of the day find it awake; the pause of the evening fails, and so does the next morning.
    while scene.now.wall < EVENING {
        scene.run_to_next_call();
        let reply = if scene.now.wall < EVENING { described(Running) } else { refused() };
        scene.answer(reply);
    }
    scene.play(vec![refused()]);
    assert_eq!((scene.said("failed").len(), scene.planner.owed()), (2, 0), "{:#?}", scene.said("ERROR"));
    assert_eq!(minutes_to_the_next_look(&mut scene), 10);
}

#[test]
fn a_correction_that_expires_counts_as_failed() {
    let mut scene = awake_and_enforced("catch-up = \"10m\"\n");
    let mut gaps = Vec::new();
    for _ in 0..3 {
        gaps.push(minutes_to_the_next_look(&mut scene));
        scene.play(vec![described(Paused)]);
        while scene.planner.owed() > 0 {
            let soon = scene.now.wall + 1.second();
            scene.refuse_until(soon, throttled);
        }
    }
    assert_eq!(gaps, [5, 10, 20], "{:#?}", scene.said("expired"));
}

#[test]
fn an_enforced_service_that_is_gone_is_an_error_once_even_after_it_could_not_be_seen() {
    let gone = || answered("ResourceNotFoundException", 400, "no such service");
    let mut scene = awake_and_enforced("");
    scene.play(vec![answered("AccessDeniedException", 400, "not allowed"), gone(), gone()]);
    scene.expect(
        "-> DescribeService
         WARN shop was not seen: AccessDeniedException: not allowed
         -> DescribeService
         ERROR shop was not seen: ResourceNotFoundException: no such service
         -> DescribeService",
    );
    let mut scene = awake_and_enforced("");
    let deleted = || described(ServiceStatus::Deleted);
    scene.play(vec![deleted(), deleted()]);
    scene.expect(
        "-> DescribeService
         ERROR shop was not seen: it is DELETED; App Runner will not change it any more
         -> DescribeService",
    );
}

/// After the evening's pause.
fn asleep() -> Scene {
    let mut scene = Scene::with_the_morning_done();
    scene.run_to(EVENING);
    scene.play(vec![
        accepted("op-2"),
        listed(&[operation("op-2", PauseService, Succeeded, 37_800)]),
        described(Paused),
    ]);
    scene.run_to(EVENING + 5.minutes());
    scene.transcript.clear();
    scene
}

#[test]
fn hours_that_are_extended_after_their_end_wake_the_service() {
    let mut scene = asleep();
    scene.reload(OFFICE, &OFFICE.replace("30 18", "0 20"));
    let ours = operation("op-2", PauseService, Succeeded, 37_800);
    scene.play(vec![described(Paused), listed(&[ours]), accepted("op-3")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-3]",
    );
}

#[test]
fn a_pause_that_is_owed_gives_way_to_hours_that_are_extended() {
    let mut scene = Scene::with_the_morning_done();
    scene.run_to(EVENING);
    scene.play(vec![throttled()]);
    scene.transcript.clear();
    scene.reload(OFFICE, &OFFICE.replace("30 18", "0 20"));
    scene.play(vec![described(Running)]);
    scene.expect(
        "WARN pause backing-off -> superseded: the resume at 2026-07-06T16:30:00Z came first; before: ThrottlingException: \
         slow down
         -> DescribeService
         info resume due -> already",
    );
}

#[test]
fn a_pause_that_has_not_begun_is_not_made_when_its_service_leaves_the_file() {
    let mut scene = Scene::with_the_morning_done();
    scene.run_to(EVENING);
    scene.play(vec![throttled()]);
    scene.transcript.clear();
    scene.reload(OFFICE, NO_SERVICES);
    scene.run_to(EVENING + 24.hours());
    scene.expect("WARN pause backing-off -> superseded: the service has left the file");
}

/// The file, with its service disabled.
fn disabled() -> String {
    OFFICE.to_owned() + "enabled = false\n"
}

#[test]
fn a_resume_or_pause_that_has_not_begun_is_given_up_when_its_service_is_disabled() {
    for (mut scene, at, action) in
        [(Scene::before_the_morning(), MORNING, "resume"), (Scene::with_the_morning_done(), EVENING, "pause")]
    {
        scene.run_to(at);
        scene.play(vec![throttled()]);
        scene.transcript.clear();
        scene.reload(OFFICE, &disabled());
        scene.run_to(at + 24.hours());
        scene.expect(&format!("WARN {action} backing-off -> superseded: the service is disabled"));
    }
}

#[test]
fn an_operation_that_runs_is_followed_when_its_service_is_disabled_and_no_other_is_begun() {
    for (status, end) in [
        (Succeeded, "info resume tracking -> succeeded [op-1]"),
        (Failed, "WARN resume backing-off -> superseded: the service is disabled"),
    ] {
        let mut scene = Scene::before_the_morning();
        scene.play(vec![accepted("op-1")]);
        scene.reload(OFFICE, &disabled());
        scene.transcript.clear();
        scene.play(vec![listed(&[operation("op-1", ResumeService, status.clone(), 1)])]);
        if status == Succeeded {
            scene.play(vec![described(Running)]);
        }
        scene.run_to(MORNING + 24.hours());
        assert_eq!(scene.transcript.last().map(String::as_str), Some(end), "{:#?}", scene.transcript);
        assert_eq!(scene.said("-> ResumeService"), [""; 0]);
        assert_eq!(scene.planner.owed(), 0);
    }
}

#[test]
fn a_look_that_comes_back_after_its_service_was_disabled_leads_to_no_call() {
    let mut scene = Scene::of(OFFICE, MORNING + 1.hour());
    scene.reload(OFFICE, &disabled());
    scene.play(vec![described(Paused)]);
    scene.run_to(MORNING + 24.hours());
    scene.expect(
        "-> DescribeService
         WARN resume due -> superseded: the service is disabled",
    );
}

#[test]
fn a_service_that_is_enabled_again_is_planned_as_one_that_joins_the_file() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![throttled()]);
    scene.reload(OFFICE, &disabled());
    scene.run_to(MORNING + 1.hour());
    scene.transcript.clear();
    scene.reload(&disabled(), OFFICE);
    scene.play(vec![described(Paused), listed(&[]), accepted("op-1")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]",
    );
}

#[test]
fn a_pause_that_may_have_begun_is_followed_when_its_service_leaves_the_file() {
    for reply in [accepted("op-2"), failed(Cause::NoReply, "timed out")] {
        let mut scene = Scene::with_the_morning_done();
        scene.run_to(EVENING);
        scene.play(vec![reply]);
        scene.reload(OFFICE, NO_SERVICES);
        assert_eq!(scene.planner.owed(), 1, "{:#?}", scene.transcript);
        scene.run_to_next_call();
        assert!(scene.said("superseded").is_empty(), "{:#?}", scene.transcript);
    }
}

#[test]
fn a_window_that_the_file_shortens_closes_sooner() {
    let mut scene = Scene::before_the_morning();
    scene.refuse_until(MORNING + 1.hour(), throttled);
    scene.reload(OFFICE, &(OFFICE.to_owned() + "catch-up = \"2h\"\n"));
    scene.refuse_until(MORNING + 2.hours() - 1.second(), throttled);
    assert_eq!(scene.said("expired"), [""; 0]);
    scene.refuse_until(MORNING + 2.hours() + 1.second(), throttled);
    assert_eq!(scene.said("the catch-up window of 2 h closed").len(), 1, "{:#?}", scene.said("ERROR"));
}
