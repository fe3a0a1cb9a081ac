//! `reveille resume-service`: a drop-in for `aws apprunner resume-service`.

mod follow;
mod place;
mod prompt;
mod send;
mod show;

pub(super) use place::{endpoint_problem, missing_profile, time_zone};

use super::runtime::run_to_end;
use super::stdout::print_error;
use crate::api::OperationId;
use crate::apprunner::wire::Answer;
use crate::awscli::failure::Failure;
use crate::awscli::options::{Asked, Options};
use crate::awscli::profile::Profile;
use crate::awscli::query::Query;
use crate::awscli::refusal::read_body;
use crate::awscli::settings::{AutoPrompt, Environment, OutputSettings};
use crate::awscli::shape::{OPERATION, RESUME_SERVICE};
use crate::awscli::timestamp::TimeFormat;
use crate::awscli::value::{Members, Value};
use crate::awscli::{input, options, settings, skeleton};
use send::Debug;
use std::ffi::OsString;
use std::process::ExitCode;

/// `resume-service` in the list of commands. Its options are the AWS CLI's, and so is the way they are read.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(super) struct Args {
    /// The options of `aws apprunner resume-service`, --wait and --wait-timeout; `help` explains them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    words: Vec<OsString>,
}

/// Runs it as a command among others.
pub(super) fn run_args(args: Args) -> ExitCode {
    run(args.words)
}

/// Runs it with these words behind its name.
pub(super) fn run(words: Vec<OsString>) -> ExitCode {
    match begin(words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            print_failure(&failure);
            failure.exit_code().into()
        }
    }
}

/// The line that scripts look for stands by itself.
fn print_failure(failure: &Failure) {
    match failure {
        Failure::Refused(line) => print_error(&format!("\n{line}\n")),
        other => print_error(&format!("\nreveille resume-service: {other}\n")),
    }
}

fn begin(words: Vec<OsString>) -> Result<(), Failure> {
    let words: Result<Vec<String>, OsString> = words.into_iter().map(OsString::into_string).collect();
    let words = words
        .map_err(|word| Failure::CommandLine(format!("{} is not valid UTF-8", word.to_string_lossy())))?;
    let environment = place::environment();
    match prompt::mode(&words, &environment)? {
        AutoPrompt::Off => carry_out(&words, &environment),
        AutoPrompt::On => carry_out(&prompt::ask(&words, &environment)?, &environment),
        AutoPrompt::Partial => match carry_out(&words, &environment) {
            Err(failure @ Failure::CommandLine(_)) if prompt::is_possible() => {
                print_failure(&failure);
                carry_out(&prompt::ask(&words, &environment)?, &environment)
            }
            done => done,
        },
    }
}

fn carry_out(words: &[String], environment: &Environment) -> Result<(), Failure> {
    match options::parse(words)? {
        Asked::Help => show::print(&help()),
        Asked::Version => show::print(concat!("reveille/", env!("CARGO_PKG_VERSION"), "\n")),
        Asked::Run(options) => resume(&options, environment),
    }
}

fn help() -> String {
    let mut text =
        "Resumes an App Runner service, as `aws apprunner resume-service` does.\n\nUsage: reveille \
                    resume-service --service-arn ARN [OPTIONS]\n\n"
            .to_owned();
    for (option, does) in options::descriptions() {
        text.push_str(&format!("  {option}\n        {does}\n"));
    }
    text.push_str(
        "\nExit codes: 0 done; 252 the command line is wrong; 253 the configuration, the credentials or the region; \
         254 App Runner refused; 255 everything else.\n",
    );
    text
}

/// What is shown, and how.
struct View {
    query: Option<Query>,
    showing: OutputSettings,
}

fn resume(options: &Options, environment: &Environment) -> Result<(), Failure> {
    let query = options.value("query").map(Query::parse).transpose();
    let query = query.map_err(|error| Failure::CommandLine(format!("--query: {error}")))?;
    if let Some(url) = options.value("endpoint-url") {
        settings::check_endpoint_option(url)?;
    }
    options::check_required(options)?;
    let profile = place::profile(options, environment)?;
    let showing = settings::output_settings(options, environment, &profile)?;
    let view = View { query, showing };
    match options.value("generate-cli-skeleton") {
        Some("input") => return show::print(skeleton::INPUT),
        Some("yaml-input") => return show::print(skeleton::YAML_INPUT),
        _ => {}
    }
    let request = input::members(options, &place::read_named)?;
    if options.has("generate-cli-skeleton") {
        input::checked(&request)?;
        let sample = skeleton::output();
        return show::reply(&sample, &view.showing, view.query.as_ref(), environment);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Other(format!("cannot start the runtime: {error}")))?;
    run_to_end(runtime, call(options, environment, &profile, &view, &request))
}

async fn call(
    options: &Options,
    environment: &Environment,
    profile: &Profile,
    view: &View,
    request: &Members,
) -> Result<(), Failure> {
    let debug = Debug(options.has("debug"));
    let travel = send::request_settings(options, environment, profile).await?;
    debug.log(|| {
        format!("the request goes to {} in {}", send::without_password(&travel.endpoint), travel.region)
    });
    let arn = input::checked(request)?;
    let followed = match options.has("wait") {
        true => Some((follow::arn(arn)?, settings::wait_timeout(options)?)),
        false => None,
    };
    let wire = send::wire(options, &travel).await?;
    let body = send::body(arn);
    let answer = send::send(&wire, OPERATION, &body, &travel, &view.showing, debug).await?;
    let operation = show_answer(&answer, view, environment)?;
    if let Some((arn, within)) = followed {
        follow::follow_to_end(&wire, &arn, operation, within).await?;
    }
    Ok(())
}

/// Shows the answer, and gives back the operation that it names.
fn show_answer(
    answer: &Answer,
    view: &View,
    environment: &Environment,
) -> Result<Option<OperationId>, Failure> {
    let instants = match view.showing.instants_as_on_the_wire {
        true => TimeFormat::AsOnTheWire,
        false => TimeFormat::Iso8601(time_zone()),
    };
    let reply = RESUME_SERVICE.read(&read_body(&answer.body), &instants);
    let reply = reply.map_err(|error| Failure::Other(error.to_string()))?;
    show::reply(&reply, &view.showing, view.query.as_ref(), environment)?;
    Ok(reply.get("OperationId").and_then(Value::as_text).filter(|id| !id.is_empty()).map(OperationId::new))
}
