//! reveille keeps AWS App Runner services awake exactly during business hours.
//!
//! The modules, in the order in which data flows:
//!
//! 1. [`config`] says **what people want**. It reads `schedule.toml` and checks it: a [`config::Config`], or everything
//!    that is wrong with the file. Pure.
//! 2. [`schedule`] says **when**: which transition (resume or pause, at which instant) comes next? Pure.
//! 3. [`planner`] says **what now**. It takes events and the time and gives back effects: a call to make, a
//!    change to record. It never waits, never reads a clock, never touches a network. Pure.
//! 4. [`daemon`] is the shell around the planner: one loop that waits, hands events in and carries effects out.
//! 5. [`apprunner`] is the client of AWS, [`ledger`] the durable record for the process that comes after, [`telemetry`]
//!    writes the log. The daemon calls all three.
//! 6. [`emulator`] is an App Runner that lives in this process, for trying things out and for the tests.
//! 7. [`simulation`] plays the planner against the emulator in virtual time, to hunt for bugs; [`rehearsal`] draws a
//!    simulation: a schedule's week before it comes. Pure.
//! 8. `awscli` is what the drop-in for `aws apprunner resume-service` decides and formats. Pure.
//! 9. [`cli`] turns the command line into a call of one of these, prints, and never decides.
//!
//! All of them speak with the words of [`api`], App Runner's vocabulary, and write for people with those of `text`.
//! [`clock`] alone reads the clocks.

#![cfg_attr(
    test,
    expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails, as it should")
)]

pub mod api;
pub mod apprunner;
mod awscli;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod emulator;
pub mod ledger;
pub mod planner;
pub mod rehearsal;
pub mod schedule;
pub mod simulation;
pub mod telemetry;
mod text;
