//! The real planner against the emulator's model, in virtual time: seconds for a year of mornings. Pure.
//!
//! A [`World`] plays a file from an instant on. The daemon in it is the planner, unchanged, with a ledger in memory;
//! App Runner is the emulator's model, unchanged; [`Trouble`] is what can happen to them. An [`Observer`] watches.
//! The time goes from one event to the next, and one seed makes everything that is random.
//!
//! A run is, in this order: `World::new`, `put_services` (App Runner's side), `settle_the_past`, `let_happen` for each
//! trouble, `start`, `run_until`; then `end_all_faults`, and `run_until` again, after which every service must be in the state
//! that its schedule asks for.

mod app_runner;
pub mod chance;
mod host;
mod in_flight;
mod ledger;
mod network;
mod observer;
mod outages;
mod process;
mod queue;
mod timing;
mod trouble;
mod world;

pub use observer::{Observation, Observer};
pub use timing::{REQUEST_TIMEOUT, Timing, part_of};
pub use trouble::{Boundary, Happening, LedgerLoss, ManualAction, Trouble};
pub use world::World;

/// One of these at random, if there is one.
pub fn pick<T: Clone>(rng: &mut fastrand::Rng, of: &[T]) -> Option<T> {
    if of.is_empty() { None } else { of.get(rng.usize(..of.len())).cloned() }
}
