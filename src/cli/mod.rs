//! The command line: one file a subcommand; it prints, it never decides.

pub mod emulate;
pub mod check;
pub mod config_file;
pub mod next;
pub mod stdout;

use std::process::ExitCode;

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
