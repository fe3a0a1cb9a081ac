//! A stand-in for App Runner that changes nothing: it reads for real, tells which calls would be made, and answers those
//! as if they had been.

use super::AppRunner;
use crate::planner::{
    Cause, Operation, OperationId, OperationKind, OperationStatus, Refusal, Reply, Request, ServiceStatus,
};
use crate::schedule::{Action, ServiceArn};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// Logs the calls that change a service instead of making them.
///
/// Until a call was made up for a service, its state is read for real. Where there are no credentials, nobody knows it:
/// then it counts as the one that the schedule does not ask for, and that is said. After a made-up call it is in the
/// state that the call would have led to, and every operation succeeds at once.
#[derive(Debug)]
pub struct DryRun<A> {
    reads: A,
    /// The state that each service counts as in while nobody knows.
    assumed: BTreeMap<ServiceArn, ServiceStatus>,
    pretended: Mutex<Pretended>,
}

/// What the calls would have done.
#[derive(Debug, Default)]
struct Pretended {
    calls: u64,
    /// The last operation of each service that would have had one.
    last: BTreeMap<ServiceArn, (Action, OperationId)>,
    /// Services of which it was said that nobody knows their state.
    told_unknown: BTreeSet<ServiceArn>,
}

impl<A: AppRunner> DryRun<A> {
    /// Reads through this door. `assumed` is what counts where it has no credentials; nothing there counts as paused.
    pub fn new(reads: A, assumed: BTreeMap<ServiceArn, ServiceStatus>) -> Self {
        Self { reads, assumed, pretended: Mutex::default() }
    }

    fn pretend(&self, arn: &ServiceArn, request: &Request) -> Option<Reply> {
        let mut pretended = self.pretended.lock().unwrap_or_else(PoisonError::into_inner);
        match request {
            Request::Act(action) => {
                let (service, api) = (arn.service_name(), request.api_name());
                tracing::info!(service, %arn, api, "dry run: would call {api}");
                Some(pretended.act(arn, *action))
            }
            Request::Describe => pretended.describe(arn),
            Request::ListOperations { .. } => pretended.list_operations(arn),
        }
    }

    /// What counts where nobody knows.
    fn assume(&self, arn: &ServiceArn, request: &Request) -> Reply {
        let status = self.assumed.get(arn).cloned().unwrap_or(ServiceStatus::Paused);
        let mut pretended = self.pretended.lock().unwrap_or_else(PoisonError::into_inner);
        if pretended.told_unknown.insert(arn.clone()) {
            tracing::warn!(
                service = arn.service_name(),
                %arn,
                "dry run: its state is unknown without AWS credentials; it counts as {status}"
            );
        }
        match request {
            Request::ListOperations { .. } => Reply::Operations { operations: Vec::new(), next_page: None },
            Request::Describe | Request::Act(_) => Reply::Described { status },
        }
    }
}

impl<A: AppRunner> AppRunner for DryRun<A> {
    async fn call(&self, arn: &ServiceArn, request: &Request) -> Result<Reply, Refusal> {
        if let Some(reply) = self.pretend(arn, request) {
            return Ok(reply);
        }
        match self.reads.call(arn, request).await {
            Err(Refusal { cause: Cause::NoCredentials, .. }) => Ok(self.assume(arn, request)),
            read => read,
        }
    }
}

impl Pretended {
    fn act(&mut self, arn: &ServiceArn, action: Action) -> Reply {
        self.calls = self.calls.saturating_add(1);
        let operation = OperationId::new(&format!("dry-run-{}", self.calls));
        self.last.insert(arn.clone(), (action, operation.clone()));
        Reply::Accepted { operation: Some(operation), status: ServiceStatus::OperationInProgress }
    }

    fn describe(&self, arn: &ServiceArn) -> Option<Reply> {
        let (action, _) = self.last.get(arn)?;
        Some(Reply::Described { status: ServiceStatus::after(*action) })
    }

    fn list_operations(&self, arn: &ServiceArn) -> Option<Reply> {
        let (action, id) = self.last.get(arn)?;
        let operation = Operation {
            id: Some(id.clone()),
            kind: Some(OperationKind::of(*action)),
            status: Some(OperationStatus::Succeeded),
            started_at: None,
            ended_at: None,
        };
        Some(Reply::Operations { operations: vec![operation], next_page: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const ARN: &str =
        "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

    /// An App Runner that says of every service how it stands, or that there are no credentials, and counts.
    #[derive(Debug, Clone, Default)]
    struct Reads {
        status: Option<ServiceStatus>,
        asked: Arc<Mutex<Vec<&'static str>>>,
    }

    impl AppRunner for Reads {
        async fn call(&self, _: &ServiceArn, request: &Request) -> Result<Reply, Refusal> {
            self.asked.lock().unwrap().push(request.api_name());
            let missing = || Refusal { cause: Cause::NoCredentials, message: "none".to_owned() };
            let status = self.status.clone().ok_or_else(missing)?;
            Ok(match request {
                Request::ListOperations { .. } => no_operations(),
                Request::Describe | Request::Act(_) => described(status),
            })
        }
    }

    fn described(status: ServiceStatus) -> Reply {
        Reply::Described { status }
    }

    fn no_operations() -> Reply {
        Reply::Operations { operations: Vec::new(), next_page: None }
    }

    async fn ask(door: &DryRun<Reads>, request: Request) -> Reply {
        door.call(&ARN.parse().unwrap(), &request).await.unwrap()
    }

    #[tokio::test]
    async fn a_dry_run_reads_for_real_and_answers_as_if_every_call_had_worked() {
        let reads = Reads { status: Some(ServiceStatus::Running), ..Reads::default() };
        let door = DryRun::new(reads.clone(), BTreeMap::new());
        let list = || Request::ListOperations { page: None };
        assert_eq!(ask(&door, Request::Describe).await, described(ServiceStatus::Running));
        assert_eq!(ask(&door, list()).await, no_operations());

        for (action, id, kind, status) in [
            (Action::Pause, "dry-run-1", OperationKind::PauseService, ServiceStatus::Paused),
            (Action::Resume, "dry-run-2", OperationKind::ResumeService, ServiceStatus::Running),
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
        assert_eq!(*reads.asked.lock().unwrap(), ["DescribeService", "ListOperations"], "nothing else left");
    }

    #[tokio::test]
    async fn without_credentials_a_service_counts_as_what_was_assumed_of_it() {
        let assumed = BTreeMap::from([(ARN.parse().unwrap(), ServiceStatus::Running)]);
        let door = DryRun::new(Reads::default(), assumed);
        assert_eq!(ask(&door, Request::Describe).await, described(ServiceStatus::Running));
        assert_eq!(ask(&door, Request::ListOperations { page: None }).await, no_operations());
        let door = DryRun::new(Reads::default(), BTreeMap::new());
        assert_eq!(ask(&door, Request::Describe).await, described(ServiceStatus::Paused));
    }
}
