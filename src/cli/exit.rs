//! The exit codes, the same for every command.

/// It did what was asked.
pub(super) const DONE: u8 = 0;

/// It ran, and the answer is no.
pub(super) const NO: u8 = 1;

/// The command line is wrong: the code that clap ends with, too.
pub(super) const USAGE: u8 = 2;

/// A bug, or something that the system refused.
pub(super) const BROKEN: u8 = 70;

/// It did not work now, and may later: somebody else is at it.
pub(super) const LATER: u8 = 75;

/// `EX_CONFIG` of sysexits.h: the file cannot be used.
pub(super) const BAD_CONFIGURATION: u8 = 78;
