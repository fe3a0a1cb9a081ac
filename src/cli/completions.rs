//! `reveille completions`: what a shell completes, names of services and schedules included.
//!
//! The script that is printed calls this binary at each press of Tab, with [`VARIABLE`] set, so that what is completed is
//! what this very version takes.

use super::config_file::ConfigFile;
use super::stdout::write_stdout;
use crate::config::Config;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;
use std::collections::BTreeSet;
use std::process::ExitCode;

/// Names the shell that asks what to complete. It has a name that nobody sets by chance: with it, nothing else is done.
const VARIABLE: &str = "REVEILLE_COMPLETE";

/// Prints what makes a shell complete commands, options and the names in schedule.toml
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Prints the script. The exit code is 0.
pub(super) fn run(args: &Args) -> ExitCode {
    let name = match args.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
    };
    let shells = Shells::builtins();
    write_stdout(ExitCode::SUCCESS, |out| match shells.completer(name) {
        Some(shell) => shell.write_registration(VARIABLE, "reveille", "reveille", "reveille", out),
        None => Ok(()),
    })
}

/// Answers a shell that asks what to complete, if one does; whether it did.
pub(super) fn answer_a_shell(command: fn() -> clap::Command) -> bool {
    let asked = CompleteEnv::with_factory(command).var(VARIABLE).bin("reveille").completer("reveille");
    // A shell that cannot be answered completes nothing, which is what it shows its user.
    asked.try_complete(std::env::args_os(), None).unwrap_or(true)
}

/// The names of the services in the file.
pub(super) fn services() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        names(|config| config.named_services().map(|service| service.name.to_string()).collect())
    })
}

/// The names of the schedules in the file.
pub(super) fn schedules() -> ArgValueCandidates {
    ArgValueCandidates::new(|| names(|config| config.named_schedules))
}

/// Names in the file of the environment, or the usual one: which other one the words before name is not known here. Without
/// a file that is right there are none.
fn names(of: impl Fn(Config) -> BTreeSet<String>) -> Vec<CompletionCandidate> {
    let config = ConfigFile::usual().load().ok().and_then(|loaded| loaded.checked.config);
    config.map(of).into_iter().flatten().map(CompletionCandidate::new).collect()
}
