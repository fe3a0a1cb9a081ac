//! How punctual the real binary is: ten services due at one instant, and the same with one of them hanging.
//!
//! Prints, for each service, how long after the instant its `ResumeService` arrived at the emulator. It measures and
//! judges nothing: run it on an idle machine with `cargo bench --bench punctuality`.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints"
)]

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Unit};
use reveille::api::ServiceArn;
use reveille::api::ServiceStatus;
use reveille::clock;
use reveille::emulator::{ApiOperation, Effect, Emulator, Fault, Model, Settings};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

const SERVICES: usize = 10;
const ROUNDS: usize = 5;

/// How long before the instant the daemon is started, in seconds: far enough that the alarm uses both of its stages.
const AHEAD: i64 = 6;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for hangs in [false, true] {
        let title = if hangs { "and the first one hangs for 10 s" } else { "all answer at once" };
        println!("{SERVICES} services due at one instant, {title}");
        println!(
            "round   first    median   last     (ms after the instant, of {} that do not hang)",
            SERVICES - usize::from(hangs)
        );
        for round in 1..=ROUNDS {
            let late = runtime.block_on(measure(hangs));
            let at = |index: usize| late.get(index).copied().unwrap_or(f64::NAN);
            println!("{round:>5} {:>7.2} {:>8.2} {:>8.2}", at(0), at(late.len() / 2), at(late.len() - 1));
        }
    }
}

/// How many milliseconds after the instant each call arrived, the earliest first.
async fn measure(hangs: bool) -> Vec<f64> {
    let mut model = Model::new(Settings::default(), 1);
    for number in 0..SERVICES {
        model.put(arn(number), ServiceStatus::Paused, clock::wall()).unwrap();
    }
    if hangs {
        let effect = Effect::Delay { millis: 10_000 };
        let operation = Some(ApiOperation::ResumeService);
        model.order_fault(Fault { operation, arn: Some(arn(0)), calls: 1, effect }).unwrap();
    }
    let emulator = Emulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), model).await.unwrap();
    let instant = clock::wall().round(Unit::Second).unwrap() + AHEAD.seconds();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schedule.toml");
    std::fs::write(&file, schedule(instant)).unwrap();
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_reveille"))
        .args(["run", "--config"])
        .arg(&file)
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        .env("AWS_ENDPOINT_URL_APPRUNNER", emulator.url())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    tokio::time::sleep(Duration::from_secs(AHEAD.unsigned_abs() + 1)).await;
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    emulator.with_model(|model| {
        let resumes = model.calls().filter(|call| call.operation == Some(ApiOperation::ResumeService));
        let others = resumes.filter(|call| !hangs || call.arn != Some(arn(0)));
        let mut late: Vec<f64> =
            others.map(|call| call.at.duration_since(instant).as_secs_f64() * 1000.0).collect();
        late.sort_by(f64::total_cmp);
        late
    })
}

fn arn(number: usize) -> ServiceArn {
    let arn = format!("arn:aws:apprunner:us-east-1:123456789012:service/bench-{number}/{number:032x}");
    arn.parse().unwrap()
}

/// Every service is resumed at the instant, once a day.
fn schedule(instant: Timestamp) -> String {
    let at = instant.to_zoned(TimeZone::UTC);
    let rule = format!("{} {} {} * * *", at.second(), at.minute(), at.hour());
    let services =
        (0..SERVICES).map(|number| format!("[[service]]\narn = \"{}\"\nschedule = \"s\"\n", arn(number)));
    format!("timezone = \"UTC\"\n[schedule.s]\nresume = \"{rule}\"\n{}", services.collect::<String>())
}
