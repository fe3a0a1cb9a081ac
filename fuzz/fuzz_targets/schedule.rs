//! Any bytes as a schedule.toml, and any as the calendar that it names.

#![no_main]

#[expect(dead_code, reason = "used in part by `schedule`")]
#[path = "../../src/columns.rs"]
mod columns;

#[expect(dead_code, unused_imports, reason = "the room is used whole by the daemon, and in part by this")]
#[path = "../../src/schedule/mod.rs"]
mod schedule;

#[path = "../exercise.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
