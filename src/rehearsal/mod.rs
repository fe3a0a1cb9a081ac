//! The real planner against the emulator's model, in virtual time: seconds for a year of mornings.
//!
//! A [`World`] plays a file from an instant on. The daemon in it is the planner, unchanged, with a ledger in memory;
//! App Runner is the emulator's model, unchanged; [`Trouble`] is what can happen to them. An [`Observer`] looks on.
//! Pure: the time goes from one happening to the next, and one seed makes everything that is random.

mod disturb;
mod door;
mod draft;
mod drawing;
mod host;
mod judge;
mod ledger;
mod letter;
mod nature;
mod observer;
mod plan;
mod rehearse;
mod simulate;
mod trouble;
mod world;

pub use drawing::{Cell, Closed, Failure, Failures, Fold, Grid, MOST_ROWS, Met, Row, Week, draw, picture};
pub use judge::Judge;
pub use nature::Nature;
pub use observer::{Observer, Sight};
pub use plan::{Cut, Plan};
pub use rehearse::{Faults, Rehearsal};
pub use simulate::{Outcome, play, play_and_tell, shrink};
pub use trouble::{Boundary, Deed, Fortune, Happening, Trouble};
pub use world::World;

/// One of these at random, if there is one.
fn pick<T: Clone>(rng: &mut fastrand::Rng, of: &[T]) -> Option<T> {
    if of.is_empty() { None } else { of.get(rng.usize(..of.len())).cloned() }
}
