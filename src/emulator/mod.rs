//! An App Runner that lives in this process: a pure model, and the door of its API.
//!
//! From the inside out:
//!
//! 1. [`Model`] is App Runner itself: services, their states, and operations that go on while time passes. Pure: the
//!    time is an argument, ids come from a seeded generator. Its methods are what a person does in the console;
//!    they meet no faults of the API and are not recorded.
//! 2. [`Model::answer`] is the API's door in front of it: a [`Call`] comes in, meets the [`Fault`]s ordered for it,
//!    is carried out or not, and is recorded as a [`CallRecord`]. Pure too, so that virtual time can drive it.

mod call;
mod change;
mod door;
mod error;
mod faults;
mod listing;
mod model;
mod operation;
mod record;
mod service;
mod settings;

pub use call::{Answer, ApiOperation, Call, Handled, Reply};
pub use error::ApiError;
pub use faults::{Effect, Fault, InvalidFault, MAX_DELAY, MAX_FAULTS};
pub use listing::{MAX_PAGE, Page};
pub use model::{MAX_SERVICES, Model, NewService};
pub use operation::OperationEnd;
pub use record::{CallRecord, MAX_CALLS};
pub use service::{Accepted, MAX_OPERATIONS, MAX_TAGS, ServiceView, Tags};
pub use settings::{Already, OperationTimes, Settings};
