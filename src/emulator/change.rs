//! What App Runner allows: which change is legal in which state, and what it leads to.

use super::api_operation::ApiOperation;
use super::error::ApiError;
use crate::api::{OperationKind, ServiceArn, ServiceStatus};

/// One way in which a request changes a service.
pub(super) struct Change {
    /// What asks for it.
    pub(super) api: ApiOperation,
    /// What the operation is.
    pub(super) kind: OperationKind,
    /// The states in which it is legal.
    from: &'static [ServiceStatus],
    /// How it is refused in any other: what the service model has for it.
    refusal: &'static str,
    /// The state it leads to.
    pub(super) to: ServiceStatus,
    /// The state after a failure; `None`: the one before.
    pub(super) on_failure: Option<ServiceStatus>,
}

pub(super) const RESUME: Change = Change {
    api: ApiOperation::ResumeService,
    kind: OperationKind::ResumeService,
    from: &[ServiceStatus::Paused],
    refusal: "InvalidStateException",
    to: ServiceStatus::Running,
    on_failure: None,
};
pub(super) const PAUSE: Change = Change {
    api: ApiOperation::PauseService,
    kind: OperationKind::PauseService,
    from: &[ServiceStatus::Running],
    refusal: "InvalidStateException",
    to: ServiceStatus::Paused,
    on_failure: None,
};
pub(super) const DEPLOY: Change = Change {
    api: ApiOperation::StartDeployment,
    kind: OperationKind::StartDeployment,
    from: &[ServiceStatus::Running],
    refusal: "InvalidRequestException",
    to: ServiceStatus::Running,
    on_failure: None,
};
pub(super) const CREATE: Change = Change {
    api: ApiOperation::CreateService,
    kind: OperationKind::CreateService,
    from: &[],
    refusal: "InvalidRequestException",
    to: ServiceStatus::Running,
    on_failure: Some(ServiceStatus::CreateFailed),
};
pub(super) const DELETE: Change = Change {
    api: ApiOperation::DeleteService,
    kind: OperationKind::DeleteService,
    from: &[
        ServiceStatus::Running,
        ServiceStatus::Paused,
        ServiceStatus::CreateFailed,
        ServiceStatus::DeleteFailed,
    ],
    refusal: "InvalidStateException",
    to: ServiceStatus::Deleted,
    on_failure: Some(ServiceStatus::DeleteFailed),
};

impl Change {
    /// Whether App Runner takes it from a service in this state.
    pub(super) fn is_legal_in(&self, status: &ServiceStatus) -> bool {
        self.from.contains(status)
    }

    /// The refusal in this state, which is none of the legal ones.
    pub(super) fn refused(&self, arn: &ServiceArn, status: &ServiceStatus) -> ApiError {
        let legal: Vec<&str> = self.from.iter().map(ServiceStatus::as_str).collect();
        let legal = legal.join(", ");
        ApiError::new(
            self.refusal,
            format!("the service {arn} is {status}; {} is accepted in {legal}", self.kind),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_legal_in_its_states_and_in_no_other() {
        let cases = [
            (&RESUME, "PAUSED"),
            (&PAUSE, "RUNNING"),
            (&DEPLOY, "RUNNING"),
            (&CREATE, ""),
            (&DELETE, "CREATE_FAILED RUNNING DELETE_FAILED PAUSED"),
        ];
        for (change, expected) in cases {
            let legal = ServiceStatus::KNOWN.iter().filter(|status| change.is_legal_in(status));
            let legal: Vec<&str> = legal.map(ServiceStatus::as_str).collect();
            assert_eq!(legal.join(" "), expected, "{}", change.kind);
        }
    }
}
