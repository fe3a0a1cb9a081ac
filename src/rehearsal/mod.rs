//! A simulation that is drawn: a schedule's week before it comes. Pure.
//!
//! A [`Rehearsal`] plays a file in a [`crate::simulation::World`], an ordinary one or one with trouble, and makes a
//! [`Week`] of what it has seen, which [`draw`] and [`picture`] show.

mod drawing;
mod rehearse;

pub use drawing::{
    Cell, Closed, Failure, Failures, FaultCount, Fold, Grid, MOST_ROWS, Row, Week, draw, picture,
};
pub use rehearse::{Faults, Rehearsal};
