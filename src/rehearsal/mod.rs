//! The real planner against the emulator's model, in virtual time: seconds for a year of mornings.
//!
//! A [`World`] plays a file from an instant on. The daemon in it is the planner, unchanged, with a ledger in memory;
//! App Runner is the emulator's model, unchanged; [`Trouble`] is what can happen to them. An [`Observer`] looks on.
//! Pure: the time goes from one happening to the next, and one seed makes everything that is random.

mod calendar;
mod closed;
mod counts;
mod disturb;
mod door;
mod drawing;
mod host;
mod judge;
mod label;
mod ledger;
mod letter;
mod look;
mod nature;
mod notes;
mod observer;
mod plan;
mod rehearse;
mod rows;
mod simulate;
mod svg;
mod trouble;
mod week;
mod world;

pub use closed::Closed;
pub use drawing::draw;
pub use judge::Judge;
pub use nature::Nature;
pub use observer::{Observer, Sight};
pub use plan::{Cut, Plan};
pub use rehearse::{Faults, Rehearsal};
pub use rows::{Cell, Fold, MOST_ROWS, Row};
pub use simulate::{Outcome, play, play_and_tell, shrink};
pub use svg::picture;
pub use trouble::{Boundary, Deed, Fortune, Happening, Trouble};
pub use week::{Standing, Week};
pub use world::World;
