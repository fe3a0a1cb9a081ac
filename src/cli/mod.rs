//! The command line: one file a subcommand; it prints, it never decides.

pub mod emulate;

use std::process::ExitCode;

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
