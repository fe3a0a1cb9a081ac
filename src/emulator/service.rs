//! One service: its state, its operations, its tags.

use super::change::Change;
use super::error::ApiError;
use super::operation::Work;
use crate::api::{OperationId, ServiceArn, ServiceStatus};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, LazyLock};

/// Operations kept for each service. Older ones are forgotten and are then not listed any more: a year of working
/// days is some 500 operations, and nobody asks App Runner about last spring.
pub const MAX_OPERATIONS: usize = 100;

/// Tags that a service can have, as with AWS.
pub const MAX_TAGS: usize = 50;

/// A public image that App Runner could run, for services that are put in without one: one copy for all of them.
static DEFAULT_SOURCE: LazyLock<Arc<Value>> = LazyLock::new(|| {
    Arc::new(json!({
        "ImageRepository": {
            "ImageIdentifier": "public.ecr.aws/aws-containers/hello-app-runner:latest",
            "ImageRepositoryType": "ECR_PUBLIC",
            "ImageConfiguration": { "Port": "8000" },
        },
        "AutoDeploymentsEnabled": false,
    }))
});

/// One virtual CPU and two gigabytes, App Runner's default.
static DEFAULT_INSTANCE: LazyLock<Arc<Value>> =
    LazyLock::new(|| Arc::new(json!({ "Cpu": "1024", "Memory": "2048" })));

/// Tags of a service: a key and its value.
pub type Tags = BTreeMap<String, String>;

/// A service as App Runner describes it. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceView {
    /// Its ARN, which also holds its name and its id.
    pub arn: ServiceArn,
    /// Its state at the instant for which it was asked.
    pub status: ServiceStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// When it was deleted, if it was.
    pub deleted_at: Option<Timestamp>,
    /// `SourceConfiguration`, as it was given.
    pub source: Arc<Value>,
    /// `InstanceConfiguration`, as it was given or as App Runner fills it in.
    pub instance: Arc<Value>,
}

/// What App Runner answers when it takes a request to change a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The operation that began; `None` when nothing began.
    pub operation: Option<OperationId>,
    /// The service, with its state after the request was taken.
    pub service: ServiceView,
}

#[derive(Debug, Clone)]
pub(super) struct Service {
    view: ServiceView,
    /// While it is busy: what it will be, and when.
    busy: Option<Busy>,
    operations: VecDeque<Work>,
    tags: Tags,
}

#[derive(Debug, Clone)]
struct Busy {
    /// `None`: until the service is set by hand.
    until: Option<Timestamp>,
    then: ServiceStatus,
}

impl Service {
    /// A service in this state, without a past.
    pub(super) fn new(arn: ServiceArn, status: ServiceStatus, now: Timestamp) -> Self {
        let view = ServiceView {
            arn,
            created_at: now,
            updated_at: now,
            deleted_at: (status == ServiceStatus::Deleted).then_some(now),
            status,
            source: Arc::clone(&DEFAULT_SOURCE),
            instance: Arc::clone(&DEFAULT_INSTANCE),
        };
        Self { view, busy: None, operations: VecDeque::new(), tags: Tags::new() }
    }

    /// Gives it the configuration it was created with; absent members of the instance get App Runner's defaults.
    pub(super) fn configure(&mut self, source: Value, instance: Option<Value>) {
        let mut whole = Value::clone(&DEFAULT_INSTANCE);
        if let (Some(Value::Object(given)), Value::Object(defaults)) = (instance, &mut whole) {
            defaults.extend(given);
        }
        self.view.source = Arc::new(source);
        self.view.instance = Arc::new(whole);
    }

    /// Lets pass what has ended by now.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let ended = self.busy.take_if(|busy| busy.until.is_some_and(|until| until <= now));
        if let Some(Busy { until: Some(at), then }) = ended {
            self.become_state(then, at);
        }
    }

    /// Puts it in this state, whatever it was; an operation that still goes on has failed.
    pub(super) fn set(&mut self, status: ServiceStatus, now: Timestamp) {
        self.busy = None;
        if let Some(last) = self.operations.back_mut() {
            last.break_off(now);
        }
        self.become_state(status, now);
    }

    /// Begins an operation, which must be legal, and gives back what is answered.
    pub(super) fn begin(&mut self, change: &Change, work: Work, now: Timestamp) -> Accepted {
        let failed = || change.on_failure.clone().unwrap_or_else(|| self.view.status.clone());
        let then = if work.succeeds() { change.to.clone() } else { failed() };
        let (id, until) = (work.id.clone(), work.ends_at());
        if self.operations.len() >= MAX_OPERATIONS {
            self.operations.pop_front();
        }
        self.operations.push_back(work);
        self.be_busy(until, then, now);
        Accepted { operation: Some(id), service: self.view() }
    }

    /// AWS works on it: busy until then, and nothing is listed.
    pub(super) fn maintain(&mut self, until: Timestamp, now: Timestamp) {
        self.be_busy(Some(until), self.view.status.clone(), now);
    }

    pub(super) fn view(&self) -> ServiceView {
        self.view.clone()
    }

    pub(super) fn arn(&self) -> &ServiceArn {
        &self.view.arn
    }

    pub(super) fn status(&self) -> &ServiceStatus {
        &self.view.status
    }

    /// Its operations, oldest first.
    pub(super) fn operations(&self) -> &VecDeque<Work> {
        &self.operations
    }

    pub(super) fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Adds tags, and replaces the values of those it has.
    pub(super) fn tag(&mut self, tags: &Tags) -> Result<(), ApiError> {
        check_tags(tags)?;
        let mut all = self.tags.clone();
        all.extend(tags.clone());
        if all.len() > MAX_TAGS {
            return Err(ApiError::invalid_request(format!(
                "a resource can have {MAX_TAGS} tags, these would be {}",
                all.len()
            )));
        }
        self.tags = all;
        Ok(())
    }

    fn be_busy(&mut self, until: Option<Timestamp>, then: ServiceStatus, now: Timestamp) {
        self.become_state(ServiceStatus::OperationInProgress, now);
        self.busy = Some(Busy { until, then });
    }

    fn become_state(&mut self, status: ServiceStatus, at: Timestamp) {
        self.view.deleted_at = (status == ServiceStatus::Deleted).then_some(at);
        self.view.status = status;
        self.view.updated_at = at;
    }
}

/// Keys of 1 to 128 characters that do not begin with `aws:`, values of at most 256.
pub(super) fn check_tags(tags: &Tags) -> Result<(), ApiError> {
    for (key, value) in tags {
        if !(1..=128).contains(&key.chars().count()) || key.starts_with("aws:") {
            return Err(ApiError::invalid_request(format!(
                "the tag key `{key}` is not accepted: 1 to 128 characters that do not begin with `aws:`"
            )));
        }
        if value.chars().count() > 256 {
            return Err(ApiError::invalid_request(format!(
                "the value of the tag `{key}` is longer than 256 characters"
            )));
        }
    }
    Ok(())
}
