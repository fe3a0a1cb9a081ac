//! The pure model of App Runner: services, and what happens to them.

use super::change::{CREATE, Change, DELETE, DEPLOY, PAUSE, RESUME};
use super::error::ApiError;
use super::faults::Faults;
use super::operation::{Fate, Work, later};
use super::record::CallLog;
use super::service::{Accepted, Service, ServiceView, Tags, check_tags};
use super::settings::{Already, OperationTimes, Settings};
use crate::api::{Operation, OperationId, ServiceArn, ServiceStatus};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Services that a model holds, deleted ones included: the largest fleet that reveille is measured with, twice.
pub const MAX_SERVICES: usize = 200_000;

/// The region and the account of services that are created through the API: the ones of AWS's documentation.
const CREATED_IN: (&str, &str) = ("us-east-1", "123456789012");

/// App Runner, as far as reveille and the people who try it need it.
///
/// Time is an argument, in the model's own clock, which is AWS's and never goes back: an instant earlier than the
/// latest one it was given counts as that latest one. Operations go on while time passes, and are settled when
/// somebody looks.
#[derive(Debug)]
pub struct Model {
    pub(super) settings: Settings,
    pub(super) services: BTreeMap<ServiceArn, Service>,
    pub(super) faults: Faults,
    pub(super) calls: CallLog,
    latest: Timestamp,
    last_serial: u64,
    rng: fastrand::Rng,
}

/// What `CreateService` is given.
#[derive(Debug, Clone, PartialEq)]
pub struct NewService {
    /// `ServiceName`: 4 to 40 letters, digits, hyphens or underscores.
    pub name: String,
    /// `SourceConfiguration`, kept as it is.
    pub source: Value,
    /// `InstanceConfiguration`; App Runner's defaults for what is absent.
    pub instance: Option<Value>,
    /// `Tags`: none when the caller gave none.
    pub tags: Tags,
}

impl Model {
    /// An App Runner without services, whose ids come from the seed.
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            settings,
            services: BTreeMap::new(),
            faults: Faults::default(),
            calls: CallLog::default(),
            latest: Timestamp::MIN,
            last_serial: 0,
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// Sets how long operations take that begin from now on.
    pub fn set_operation_times(&mut self, times: OperationTimes) {
        self.settings.times = times;
    }

    /// `ResumeService`: legal when `PAUSED`.
    ///
    /// # Errors
    /// `InvalidStateException` in any other state, `ResourceNotFoundException` for a service that is not here.
    pub fn resume(&mut self, arn: &ServiceArn, now: Timestamp) -> Result<Accepted, ApiError> {
        self.turn(&RESUME, arn, now)
    }

    /// `PauseService`: legal when `RUNNING`.
    ///
    /// # Errors
    /// As [`Model::resume`].
    pub fn pause(&mut self, arn: &ServiceArn, now: Timestamp) -> Result<Accepted, ApiError> {
        self.turn(&PAUSE, arn, now)
    }

    /// `StartDeployment`: legal when `RUNNING`.
    ///
    /// # Errors
    /// `InvalidRequestException` in any other state, for the service model gives this operation no
    /// `InvalidStateException`; `ResourceNotFoundException` for a service that is not here.
    pub fn start_deployment(&mut self, arn: &ServiceArn, now: Timestamp) -> Result<Accepted, ApiError> {
        self.change(&DEPLOY, arn, now)
    }

    /// `DeleteService`: legal when nothing is going on, also after a creation or a deletion that failed.
    ///
    /// A deleted service can still be described, and its operations listed, but `ListServices` leaves it out.
    ///
    /// # Errors
    /// As [`Model::resume`].
    pub fn delete(&mut self, arn: &ServiceArn, now: Timestamp) -> Result<Accepted, ApiError> {
        self.change(&DELETE, arn, now)
    }

