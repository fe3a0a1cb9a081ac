//! The fuzzer's seeds, and every wrong file, in the hands of what the fuzzer does with them.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test may panic: that is how it fails"
)]

use reveille::config;
use std::path::Path;

#[path = "../fuzz/exercise.rs"]
mod exercise;

#[test]
fn every_seed_is_taken_without_a_panic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = 0;
    for folder in ["fuzz/seeds/schedule", "tests/fixtures/wrong"] {
        for entry in root.join(folder).read_dir().unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_some_and(|end| end == "toml") {
                exercise::exercise(&std::fs::read(&file).unwrap());
                seeds += 1;
            }
        }
    }
    assert!(seeds >= 60, "only {seeds} seeds were found");
}
