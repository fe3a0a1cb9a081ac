//! Any bytes as a schedule.toml, and any as the calendar that it names.

#![no_main]

#[expect(dead_code, unused_imports, reason = "the room is used whole by the daemon, and in part by this")]
#[path = "../../src/api/mod.rs"]
mod api;

#[expect(dead_code, unused_imports, reason = "the room is used whole by the daemon, and in part by this")]
#[path = "../../src/config/mod.rs"]
mod config;

#[expect(dead_code, unused_imports, reason = "the room is used whole by the daemon, and in part by this")]
#[path = "../../src/schedule/mod.rs"]
mod schedule;

#[expect(dead_code, unused_imports, reason = "the room is used whole by the daemon, and in part by this")]
#[path = "../../src/text/mod.rs"]
mod text;

#[path = "../exercise.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
