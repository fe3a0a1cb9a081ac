//! The command line: one file a subcommand; it prints, it never decides.

mod act;
mod beginning;
mod check;
mod completions;
mod config_file;
mod emulate;
mod exit;
mod follow;
mod man;
mod names;
mod next;
mod open_files;
mod rehearse;
mod resume_service;
mod run;
mod runtime;
mod stdout;

use crate::api::Action;
use clap::error::ContextKind;
use clap::{CommandFactory as _, Parser, Subcommand};
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
    /// Follow schedule.toml: resume and pause each service at its hours, until stopped
    Run(run::Args),
    /// Check schedule.toml and show every problem in it, with its position and what is accepted
    Check(check::Args),
    /// Show the coming transitions, as the daemon computes them
    Next(next::Args),
    /// Simulate schedule.toml in virtual time, with faults if you like, and show the week
    Rehearse(rehearse::Args),
    /// Serve an emulated App Runner, for the AWS CLI or any SDK
    Emulate(emulate::Args),
    /// Resume services now, by name or ARN
    Resume(act::Args),
    /// Pause services now, by name or ARN
    Pause(act::Args),
    /// Resume a service, with the options, output and exit codes of `aws apprunner resume-service`
    ResumeService(resume_service::Args),
    /// Print a completion script for a shell, which completes names in schedule.toml as well
    Completions(completions::Args),
    /// Print a manual page, or write all of them into a folder
    Man(man::Args),
}

/// Runs the command that the arguments name. A wrong command line ends with exit code 2.
pub fn main() -> ExitCode {
    if completions::answer_a_shell(Cli::command) {
        return ExitCode::SUCCESS;
    }
    let mut words = std::env::args_os().skip(1);
    // The drop-in's command line is read in the AWS CLI's way, from its first word.
    if words.next().is_some_and(|word| word == "resume-service") {
        return resume_service::run(words.collect());
    }
    let cli = Cli::try_parse().unwrap_or_else(|error| without_a_suggestion_to_pause(error).exit());
    match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Next(args) => next::run(&args),
        Command::Rehearse(args) => rehearse::run(&args),
        Command::Emulate(args) => emulate::run(args),
        Command::Resume(args) => act::run(Action::Resume, &args),
        Command::Pause(args) => act::run(Action::Pause, &args),
        Command::ResumeService(args) => resume_service::run_args(args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args, Cli::command()),
    }
}

/// Who misspells a command is never told to try the one that puts services to sleep.
fn without_a_suggestion_to_pause(mut error: clap::Error) -> clap::Error {
    let suggests_pause =
        error.get(ContextKind::SuggestedSubcommand).is_some_and(|value| value.to_string().contains("pause"));
    if suggests_pause {
        error.remove(ContextKind::SuggestedSubcommand);
    }
    error
}
