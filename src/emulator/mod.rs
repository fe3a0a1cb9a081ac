//! An App Runner that lives in this process: a pure model, and an HTTP face for it.
//!
//! `cli/run.rs` starts one for `run --emulator`, `cli/emulate.rs` one alone. From the inside out:
//!
//! 1. [`Model`] is App Runner itself: services, their states, and operations that go on while time passes. Pure: the
//!    time is an argument, ids come from a seeded generator. Its methods are what a person does in the console;
//!    they meet no faults of the API and are not recorded.
//! 2. [`Model::answer`] is the API in front of it: a [`Call`] comes in, meets the [`Fault`]s ordered for it,
//!    is carried out or not, and is recorded as a [`CallRecord`]. Pure too, so that virtual time can drive it.
//! 3. [`Emulator`] serves that API over HTTP as App Runner's awsJson1.0, for the AWS CLI and every SDK, with an
//!    admin API under `/_emulator/` through which faults are ordered and the record is read.
//!
//! It is for trying things out and for tests. It checks no signature and throttles no one: whoever reaches its port
//! may do everything, so it belongs on a loopback address.

mod admin;
mod answer;
mod api_operation;
mod call;
mod change;
mod error;
mod faults;
mod http;
mod listing;
mod model;
mod operation;
mod record;
mod response;
mod service;
mod settings;
mod shared;
mod wire;

pub use api_operation::ApiOperation;
pub use call::{Answer, Call, Handled, Reply};
pub use error::ApiError;
pub use faults::{Effect, Fault, InvalidFault, MAX_DELAY, MAX_FAULTS};
pub use http::{Emulator, MAX_BODY_BYTES, MAX_CONNECTIONS};
pub use listing::{MAX_PAGE, Page};
pub use model::{MAX_SERVICES, Model, NewService};
pub use operation::OperationEnd;
pub use record::{CallRecord, MAX_CALLS};
pub use service::{Accepted, MAX_OPERATIONS, MAX_TAGS, ServiceView, Tags};
pub use settings::{Already, OperationTimes, Settings};
