//! What a look at a service and its operations means for an occurrence.

use super::manual_change::manual_change;
use super::question::Question;
use super::tolerances::CLOCKS_DIFFER;
use crate::api::{Operation, OperationId, OperationKind, Outcome, ServiceStatus};
use crate::schedule::Transition;
use jiff::Timestamp;

#[derive(Debug, Clone, Copy)]
pub(super) struct Snapshot<'a> {
    pub(super) status: &'a ServiceStatus,
    /// Newest first.
    pub(super) operations: &'a [Operation],
}

/// What to do after a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The service is as it should be, and nothing says that this was our doing.
    Already,
    /// The service is as it should be: our own operation did it.
    Succeeded(OperationId),
    /// An operation that does what we want is under way: follow it.
    Adopt { operation: OperationId, started_at: Option<Timestamp> },
    /// Something else is under way: wait.
    Busy(String),
    /// A person undid it after the instant.
    OverriddenByUser(String),
    /// The action is still owed; so many operations for it have failed.
    Act { failed_operations: u32 },
    /// App Runner will never do it.
    GiveUp(String),
}

/// Whether the service's status alone settles the question, without its operations.
///
/// It does when the service is beyond help, or when it is as it should be and no call of ours is in doubt.
pub(super) fn status_settles(question: &Question<'_>, status: &ServiceStatus) -> bool {
    is_beyond_help(status)
        || (*status == ServiceStatus::after(question.action) && question.unsure_since.is_none())
}

/// Judges what was seen.
pub(super) fn judge(question: &Question<'_>, snapshot: Snapshot<'_>) -> Verdict {
    if is_beyond_help(snapshot.status) {
        return Verdict::GiveUp(format!(
            "the service is {}; App Runner will not change it any more",
            snapshot.status
        ));
    }
    if let Some(verdict) = under_way(question, snapshot) {
        return verdict;
    }
    if *snapshot.status == ServiceStatus::after(question.action) {
        return done(question, snapshot.operations);
    }
    if let Some(why) = manual_change(question, snapshot.operations) {
        return Verdict::OverriddenByUser(why);
    }
    let transition = Transition { at: question.since, action: question.action };
    let failed = failed_operations(transition, snapshot.operations);
    let without_effect = operations_without_effect(transition, snapshot.operations);
    Verdict::Act { failed_operations: failed.saturating_add(without_effect) }
}

/// Whether App Runner will never wake or pause the service again.
pub(super) fn is_beyond_help(status: &ServiceStatus) -> bool {
    matches!(status, ServiceStatus::CreateFailed | ServiceStatus::Deleted | ServiceStatus::DeleteFailed)
}

/// An operation that goes on: ours or as good as ours to adopt, or another's to wait for.
///
/// Only the newest operation counts, for App Runner runs one at a time: an older one without an end is a leftover of
/// the list, not work.
fn under_way(question: &Question<'_>, snapshot: Snapshot<'_>) -> Option<Verdict> {
    let newest = snapshot.operations.first().filter(|operation| operation.outcome() == Outcome::GoesOn);
    let changing = matches!(snapshot.status, ServiceStatus::OperationInProgress | ServiceStatus::Unknown(_));
    match newest {
        Some(Operation { id: Some(id), kind: Some(kind), started_at, .. })
            if *kind == OperationKind::of(question.action) =>
        {
            Some(Verdict::Adopt { operation: id.clone(), started_at: *started_at })
        }
        Some(operation) => {
            let kind = operation.kind.as_ref().map_or("an operation", OperationKind::as_str);
            Some(Verdict::Busy(format!("the service is busy with {kind}")))
        }
        None if changing => Some(Verdict::Busy(format!("the service is {}", snapshot.status))),
        None => None,
    }
}

fn done(question: &Question<'_>, operations: &[Operation]) -> Verdict {
    let ours = |operation: &&Operation| {
        operation.kind == Some(OperationKind::of(question.action))
            && operation.outcome() == Outcome::Succeeded
            && question.unsure_since.is_some_and(|unsure| began_since(operation, unsure))
    };
    let operation = operations.iter().find(ours).and_then(|operation| operation.id.clone());
    operation.map_or(Verdict::Already, Verdict::Succeeded)
}

/// How many operations for this transition are listed as failed.
pub(super) fn failed_operations(transition: Transition, operations: &[Operation]) -> u32 {
    let since = transition.at.saturating_sub(CLOCKS_DIFFER).unwrap_or(transition.at);
    let failed = |operation: &&Operation| {
        operation.kind == Some(OperationKind::of(transition.action))
            && operation.outcome() == Outcome::Failed
            && began_since(operation, since)
    };
    u32::try_from(operations.iter().filter(failed).count()).unwrap_or(u32::MAX)
}

