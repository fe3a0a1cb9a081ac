//! Foreign programs as judges: each file runs one against reveille.
//!
//! A program that is absent is skipped, loudly; with `REVEILLE_REQUIRE_PEERS=1` its absence is a failure.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may be blunt")]

mod aws_cli;
mod require;
