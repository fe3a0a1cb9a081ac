//! Beyond the CLI: `--wait`, and `reveille resume` and `pause`, against the emulator.
#![expect(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "a test may be blunt")]

mod support;

use reveille::api::ServiceStatus;
use reveille::emulator::{
    ApiOperation, Effect, Emulator, Fault, Model, OperationEnd, OperationTimes, Settings,
};
use std::io::{BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
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
    let lines = text(&output.stdout);
    let lines: Vec<&str> = lines.lines().collect();
    assert!(lines[0].starts_with("web (us-east-1): resumed in ") && lines[0].ends_with(" s"), "{lines:?}");
    assert!(lines[1].starts_with("reports (us-east-1): resumed in "), "{lines:?}");
    assert_eq!(output.status.code(), Some(0));

    let output = run(&emulator, &["resume", "web", "-c", config]).await;
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(0), "web (us-east-1): already running\n")
    );

    let output = run(&emulator, &["pause", ARN, OTHER]).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("python-app (us-east-1): pause started (operation "));
    assert_eq!(status(&emulator, OTHER), ServiceStatus::Paused);

    let output = run(&emulator, &["resume", "wbe", "-c", config]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr)
            .contains("no service has the name `wbe`, and it is not an ARN; did you mean `web`?")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_service_is_one_for_later_and_an_unknown_one_is_not() {
    let emulator = emulator(ServiceStatus::Paused, Duration::from_secs(60)).await;
    let begun = run(&emulator, &["resume", ARN, "--no-wait"]).await;
    assert_eq!(begun.status.code(), Some(0), "{}", text(&begun.stderr));
    let busy = run(&emulator, &["pause", ARN]).await;
    assert_eq!((busy.status.code(), text(&busy.stdout).as_str()), (Some(75), ""), "{}", text(&busy.stderr));
    assert!(
        text(&busy.stderr).contains("the service is busy with RESUME_SERVICE; try again when that has ended")
    );

    let unknown = ARN.replace("8fe1", "0000");
    let output = run(&emulator, &["resume", &unknown]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("ResourceNotFoundException"), "{}", text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_wait_a_deployment_is_waited_out_and_then_the_service_is_paused() {
    let emulator = emulator(ServiceStatus::Running, Duration::from_secs(3)).await;
    let now = emulator.now();
    emulator.with_model(|model| model.start_deployment(&ARN.parse().unwrap(), now)).unwrap();
    let output = run(&emulator, &["pause", ARN, "--wait"]).await;
    assert_eq!(text(&output.stderr), "");
    assert!(text(&output.stdout).starts_with("python-app (us-east-1): paused in "), "{output:?}");
    assert_eq!((output.status.code(), status(&emulator, ARN)), (Some(0), ServiceStatus::Paused));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_wait_a_resume_that_is_running_already_is_followed_and_not_repeated() {
    let emulator = emulator(ServiceStatus::Paused, Duration::from_secs(4)).await;
    let now = emulator.now();
    emulator.with_model(|model| model.resume(&ARN.parse().unwrap(), now)).unwrap();
    let output = run(&emulator, &["resume", ARN, "--wait"]).await;
    assert!(text(&output.stdout).starts_with("python-app (us-east-1): resumed in "), "{output:?}");
    assert_eq!(output.status.code(), Some(0));
    let now = emulator.now();
    assert_eq!(emulator.with_model(|model| model.operations(&ARN.parse().unwrap(), now)).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_time_is_up_the_operation_goes_on_and_is_named() {
    let slow = emulator(ServiceStatus::Paused, Duration::from_secs(600)).await;
    let output = run(&slow, &["resume", ARN, "--wait", "--wait-timeout", "1"]).await;
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(75), ""));
    let said = text(&output.stderr);
    assert!(said.starts_with("python-app (us-east-1): still resuming after 1 s; operation "), "{said}");
    assert!(said.ends_with(&format!(" goes on; `reveille resume {ARN} --wait` follows it\n")), "{said}");
    assert_eq!(status(&slow, ARN), ServiceStatus::OperationInProgress);

    let busy = run(&slow, &["pause", ARN, "--wait", "--wait-timeout", "1"]).await;
    let said = text(&busy.stderr);
    let expected =
        "python-app (us-east-1): pause not started after 1 s (the service is busy with RESUME_SERVICE); ";
    assert!(busy.status.code() == Some(75) && said.starts_with(expected), "{said}");
}

/// Starts the binary, to be interrupted.
fn start(emulator: &Emulator, args: &[&str]) -> Child {
    let mut command = binary();
    command.args(args).envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", emulator.url());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends Ctrl-C to a command, and gives back its exit code and what it said.
fn interrupt(mut child: Child, again_until_it_ends: bool) -> (Option<i32>, String) {
    let id = child.id().to_string();
    let send = || assert!(Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success());
    send();
    while again_until_it_ends && child.try_wait().unwrap().is_none() {
        send();
    }
    let mut said = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ctrl_c_the_operation_goes_on_and_is_named() {
    let emulator = emulator(ServiceStatus::Paused, Duration::from_secs(600)).await;
    let child = start(&emulator, &["resume", ARN, "--wait"]);
    while status(&emulator, ARN) != ServiceStatus::OperationInProgress {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (code, said) = tokio::task::spawn_blocking(move || interrupt(child, false)).await.unwrap();
    assert_eq!(code, Some(75), "{said}");
    assert!(
        said.starts_with("python-app (us-east-1): still resuming when interrupted; operation "),
        "{said}"
    );
    assert_eq!(status(&emulator, ARN), ServiceStatus::OperationInProgress);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_ctrl_c_ends_the_command_at_once() {
    let emulator = emulator(ServiceStatus::Paused, Duration::from_secs(600)).await;
    // The reply to the request that starts the operation is long in coming, and the first Ctrl-C awaits it.
    let effect = Effect::Delay { millis: 9_000 };
    let operation = Some(ApiOperation::ResumeService);
    emulator.with_model(|model| model.order_fault(Fault { operation, arn: None, calls: 1, effect })).unwrap();
    let child = start(&emulator, &["resume", ARN, "--wait"]);
    let requests = || emulator.with_model(|model| model.calls().len());
    while requests() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (code, said) = tokio::task::spawn_blocking(move || interrupt(child, true)).await.unwrap();
    assert_eq!((code, said.as_str()), (Some(130), ""));
}

#[test]
fn without_credentials_one_plain_sentence_is_said() {
    for services in [&[ARN][..], &[ARN, OTHER]] {
        let output = binary().arg("resume").args(services).arg("--wait").output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            text(&output.stderr),
            "reveille: no AWS credentials found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or \
             give the machine or the container a role\n"
        );
    }
}

#[test]
fn a_profile_that_is_in_neither_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("config");
    std::fs::write(&other, "[profile production]\nregion = us-east-1\n").unwrap();
    for config in ["/dev/null", other.to_str().unwrap()] {
        let environment = [("AWS_PROFILE", "nope"), ("AWS_CONFIG_FILE", config)];
        let output = binary().args(["resume", ARN]).envs(environment).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            text(&output.stderr),
            "reveille: no AWS credentials found: neither of AWS's files has a profile `nope`; set AWS_PROFILE to one \
             that exists, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\n",
            "{config}"
        );
    }
}