/// How many operations for this transition are listed as succeeded, although the service is not in the state that they
/// should have brought, and nothing has undone them since.
fn operations_without_effect(transition: Transition, operations: &[Operation]) -> u32 {
    let since = transition.at.saturating_sub(CLOCKS_DIFFER).unwrap_or(transition.at);
    let undoes = OperationKind::of(transition.action.opposite());
    let does = OperationKind::of(transition.action);
    let succeeded = operations.iter().filter(|operation| operation.outcome() == Outcome::Succeeded);
    let not_undone = succeeded.take_while(|operation| operation.kind.as_ref() != Some(&undoes));
    let without_effect = not_undone
        .filter(|operation| operation.kind.as_ref() == Some(&does) && began_since(operation, since));
    u32::try_from(without_effect.count()).unwrap_or(u32::MAX)
}

fn began_since(operation: &Operation, since: Timestamp) -> bool {
    operation.started_at.is_some_and(|at| at >= since)
}

/// Whether this operation and all after it in the list are too old to matter to an occurrence of this instant.
pub(super) fn began_before(operation: &Operation, since: Timestamp) -> bool {
    operation.started_at.is_some_and(|at| at < since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Action, OperationStatus};
    use crate::planner::service::OwnWork;
    use jiff::ToSpan;

    const INSTANT: Timestamp = Timestamp::constant(1_774_854_000, 0);

    static NONE: OwnWork = OwnWork::none();

    fn question(ours: &OwnWork) -> Question<'_> {
        Question {
            action: Action::Resume,
            since: INSTANT,
            manual_changes_from: INSTANT,
            unsure_since: None,
            ours,
            respect: true,
        }
    }

    fn operation(id: &str, kind: OperationKind, status: OperationStatus, minutes: i64) -> Operation {
        Operation {
            id: Some(OperationId::new(id)),
            kind: Some(kind),
            status: Some(status),
            started_at: Some(INSTANT + minutes.minutes()),
            ended_at: None,
        }
    }

    fn seen(question: &Question<'_>, status: &ServiceStatus, operations: &[Operation]) -> Verdict {
        judge(question, Snapshot { status, operations })
    }

    use OperationKind::{PauseService, ResumeService, StartDeployment};
    use OperationStatus::{Failed, InProgress, Pending, RollbackInProgress, RollbackSucceeded, Succeeded};
    use ServiceStatus::{OperationInProgress, Paused, Running};

    #[test]
    fn a_paused_service_without_operations_is_still_owed_its_resume() {
        assert_eq!(seen(&question(&NONE), &Paused, &[]), Verdict::Act { failed_operations: 0 });
    }

    #[test]
    fn a_running_service_is_already_there() {
        let earlier = operation("a", ResumeService, Succeeded, 1);
        assert_eq!(seen(&question(&NONE), &Running, &[earlier]), Verdict::Already);
    }

    #[test]
    fn after_a_lost_reply_our_operation_is_found_in_the_list() {
        let unsure = Question { unsure_since: Some(INSTANT), ..question(&NONE) };
        let ours = operation("a", ResumeService, Succeeded, 0);
        assert_eq!(seen(&unsure, &Running, &[ours]), Verdict::Succeeded(OperationId::new("a")));
        let older = operation("b", ResumeService, Succeeded, -60);
        assert_eq!(seen(&unsure, &Running, &[older]), Verdict::Already);
    }

    #[test]
    fn a_resume_under_way_is_adopted_whatever_word_its_status_has() {
        for status in
            [Pending, InProgress, RollbackInProgress, OperationStatus::Unknown("COMPLETING".to_owned())]
        {
            let running = operation("a", ResumeService, status, 0);
            let started_at = running.started_at;
            let adopt = Verdict::Adopt { operation: OperationId::new("a"), started_at };
            assert_eq!(seen(&question(&NONE), &OperationInProgress, &[running]), adopt);
        }
    }

    #[test]
    fn a_deployment_or_maintenance_is_waited_for() {
        let deployment = operation("a", StartDeployment, InProgress, -5);
        let busy = |text: &str| Verdict::Busy(text.to_owned());
        assert_eq!(
            seen(&question(&NONE), &OperationInProgress, &[deployment]),
            busy("the service is busy with START_DEPLOYMENT")
        );
        assert_eq!(
            seen(&question(&NONE), &OperationInProgress, &[]),
            busy("the service is OPERATION_IN_PROGRESS")
        );
        let unknown = ServiceStatus::Unknown("HIBERNATING".to_owned());
        assert_eq!(seen(&question(&NONE), &unknown, &[]), busy("the service is HIBERNATING"));
    }

    #[test]
    fn an_older_operation_without_an_end_is_no_work() {
        let list =
            [operation("b", PauseService, Succeeded, -60), operation("a", ResumeService, InProgress, -90)];
        assert_eq!(seen(&question(&NONE), &Paused, &list), Verdict::Act { failed_operations: 0 });
    }

    #[test]
    fn a_person_who_paused_after_the_instant_wins() {
        let by_hand = operation("a", PauseService, Succeeded, 30);
        let why = "somebody began PAUSE_SERVICE at 2026-03-30T07:30:00Z, after the scheduled instant";
        assert_eq!(
            seen(&question(&NONE), &Paused, std::slice::from_ref(&by_hand)),
            Verdict::OverriddenByUser(why.to_owned())
        );
        let enforce = Question { respect: false, ..question(&NONE) };
        assert_eq!(seen(&enforce, &Paused, &[by_hand]), Verdict::Act { failed_operations: 0 });
    }

    #[test]
    fn a_pause_before_the_instant_or_of_our_own_is_no_manual_change() {
        let nightly = operation("a", PauseService, Succeeded, -600);
        assert_eq!(seen(&question(&NONE), &Paused, &[nightly]), Verdict::Act { failed_operations: 0 });
        let mut ours = OwnWork::none();
        ours.add(OperationId::new("b"));
        let late = operation("b", PauseService, Succeeded, 1);
        assert_eq!(seen(&question(&ours), &Paused, &[late]), Verdict::Act { failed_operations: 0 });
    }

    #[test]
    fn a_service_created_after_the_pause_was_due_is_left_awake() {
        let pause = Question { action: Action::Pause, ..question(&NONE) };
        let created = operation("a", OperationKind::CreateService, Succeeded, 5);
        assert!(matches!(seen(&pause, &Running, &[created]), Verdict::OverriddenByUser(_)));
    }

    #[test]
    fn a_deployment_after_the_instant_is_no_manual_change() {
        let deployed = [operation("a", StartDeployment, Succeeded, 5)];
        let pause = Question { action: Action::Pause, ..question(&NONE) };
        assert_eq!(seen(&pause, &Running, &deployed), Verdict::Act { failed_operations: 0 });
        assert_eq!(seen(&question(&NONE), &Paused, &deployed), Verdict::Act { failed_operations: 0 });
    }

    #[test]
    fn a_resume_of_the_day_before_does_not_count_as_one_without_effect() {
        let yesterdays = operation("a", ResumeService, Succeeded, -24 * 60);
        assert_eq!(seen(&question(&NONE), &Paused, &[yesterdays]), Verdict::Act { failed_operations: 0 });
    }

    #[test]
    fn an_operation_that_began_at_the_very_instant_may_be_the_occurrences() {
        let at_once = operation("a", ResumeService, Succeeded, 0);
        assert!(!began_before(&at_once, INSTANT));
        assert!(began_before(&operation("b", ResumeService, Succeeded, -1), INSTANT));
    }

    #[test]
    fn failed_resumes_since_the_instant_are_counted() {
        let list = [
            operation("c", ResumeService, RollbackSucceeded, 20),
            operation("b", ResumeService, Failed, 10),
            operation("a", ResumeService, Failed, -700),
        ];
        assert_eq!(seen(&question(&NONE), &Paused, &list), Verdict::Act { failed_operations: 2 });
    }

    #[test]
    fn a_service_beyond_help_is_given_up() {
        for status in [ServiceStatus::Deleted, ServiceStatus::DeleteFailed, ServiceStatus::CreateFailed] {
            let why = format!("the service is {status}; App Runner will not change it any more");
            assert!(status_settles(&question(&NONE), &status));
            assert_eq!(seen(&question(&NONE), &status, &[]), Verdict::GiveUp(why));
        }
    }

    #[test]
    fn a_status_alone_settles_only_what_is_not_in_doubt() {
        let unsure = Question { unsure_since: Some(INSTANT), ..question(&NONE) };
        assert!(status_settles(&question(&NONE), &Running));
        assert!(!status_settles(&unsure, &Running));
        assert!(!status_settles(&question(&NONE), &Paused));
    }
}
