//! What a machine knows of its service, apart from the occurrence that is owed.

mod begun;
mod enforcing;
mod estimates;
mod in_flight;
mod lost_calls;
mod own_work;

pub(super) use begun::Begun;
pub(super) use enforcing::Enforcing;
pub(super) use estimates::Estimates;
pub(super) use in_flight::InFlight;
pub(super) use own_work::OwnWork;
