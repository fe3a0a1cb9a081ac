//! The exit codes, the same for every command.

/// It did what was asked.
pub(super) const DONE: u8 = 0;

/// It ran, and something could not be done: a service failed, or a name matches nothing.
pub(super) const NO: u8 = 1;

/// The command line is wrong: the code that clap ends with, too.
pub(super) const USAGE: u8 = 2;

/// The system refused something, or a bug (`EX_SOFTWARE`).
pub(super) const BROKEN: u8 = 70;

/// It did not work now and may work later (`EX_TEMPFAIL`).
pub(super) const LATER: u8 = 75;

/// `EX_CONFIG` of sysexits.h: the file cannot be used.
pub(super) const BAD_CONFIGURATION: u8 = 78;
