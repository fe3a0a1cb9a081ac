//! The shell: one loop that waits, hands events in and carries effects out.
