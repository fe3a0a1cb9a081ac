//! The states of a service.

use super::action::Action;
use std::fmt;

wire_words! {
    /// The state of a service (`ServiceStatus`).
    ServiceStatus {
        /// It could not be created.
        CreateFailed = "CREATE_FAILED",
        /// It serves requests, and is paid for.
        Running = "RUNNING",
        /// It was deleted, and can never be resumed.
        Deleted = "DELETED",
        /// It could not be deleted.
        DeleteFailed = "DELETE_FAILED",
        /// It serves nothing and costs nothing, until a resume.
        Paused = "PAUSED",
        /// It is changing; neither pause nor resume is taken.
        OperationInProgress = "OPERATION_IN_PROGRESS",
    }
}

impl ServiceStatus {
    /// The state in which an action leaves a service.
    pub fn after(action: Action) -> Self {
        match action {
            Action::Resume => Self::Running,
            Action::Pause => Self::Paused,
        }
    }
}
