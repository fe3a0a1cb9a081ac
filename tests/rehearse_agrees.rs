//! A rehearsal and the daemon say the same: one file, played from one start, gives the same calls.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use jiff::{Timestamp, ToSpan, Unit};
use reveille::emulator::{ApiOperation, Emulator, Model, OperationTimes, Settings};
use reveille::planner::{Request, ServiceStatus};
use reveille::rehearsal::{Faults, Nature, Observer, Rehearsal, Sight};
use reveille::schedule::{Config, parse};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use support::{CREDENTIALS, Reveille, text};

/// How long both play.
const PLAYED: Duration = Duration::from_millis(25_500);

/// How long an operation takes.
const OPERATION: Duration = Duration::from_millis(600);

/// Two services with a whole day in every eight seconds, a third in every twelve.
const FILE: &str = r#"
timezone = "UTC"

[daemon]
log-format = "json"

[schedule.quick]
resume = "0-59/8 * * * * *"
pause = "4-59/8 * * * * *"

[[service]]
name = "shop"
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"
schedule = "quick"

[[service]]
name = "blog"
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/blog/1fe1e10304f84fd2b0df550fe98a71fa"
schedule = "quick"

[[service]]
name = "reports"
arn = "arn:aws:apprunner:us-east-1:123456789012:service/reports/2fe1e10304f84fd2b0df550fe98a71fa"
resume = "2-59/12 * * * * *"
pause = "9-59/12 * * * * *"
"#;

/// What was called for each service, in order: the action, and the instant that it was for.
type Calls = BTreeMap<String, Vec<(String, String)>>;

/// The calls of a rehearsal that change something.
#[derive(Default)]
struct Acts {
    calls: Calls,
    /// The instant of the change that announced the coming call.
    scheduled: BTreeMap<String, String>,
}

impl Observer for Acts {
    fn see(&mut self, _: Timestamp, sight: Sight<'_>) {
        match sight {
            Sight::Records { change, .. } => {
                self.scheduled.insert(change.service.to_string(), change.scheduled.to_string());
            }
            Sight::Calls { call, .. } => {
                if let Request::Act(action) = call.request {
                    let service = call.arn.service_name().to_owned();
                    let scheduled = self.scheduled.get(&service).cloned().unwrap_or_default();
                    self.calls.entry(service).or_default().push((action.to_string(), scheduled));
                }
            }
            _ => {}
        }
    }
}

fn app_runner(config: &Config, now: Timestamp) -> Model {
    let times = OperationTimes::of(OPERATION);
    let mut model = Model::new(Settings { times, ..Settings::default() }, 1);
    for service in &config.services {
        let latest = service.schedule.latest_at(now).map(|latest| latest.action.as_str());
        let status = if latest == Some("resume") { ServiceStatus::Running } else { ServiceStatus::Paused };
        model.put(service.arn.clone(), status, now).unwrap();
    }
    model
}

/// What the daemon called between two instants, by its own log, which the emulator's record of calls bears out.
fn called(log: &[serde_json::Value], from: Timestamp, until: Timestamp) -> Calls {
    let mut calls = Calls::new();
    for line in log.iter().filter(|line| line["to"] == "calling") {
        let scheduled: Timestamp = text(&line["scheduled"]).parse().unwrap();
        if scheduled > from && scheduled < until {
            let call = (text(&line["action"]).to_owned(), scheduled.to_string());
            calls.entry(text(&line["service"]).to_owned()).or_default().push(call);
        }
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_and_the_daemon_make_the_same_calls() {
    let config = parse(FILE).unwrap();
    let emulator =
        Emulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), app_runner(&config, reveille::clock::wall()));
    let emulator = emulator.await.unwrap();
    let mut reveille = Reveille::start(FILE, |command| {
        command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", emulator.url());
    });
    let reveille = tokio::task::spawn_blocking(move || {
        reveille.wait_until("the start", |log| log.iter().any(|line| !line["services"].is_null()));
        reveille
    });
    let mut reveille = reveille.await.unwrap();
    // From the next full second on, when whatever the start owed has been settled.
    let from = reveille::clock::wall().round(Unit::Second).unwrap() + 4.seconds();
    let until = from + PLAYED;
    let reveille = tokio::task::spawn_blocking(move || {
        let last = (until + 2.seconds()).to_string();
        reveille.wait_until("the end of what is played", |log| {
            log.iter().any(|line| line["to"] == "calling" && text(&line["scheduled"]) > last.as_str())
        });
        reveille.stop();
        reveille
    });
    let reveille = reveille.await.unwrap();

    let nature = Nature { operation: (OPERATION, OPERATION), ..Nature::default() };
    let rehearsal = Rehearsal { config, from, until, nature, faults: Faults::None, seed: 1 };
    let rehearsed = rehearsal.play(Acts::default(), |_, _| true).calls;
    let called = called(&reveille.log, from, until);
    assert_eq!(rehearsed, called, "{}", reveille.text());
    let total: usize = called.values().map(Vec::len).sum();
    assert!(total >= 12, "hardly anything was played: {called:?}");
    let changes =
        |operation| matches!(operation, Some(ApiOperation::ResumeService | ApiOperation::PauseService));
    let arrived = emulator.with_model(|model| model.calls().filter(|call| changes(call.operation)).count());
    assert!(arrived >= total, "the log tells of {total} calls, and {arrived} arrived");
}
