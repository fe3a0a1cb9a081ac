//! App Runner's operations: what they do, and how far they are.

use super::action::Action;
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;

/// The id that App Runner gives to an operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(Arc<str>);

impl OperationId {
    /// Takes the id as App Runner wrote it.
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The id as App Runner wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of `ListOperations`. Every member is optional on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The id by which the reply to the request named it.
    pub id: Option<OperationId>,
    /// What it does to the service.
    pub kind: Option<OperationKind>,
    /// How far it is; `None` when App Runner did not say.
    pub status: Option<OperationStatus>,
    /// When App Runner started it; `None` when App Runner did not say.
    pub started_at: Option<Timestamp>,
    /// When it ended; `None` while it goes on, or when App Runner did not say.
    pub ended_at: Option<Timestamp>,
}

impl Operation {
    /// Whether it has ended, and how. One without a status goes on.
    pub(crate) fn outcome(&self) -> Outcome {
        self.status.as_ref().map_or(Outcome::GoesOn, OperationStatus::outcome)
    }
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    GoesOn,
    /// A look confirms that the service is in the state that it should bring (`planner/machine/look.rs`).
    Succeeded,
    Failed,
}

wire_words! {
    /// How far an operation is (`OperationStatus`).
    OperationStatus {
        /// It has not begun.
        Pending = "PENDING",
        /// It has begun, and has not ended.
        InProgress = "IN_PROGRESS",
        /// It ended and changed nothing.
        Failed = "FAILED",
        /// It ended as asked.
        Succeeded = "SUCCEEDED",
        /// It failed and is being undone.
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        /// It failed, and so did undoing it.
        RollbackFailed = "ROLLBACK_FAILED",
        /// It failed and was undone.
        RollbackSucceeded = "ROLLBACK_SUCCEEDED",
    }
}

wire_words! {
    /// What an operation does (`OperationType`).
    OperationKind {
        /// Replaces the running version by the latest one of its source.
        StartDeployment = "START_DEPLOYMENT",
        /// Creates the service; it runs afterwards.
        CreateService = "CREATE_SERVICE",
        /// Takes a running service to `PAUSED`.
        PauseService = "PAUSE_SERVICE",
        /// Takes a paused service to `RUNNING`.
        ResumeService = "RESUME_SERVICE",
        /// Deletes the service permanently.
        DeleteService = "DELETE_SERVICE",
        /// A change of its configuration.
        UpdateService = "UPDATE_SERVICE",
    }
}

impl OperationKind {
    /// What an operation that carries out an action is called.
    pub fn of(action: Action) -> Self {
        match action {
            Action::Resume => Self::ResumeService,
            Action::Pause => Self::PauseService,
        }
    }
}

impl OperationStatus {
    /// Whether the operation has ended, and how. A status that this build does not know counts as still going on.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Succeeded => Outcome::Succeeded,
            Self::Failed | Self::RollbackFailed | Self::RollbackSucceeded => Outcome::Failed,
            Self::Pending | Self::InProgress | Self::RollbackInProgress | Self::Unknown(_) => Outcome::GoesOn,
        }
    }
}
