//! `reveille resume` and `reveille pause`: services, now, by name or ARN.
//!
//! What App Runner's replies mean is the planner's to say, as in the daemon: `session` asks it.

mod progress;
mod session;

use super::config_file::{ConfigFile, ConfigOption};
use super::resume_service::{endpoint_problem, missing_profile};
use super::stdout::{print_error, write_stdout};
use super::{exit, names, runtime};
use crate::api::{Action, ServiceArn};
use crate::apprunner::end_those_of_all_fetches;
use crate::config::Config;
use progress::{Ending, Told};
use session::Stopped;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// The command's arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The services: names in schedule.toml, or ARNs
    #[arg(required = true, value_name = "NAME|ARN")]
    services: Vec<String>,
    #[command(flatten)]
    config: ConfigOption,
    /// Follow each operation to its end [default: on a terminal]
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Return as soon as App Runner has started it
    #[arg(long)]
    no_wait: bool,
    /// How long to wait; an operation that takes longer goes on, and the exit code is 75
    #[arg(long, value_name = "SECONDS", default_value_t = 1200, value_parser = clap::value_parser!(u64).range(1..))]
    wait_timeout: u64,
}

/// A service to act on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    name: Arc<str>,
    arn: ServiceArn,
}

/// Acts on the services. The exit code is 0 when all went well, 1 when one did not, 75 when it may go well later.
pub(super) fn run(action: Action, args: &Args) -> ExitCode {
    let targets = match targets(args) {
        Ok(targets) => targets,
        Err(code) => return code,
    };
    if let Some(problem) = endpoint_problem() {
        print_error(&format!("reveille: {problem}\n"));
        return exit::BAD_CONFIGURATION.into();
    }
    let wait = args.wait || (!args.no_wait && io::stderr().is_terminal());
    let wait = wait.then(|| Duration::from_secs(args.wait_timeout));
    let done = runtime::block_on(session::run(action, targets, wait));
    end_those_of_all_fetches();
    match done {
        Ok(told) => tell(&told),
        Err(Stopped::NoCredentials(why)) => {
            print_error(&format!(
                "reveille: {}\n",
                missing_profile().map_or(why, |name| no_such_profile(&name))
            ));
            exit::NO.into()
        }
        Err(Stopped::System(error)) => {
            print_error(&format!("reveille: {error}\n"));
            exit::BROKEN.into()
        }
    }
}

/// What is said where the environment names a profile that is nowhere.
fn no_such_profile(name: &str) -> String {
    format!(
        "no AWS credentials found: there is no profile `{name}` in either of AWS's files; set AWS_PROFILE to one that is \
         there, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )
}

/// Finds the services. The file is read only if one of them is not an ARN.
fn targets(args: &Args) -> Result<Vec<Target>, ExitCode> {
    let file = ConfigFile::from(&args.config);
    let mut config = None;
    let mut targets: Vec<Target> = Vec::new();
    for wanted in &args.services {
        let found = if let Ok(arn) = wanted.parse::<ServiceArn>() {
            Some(Target { name: arn.service_name().into(), arn })
        } else {
            let config = match &mut config {
                Some(config) => config,
                none => none.insert(file.config()?),
            };
            let named = config.services.iter().find(|service| *service.name == **wanted);
            named.map(|service| Target { name: Arc::clone(&service.name), arn: service.arn.clone() })
        };
        let Some(found) = found else {
            print_error(&unknown(&file, config.as_ref(), wanted));
            return Err(exit::NO.into());
        };
        if !targets.iter().any(|target| target.arn.is_same_service(&found.arn)) {
            targets.push(found);
        }
    }
    Ok(targets)
}

/// What is said of a word that calls no service.
fn unknown(file: &ConfigFile, config: Option<&Config>, wanted: &str) -> String {
    let names = config.iter().flat_map(|config| &config.services).map(|service| &*service.name);
    let near = names::did_you_mean(wanted, names);
    let way_out = if near.is_empty() { "; `reveille next` shows the names" } else { &near };
    format!("{}: no service has the name `{wanted}`, and it is not an ARN{way_out}\n", file.name())
}

/// Tells how it went: good news on standard output, the rest on standard error.
fn tell(told: &[Told]) -> ExitCode {
    for bad in told.iter().filter(|told| told.ending != Ending::Good) {
        print_error(&format!("{}\n", bad.line));
    }
    let code = match told.iter().map(|told| &told.ending).max() {
        Some(Ending::Bad) => exit::NO.into(),
        Some(Ending::Later) => exit::LATER.into(),
        Some(Ending::Good) | None => ExitCode::SUCCESS,
    };
    write_stdout(code, |out| {
        let mut good = told.iter().filter(|told| told.ending == Ending::Good);
        good.try_for_each(|good| writeln!(out, "{}", good.line))
    })
}
