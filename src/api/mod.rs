//! **App Runner's vocabulary**: services, requests, replies, operations, refusals and what each means. Pure ground (held by `tests/house`).
//!
//! Everything that speaks with App Runner, or plays it, uses these words: the planner decides with them, `apprunner/`
//! translates them to and from the SDK, `emulator/` answers with them. The types of the two clocks are here as well,
//! because every room takes the time as an argument.

#[macro_use]
mod words;

mod action;
mod arn;
mod duration_estimate;
mod meaning;
mod operation;
mod refusal;
mod reply;
mod request;
mod service_status;
mod time;

pub use action::Action;
pub use arn::{InvalidArn, ServiceArn, ServiceKey};
pub(crate) use duration_estimate::{DurationEstimate, NARROWEST_GAP, OVERDUE_AFTER};
pub use meaning::{ACCESS_CODES, HOPELESS_CODES, Policy, THROTTLING_CODES, policy};
pub(crate) use meaning::{is_gone, may_have_been_carried_out};
pub(crate) use operation::Outcome;
pub use operation::{Operation, OperationId, OperationKind, OperationStatus};
pub use refusal::{Cause, Refusal};
pub use reply::Reply;
pub use request::Request;
pub use service_status::ServiceStatus;
pub(crate) use time::wall_since;
pub use time::{Elapsed, Now};
