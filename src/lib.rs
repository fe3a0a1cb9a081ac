//! reveille keeps AWS App Runner services awake exactly during business hours.
//!
//! The house, in the order in which data flows:
//!
//! 1. [`schedule`] says **when**. It reads `schedule.toml`, checks it, and answers one question: which
//!    transition (resume or pause, at which instant) comes next? Pure.
//! 2. [`planner`] says **what now**. It takes events and the time and gives back effects: a call to make, a
//!    change to record. It never waits, never reads a clock, never touches a network. Pure.
//! 3. [`daemon`] is the shell around the planner: one loop that waits, hands events in and carries effects out.
//! 4. [`apprunner`] is the door to AWS, [`telemetry`] the door to logs. The daemon goes through both.
//! 5. [`ledger`] is the door to the database: what became of every transition, for the process that comes after.
//! 6. [`emulator`] is an App Runner that lives in this process, for trying things out and for the tests.
//! 7. [`rehearsal`] plays the planner against the emulator in virtual time: to see a schedule's week before it comes,
//!    and to hunt for bugs. Pure.
//! 8. `awscli` is what the drop-in for `aws apprunner resume-service` decides and formats. Pure.
//! 9. [`cli`] turns the command line into a call of one of these, prints, and never decides.
//!
//! `columns` measures text on a terminal for all of them, `duration` and `local_time` word times for people.

#![cfg_attr(
    test,
    expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails, as it should")
)]

pub mod apprunner;
mod awscli;
pub mod cli;
pub mod clock;
mod columns;
pub mod daemon;
mod duration;
pub mod emulator;
pub mod ledger;
mod local_time;
pub mod planner;
pub mod rehearsal;
pub mod schedule;
pub mod telemetry;
