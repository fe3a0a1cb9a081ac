//! `reveille rehearse`: what will this file do, and what will it look like?

use super::beginning::Beginning;
use super::config_file::ConfigFile;
use super::exit;
use super::stdout::{Format, paint_for, print_error, terminal_columns, write_stdout};
use crate::clock;
use crate::config::{Config, Paint};
use crate::rehearsal::{Faults, Rehearsal, Week, draw, picture};
use crate::simulation::{Observation, Observer, Timing};
use crate::telemetry::ChangeRecord;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How wide a drawing is that no terminal shows.
const WIDTH_ELSEWHERE: usize = 100;

/// The narrowest drawing that can still be read.
const NARROWEST: usize = 40;

/// A progress bar is shown when it takes longer than this.
const BAR_SHOWN_AFTER: Duration = Duration::from_secs(1);

/// Simulates the file in virtual time, with the planner of the daemon, and shows the week
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// When it begins: a date, in the zone of the first service, or an instant in RFC 3339 [default: now]
    #[arg(long, value_name = "DATE|INSTANT")]
    from: Option<Beginning>,
    /// How many days to simulate
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3_660))]
    days: u32,
    /// Which faults to simulate
    #[arg(long, value_enum, default_value_t = FaultsArg::None)]
    faults: FaultsArg,
    /// The seed of everything random; the same seed gives the same output
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Write the week as an SVG image to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// The values of `--faults`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FaultsArg {
    /// No faults: AWS does all that it is asked.
    None,
    /// An ordinary week of AWS.
    Some,
    /// A very bad week, with outages, crashes and clocks that step.
    Storm,
}

/// The zone of the first service, in which days are counted.
fn zone(config: &Config) -> TimeZone {
    config.named_services().next().map_or(TimeZone::UTC, |first| first.schedule.time_zone().clone())
}

/// Plays the file. The exit code is 0; 78 when the file is wrong.
pub(super) fn run(args: &Args) -> ExitCode {
    let config = match args.config.config() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let from = args.from.map_or_else(clock::wall, |from| from.instant(&zone(&config)));
    let until = from.to_zoned(zone(&config)).saturating_add(i64::from(args.days).days()).timestamp();
    let faults = match args.faults {
        FaultsArg::None => Faults::None,
        FaultsArg::Some => Faults::Some,
        FaultsArg::Storm => Faults::Storm,
    };
    let rehearsal = Rehearsal { config, from, until, timing: Timing::default(), faults, seed: args.seed };
    let mut picture_is_written = true;
    let code = write_stdout(ExitCode::SUCCESS, |out| {
        picture_is_written = show(rehearsal, args, out)?;
        Ok(())
    });
    if picture_is_written { code } else { exit::BROKEN.into() }
}

/// Shows it; whether the picture could be written, if one was asked for.
fn show(rehearsal: Rehearsal, args: &Args, out: &mut dyn Write) -> io::Result<bool> {
    let mut week = Week::new(&rehearsal.config, rehearsal.from, rehearsal.until);
    week.count_faults(&rehearsal.happenings());
    let bar = Bar::new(&rehearsal);
    let writer = ChangeWriter { out, wanted: args.format == Format::Json, written: Ok(()) };
    let (mut week, ChangeWriter { out, written, .. }) = rehearsal.play((week, writer), |(_, writer), at| {
        bar.reached(at);
        writer.written.is_ok()
    });
    bar.bar.finish_and_clear();
    written?;
    week.close();
    if let Some(file) = &args.svg
        && let Err(error) = fs::write(file, picture(&week))
    {
        print_error(&format!("{}: the picture cannot be written: {error}\n", file.display()));
        return Ok(false);
    }
    if args.format == Format::Human {
        let colour = paint_for(&io::stdout()) == Paint::Colour;
        let width = terminal_columns().unwrap_or(WIDTH_ELSEWHERE).max(NARROWEST);
        out.write_all(draw(&week, width, colour).as_bytes())?;
    }
    Ok(true)
}

/// Writes each change as the daemon logs it.
struct ChangeWriter<'a> {
    out: &'a mut dyn Write,
    wanted: bool,
    written: io::Result<()>,
}

impl Observer for ChangeWriter<'_> {
    fn see(&mut self, _: Timestamp, observation: Observation<'_>) {
        if let (Observation::Records { change, now }, true, Ok(())) =
            (observation, self.wanted, &self.written)
        {
            let line = serde_json::to_string(&ChangeRecord::of(change, now.wall)).map_err(io::Error::from);
            self.written = line.and_then(|line| writeln!(self.out, "{line}"));
        }
    }
}

/// A progress bar on a terminal, for rehearsals that take their time.
struct Bar {
    bar: ProgressBar,
    from: Timestamp,
}

impl Bar {
    fn new(rehearsal: &Rehearsal) -> Self {
        let hours = rehearsal.until.duration_since(rehearsal.from).as_hours();
        let bar = ProgressBar::with_draw_target(u64::try_from(hours).ok(), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("rehearsing {bar:40} {percent} %, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, from: rehearsal.from }
    }

    fn reached(&self, at: Timestamp) {
        let hours = at.duration_since(self.from).as_hours();
        self.bar.set_position(u64::try_from(hours).unwrap_or(0));
        if self.bar.is_hidden() && self.bar.elapsed() > BAR_SHOWN_AFTER && io::stderr().is_terminal() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}
