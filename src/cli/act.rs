//! `reveille resume` and `reveille pause`: services, now, by name or ARN.

use super::config_file::{ConfigFile, ConfigOption};
use super::follow::{Bars, Watch};
use super::stdout::{say, write_stdout};
use super::{exit, runtime};
use crate::apprunner::{AppRunner, Sdk};
use crate::clock;
use crate::planner::retry::{Policy, backoff, policy};
use crate::planner::{OperationId, Refusal, Reply, Request, ServiceStatus};
use crate::schedule::{Action, ServiceArn};
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often a call is made before somebody is asked to try again later.
const ATTEMPTS: u32 = 3;

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
    /// Leave as soon as App Runner has begun
    #[arg(long)]
    no_wait: bool,
    /// How long an operation is followed
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
    let wait = args.wait || (!args.no_wait && io::stderr().is_terminal());
    let wait = wait.then(|| Duration::from_secs(args.wait_timeout));
    match runtime::block_on(act_on_all(action, targets, wait)) {
        Ok(told) => tell(&told),
        Err(error) => {
            say(&format!("reveille: {error}\n"));
            exit::BROKEN.into()
        }
    }
}

/// Finds the services. The file is read only if one of them is no ARN.
fn targets(args: &Args) -> Result<Vec<Target>, ExitCode> {
    let mut config = None;
    let mut targets: Vec<Target> = Vec::new();
    for wanted in &args.services {
        let found: Vec<Target> = if let Ok(arn) = wanted.parse::<ServiceArn>() {
            vec![Target { name: arn.service_name().into(), arn }]
        } else {
            let config = match &mut config {
                Some(config) => config,
                none => none.insert(ConfigFile::from(&args.config).config()?),
            };
            let named = config.services.iter().filter(|service| *service.name == **wanted);
            named
                .map(|service| Target { name: Arc::clone(&service.name), arn: service.arn.clone() })
                .collect()
        };
        if found.is_empty() {
            say(&format!(
                "{}: no service has the name `{wanted}`, and it is no ARN; `reveille next` shows the names\n",
                ConfigFile::from(&args.config).name()
            ));
            return Err(exit::NO.into());
        }
        targets.extend(found.into_iter().filter(|target| !targets.contains(target)).collect::<Vec<_>>());
    }
    Ok(targets)
}

/// How it went with one service.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    /// It is where it was to go, or on the way.
    Good,
    /// Another try may help.
    Later,
    /// Nothing will come of it.
    Bad,
}

/// What is told of one service.
struct Told {
    ending: Ending,
    line: String,
}

async fn act_on_all(action: Action, targets: Vec<Target>, wait: Option<Duration>) -> io::Result<Vec<Told>> {
    let region = targets.first().map_or("", |target| target.arn.region()).to_owned();
    let door = Arc::new(Sdk::connect(&region).await);
    let bars = Arc::new(Bars::new());
    let mut tasks = JoinSet::new();
    for (place, target) in targets.into_iter().enumerate() {
        let (door, bars) = (Arc::clone(&door), Arc::clone(&bars));
        tasks.spawn(async move { (place, act_on(&*door, action, &target, wait, &bars).await) });
    }
    let mut told: Vec<(usize, Told)> = Vec::new();
    while let Some(done) = tasks.join_next().await {
        told.push(done.map_err(io::Error::other)?);
    }
    told.sort_by_key(|(place, _)| *place);
    Ok(told.into_iter().map(|(_, told)| told).collect())
}

async fn act_on(
    door: &impl AppRunner,
    action: Action,
    target: &Target,
    wait: Option<Duration>,
    bars: &Bars,
) -> Told {
    let mut rng = fastrand::Rng::with_seed(clock::seed());
    let mut failures = 0_u32;
    loop {
        let refusal = match door.call(&target.arn, &Request::Act(action)).await {
            Ok(Reply::Accepted { operation, status }) => {
                return accepted(door, action, target, operation, &status, wait, bars).await;
            }
            Ok(_) => return told(Ending::Bad, target, "App Runner answered something else"),
            Err(refusal) => refusal,
        };
        if matches!(policy(&refusal), Policy::LookNow | Policy::LookThenAct)
            && let Some(told) = looked(door, action, target, &refusal).await
        {
            return told;
        }
        if matches!(policy(&refusal), Policy::GiveUp | Policy::TrySlowly | Policy::LookNow) {
            return told(Ending::Bad, target, &refusal.to_string());
        }
        failures = failures.saturating_add(1);
        if failures >= ATTEMPTS {
            return told(Ending::Later, target, &format!("{refusal}; try again later"));
        }
        tokio::time::sleep(backoff(failures, &mut rng)).await;
    }
}

/// App Runner has begun.
async fn accepted(
    door: &impl AppRunner,
    action: Action,
    target: &Target,
    operation: Option<OperationId>,
    status: &ServiceStatus,
    wait: Option<Duration>,
    bars: &Bars,
) -> Told {
    if operation.is_none() && *status == ServiceStatus::after(action) {
        return told(Ending::Good, target, &format!("is {status} already"));
    }
    let Some(within) = wait else {
        let id = operation.map(|id| format!(" (operation {id})")).unwrap_or_default();
        return told(Ending::Good, target, &format!("{action} begun{id}"));
    };
    let bar = bars.add(&target.name);
    let watch = Watch { door, arn: &target.arn, action, operation, bar: &bar };
    match watch.to_its_end(within).await {
        Ok(()) => told(Ending::Good, target, &format!("is {}", ServiceStatus::after(action))),
        Err(unfinished) => told(Ending::Bad, target, &format!("{action} failed: {unfinished}")),
    }
}

/// Looks at a service that App Runner will not act on, or may already be acting on.
async fn looked(door: &impl AppRunner, action: Action, target: &Target, refusal: &Refusal) -> Option<Told> {
    let Ok(Reply::Described { status }) = door.call(&target.arn, &Request::Describe).await else {
        return None;
    };
    if status == ServiceStatus::after(action) {
        return Some(told(Ending::Good, target, &format!("is {status} already")));
    }
    let is_busy = status == ServiceStatus::OperationInProgress;
    is_busy.then(|| {
        told(
            Ending::Later,
            target,
            &format!("is busy with another operation; try again when it has ended ({refusal})"),
        )
    })
}

fn told(ending: Ending, target: &Target, what: &str) -> Told {
    Told { ending, line: format!("{} ({}): {what}", target.name, target.arn.region()) }
}

/// Tells how it went: good news on standard output, the rest on standard error.
fn tell(told: &[Told]) -> ExitCode {
    for bad in told.iter().filter(|told| told.ending != Ending::Good) {
        say(&format!("{}\n", bad.line));
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
