//! `reveille emulate`: the emulated App Runner alone, for the AWS CLI or any SDK.

use super::stdout::print_error;
use super::{exit, runtime};
use crate::api::{ServiceArn, ServiceStatus};
use crate::clock;
use crate::daemon::signals::{Signal, Signals};
use crate::emulator::{Already, Emulator, Model, OperationTimes, Settings};
use jiff::SignedDuration;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

/// The service that exists when none is named: paused, so that the first thing to try is to resume it.
const EXAMPLE: &str =
    "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

/// The credentials of AWS's documentation: clients insist on some, and the emulator ignores them.
const EXAMPLE_CREDENTIALS: &str =
    "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Serves an emulated App Runner, for the AWS CLI or any SDK
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Args {
    /// Where to listen; port 0 takes any free one. Anybody who can reach it may do everything: keep it on loopback
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9190")]
    pub(super) listen: SocketAddr,
    /// A service that exists from the beginning; may be given several times [default: an example, paused]
    #[arg(long = "service", value_name = "ARN[=running|paused]")]
    pub(super) services: Vec<InitialService>,
    /// How long an operation takes: seconds, or with a unit as in 500ms or 1m30s
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = duration)]
    pub(super) operation_time: Duration,
    /// The answer to a resume of a running service, or a pause of a paused one: App Runner has been seen to do both
    #[arg(long, value_enum, default_value_t = AlreadyArg::Refuses)]
    pub(super) already: AlreadyArg,
}

/// The values of `--already`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum AlreadyArg {
    /// Answer with `InvalidStateException`
    Refuses,
    /// Report success without an operation
    Accepts,
}

/// A value of `--service`: `ARN[=running|paused]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InitialService {
    arn: ServiceArn,
    status: ServiceStatus,
}

impl FromStr for InitialService {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (arn, state) = text.split_once('=').unwrap_or((text, "running"));
        let status = match state {
            "running" => ServiceStatus::Running,
            "paused" => ServiceStatus::Paused,
            other => return Err(format!("`{other}` is not an initial state; use `running` or `paused`")),
        };
        let arn = arn.parse().map_err(|error| format!("`{arn}`: {error}"))?;
        Ok(Self { arn, status })
    }
}

/// Serves until SIGTERM or SIGINT comes.
pub(super) fn run(args: Args) -> ExitCode {
    let served = runtime::block_on(async {
        let mut signals = Signals::listen()?;
        let stopped = async { while signals.next().await != Signal::Stop {} };
        Ok(serve(args, stopped).await)
    });
    match served.unwrap_or_else(|error: io::Error| Err(error.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            print_error(&format!("reveille emulate: {problem}\n"));
            exit::BROKEN.into()
        }
    }
}

async fn serve(args: Args, shutdown: impl Future<Output = ()>) -> Result<(), String> {
    let services = services_of(&args)?;
    let mut model = Model::new(settings_of(&args), clock::seed());
    for InitialService { arn, status } in &services {
        model.put(arn.clone(), status.clone(), clock::wall()).map_err(|error| error.message)?;
    }
    let emulator = Emulator::start(args.listen, model).await.map_err(|error| {
        format!("cannot listen on {}: {error}; --listen takes another address", args.listen)
    })?;
    print_address(&mut io::stdout().lock(), &emulator.url(), services.first())
        .map_err(|error| format!("cannot write to standard output: {error}"))?;
    shutdown.await;
    Ok(())
}

fn settings_of(args: &Args) -> Settings {
    let already = match args.already {
        AlreadyArg::Refuses => Already::Refuses,
        AlreadyArg::Accepts => Already::Accepts,
    };
    Settings { times: OperationTimes::of(args.operation_time), already, ..Settings::default() }
}

fn services_of(args: &Args) -> Result<Vec<InitialService>, String> {
    if args.services.is_empty() {
        return Ok(vec![format!("{EXAMPLE}=paused").parse()?]);
    }
    Ok(args.services.clone())
}

