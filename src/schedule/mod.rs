//! **When.** Rules, hours and closed days in a time zone → transitions. Pure.
//!
//! `config/` has each `zone` looked up here, each rule (`cron`, `eventbridge`) read field by field, each window of `hours`
//! and each of the `closed` days. What comes of it, a [`Schedule`], answers the one question that the rest of the house
//! has: which [`Transition`] comes next, and which was the latest? `clock_change` takes it across every change of a
//! zone's clock.

pub(crate) mod clock_change;
pub(crate) mod closed;
mod cron;
mod cron_field;
mod cron_text;
mod eventbridge;
pub(crate) mod hours;
mod notes;
mod timetable;
mod transition;
pub(crate) mod zone;
mod zone_change;

pub use notes::Note;

pub(crate) use closed::dates::Entry;
pub(crate) use closed::ics::MAX_BYTES as MAX_CALENDAR_BYTES;
pub(crate) use closed::{ClosedDays, ClosedSet, Days, OpenRule};
pub(crate) use cron::Rule;
pub(crate) use cron_text::Starred;
pub(crate) use hours::Hours;
pub(crate) use hours::week::Week;
pub(crate) use timetable::Plan;
pub use timetable::Schedule;
pub use transition::Transition;
pub(crate) use zone::{Zone, Zones};
pub use zone_change::ZoneChange;
