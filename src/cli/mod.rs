//! The command line: one file a subcommand; it prints, it never decides.

mod check;
mod config_file;
mod emulate;
mod exit;
mod next;
mod run;
mod runtime;
mod stdout;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Keeps AWS App Runner services awake exactly during business hours.
#[derive(Debug, Parser)]
#[command(name = "reveille", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Follow schedule.toml: resume and pause each service at its hours, until told to stop
    Run(run::Args),
    /// Read schedule.toml and show every problem in it, with its place and what is accepted
    Check(check::Args),
    /// Show the coming transitions, computed by the very function that the daemon uses
    Next(next::Args),
    /// Serve an emulated App Runner, for the AWS CLI or any SDK
    Emulate(emulate::Args),
}

/// Runs the command that the arguments name. A wrong command line ends with exit code 2.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(args),
        Command::Next(args) => next::run(args),
        Command::Emulate(args) => emulate::run(args),
    }
}
