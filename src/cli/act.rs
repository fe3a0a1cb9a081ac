//! `reveille resume` and `reveille pause`: services, now, by name or ARN.
//!
//! What App Runner's replies mean is the planner's to decide, as in the daemon: `session` asks it.

mod progress;
mod session;
mod target;

use super::config_file::ConfigOption;
use super::resume_service::{endpoint_problem, missing_profile};
use super::stdout::{print_error, write_stdout};
use super::{completions, exit, runtime};
use crate::api::Action;
use crate::apprunner::end_those_of_all_fetches;
use progress::{Report, Verdict};
use session::Stopped;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;
use target::targets;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The services: names in schedule.toml, or ARNs
    #[arg(required = true, value_name = "NAME|ARN", add = completions::services())]
    services: Vec<String>,
    #[command(flatten)]
    config: ConfigOption,
    /// Follow each operation to its end [default: on a terminal]
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Return as soon as App Runner has started it
    #[arg(long)]
    no_wait: bool,
    /// How long to wait; an operation that takes longer continues, and the exit code is 75
    #[arg(long, value_name = "SECONDS", default_value_t = 1200, value_parser = clap::value_parser!(u64).range(1..))]
    wait_timeout: u64,
}

/// Acts on the services. The exit code is 0 when all went well, 1 when one did not, 75 when it may go well later.
pub(super) fn run(action: Action, args: &Args) -> ExitCode {
    let targets = match targets(&args.services, &args.config) {
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
        Ok(reports) => print_results(&reports),
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

/// The message for a profile that the environment names and that does not exist.
fn no_such_profile(name: &str) -> String {
    format!(
        "no AWS credentials found: neither of AWS's files has a profile `{name}`; set AWS_PROFILE to one that exists, \
         or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )
}

/// Prints the results: successes on standard output, the rest on standard error.
fn print_results(reports: &[Report]) -> ExitCode {
    for report in reports.iter().filter(|report| report.verdict != Verdict::Success) {
        print_error(&format!("{}\n", report.line));
    }
    let code = match reports.iter().map(|report| &report.verdict).max() {
        Some(Verdict::Failure) => exit::NO.into(),
        Some(Verdict::Retryable) => exit::LATER.into(),
        Some(Verdict::Success) | None => ExitCode::SUCCESS,
    };
    write_stdout(code, |out| {
        let mut successes = reports.iter().filter(|report| report.verdict == Verdict::Success);
        successes.try_for_each(|report| writeln!(out, "{}", report.line))
    })
}
