//! What App Runner answers when it takes a request.

use super::operation::{Operation, OperationId};
use super::service_status::ServiceStatus;

/// What App Runner answered when it took the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To [`super::Request::Act`]: the operation that began, if it named one, and the service's state.
    Accepted {
        /// Absent when nothing began, or when App Runner did not say.
        operation: Option<OperationId>,
        /// The state of the service in the same reply.
        status: ServiceStatus,
    },
    /// The service, in reply to [`super::Request::Describe`].
    Described {
        /// The state of the service.
        status: ServiceStatus,
    },
    /// A page of the service's operations, in reply to [`super::Request::ListOperations`].
    Operations {
        /// Newest first, as App Runner lists them.
        operations: Vec<Operation>,
        /// The token of the next page, if there is one.
        next_page: Option<String>,
    },
}
