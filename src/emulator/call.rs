//! The words of the API: what is called, and what is answered.

use super::api_operation::ApiOperation;
use super::error::ApiError;
use super::listing::Page;
use super::model::NewService;
use super::service::{Accepted, ServiceView, Tags};
use crate::api::{Operation, OperationId, ServiceArn};
use std::time::Duration;

/// One call of the API.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// `CreateService`, with what the caller gave.
    Create(NewService),
    /// `DeleteService`, of this service.
    Delete(ServiceArn),
    /// `DescribeService`, of this service.
    Describe(ServiceArn),
    /// `ListOperations`: one page of a service's operations.
    ListOperations {
        /// The service whose operations are asked for.
        arn: ServiceArn,
        /// The size of the page.
        max_results: Option<i64>,
        /// The token of a later page.
        token: Option<String>,
    },
    /// `ListServices`: one page of all services.
    ListServices {
        /// The size of the page.
        max_results: Option<i64>,
        /// The token of a later page.
        token: Option<String>,
    },
    /// `ListTagsForResource`, of this service.
    ListTags(ServiceArn),
    /// `PauseService`, of this service.
    Pause(ServiceArn),
    /// `ResumeService`, of this service.
    Resume(ServiceArn),
    /// `StartDeployment`, of this service.
    StartDeployment(ServiceArn),
    /// `TagResource`: adds tags to those that the service has.
    Tag {
        /// The service that gets them.
        arn: ServiceArn,
        /// Keys with their new values.
        tags: Tags,
    },
}

impl Call {
    /// The operation that is called.
    pub fn operation(&self) -> ApiOperation {
        match self {
            Self::Create(_) => ApiOperation::CreateService,
            Self::Delete(_) => ApiOperation::DeleteService,
            Self::Describe(_) => ApiOperation::DescribeService,
            Self::ListOperations { .. } => ApiOperation::ListOperations,
            Self::ListServices { .. } => ApiOperation::ListServices,
            Self::ListTags(_) => ApiOperation::ListTagsForResource,
            Self::Pause(_) => ApiOperation::PauseService,
            Self::Resume(_) => ApiOperation::ResumeService,
            Self::StartDeployment(_) => ApiOperation::StartDeployment,
            Self::Tag { .. } => ApiOperation::TagResource,
        }
    }

    /// The service that it names, if it names one.
    pub fn arn(&self) -> Option<&ServiceArn> {
        match self {
            Self::Create(_) | Self::ListServices { .. } => None,
            Self::ListOperations { arn, .. }
            | Self::Tag { arn, .. }
            | Self::Delete(arn)
            | Self::Describe(arn)
            | Self::ListTags(arn)
            | Self::Pause(arn)
            | Self::Resume(arn)
            | Self::StartDeployment(arn) => Some(arn),
        }
    }
}

/// What App Runner says when it does what is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// To a call that changes a service.
    Accepted(Accepted),
    /// To `StartDeployment`; `None` only when a fault leaves the id out.
    Deployment(Option<OperationId>),
    /// To `DescribeService`: the service.
    Described(ServiceView),
    /// To `ListOperations`: one page of them.
    Operations {
        /// The service whose operations they are.
        arn: ServiceArn,
        /// The operations that began last come first.
        page: Page<Operation>,
    },
    /// To `ListServices`: one page of them.
    Services(Page<ServiceView>),
    /// To `ListTagsForResource`: all tags of the service.
    Tags(Tags),
    /// To `TagResource`, whose reply has no members.
    Tagged,
}

impl Reply {
    /// The operation that began.
    pub(super) fn operation_id(&self) -> Option<&OperationId> {
        match self {
            Self::Accepted(accepted) => accepted.operation.as_ref(),
            Self::Deployment(id) => id.as_ref(),
            Self::Described(_)
            | Self::Operations { .. }
            | Self::Services(_)
            | Self::Tags(_)
            | Self::Tagged => None,
        }
    }

    /// The same reply, silent about the operation that began.
    pub(super) fn without_operation_id(mut self) -> Self {
        if let Self::Accepted(Accepted { operation: id, .. }) | Self::Deployment(id) = &mut self {
            *id = None;
        }
        self
    }
}

/// What the caller gets to see.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// HTTP 200 and what was asked for.
    Done(Reply),
    /// An error with a code.
    Refused(ApiError),
    /// A status and no body.
    Bare {
        /// The status code that is sent alone.
        http_status: u16,
    },
    /// A status and a body that is no JSON.
    NotJson {
        /// The status code that comes with the body.
        http_status: u16,
    },
    /// Nothing: the connection is closed.
    Nothing,
}

/// A call that has been handled: what to answer, and after which time.
#[derive(Debug, Clone, PartialEq)]
pub struct Handled {
    /// How long the answer is held back. What the call changes has changed already.
    pub delay: Duration,
    /// What the caller gets to see.
    pub answer: Answer,
}
