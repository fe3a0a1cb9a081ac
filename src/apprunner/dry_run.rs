//! A stand-in for App Runner that changes nothing: it tells which calls would be made, and answers as if they had been.

use super::AppRunner;
use crate::planner::{
    Operation, OperationId, OperationKind, OperationStatus, Refusal, Reply, Request, ServiceStatus,
};
use crate::schedule::{Action, ServiceArn};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Logs the calls instead of making them. Never uses the network.
///
/// Nobody knows the true state of a service without asking, so every service counts as asleep at first. After that it
/// is in the state that the last call would have led to, and every operation succeeds at once.
#[derive(Debug, Default)]
pub struct DryRun {
    pretended: Mutex<Pretended>,
}

/// What the calls would have done.
#[derive(Debug, Default)]
struct Pretended {
    calls: u64,
    /// The last operation of each service that would have had one.
    last: BTreeMap<ServiceArn, (Action, OperationId)>,
}

impl AppRunner for DryRun {
    async fn call(&self, arn: &ServiceArn, request: &Request) -> Result<Reply, Refusal> {
        let (service, api) = (arn.service_name(), request.api_name());
        let mut pretended = self.pretended.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match request {
            Request::Act(action) => {
                tracing::info!(service, %arn, api, "dry run: would call {api}");
                pretended.act(arn, *action)
            }
            Request::Describe => {
                tracing::debug!(service, %arn, api, "dry run: pretends to call {api}");
                pretended.describe(arn)
            }
            Request::ListOperations { .. } => {
                tracing::debug!(service, %arn, api, "dry run: pretends to call {api}");
                pretended.list_operations(arn)
            }
        })
    }
}

impl Pretended {
    fn act(&mut self, arn: &ServiceArn, action: Action) -> Reply {
        self.calls = self.calls.saturating_add(1);
        let operation = OperationId::new(&format!("dry-run-{}", self.calls));
        self.last.insert(arn.clone(), (action, operation.clone()));
        Reply::Accepted { operation: Some(operation), status: ServiceStatus::OperationInProgress }
    }

    fn describe(&self, arn: &ServiceArn) -> Reply {
        let status = match self.last.get(arn) {
            Some((Action::Resume, _)) => ServiceStatus::Running,
            Some((Action::Pause, _)) | None => ServiceStatus::Paused,
        };
        Reply::Described { status }
    }

    fn list_operations(&self, arn: &ServiceArn) -> Reply {
        let operations = self.last.get(arn).map(|(action, id)| Operation {
            id: Some(id.clone()),
            kind: Some(match action {
                Action::Resume => OperationKind::ResumeService,
                Action::Pause => OperationKind::PauseService,
            }),
            status: Some(OperationStatus::Succeeded),
            started_at: None,
            ended_at: None,
        });
        Reply::Operations { operations: operations.into_iter().collect(), next_page: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(door: &DryRun, request: Request) -> Reply {
        let arn =
            "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";
        door.call(&arn.parse().unwrap(), &request).await.unwrap()
    }

    fn described(status: ServiceStatus) -> Reply {
        Reply::Described { status }
    }

    #[tokio::test]
    async fn a_dry_run_answers_as_if_every_call_had_worked() {
        let door = DryRun::default();
        let list = || Request::ListOperations { page: None };
        assert_eq!(ask(&door, Request::Describe).await, described(ServiceStatus::Paused));
        assert_eq!(ask(&door, list()).await, Reply::Operations { operations: Vec::new(), next_page: None });

        for (action, id, kind, status) in [
            (Action::Resume, "dry-run-1", OperationKind::ResumeService, ServiceStatus::Running),
            (Action::Pause, "dry-run-2", OperationKind::PauseService, ServiceStatus::Paused),
        ] {
            let id = Some(OperationId::new(id));
            let accepted =
                Reply::Accepted { operation: id.clone(), status: ServiceStatus::OperationInProgress };
            assert_eq!(ask(&door, Request::Act(action)).await, accepted);

            let succeeded = Operation {
                id,
                kind: Some(kind),
                status: Some(OperationStatus::Succeeded),
                started_at: None,
                ended_at: None,
            };
            let listed = Reply::Operations { operations: vec![succeeded], next_page: None };
            assert_eq!(ask(&door, list()).await, listed);
            assert_eq!(ask(&door, Request::Describe).await, described(status));
        }
    }
}
