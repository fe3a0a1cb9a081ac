//! How things are written for people: names cut to a width, durations, near matches, what is wrong with a text, texts
//! from outside made safe. Pure ground.

mod columns;
mod diagnostic;
mod duration;
mod local_time;
mod near_match;
mod quote;
pub(crate) mod typography;

pub(crate) use columns::{Part, columns, cut, fit, wrap, wrap_words};
pub(crate) use diagnostic::Diagnostic;
pub(crate) use duration::{humane, in_whole_seconds};
pub(crate) use local_time::localised;
pub(crate) use near_match::{did_you_mean, nearest, nearest_within};
pub(crate) use quote::{is_unprintable, printable, quoted};
