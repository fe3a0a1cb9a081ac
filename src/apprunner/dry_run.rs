//! A stand-in for App Runner that changes nothing: it reads for real, logs which calls would be made, and answers those
//! as if they had been.

use super::AppRunner;
use crate::api::{
    Action, Cause, Operation, OperationId, OperationKind, OperationStatus, Refusal, Reply, Request,
    ServiceArn, ServiceStatus,
};
use crate::clock;
use crate::config::Service;
use crate::schedule::Schedule;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Logs the calls that change a service instead of making them.
///
/// Until a call was made up for a service, its state is read for real. Without credentials it is unknown:
/// then it counts as the one that its schedule does not ask for now, and that is said. After a made-up call it is in the
/// state that the call would have led to, and every operation succeeds at once.
#[derive(Debug)]
pub struct DryRun<A> {
    reads: A,
    /// The schedules that are in effect.
    schedules: Mutex<BTreeMap<ServiceArn, Arc<Schedule>>>,
    pretended: Mutex<Pretended>,
}

/// What the calls would have done.
#[derive(Debug, Default)]
struct Pretended {
    calls: u64,
    /// The last operation of each service that would have had one.
    last: BTreeMap<ServiceArn, (Action, OperationId)>,
    /// Services whose state was reported as unknown.
    told_unknown: BTreeSet<ServiceArn>,
}

impl<A: AppRunner> DryRun<A> {
    /// A dry run that reads through this client.
    pub fn new(reads: A) -> Self {
        Self { reads, schedules: Mutex::default(), pretended: Mutex::default() }
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

    /// The assumed state where it is unknown. Of a service without a schedule nothing is assumed.
    fn assume(&self, arn: &ServiceArn, request: &Request) -> Option<Reply> {
        let schedule = self.schedules.lock().unwrap_or_else(PoisonError::into_inner).get(arn).cloned()?;
        let status = unlike_the_schedule(&schedule, clock::wall());
        let mut pretended = self.pretended.lock().unwrap_or_else(PoisonError::into_inner);
        if pretended.told_unknown.insert(arn.clone()) {
            tracing::warn!(
                service = arn.service_name(),
                %arn,
                "dry run: its state is unknown without AWS credentials; it counts as {status}"
            );
        }
        Some(match request {
            Request::ListOperations { .. } => Reply::Operations { operations: Vec::new(), next_page: None },
            Request::Describe | Request::Act(_) => Reply::Described { status },
        })
    }
}

/// The state in which a service has to be for its schedule to ask for something.
pub(crate) fn unlike_the_schedule(schedule: &Schedule, now: Timestamp) -> ServiceStatus {
    match schedule.latest_at(now).map(|latest| latest.action) {
        Some(Action::Resume) => ServiceStatus::Paused,
        Some(Action::Pause) | None => ServiceStatus::Running,
    }
}

impl<A: AppRunner> AppRunner for DryRun<A> {
    async fn call(&self, arn: &ServiceArn, request: &Request) -> Result<Reply, Refusal> {
        if let Some(reply) = self.pretend(arn, request) {
            return Ok(reply);
        }
        match self.reads.call(arn, request).await {
            Err(refusal) if refusal.cause == Cause::NoCredentials => self.assume(arn, request).ok_or(refusal),
            read => read,
        }
    }

    fn in_effect(&self, services: &[Service]) {
        let schedules = services.iter().map(|service| (service.arn.clone(), Arc::clone(&service.schedule)));
        *self.schedules.lock().unwrap_or_else(PoisonError::into_inner) = schedules.collect();
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
    use crate::config::parse;

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

    async fn ask(client: &DryRun<Reads>, request: Request) -> Reply {
        client.call(&ARN.parse().unwrap(), &request).await.unwrap()
    }

    #[tokio::test]
    async fn a_dry_run_reads_for_real_and_answers_as_if_every_call_had_worked() {
        let reads = Reads { status: Some(ServiceStatus::Running), ..Reads::default() };
        let client = DryRun::new(reads.clone());
        let list = || Request::ListOperations { page: None };
        assert_eq!(ask(&client, Request::Describe).await, described(ServiceStatus::Running));
        assert_eq!(ask(&client, list()).await, no_operations());

        for (action, id, kind, status) in [
            (Action::Pause, "dry-run-1", OperationKind::PauseService, ServiceStatus::Paused),
            (Action::Resume, "dry-run-2", OperationKind::ResumeService, ServiceStatus::Running),
        ] {
            let id = Some(OperationId::new(id));
            let accepted =
                Reply::Accepted { operation: id.clone(), status: ServiceStatus::OperationInProgress };
            assert_eq!(ask(&client, Request::Act(action)).await, accepted);

            let succeeded = Operation {
                id,
                kind: Some(kind),
                status: Some(OperationStatus::Succeeded),
                started_at: None,
                ended_at: None,
            };
            let listed = Reply::Operations { operations: vec![succeeded], next_page: None };
            assert_eq!(ask(&client, list()).await, listed);
            assert_eq!(ask(&client, Request::Describe).await, described(status));
        }
        assert_eq!(*reads.asked.lock().unwrap(), ["DescribeService", "ListOperations"], "nothing else left");
    }

    /// The service, with a schedule that asked for this a minute ago at most.
    fn asked_for(action: Action) -> Vec<Service> {
        let other = if action == Action::Pause { Action::Resume } else { Action::Pause };
        let rules = format!("{action} = \"* * * * *\"\n{other} = \"30 0 0 29 2 *\"\n");
        parse(&format!("timezone = \"UTC\"\n[[service]]\narn = \"{ARN}\"\n{rules}")).unwrap().services
    }

    #[tokio::test]
    async fn without_credentials_a_service_counts_as_what_the_schedule_in_effect_does_not_ask_for() {
        let client = DryRun::new(Reads::default());
        for (action, assumed) in
            [(Action::Resume, ServiceStatus::Paused), (Action::Pause, ServiceStatus::Running)]
        {
            client.in_effect(&asked_for(action));
            assert_eq!(ask(&client, Request::Describe).await, described(assumed));
            assert_eq!(ask(&client, Request::ListOperations { page: None }).await, no_operations());
        }
    }

    #[tokio::test]
    async fn without_credentials_nothing_is_assumed_of_a_service_without_a_schedule() {
        let client = DryRun::new(Reads::default());
        let refusal = client.call(&ARN.parse().unwrap(), &Request::Describe).await.unwrap_err();
        assert_eq!(refusal.cause, Cause::NoCredentials);
    }
}