/// Says where it listens, and what can be pasted into a shell.
fn print_address(out: &mut impl Write, url: &str, first: Option<&InitialService>) -> io::Result<()> {
    writeln!(out, "App Runner is emulated at {url}")?;
    let Some(InitialService { arn, status }) = first else { return out.flush() };
    let verb = if *status == ServiceStatus::Paused { "resume-service" } else { "pause-service" };
    writeln!(
        out,
        "{EXAMPLE_CREDENTIALS} aws apprunner {verb} --region {} --endpoint-url {url} --service-arn {arn}",
        arn.region()
    )?;
    out.flush()
}

/// Seconds, or any duration with its units.
fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let with_units = || text.parse::<SignedDuration>().ok().and_then(|d| Duration::try_from(d).ok());
    seconds
        .or_else(with_units)
        .ok_or_else(|| "write seconds (3, 0.5) or a duration with its unit (500ms, 1m30s)".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct TestCli {
        #[command(flatten)]
        emulate: Args,
    }

    fn read(args: &[&str]) -> Result<Args, String> {
        let line = TestCli::try_parse_from(["emulate"].iter().chain(args));
        line.map(|line| line.emulate).map_err(|error| error.to_string())
    }

    #[test]
    fn without_arguments_it_is_an_example_that_can_be_tried() {
        let args = read(&[]).unwrap();
        assert_eq!(args.listen.to_string(), "127.0.0.1:9190");
        assert_eq!(settings_of(&args), Settings::default());
        let services = services_of(&args).unwrap();
        let mut said = Vec::new();
        print_address(&mut said, "http://127.0.0.1:9190", services.first()).unwrap();
        insta::assert_snapshot!(String::from_utf8(said).unwrap(), @"
        App Runner is emulated at http://127.0.0.1:9190
        AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY aws apprunner resume-service --region us-east-1 --endpoint-url http://127.0.0.1:9190 --service-arn arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa
        ");
    }

    #[tokio::test]
    async fn it_serves_until_it_is_shut_down_and_says_when_it_cannot() {
        let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = taken.local_addr().unwrap().to_string();
        let args = read(&["--listen", &listen]).unwrap();
        let problem = serve(args, std::future::pending()).await.unwrap_err();
        assert!(problem.starts_with(&format!("cannot listen on {listen}: ")), "{problem}");
        assert!(problem.ends_with("; --listen takes another address"), "{problem}");

        let args = read(&["--listen", "127.0.0.1:0"]).unwrap();
        assert_eq!(serve(args, std::future::ready(())).await, Ok(()));
    }

    #[test]
    fn arguments_are_what_they_say() {
        let running = EXAMPLE.replace("8fe1", "0000");
        let paused = format!("{EXAMPLE}=paused");
        let args = read(&["--service", &paused, "--service", &running, "--already", "accepts"]).unwrap();
        let services = services_of(&args).unwrap();
        assert_eq!(
            services[0],
            InitialService { arn: EXAMPLE.parse().unwrap(), status: ServiceStatus::Paused }
        );
        assert_eq!(services[1].status, ServiceStatus::Running);
        assert_eq!(settings_of(&args).already, Already::Accepts);
    }

    #[test]
    fn a_time_is_seconds_or_has_its_unit() {
        for (text, millis) in
            [("3", 3000), ("0.5", 500), ("3s", 3000), ("500ms", 500), ("1m30s", 90_000), ("0", 0)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "-1", "-3s", "soon", "1e300", "NaN"] {
            assert!(duration(text).unwrap_err().contains("500ms, 1m30s"), "{text}");
        }
    }

    #[test]
    fn a_wrong_service_is_named_with_what_is_accepted() {
        let cases = [
            (format!("{EXAMPLE}=asleep"), "`asleep` is not an initial state; use `running` or `paused`"),
            ("web=paused".to_owned(), "`web`: it has 1 part between colons, not 6; an ARN looks like"),
        ];
        for (text, expected) in cases {
            let message = read(&["--service", &text]).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
