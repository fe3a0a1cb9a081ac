//! Foreign programs as judges: each file runs one against reveille.
//!
//! A program that is absent, or of no version that its tests know, is skipped, loudly; with `REVEILLE_REQUIRE_PEERS=1` that
//! is a failure.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod aws_cli;
mod faketime;
mod name_server;
#[path = "../support/replay.rs"]
mod replay;
mod require;
mod resume_service;
mod sidecar;
#[path = "../support/mod.rs"]
mod support;
mod systemd;
mod terminal;
mod versions;
