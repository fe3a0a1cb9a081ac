//! The ledger, with real files, a real database and real trouble.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod sqlite;
mod support;