    /// `CreateService`: the service is `RUNNING` when the operation ends, or `CREATE_FAILED`.
    ///
    /// # Errors
    /// `InvalidRequestException` for a bad name, source, instance or tag, and for a name that is taken;
    /// `ServiceQuotaExceededException` at [`MAX_SERVICES`].
    pub fn create(&mut self, new: NewService, now: Timestamp) -> Result<Accepted, ApiError> {
        check_tags(&new.tags)?;
        if !new.source.is_object() || new.instance.as_ref().is_some_and(|instance| !instance.is_object()) {
            return Err(ApiError::invalid_request(
                "SourceConfiguration and InstanceConfiguration are structures, not single values",
            ));
        }
        let now = self.advance(now);
        self.check_name(&new.name, now)?;
        let arn = self.new_arn(&new.name)?;
        let mut service = Service::new(arn.clone(), ServiceStatus::OperationInProgress, now);
        service.configure(new.source, new.instance);
        service.tag(&new.tags)?;
        self.insert(service)?;
        self.begin(&CREATE, &arn)
    }

    /// `DescribeService`.
    ///
    /// # Errors
    /// `ResourceNotFoundException` for a service that is not here.
    pub fn describe(&mut self, arn: &ServiceArn, now: Timestamp) -> Result<ServiceView, ApiError> {
        Ok(self.settled(arn, now)?.view())
    }

    /// `TagResource`: adds tags, and replaces the values of those that are there.
    ///
    /// # Errors
    /// `InvalidRequestException` for a bad key or value, or too many; `InvalidStateException` for a deleted service;
    /// `ResourceNotFoundException` for one that is not here.
    pub fn tag(&mut self, arn: &ServiceArn, tags: &Tags, now: Timestamp) -> Result<(), ApiError> {
        let service = self.settled(arn, now)?;
        if *service.status() == ServiceStatus::Deleted {
            return Err(ApiError::invalid_state(format!("the service {arn} is DELETED and takes no tags")));
        }
        service.tag(tags)
    }

    /// `ListTagsForResource`.
    ///
    /// # Errors
    /// `ResourceNotFoundException` for a service that is not here.
    pub fn list_tags(&mut self, arn: &ServiceArn, now: Timestamp) -> Result<Tags, ApiError> {
        Ok(self.settled(arn, now)?.tags().clone())
    }

    /// Puts a service in, or sets the state of one that is there; an operation that goes on has failed then.
    ///
    /// One that is put in as `OPERATION_IN_PROGRESS` stays so until it is set again.
    ///
    /// # Errors
    /// `ServiceQuotaExceededException` at [`MAX_SERVICES`].
    pub fn put(&mut self, arn: ServiceArn, status: ServiceStatus, now: Timestamp) -> Result<(), ApiError> {
        let now = self.advance(now);
        if let Some(service) = self.services.get_mut(&arn) {
            service.settle(now);
            service.set(status, now);
            return Ok(());
        }
        self.insert(Service::new(arn, status, now))
    }

    /// AWS works on the service itself: `OPERATION_IN_PROGRESS` for so long, then what it was. No operation is listed.
    ///
    /// # Errors
    /// `InvalidStateException` when it is neither `RUNNING` nor `PAUSED`, `ResourceNotFoundException` when it is not
    /// here.
    pub fn maintenance(
        &mut self,
        arn: &ServiceArn,
        now: Timestamp,
        duration: Duration,
    ) -> Result<(), ApiError> {
        let now = self.advance(now);
        let service = self.settled(arn, now)?;
        let status = service.status();
        if !matches!(status, ServiceStatus::Running | ServiceStatus::Paused) {
            return Err(ApiError::invalid_state(format!(
                "the service {arn} is {status} and cannot be maintained"
            )));
        }
        service.maintain(later(now, duration), now);
        Ok(())
    }

