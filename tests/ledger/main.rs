//! The ledger, with real files, a real database and real trouble.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod damage;
mod files;
mod journal;
mod namespace;
mod other_process;
#[path = "../peers/require.rs"]
mod require;
mod rows;
mod support;
mod trouble;
mod writer;
