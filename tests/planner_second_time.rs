//! The second fault, doubt, reload or restart, on top of the first.

mod scene;

use jiff::{SignedDuration, ToSpan};
use reveille::api::OperationKind::{PauseService, ResumeService};
use reveille::api::OperationStatus::{Failed, InProgress, Succeeded};
use reveille::api::ServiceStatus::{OperationInProgress, Paused, Running};
use reveille::api::{Cause, Now, OperationId};
use reveille::planner::{Call, Ending, Event, LastOccurrence, State};
use scene::*;
use std::time::Duration;

/// The office whose day has just ended by another file: the pause is due at 08:00, when the resume was before.
fn ends_at_eight() -> String {
    OFFICE.replace("0 8 * * MON-FRI", "0 7 * * MON-FRI").replace("30 18 * * MON-FRI", "0 8 * * MON-FRI")
}

#[test]
fn a_pause_by_hand_that_is_listed_with_our_failure_is_not_fought() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted("op-1")]);
    let by_hand = operation("by-hand", PauseService, Succeeded, 90);
    scene.play(vec![listed(&[by_hand, resume("op-1", Failed, 1)])]);
    scene.run_to(MORNING + 5.hours());
    scene.expect(
        "info resume due -> calling
         -> ResumeService
         info resume calling -> tracking [op-1]
         -> ListOperations
         info resume tracking -> overruled [op-1]: somebody began PAUSE_SERVICE at 2026-07-06T06:01:30Z, after the \
         scheduled instant",
    );
}

#[test]
fn a_try_that_no_list_showed_counts_after_a_crash_while_waiting() {
    let waiting = LastOccurrence {
        failed_operations: 2,
        unsure_since: Some(MORNING),
        ..remembered(State::Waiting, MORNING + 1.minute())
    };
    let mut scene = Scene::remembering(OFFICE, MORNING + 2.minutes(), vec![waiting]);
    scene.play(vec![described(Paused), listed(&[])]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         ERROR resume waiting -> failed: an operation for it failed while nobody followed it; it was the last of 3 \
         tries",
    );
}

#[test]
fn an_operation_in_no_list_yet_is_followed_on_after_a_crash_while_its_poll_is_tried_again() {
    let mut before = Scene::before_the_morning();
    before.play(vec![accepted("op-1"), throttled()]);
    let backing_off = before.changes.last().expect("a change");
    let memory = LastOccurrence::of(backing_off, before.now.wall);
    let mut scene = Scene::remembering(OFFICE, before.now.wall + 5.seconds(), vec![memory]);
    scene.play(vec![
        listed(&[]),
        listed(&[resume("op-1", Succeeded, 1)]),
        described(Running),
        described(Running),
    ]);
    scene.expect(
        "-> ListOperations
         info resume backing-off -> tracking [op-1]
         -> ListOperations
         -> DescribeService
         WARN resume tracking -> waiting [op-1] (again): an earlier pause of ours may still take effect
         -> DescribeService
         info resume waiting -> succeeded [op-1]",
    );

    // Its failure was told: it is not followed again, and counts once.
    let mut before = Scene::before_the_morning();
    before.play(vec![accepted("op-1"), listed(&[resume("op-1", Failed, 1)])]);
    let memory = LastOccurrence::of(before.changes.last().expect("a change"), before.now.wall);
    let mut scene = Scene::remembering(OFFICE, before.now.wall + 5.seconds(), vec![memory]);
    scene.play(vec![described(Paused), listed(&[resume("op-1", Failed, 1)])]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info resume backing-off -> calling
         -> ResumeService",
    );
}

#[test]
fn our_resume_that_was_listed_late_is_no_persons_after_a_reload() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![failed(Cause::NoReply, "timed out"), described(Running), listed(&[])]);
    assert!(scene.transcript.last().is_some_and(|line| line == "info resume backing-off -> already"));
    scene.transcript.clear();
    scene.reload(OFFICE, &ends_at_eight());
    // It began when the call arrived, a little later than an operation of ours is expected without a doubt.
    scene.play(vec![described(Running), listed(&[resume("op-1", Succeeded, 30)]), accepted("op-2")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info pause due -> calling
         -> PauseService
         info pause calling -> tracking [op-2]",
    );
}

#[test]
fn a_pause_is_not_passed_over_because_a_wrong_clock_had_done_the_resume_after_it() {
    let nap = OFFICE.replace("0 8 * * MON-FRI", "54 8 * * MON-FRI").replace("30 18", "0 8");
    let mut early = remembered(State::Ended(Ending::Succeeded), MORNING + 1.minute());
    early.transition.at = MORNING + 54.minutes();
    let mut scene = Scene::remembering(&nap, MORNING - 1.second(), vec![early]);
    scene.run_to(MORNING);
    scene.expect("info pause due -> calling\n-> PauseService");
}

