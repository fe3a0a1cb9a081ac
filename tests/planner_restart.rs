//! Killed in every state, and started again: with its ledger, and without.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    reason = "a test may panic: that is how it fails"
)]

mod scene;

use jiff::ToSpan;
use reveille::api::{
    Action, Cause, OperationId, OperationKind, OperationStatus, Refusal, Reply, ServiceStatus,
};
use reveille::planner::{Ending, LastOccurrence, State};
use reveille::schedule::Transition;
use scene::*;

use OperationKind::{PauseService, StartDeployment};
use OperationStatus::{Failed, InProgress, Succeeded};
use ServiceStatus::{OperationInProgress, Paused, Running};

type Replies = Vec<Result<Reply, Refusal>>;

/// The same morning until it is killed, and then once with and once without what was recorded.
struct Kill {
    /// What App Runner answers before the kill; the state in which that leaves the occurrence.
    before: Replies,
    killed_in: State,
    /// What App Runner answers to the next process, and what that says: with the ledger.
    with_ledger: (Replies, &'static str),
    /// The same without.
    without_ledger: (Replies, &'static str),
}

impl Kill {
    #[track_caller]
    fn play(self) {
        let mut scene = Scene::before_the_morning();
        scene.run_to_next_call();
        for reply in self.before {
            scene.run_to_next_call();
            scene.answer(reply);
        }
        let last = scene.changes.last().expect("something was recorded");
        assert_eq!(last.to, self.killed_in, "{}", scene.transcript.join("\n"));
        let remembered = LastOccurrence::of(last, scene.now.wall);
        let restart = scene.now.wall + 5.seconds();
        for (remembered, (replies, expected)) in
            [(vec![remembered], self.with_ledger), (Vec::new(), self.without_ledger)]
        {
            let mut scene = Scene::remembering(OFFICE, restart, remembered);
            scene.play(replies);
            scene.expect(expected);
        }
    }
}

fn running(id: &str) -> Result<Reply, Refusal> {
    listed(&[resume(id, InProgress, 1)])
}

fn done(id: &str) -> Result<Reply, Refusal> {
    listed(&[resume(id, Succeeded, 1)])
}

#[test]
fn killed_before_the_instant_it_is_done_at_the_start() {
    let night = LastOccurrence {
        transition: Transition { at: MORNING - 61.hours() - 30.minutes(), action: Action::Pause },
        ..remembered(State::Ended(Ending::Succeeded), MORNING - 61.hours())
    };
    let plainly = "info resume due -> calling
                   -> ResumeService
                   info resume calling -> tracking [op-1]";
    let mut scene = Scene::remembering(OFFICE, MORNING + 5.seconds(), vec![night.clone()]);
    scene.play(vec![accepted("op-1")]);
    scene.expect(plainly);

    let after_a_look = "-> DescribeService
                        -> ListOperations
                        info resume due -> calling
                        -> ResumeService
                        info resume calling -> tracking [op-1]";
    for (start, memory) in [(MORNING + 5.seconds(), vec![]), (MORNING + 5.minutes(), vec![night])] {
        let mut scene = Scene::remembering(OFFICE, start, memory);
        scene.play(vec![described(Paused), listed(&[]), accepted("op-1")]);
        scene.expect(after_a_look);
    }
}

#[test]
fn killed_while_calling_it_looks_and_adopts_what_began() {
    Kill {
        before: vec![],
        killed_in: State::Calling,
        with_ledger: (
            vec![
                described(OperationInProgress),
                running("op-1"),
                done("op-1"),
                described(Running),
                described(Running),
            ],
            "-> DescribeService
             -> ListOperations
             info resume calling -> tracking [op-1]
             -> ListOperations
             -> DescribeService
             WARN resume tracking -> waiting [op-1] (again): an earlier pause of ours may still take effect
             -> DescribeService
             info resume waiting -> succeeded [op-1]",
        ),
        without_ledger: (
            vec![described(OperationInProgress), running("op-1"), done("op-1"), described(Running)],
            "-> DescribeService
             -> ListOperations
             info resume due -> tracking [op-1]
             -> ListOperations
             -> DescribeService
             info resume tracking -> succeeded [op-1]",
        ),
    }
    .play();
}

#[test]
fn killed_while_calling_it_knows_its_own_success_only_with_the_ledger() {
    Kill {
        before: vec![],
        killed_in: State::Calling,
        with_ledger: (
            vec![described(Running), done("op-1"), described(Running)],
            "-> DescribeService
             -> ListOperations
             WARN resume calling -> waiting [op-1] (again): an earlier pause of ours may still take effect
             -> DescribeService
             info resume waiting -> succeeded [op-1]",
        ),
        without_ledger: (vec![described(Running)], "-> DescribeService\ninfo resume due -> already"),
    }
    .play();
}

#[test]
fn killed_while_calling_it_calls_again_if_nothing_began() {
    Kill {
        before: vec![],
        killed_in: State::Calling,
        with_ledger: (
            vec![described(Paused), listed(&[]), accepted("op-1")],
            "-> DescribeService
             -> ListOperations
             info resume calling -> calling
             -> ResumeService
             info resume calling -> tracking [op-1]",
        ),
        without_ledger: (
            vec![described(Paused), listed(&[]), accepted("op-1")],
            "-> DescribeService
             -> ListOperations
             info resume due -> calling
             -> ResumeService
             info resume calling -> tracking [op-1]",
        ),
    }
    .play();
}

#[test]
fn killed_while_tracking_it_follows_on() {
    Kill {
        before: vec![accepted("op-1")],
        killed_in: State::Tracking,
        with_ledger: (
            vec![running("op-1"), done("op-1"), described(Running), described(Running)],
            "-> ListOperations
             -> ListOperations
             -> DescribeService
             WARN resume tracking -> waiting [op-1] (again): an earlier pause of ours may still take effect
             -> DescribeService
             info resume waiting -> succeeded [op-1]",
        ),
        without_ledger: (
            vec![described(OperationInProgress), running("op-1"), done("op-1"), described(Running)],
            "-> DescribeService
             -> ListOperations
             info resume due -> tracking [op-1]
             -> ListOperations
             -> DescribeService
             info resume tracking -> succeeded [op-1]",
        ),
    }
    .play();
}

#[test]
fn killed_while_backing_off_it_looks_and_calls() {
    let replies = || vec![described(Paused), listed(&[]), accepted("op-1")];
    Kill {
        before: vec![throttled()],
        killed_in: State::BackingOff,
        with_ledger: (
            replies(),
            "-> DescribeService
             -> ListOperations
             info resume backing-off -> calling
             -> ResumeService
             info resume calling -> tracking [op-1]",
        ),
        without_ledger: (
            replies(),
            "-> DescribeService
             -> ListOperations
             info resume due -> calling
             -> ResumeService
             info resume calling -> tracking [op-1]",
        ),
    }
    .play();
}

#[test]
fn killed_after_two_failed_operations_it_has_one_try_left_even_without_the_ledger() {
    let failed = |id: &str, seconds| resume(id, Failed, seconds);
    let history = || [failed("op-2", 20), failed("op-1", 1)];
    let last_try = || {
        vec![
            described(Paused),
            listed(&history()),
            accepted("op-3"),
            listed(&[failed("op-3", 60), failed("op-2", 20), failed("op-1", 1)]),
        ]
    };
    let the_end = "ERROR resume tracking -> failed [op-3]: the operation ended FAILED; App Runner gives no reason \
                   here, its logs do; it was the last of 3 tries";
    let mut scene = Scene::before_the_morning();
    scene.play(vec![accepted("op-1"), listed(&[failed("op-1", 1)]), accepted("op-2"), listed(&history())]);
    let last = scene.changes.last().expect("a change");
    assert_eq!((last.to, last.failed_operations), (State::BackingOff, 2));
    let memory = vec![LastOccurrence::of(last, scene.now.wall)];
    for memory in [memory, vec![]] {
        let mut scene = Scene::remembering(OFFICE, MORNING + 1.minute(), memory);
        scene.play(last_try());
        assert_eq!(scene.transcript.last().map(String::as_str), Some(the_end), "{:#?}", scene.transcript);
    }
}

#[test]
fn killed_while_waiting_it_looks_and_waits_on() {
    let busy = || listed(&[operation("dep-1", StartDeployment, InProgress, -60)]);
    Kill {
        before: vec![invalid_state(), described(OperationInProgress), busy()],
        killed_in: State::Waiting,
        with_ledger: (
            vec![described(Paused), listed(&[]), accepted("op-1")],
            "-> DescribeService
             -> ListOperations
             info resume waiting -> calling
             -> ResumeService
             info resume calling -> tracking [op-1]",
        ),
        without_ledger: (
            vec![described(OperationInProgress), busy()],
            "-> DescribeService
             -> ListOperations
             WARN resume due -> waiting (again): the service is busy with START_DEPLOYMENT",
        ),
    }
    .play();
}

#[test]
fn killed_after_its_success_it_does_nothing_or_asks_once() {
    Kill {
        before: vec![accepted("op-1"), done("op-1"), described(Running)],
        killed_in: State::Ended(Ending::Succeeded),
        with_ledger: (vec![], ""),
        without_ledger: (vec![described(Running)], "-> DescribeService\ninfo resume due -> already"),
    }
    .play();
}

#[test]
fn killed_when_it_was_already_done_it_does_nothing_or_asks_once() {
    Kill {
        before: vec![accepted_without_operation(Running)],
        killed_in: State::Ended(Ending::Already),
        with_ledger: (vec![], ""),
        without_ledger: (vec![described(Running)], "-> DescribeService\ninfo resume due -> already"),
    }
    .play();
}

#[test]
fn killed_after_it_failed_it_asks_anew() {
    Kill {
        before: vec![answered("ResourceNotFoundException", 400, "gone")],
        killed_in: State::Ended(Ending::Failed),
        with_ledger: (
            vec![answered("ResourceNotFoundException", 400, "gone")],
            "-> DescribeService
             ERROR resume due -> failed: DescribeService: ResourceNotFoundException: gone",
        ),
        without_ledger: (
            vec![answered("ResourceNotFoundException", 400, "gone")],
            "-> DescribeService
             ERROR resume due -> failed: DescribeService: ResourceNotFoundException: gone",
        ),
    }
    .play();
}

#[test]
fn a_resume_that_failed_is_tried_again_by_the_next_process_while_its_hours_last() {
    for ending in [Ending::Failed, Ending::Expired] {
        let memory = vec![remembered(State::Ended(ending), MORNING + 1.minute())];
        let mut scene = Scene::remembering(OFFICE, MORNING + 2.hours(), memory);
        scene.play(vec![described(Paused), listed(&[]), accepted("op-1")]);
        assert_eq!(scene.said("-> ResumeService").len(), 1, "{:#?}", scene.transcript);
    }
}

#[test]
fn what_ended_otherwise_is_not_begun_again() {
    for ending in [Ending::OverriddenByUser, Ending::Superseded, Ending::Already] {
        let memory = vec![remembered(State::Ended(ending), MORNING + 1.minute())];
        let mut scene = Scene::remembering(OFFICE, MORNING + 2.minutes(), memory);
        scene.run_to(MORNING + 10.hours());
        scene.expect("");
    }
}

#[test]
fn what_a_person_paused_after_our_success_stays_paused_with_and_without_the_ledger() {
    let memory = vec![remembered(State::Ended(Ending::Succeeded), MORNING + 1.minute())];
    let mut scene = Scene::remembering(OFFICE, MORNING + 5.hours(), memory);
    scene.run_to(MORNING + 10.hours());
    scene.expect("");
    let mut scene = Scene::of(OFFICE, MORNING + 5.hours());
    let by_hand = operation("by-hand", PauseService, Succeeded, 4 * 3600);
    scene.play(vec![described(Paused), listed(&[by_hand])]);
    assert!(scene.transcript.last().is_some_and(|line| line.contains("due -> overruled")));
}

#[test]
fn what_was_not_done_before_the_next_transition_is_told_as_superseded() {
    let memory = vec![remembered(State::BackingOff, MORNING + 1.minute())];
    let mut scene = Scene::remembering(OFFICE, MORNING + 11.hours(), memory);
    scene.play(vec![described(Paused)]);
    scene.expect(
        "ERROR resume backing-off -> superseded: the pause at 2026-07-06T16:30:00Z came first
         -> DescribeService
         info pause due -> already",
    );
}

#[test]
fn what_was_not_done_in_its_window_is_told_as_expired() {
    let memory = vec![remembered(State::Waiting, MORNING + 1.minute())];
    let only_mornings = OFFICE.replace("pause = \"30 18 * * MON-FRI\"\n", "");
    let mut scene = Scene::remembering(&only_mornings, MORNING + 13.hours(), memory);
    scene.run_to(MORNING + 14.hours());
    scene.expect(
        "ERROR resume waiting -> expired: the catch-up window of 12 h closed before it could be done",
    );
}

#[test]
fn what_a_clock_that_was_wrong_has_done_tomorrow_is_forgotten() {
    let mut tomorrow = remembered(State::Ended(Ending::Succeeded), MORNING);
    tomorrow.transition.at = MORNING + 24.hours();
    let mut scene = Scene::remembering(OFFICE, MORNING - 10.minutes(), vec![tomorrow]);
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, MORNING);
}

#[test]
fn what_a_clock_that_was_wrong_has_begun_tomorrow_is_forgotten() {
    let mut tomorrow = remembered(State::BackingOff, MORNING);
    tomorrow.transition.at = MORNING + 24.hours();
    let mut scene = Scene::remembering(OFFICE, MORNING - 10.minutes(), vec![tomorrow]);
    scene.run_to_next_call();
    assert_eq!(scene.now.wall, MORNING);
}

#[test]
fn a_service_that_a_wrong_clock_has_paused_before_its_time_is_resumed_by_the_next_process() {
    let mut evening = remembered(State::Ended(Ending::Succeeded), MORNING + 10.hours());
    evening.transition = Transition { at: MORNING + 10.hours() + 30.minutes(), action: Action::Pause };
    let mut scene = Scene::remembering(OFFICE, MORNING + 10.hours(), vec![evening]);
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
fn a_clock_set_back_a_little_between_two_processes_does_nothing_twice() {
    let memory = vec![remembered(State::Ended(Ending::Succeeded), MORNING)];
    let mut scene = Scene::remembering(OFFICE, MORNING - 2.seconds(), memory);
    scene.run_to(MORNING + 10.hours());
    scene.expect("");
}

#[test]
fn a_lost_pause_that_is_waited_for_is_waited_for_after_a_restart_too() {
    let nap = nap();
    let mut before = Scene::of(&nap, MORNING - 30.seconds());
    before.play(vec![described(Running)]);
    before.run_to(MORNING);
    before.play(vec![failed(Cause::NoReply, "timed out"), described(Running)]);
    let waiting = before.changes.last().expect("a change").clone();
    assert_eq!(waiting.to, State::Waiting, "{:#?}", before.transcript);
    // Killed at 08:00:03; the next process begins two seconds later.
    for state in [State::Waiting, State::Calling, State::BackingOff, State::Tracking] {
        let operation = Some(OperationId::new("op-1")).filter(|_| state == State::Tracking);
        let memory =
            LastOccurrence { state, operation, ..LastOccurrence::of(&waiting, MORNING + 1.second()) };
        let mut scene = Scene::remembering(&nap, MORNING + 5.seconds(), vec![memory]);
        if state == State::Tracking {
            scene.play(vec![done("op-1")]);
        }
        scene.play(vec![described(Running)]);
        assert_eq!(scene.planner.owed(), 1, "{state}: {:#?}", scene.transcript);
        scene.transcript.clear();
        // It landed at 08:00:08.
        scene.play(vec![described(Paused), listed(&[operation_of_the_pause()])]);
        scene.run_to_next_call();
        assert_eq!(scene.transcript.last().map(String::as_str), Some("-> ResumeService"), "{state}");
    }
}

#[test]
fn a_lost_pause_that_is_to_be_tried_again_may_still_land_after_a_restart() {
    let nap = nap();
    let mut before = Scene::of(&nap, MORNING - 30.seconds());
    before.play(vec![described(Running)]);
    before.run_to(MORNING - 5.seconds());
    before.play(vec![failed(Cause::NoReply, "timed out")]);
    let lost = before.changes.last().expect("a change").clone();
    assert_eq!((lost.action, lost.to), (Action::Pause, State::BackingOff), "{:#?}", before.transcript);
    // Killed at once; the next process has not got an answer when the morning comes.
    let memory = LastOccurrence::of(&lost, MORNING - 4.seconds());
    let mut scene = Scene::remembering(&nap, MORNING - 3.seconds(), vec![memory]);
    scene.run_to(MORNING + 1.second());
    scene.play(vec![described(Running), described(Running)]);
    assert_eq!(scene.planner.owed(), 1, "{:#?}", scene.transcript);
    scene.play(vec![described(Paused), listed(&[operation_of_the_pause()])]);
    scene.run_to_next_call();
    assert_eq!(scene.transcript.last().map(String::as_str), Some("-> ResumeService"));
}

#[test]
fn calls_to_act_are_counted_over_a_restart() {
    let attempts = LastOccurrence { attempts: 3, ..remembered(State::BackingOff, MORNING + 1.minute()) };
    let mut scene = Scene::remembering(OFFICE, MORNING + 2.minutes(), vec![attempts]);
    scene.play(vec![described(Paused), listed(&[]), accepted("op-1")]);
    assert_eq!(scene.changes.iter().map(|change| change.attempt).collect::<Vec<_>>(), [4, 4]);
}

fn operation_of_the_pause() -> reveille::api::Operation {
    operation("late", PauseService, Succeeded, 8)
}
