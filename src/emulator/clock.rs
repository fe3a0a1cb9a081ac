//! The emulator's wall clock: the one place in this room where the time comes from outside.

use jiff::Timestamp;

/// What the wall clock says now.
#[expect(clippy::disallowed_methods, reason = "the one place where the emulator's HTTP face reads the clock")]
pub(crate) fn wall_clock() -> Timestamp {
    Timestamp::now()
}

/// A seed that differs from run to run.
///
/// Operation ids come from the seed, and a ledger that outlives the emulator must not meet the same ids again.
pub fn clock_seed() -> u64 {
    let bytes = wall_clock().as_nanosecond().to_le_bytes();
    bytes.iter().take(8).rev().fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}
