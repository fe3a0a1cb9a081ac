//! A person wins: who resumes or pauses a service by hand after an instant has undone what the schedule asked for then,
//! and is not fought.

use super::question::Question;
use crate::api::{Action, Operation, OperationKind, Outcome};

/// The operation by which a person undid the action after its instant, where `on-manual-change` says to respect that.
pub(super) fn manual_change(question: &Question<'_>, operations: &[Operation]) -> Option<String> {
    let undone_by = |operation: &&Operation| {
        let undoes = operation.kind == Some(OperationKind::of(question.action.opposite()))
            || (question.action == Action::Pause && operation.kind == Some(OperationKind::CreateService));
        let ours = question.ours.may_include(question.action.opposite(), operation);
        undoes
            && !ours
            && operation.outcome() == Outcome::Succeeded
            && operation.started_at.is_some_and(|at| at >= question.manual_changes_from)
    };
    let operation = operations.iter().find(undone_by).filter(|_| question.respect)?;
    let kind = operation.kind.as_ref().map_or("an operation", OperationKind::as_str);
    let at = operation.started_at?;
    Some(format!("somebody began {kind} at {at}, after the scheduled instant"))
}
