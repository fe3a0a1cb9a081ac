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

/// Prints a shell completion script
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell that the script is for
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

/// Answers a shell that asks what to complete, if one does; whether it did. Only the scripts that [`run`] prints ask, each
/// with `--` in front of the words: a variable that was set by mistake must not keep a daemon from starting.
pub(super) fn answer_a_shell(command: fn() -> clap::Command) -> bool {
    let asks = std::env::args_os().nth(1).is_some_and(|word| word == "--");
    let answer = || {
        let completer =
            CompleteEnv::with_factory(command).var(VARIABLE).bin("reveille").completer("reveille");
        completer.try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref())
    };
    // A shell that cannot be answered completes nothing, which is what it shows its user.
    asks && answer().unwrap_or(true)
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

/// Names in the file of a command line without `--config`; what stands on the present one is not known here. None if that
/// file is not valid.
fn names(of: impl Fn(Config) -> BTreeSet<String>) -> Vec<CompletionCandidate> {
    let file = ConfigFile::usual();
    let loaded = if file.is_standard_input() { None } else { file.load().ok() };
    let config = loaded.and_then(|loaded| loaded.checked.config);
    let names = config.map(of).into_iter().flatten();
    names.filter(|name| is_one_word(name)).map(CompletionCandidate::new).collect()
}

/// Whether every shell takes a name as one word and nothing else. Bash puts what is completed on the command line as it is,
/// so a name with a space in it would become two services.
fn is_one_word(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+' | ':' | '/');
    !name.starts_with('-') && name.chars().all(is_plain)
}
