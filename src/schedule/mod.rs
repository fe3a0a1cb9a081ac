//! **When.** The rules of a file → checked schedules → transitions. Pure.
//!
//! In the order in which a rule goes through it:
//!
//! 1. `config` has each text read here: rules (`cron`, `eventbridge`) field by field, windows (`hours`), closed days and
//!    calendars (`closed`), time zones (`zone`). What is wrong with one comes back as a `Diagnostic`.
//! 2. What was read makes a [`Schedule`], which answers the one question that all other modules have: which
//!    [`Transition`] comes next, and which was the latest? `clock_change` takes it across every change of a zone's clock.
//! 3. A [`Note`] says what is worth knowing about one of them.

mod clock_change;
mod closed;
mod cron;
mod cron_field;
mod cron_text;
mod eventbridge;
mod hours;
mod notes;
mod summary;
mod timetable;
mod transition;
mod zone;
mod zone_change;

pub use notes::Note;
pub use summary::Summary;
pub use timetable::Schedule;
pub use transition::Transition;
pub use zone_change::ZoneChange;

pub(crate) use closed::{ClosedDays, ClosedSet, Days, Entry, MAX_CALENDAR_BYTES, OpenRule, read_calendar};
pub(crate) use cron::Rule;
pub(crate) use cron_text::Starred;
pub(crate) use hours::{Hours, Week, read_windows};
pub(crate) use timetable::Plan;
pub(crate) use zone::{Zone, Zones};