    /// The operations that began for a service, listed already or not, oldest first: at most
    /// [`MAX_OPERATIONS`](super::service::MAX_OPERATIONS). None for a service that is not here.
    pub fn operations(&mut self, arn: &ServiceArn, now: Timestamp) -> Vec<Operation> {
        let now = self.advance(now);
        let works = self.services.get(arn).into_iter().flat_map(Service::operations);
        works.map(|work| work.view(now)).collect()
    }

    /// The ARNs of all services, deleted ones too, in order.
    pub fn arns(&self) -> impl Iterator<Item = &ServiceArn> {
        self.services.keys()
    }

    /// An id as AWS makes them: a random UUID.
    pub(super) fn new_id(&mut self) -> String {
        let rng = &mut self.rng;
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            rng.u32(..),
            rng.u16(..),
            rng.u16(..0x1000),
            rng.u16(0x8000..0xc000),
            rng.u64(..1 << 48)
        )
    }

    /// The model's clock, after somebody said what time it is.
    pub(super) fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.latest = self.latest.max(now);
        self.latest
    }

    /// The service as it is now.
    pub(super) fn settled(&mut self, arn: &ServiceArn, now: Timestamp) -> Result<&mut Service, ApiError> {
        let now = self.advance(now);
        let service = self.services.get_mut(arn).ok_or_else(|| {
            ApiError::not_found(format!("there is no service {arn}; ListServices names those that exist"))
        })?;
        service.settle(now);
        Ok(service)
    }

    /// Resumes or pauses, where App Runner may be content when there is nothing to do.
    fn turn(&mut self, change: &Change, arn: &ServiceArn, now: Timestamp) -> Result<Accepted, ApiError> {
        if self.settings.already == Already::Accepts {
            let service = self.settled(arn, now)?;
            if *service.status() == change.to {
                return Ok(Accepted { operation: None, service: service.view() });
            }
        }
        self.change(change, arn, now)
    }

    fn change(&mut self, change: &Change, arn: &ServiceArn, now: Timestamp) -> Result<Accepted, ApiError> {
        let service = self.settled(arn, now)?;
        if !change.is_legal_in(service.status()) {
            return Err(change.refused(arn, service.status()));
        }
        self.begin(change, arn)
    }

    /// Begins an operation that is legal now, with the course that was ordered for it.
    fn begin(&mut self, change: &Change, arn: &ServiceArn) -> Result<Accepted, ApiError> {
        let now = self.latest;
        self.last_serial = self.last_serial.saturating_add(1);
        let id = OperationId::new(&self.new_id());
        let fate = self.faults.fate(change.api, arn).unwrap_or(Fate::Succeeds);
        let work = Work::begin(self.last_serial, id, change.kind.clone(), fate, &self.settings, now);
        Ok(self.settled(arn, now)?.begin(change, work, now))
    }

    fn insert(&mut self, service: Service) -> Result<(), ApiError> {
        if self.services.len() >= MAX_SERVICES {
            return Err(ApiError::quota(format!("there are {MAX_SERVICES} services, which is the maximum")));
        }
        self.services.insert(service.arn().clone(), service);
        Ok(())
    }

    /// Whether a name is free. Looks at every service, for creations are rare.
    fn check_name(&mut self, name: &str, now: Timestamp) -> Result<(), ApiError> {
        let taken = self.services.values_mut().any(|service| {
            service.settle(now);
            service.arn().service_name() == name && *service.status() != ServiceStatus::Deleted
        });
        if taken {
            return Err(ApiError::invalid_request(format!(
                "there is already a service with the name `{name}`"
            )));
        }
        Ok(())
    }

    /// A new ARN, which also checks the name.
    fn new_arn(&mut self, name: &str) -> Result<ServiceArn, ApiError> {
        let (region, account) = CREATED_IN;
        let id = self.rng.u128(..);
        let arn = format!("arn:aws:apprunner:{region}:{account}:service/{name}/{id:032x}");
        arn.parse().map_err(|error| ApiError::invalid_request(format!("`{name}` as ServiceName: {error}")))
    }
}

#[cfg(test)]
mod tests;