#[test]
fn our_own_operation_is_no_persons_after_a_restart_with_another_file() {
    let op_1 = Some(OperationId::new("op-1"));
    let memory = LastOccurrence {
        operation: op_1,
        ..remembered(State::Ended(Ending::Succeeded), MORNING + 1.minute())
    };
    let mut scene = Scene::remembering(&ends_at_eight(), MORNING + 5.minutes(), vec![memory]);
    scene.play(vec![described(Running), listed(&[resume("op-1", Succeeded, 60)]), accepted("op-2")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info pause due -> calling
         -> PauseService
         info pause calling -> tracking [op-2]",
    );
}

#[test]
fn a_success_is_known_although_the_first_look_after_a_lost_reply_is_throttled() {
    let mut scene = Scene::before_the_morning();
    scene.play(vec![
        failed(Cause::NoReply, "timed out"),
        throttled(),
        described(Running),
        listed(&[resume("op-1", Succeeded, 1)]),
    ]);
    assert_eq!(told(scene.changes.last().expect("an end")), "info resume backing-off -> succeeded [op-1]");
}

#[test]
fn an_operation_that_begins_ends_the_long_waits_of_the_failures_before_it() {
    let mut scene = Scene::before_the_morning();
    scene.play((0..5).map(|_| throttled()).collect());
    scene.play(vec![accepted("op-1"), throttled()]);
    let wait = scene.changes.last().and_then(|change| change.retry_in).expect("a wait");
    assert!(wait <= Duration::from_secs(1), "{wait:?}");
}

#[test]
fn an_operation_that_was_listed_once_may_be_missing_from_a_list_later() {
    let mut scene = Scene::before_the_morning();
    let going_on = || resume("op-1", InProgress, 1);
    scene.play(vec![accepted("op-1"), listed(&[going_on()])]);
    scene.run_to(MORNING + 5.minutes());
    scene.unanswered.truncate(1);
    scene.transcript.clear();
    scene.play(vec![
        listed(&[]),
        listed(&[going_on()]),
        listed(&[]),
        listed(&[resume("op-1", Succeeded, 1)]),
    ]);
    scene.play(vec![described(Running)]);
    scene.expect(
        "-> ListOperations
         -> ListOperations
         -> ListOperations
         -> DescribeService
         info resume tracking -> succeeded [op-1]",
    );
}

#[test]
fn limits_that_a_reload_changes_hold_from_then_on() {
    let file = |in_flight: u32| {
        let mut text = format!("timezone = \"UTC\"\n[limits]\ncalls-in-flight = {in_flight}\n");
        for n in 0..4 {
            text += &format!(
                "[[service]]\narn = \"arn:aws:apprunner:us-east-1:123456789012:service/app-{n}/{n:032x}\"\n\
                 resume = \"0 6 * * *\"\n"
            );
        }
        text
    };
    let mut scene = Scene::of(&file(1), MORNING - 1.minute());
    scene.reload(&file(1), &file(3));
    scene.run_to(MORNING + 1.second());
    assert_eq!(scene.unanswered.len(), 3);
    scene.reload(&file(3), &file(2));
    for operation in ["op-1", "op-2"] {
        scene.answer(accepted(operation));
        scene.run_to(scene.now.wall + 100.milliseconds());
    }
    assert_eq!(scene.unanswered.len(), 2, "calls that are out stay out, and no more join them");
}

#[test]
fn a_call_that_was_decided_before_a_standstill_is_not_made_after_it() {
    let mut scene = Scene::with_the_morning_done();
    scene.run_to(MORNING + 10.hours() + 30.minutes());
    let pause = scene.unanswered.pop_front().expect("the call");
    let later = |wall: i64, elapsed: u64| Now {
        wall: scene.now.wall + wall.seconds(),
        elapsed: scene.now.elapsed.after(Duration::from_secs(elapsed)),
    };
    for (wall, elapsed, is_too_late) in
        [(0, 0, false), (5, 5, false), (6, 6, true), (6, 0, true), (0, 6, true), (-6, 1, true)]
    {
        assert_eq!(pause.is_too_late_to_leave(later(wall, elapsed)), is_too_late, "{wall} s, {elapsed} s");
    }

    // The process was stopped all night.
    scene.advance(SignedDuration::from_hours(14));
    scene.handle(Event::Replied { call: pause.id, reply: Err(Call::never_left()) });
    scene.transcript.clear();
    scene.play(vec![described(Paused), listed(&[])]);
    scene.run_to_next_call();
    assert_eq!(scene.transcript.last().map(String::as_str), Some("-> ResumeService"));
}

#[test]
fn a_person_who_paused_while_the_process_stood_still_is_not_fought_for_a_call_that_never_left() {
    let mut scene = Scene::with_the_morning_done();
    scene.run_to(MORNING + 10.hours() + 30.minutes());
    let pause = scene.unanswered.pop_front().expect("the call");
    // The process was stopped until ten minutes past the next morning, and a person paused the service just before.
    scene.advance(SignedDuration::from_secs(86_400 + 630 - 10 * 3_600 - 1_800));
    scene.handle(Event::Replied { call: pause.id, reply: Err(Call::never_left()) });
    scene.transcript.clear();
    let by_hand = operation("by-hand", PauseService, Succeeded, 86_400 + 600);
    scene.play(vec![described(Paused), listed(&[by_hand])]);
    let overruled = "info resume due -> overruled: somebody began PAUSE_SERVICE at 2026-07-07T06:10:00Z, after the scheduled \
                     instant";
    assert_eq!(scene.transcript.last().map(String::as_str), Some(overruled));
}

#[test]
fn a_person_who_paused_after_the_instant_is_not_fought_for_an_older_call_that_was_refused() {
    let nap = nap();
    let mut scene = Scene::of(&nap, MORNING - 30.seconds());
    scene.play(vec![described(Running)]);
    scene.run_to(MORNING + 10.seconds());
    assert_eq!(scene.said("-> PauseService").len(), scene.unanswered.len(), "the pause's reply is late");
    scene.answer(throttled());
    scene.run_to(MORNING + 30.seconds());
    scene.transcript.clear();
    scene.answer(invalid_state());
    let by_hand = operation("by-hand", PauseService, Succeeded, 25);
    scene.play(vec![described(Paused), listed(&[by_hand])]);
    let told = scene.transcript.last().expect("what came of it");
    assert!(told.contains("-> overruled: somebody began PAUSE_SERVICE at 2026-07-06T06:00:25Z"), "{told}");
}

#[test]
fn a_clock_that_is_set_back_in_steps_does_not_wake_a_service_more_than_an_hour_early() {
    let short = OFFICE.replace("30 18", "30 8");
    let mut scene = Scene::of(&short, MORNING + 30.minutes() - 1.second());
    let done = || operation("op-1", PauseService, Succeeded, 1_800);
    scene.play(vec![described(Running)]);
    scene.play(vec![accepted("op-1"), listed(&[done()]), described(Paused)]);
    for minutes in [21, 17, 57] {
        scene.now.wall -= minutes.minutes();
        scene.handle(Event::Tick);
    }
    scene.transcript.clear();
    // The look that was begun by a clock in between is answered, and nothing comes of it; Friday's pause is looked at.
    scene.play(vec![described(Paused), described(Paused)]);
    scene.expect("-> DescribeService\ninfo pause due -> already");
    scene.run_to(MORNING - 1.second());
    scene.expect("");
}

#[test]
fn a_resume_of_ours_that_was_never_listed_is_no_persons_when_the_service_left_the_file_and_came_back() {
    let mut scene = Scene::of(OFFICE, MORNING + 3.hours());
    let busy = accepted_without_operation(OperationInProgress);
    let replies = [described(Paused), listed(&[]), busy, described(Running), listed(&[])];
    scene.play(replies.into());
    assert_eq!(scene.transcript.last().map(String::as_str), Some("info resume calling -> already"));
    scene.reload(OFFICE, NO_SERVICES);
    scene.run_to(MORNING + 3.hours() + 5.minutes());
    scene.transcript.clear();
    // Its day ended at ten, an hour before our resume, which is listed at last.
    scene.reload(NO_SERVICES, &OFFICE.replace("30 18", "0 10"));
    let ours = operation("op-1", ResumeService, Succeeded, 3 * 3_600);
    scene.play(vec![described(Running), listed(&[ours]), accepted("op-2")]);
    scene.expect(
        "-> DescribeService
         -> ListOperations
         info pause due -> calling
         -> PauseService
         info pause calling -> tracking [op-2]",
    );
}

#[test]
fn a_pause_of_ours_that_lands_while_the_process_is_down_does_not_count_as_a_persons() {
    let nap = nap();
    let mut before = Scene::of(&nap, MORNING - 30.seconds());
    before.play(vec![described(Running)]);
    before.run_to(MORNING);
    before.play(vec![failed(Cause::NoReply, "timed out"), described(Running)]);
    let waiting = before.changes.last().expect("a change");
    assert_eq!(waiting.to, State::Waiting, "{:#?}", before.transcript);
    let memory = LastOccurrence::of(waiting, before.now.wall);
    let mut scene = Scene::remembering(&nap, MORNING + 60.seconds(), vec![memory]);
    scene.transcript.clear();
    scene.play(vec![described(Paused), listed(&[operation("late", PauseService, Succeeded, 40)])]);
    scene.run_to_next_call();
    assert_eq!(
        scene.transcript.last().map(String::as_str),
        Some("-> ResumeService"),
        "{:#?}",
        scene.transcript
    );
}
