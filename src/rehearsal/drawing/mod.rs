//! A rehearsal for people: the states of the services over time ([`Week`], which looks on), drawn for a terminal
//! ([`draw`]) and as a picture ([`picture`]).
//!
//! Both drawings are made of the same things: rows and their closed days, days and what is special about them, counts.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "widths, counts and milliseconds of at most ten years: none comes near the end of its type"
)]

mod calendar;
mod closed;
mod counts;
mod failures;
mod fault_counts;
mod grid;
mod mark;
mod notes;
mod rows;
mod svg;
mod terminal;
mod week;
mod words;

pub use closed::Closed;
pub use failures::{Failure, Failures};
pub use fault_counts::FaultCount;
pub use grid::Grid;
pub use rows::{Cell, Fold, MOST_ROWS, Row};
pub use svg::picture;
pub use terminal::draw;
pub use week::Week;
