//! **When.** `schedule.toml` → checked schedules → transitions. Pure.

mod arn;
mod transition;

pub use arn::{InvalidArn, ServiceArn};
pub use transition::{Action, Transition};
