//! The exit codes, the same for every command.

/// It ran, and the answer is no.
pub(super) const NO: u8 = 1;

/// A bug, or something that the system refused.
pub(super) const BROKEN: u8 = 70;

/// Bad configuration.
pub(super) const BAD_CONFIGURATION: u8 = 78;
