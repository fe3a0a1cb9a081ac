//! The shell: one loop that waits, hands events in and carries effects out.

#![cfg_attr(not(test), expect(dead_code, reason = "the loop that uses these files is not written yet"))]

pub(crate) mod alarm;
pub(crate) mod clock;
pub(crate) mod signals;
