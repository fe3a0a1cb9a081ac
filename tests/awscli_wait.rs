//! Beyond the CLI: `--wait`, and `reveille resume` and `pause`, against the emulator.
#![expect(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "a test may be blunt")]

mod support;

use reveille::emulator::{
    ApiOperation, Effect, Emulator, Fault, Model, OperationEnd, OperationTimes, Settings,
};
use reveille::planner::ServiceStatus;
use std::process::Output;
use std::time::Duration;
use support::{CREDENTIALS, binary};

const ARN: &str =
    "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";
const OTHER: &str =
    "arn:aws:apprunner:us-east-1:123456789012:service/reports/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d";

/// An emulator in which both services are in this state, and operations take this long.
async fn emulator(status: ServiceStatus, operation: Duration) -> Emulator {
    let settings = Settings { times: OperationTimes::of(operation), ..Settings::default() };
    let emulator = Emulator::start("127.0.0.1:0".parse().unwrap(), Model::new(settings, 1)).await.unwrap();
    let now = emulator.now();
    for arn in [ARN, OTHER] {
        emulator.with_model(|model| model.put(arn.parse().unwrap(), status.clone(), now)).unwrap();
    }
    emulator
}

/// Runs the binary and waits for it, while the emulator goes on.
async fn run(emulator: &Emulator, args: &[&str]) -> Output {
    let mut command = binary();
    command.args(args).envs(CREDENTIALS).env("AWS_REGION", "us-east-1");
    command.env("AWS_ENDPOINT_URL_APPRUNNER", emulator.url());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn status(emulator: &Emulator, arn: &str) -> ServiceStatus {
    let now = emulator.now();
    emulator.with_model(|model| model.describe(&arn.parse().unwrap(), now)).unwrap().status
}

const RESUME_AND_WAIT: [&str; 6] =
    ["resume-service", "--service-arn", ARN, "--query", "Service.Status", "--wait"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wait_ends_well_when_the_service_runs() {
    let emulator = emulator(ServiceStatus::Paused, Duration::from_millis(2500)).await;
    let output = run(&emulator, &RESUME_AND_WAIT).await;
    assert_eq!(text(&output.stderr), "");
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(0), "\"OPERATION_IN_PROGRESS\"\n")
    );
    assert_eq!(status(&emulator, ARN), ServiceStatus::Running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wait_does_not_end_well_when_the_operation_fails_or_takes_too_long() {
    let failing = emulator(ServiceStatus::Paused, Duration::ZERO).await;
    let fault = Fault {
        operation: Some(ApiOperation::ResumeService),
        arn: None,
        calls: 1,
        effect: Effect::OperationEnds(OperationEnd::Failed),
    };
    failing.with_model(|model| model.order_fault(fault)).unwrap();
    let output = run(&failing, &RESUME_AND_WAIT).await;
    assert_eq!(output.status.code(), Some(255));
    assert!(text(&output.stderr).contains("python-app is not running: its operation ended as FAILED"));

    let slow = emulator(ServiceStatus::Paused, Duration::from_secs(60)).await;
    let output = run(&slow, &[&RESUME_AND_WAIT[..], &["--wait-timeout", "1"]].concat()).await;
    assert_eq!(output.status.code(), Some(255));
    assert!(text(&output.stderr).contains("has not ended after 1 s"), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_resume_and_pause_several_by_name_and_by_arn() {
    let emulator = emulator(ServiceStatus::Paused, Duration::ZERO).await;
    let folder = tempfile::tempdir().unwrap();
    let config = support::write_config(
        folder.path(),
        &format!(
            "timezone = \"UTC\"\n[[service]]\nname = \"web\"\narn = \"{ARN}\"\nresume = \"0 8 * * *\"\n"
        ),
    );
    let config = config.to_str().unwrap();
    let output = run(&emulator, &["resume", "web", OTHER, "--wait", "-c", config]).await;
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), "web (us-east-1): is RUNNING\nreports (us-east-1): is RUNNING\n");
    assert_eq!(output.status.code(), Some(0));

    let output = run(&emulator, &["resume", "web", "-c", config]).await;
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(0), "web (us-east-1): is RUNNING already\n")
    );

    let output = run(&emulator, &["pause", ARN, OTHER]).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("python-app (us-east-1): pause begun (operation "));
    assert_eq!(status(&emulator, OTHER), ServiceStatus::Paused);

    let output = run(&emulator, &["resume", "wbe", "-c", config]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no service has the name `wbe`"), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_service_is_one_for_later_and_an_unknown_one_is_not() {
    let emulator = emulator(ServiceStatus::Paused, Duration::from_secs(60)).await;
    let begun = run(&emulator, &["resume", ARN, "--no-wait"]).await;
    assert_eq!(begun.status.code(), Some(0), "{}", text(&begun.stderr));
    let busy = run(&emulator, &["pause", ARN]).await;
    assert_eq!((busy.status.code(), text(&busy.stdout).as_str()), (Some(75), ""), "{}", text(&busy.stderr));
    assert!(text(&busy.stderr).contains("is busy with another operation; try again when it has ended"));

    let unknown = ARN.replace("8fe1", "0000");
    let output = run(&emulator, &["resume", &unknown]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("ResourceNotFoundException"), "{}", text(&output.stderr));
}
