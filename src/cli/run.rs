//! `reveille run`: the daemon.

use super::config_file::ConfigFile;
use super::resume_service::{endpoint_problem, time_zone};
use super::stdout::{print_last_error, warn_if_slow};
use super::{exit, open_files, runtime};
use crate::apprunner::{AppRunner, DryRun, Sdk, end_those_of_all_fetches, unlike_the_schedule};
use crate::config::{LogFormat, Service};
use crate::daemon::{CannotRun, Outcome, Setup, Source, Version, signals};
use crate::emulator::{Emulator, Model, Settings};
use crate::ledger::{LedgerError, LedgerWriter, NullLedger};
use crate::planner::Horizon;
use crate::telemetry::CannotLog;
use crate::{clock, daemon, telemetry};
use std::io::{self, IsTerminal};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Settle what is owed now, then exit: 0 if all went well, 1 if something could not be done, 75 if it was stopped
    /// before all was settled
    #[arg(long)]
    once: bool,
    /// Read from App Runner, and log the calls that would change a service instead of making them
    #[arg(long, conflicts_with = "emulator")]
    dry_run: bool,
    /// Use an App Runner emulated in this process, with the file's services, instead of AWS
    #[arg(long)]
    emulator: bool,
    /// On a terminal, log every field, with identifiers and UTC, as without a terminal
    #[arg(short, long)]
    verbose: bool,
}

/// The message for a file system that does not answer while the files are read at the start.
const FILE_HANGS: &str = "reveille: the schedule, one of its calendars or the host's time zone data has not been read \
                          after 5 s: check the file systems that they are on; nothing is resumed or paused until then\n";

pub(super) fn run(args: &Args) -> ExitCode {
    if let Err(error) = signals::handle_early() {
        print_last_error(&format!("reveille: cannot handle signals: {error}\n"));
        return exit::BROKEN.into();
    }
    let (version, source) = match warn_if_slow(FILE_HANGS, || args.config.follow()) {
        Ok(read) => read,
        Err(code) => return code,
    };
    if let Some(problem) = endpoint_problem().filter(|_| !args.emulator) {
        print_last_error(&format!("reveille: {problem}\n"));
        return exit::BAD_CONFIGURATION.into();
    }
    let format = version.config.daemon.log_format;
    if let Err(error) = set_up_log(format, args.verbose, args.dry_run) {
        print_last_error(&format!("reveille: {error}\n"));
        return exit::BROKEN.into();
    }
    let code = match runtime::block_on(serve(args, version, source)) {
        Ok(outcome) => exit_code_of(&outcome, args.once).into(),
        Err(error) => {
            tracing::error!(%error, "reveille cannot run");
            exit_code_of_error(&error).into()
        }
    };
    end_those_of_all_fetches();
    telemetry::flush();
    code
}

/// A terminal gets short lines, unless every field is asked for.
fn set_up_log(format: LogFormat, verbose: bool, is_dry_run: bool) -> Result<(), CannotLog> {
    let for_people = format == LogFormat::Human && !verbose && io::stderr().is_terminal();
    telemetry::init(format, for_people.then(time_zone), is_dry_run)
}

/// Only with `--once` does the code depend on the occurrences; a failed one outweighs one that is still owed.
fn exit_code_of(outcome: &Outcome, once: bool) -> u8 {
    match (once, outcome.tally.is_good(), outcome.is_settled) {
        (false, ..) | (true, true, true) => exit::DONE,
        (true, false, _) => exit::NO,
        (true, true, false) => exit::LATER,
    }
}

fn exit_code_of_error(error: &CannotRun) -> u8 {
    match error {
        CannotRun::System(_) => exit::BROKEN,
        CannotRun::Ledger(LedgerError::InUse { .. }) => exit::LATER,
        CannotRun::Ledger(_) => exit::BAD_CONFIGURATION,
    }
}

/// Runs the daemon against what the arguments name.
async fn serve(args: &Args, version: Version, source: Source) -> Result<Outcome, CannotRun> {
    if args.dry_run {
        let client = DryRun::new(connect(&version));
        return run_daemon(args, version, source, client.into(), LedgerWriter::new(NullLedger)?).await;
    }
    if args.emulator {
        let emulator = emulate(version.config.named_services()).await?;
        tracing::info!(url = emulator.url(), "emulated App Runner; nothing reaches AWS");
        let client = Sdk::emulator(&emulator.url()).into();
        let outcome = run_daemon(args, version, source, client, LedgerWriter::new(NullLedger)?).await?;
        tracing::info!("{}", outcome.tally.summary());
        return Ok(outcome);
    }
    let ledger = LedgerWriter::open(version.config.daemon.ledger.clone())?;
    let client = Arc::new(connect(&version));
    // Missing credentials are reported at the start. The check runs beside the daemon, not before it: a source that
    // hangs must not hold up what is due.
    let client_for_check = Arc::clone(&client);
    let credentials = tokio::spawn(async move { client_for_check.credentials_problem().await });
    let outcome = run_daemon(args, version, source, client, ledger).await;
    credentials.abort();
    outcome
}

/// The client for AWS. If the SDK's settings name no region, credentials are fetched in that of the first service.
fn connect(version: &Version) -> Sdk {
    let connections = version.config.daemon.connections;
    open_files::allow(connections);
    let home_region = version.config.named_services().next().map_or("", |service| service.arn.region());
    Sdk::connect(home_region, connections)
}

async fn run_daemon(
    args: &Args,
    version: Version,
    source: Source,
    client: Arc<impl AppRunner>,
    ledger: LedgerWriter,
) -> Result<Outcome, CannotRun> {
    let horizon = if args.once { Horizon::WhatIsOwed } else { Horizon::Endless };
    daemon::run(Setup { version, source, client, ledger, horizon }).await
}

/// An emulated App Runner with these services, each in the state that its schedule does not ask for, so that the
/// start already has something to show.
async fn emulate(services: impl Iterator<Item = &Service>) -> io::Result<Emulator> {
    let now = clock::wall();
    let mut model = Model::new(Settings::default(), clock::seed());
    for service in services {
        let put = model.put(service.arn.clone(), unlike_the_schedule(&service.schedule, now), now);
        put.map_err(|error| io::Error::other(error.to_string()))?;
    }
    Emulator::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), model).await
}
