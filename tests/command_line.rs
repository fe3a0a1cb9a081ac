//! The command line as people and supervisors meet it: what is printed, and the exit codes.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use jiff::{ToSpan, tz::TimeZone};
use reveille::clock;
use reveille::emulator::{ApiOperation, Effect, Emulator, Fault, Model, OperationTimes, Settings};
use reveille::planner::ServiceStatus;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::{CREDENTIALS, Reveille, binary, text, write_config};

/// One service whose resume is owed: it was due two minutes ago, and is due again tomorrow.
fn owed() -> String {
    let due = (clock::wall() - 2.minutes()).to_zoned(TimeZone::UTC);
    format!(
        "timezone = \"UTC\"\n[daemon]\nlog-format = \"json\"\n\
         [[service]]\narn = \"{SHOP}\"\nresume = \"{} {} * * *\"\n",
        due.minute(),
        due.hour()
    )
}

const SHOP: &str =
    "arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa";

fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_daemon_refuses_every_wrong_file_with_a_place_and_78() {
    let wrong = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wrong");
    let mut refused = 0;
    for entry in fs::read_dir(wrong).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let checked = run(binary().arg("check").arg(&file));
        if checked.status.code() == Some(0) {
            continue;
        }
        let output = run(binary().args(["run", "--emulator", "--config"]).arg(&file));
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(78), "{}: {said}", file.display());
        let place = said.strip_prefix(&format!("{}:", file.display())).unwrap_or_default();
        assert!(place.starts_with(|c: char| c.is_ascii_digit()), "no place: {said}");
        refused += 1;
    }
    assert!(refused >= 10, "only {refused} files");
}

#[test]
fn a_missing_file_is_named_with_the_way_out() {
    let output = run(binary().args(["run", "--config", "/nowhere/schedule.toml"]));
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(
        stderr(&output),
        "/nowhere/schedule.toml: there is no such file; name one with `--config FILE` or in $REVEILLE_CONFIG\n"
    );
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    assert_eq!(run(binary().arg("sleep")).status.code(), Some(2));
    assert_eq!(run(binary().args(["run", "--dry-run", "--emulator"])).status.code(), Some(2));
}

#[test]
fn once_settles_what_is_owed_and_ends_with_0() {
    let mut reveille = Reveille::start(&owed(), |command| {
        command.args(["--emulator", "--once"]);
    });
    assert_eq!(reveille.wait().code(), Some(0), "{}", reveille.text());
    assert_eq!(reveille.changes_of("shop").last().unwrap(), "tracking -> succeeded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_ends_with_1_when_something_could_not_be_done() {
    let emulator = emulator_without_services().await;
    let url = emulator.url();
    let reveille = tokio::task::spawn_blocking(move || {
        let mut reveille = Reveille::start(&owed(), |command| {
            command.arg("--once").envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", url);
        });
        assert_eq!(reveille.wait().code(), Some(1), "{}", reveille.text());
        reveille
    });
    let reveille = reveille.await.unwrap();
    assert_eq!(reveille.changes_of("shop"), ["due -> failed"]);
    let error = reveille.log.iter().find_map(|line| line["error"].as_str()).unwrap();
    assert!(error.starts_with("DescribeService: ResourceNotFoundException: "), "{error}");
}

async fn emulator_without_services() -> Emulator {
    let model = Model::new(Settings { times: OperationTimes::NONE, ..Settings::default() }, 1);
    Emulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), model).await.unwrap()
}

#[test]
fn a_dry_run_tells_the_call_and_needs_no_credentials() {
    let mut reveille = Reveille::start(&owed(), |command| {
        command.args(["--dry-run", "--once"]).env("AWS_ENDPOINT_URL_APPRUNNER", "http://127.0.0.1:1");
    });
    assert_eq!(reveille.wait().code(), Some(0), "{}", reveille.text());
    let told: Vec<&str> = reveille.log.iter().map(|line| text(&line["message"])).collect();
    assert!(told.contains(&"dry run: would call ResumeService"), "{told:?}");
}

#[test]
fn missing_credentials_are_told_plainly_and_tried_again() {
    let mut reveille = Reveille::start(&owed(), |_| {});
    reveille.wait_until("the plain words", |log| {
        log.iter().any(|line| text(&line["message"]).starts_with("there are no credentials yet"))
    });
    reveille.wait_until("a second try", |log| {
        log.iter().any(|line| line["attempt"] == 2 && text(&line["error"]).starts_with("no AWS credentials"))
    });
    assert_eq!(reveille.stop().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_awaits_the_reply_in_flight_and_a_second_one_does_not() {
    for (stops, code, ends_well) in [(1, Some(0), true), (2, Some(143), false)] {
        let emulator = emulator_without_services().await;
        emulator.with_model(|model| {
            model.put(SHOP.parse().unwrap(), ServiceStatus::Paused, clock::wall()).unwrap();
            let effect = Effect::Delay { millis: if ends_well { 3_000 } else { 9_000 } };
            let operation = Some(ApiOperation::ResumeService);
            model.order_fault(Fault { operation, arn: None, calls: 1, effect }).unwrap();
        });
        let url = emulator.url();
        let reveille = tokio::task::spawn_blocking(move || {
            let mut reveille = Reveille::start(&owed(), |command| {
                command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", url);
            });
            reveille.wait_until("the call", |log| log.iter().any(|line| line["to"] == "calling"));
            let stopping = |log: &[serde_json::Value]| {
                log.iter().any(|line| text(&line["message"]).starts_with("stopping"))
            };
            reveille.signal("TERM");
            reveille.wait_until("the stop", stopping);
            // The second one is sent until it is not taken for an echo of the first any more.
            while stops == 2 && reveille.is_running() {
                reveille.signal("TERM");
            }
            assert_eq!(reveille.wait().code(), code, "{}", reveille.text());
            reveille
        });
        let reveille = reveille.await.unwrap();
        let changes = reveille.changes_of("shop");
        assert_eq!(changes.contains(&"calling -> tracking".to_owned()), ends_well, "{changes:?}");
    }
}

#[test]
fn a_hangup_reads_the_file_again_and_a_wrong_one_changes_nothing() {
    let mut reveille = Reveille::start(&owed(), |command| {
        command.arg("--emulator");
    });
    let told = |log: &[serde_json::Value], what: &str| log.iter().any(|line| line["message"] == what);
    reveille.wait_until("the start", |log| {
        log.iter().any(|line| text(&line["message"]).starts_with("planned: "))
    });
    reveille.signal("HUP");
    reveille.wait_until("the answer", |log| told(log, "reloaded the file"));
    let answer = reveille.log.iter().find(|line| line["message"] == "reloaded the file").unwrap();
    assert_eq!((&answer["unchanged"], &answer["changed"]), (&1.into(), &0.into()));

    // Saved with a mistake: seen without a signal, told with its place, and nothing else happens.
    fs::write(reveille.config(), owed().replace("UTC", "Nowhere/Land")).unwrap();
    let wrong = "the file has errors; the previous version stays in effect";
    reveille.wait_until("the complaint", |log| told(log, wrong));
    let complaint = reveille.log.iter().find(|line| line["message"] == wrong).unwrap();
    assert_eq!(complaint["level"], "ERROR");
    assert!(
        text(&complaint["error"]).contains("schedule.toml:1:12: `Nowhere/Land` is no time zone"),
        "{complaint}"
    );

    fs::write(reveille.config(), owed().replace("[[service]]", "[[service]]\nname = \"store\"")).unwrap();
    reveille.wait_until("the mended file", |log| {
        log.iter().any(|line| line["message"] == "reloaded the file" && line["changed"] == 1)
    });
    assert_eq!(reveille.stop().code(), Some(0));
}

#[test]
fn next_and_check_answer_programs_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_config(folder.path(), &owed().replace("resume", "resume = \"0 1 * * *\" #"));
    let next = run(binary()
        .args(["next", "-n", "1", "--format", "json", "--from", "2026-03-29T00:59:30Z", "-c"])
        .arg(&file));
    let line: serde_json::Value = serde_json::from_slice(&next.stdout).unwrap();
    assert_eq!((&line["service"], &line["arn"]), (&"shop".into(), &SHOP.into()));
    assert_eq!((&line["action"], &line["scheduled"]), (&"resume".into(), &"2026-03-29T01:00:00Z".into()));

    fs::write(&file, "timezone = \"Nowhere/Land\"\n").unwrap();
    let check = run(binary().args(["check", "--format", "json"]).arg(&file));
    assert_eq!(check.status.code(), Some(78));
    let line: serde_json::Value =
        serde_json::from_slice(check.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!((&line["severity"], &line["line"], &line["column"]), (&"error".into(), &1.into(), &12.into()));
    assert_eq!((&line["start"], &line["end"]), (&11.into(), &25.into()));
}

#[test]
fn pausing_by_a_name_that_two_services_have_touches_neither() {
    let folder = tempfile::tempdir().unwrap();
    let twin = owed()
        .replace("timezone = \"UTC\"", "") // One in another region, with the same name in its ARN.
        .replace("eu-central-1", "us-east-1")
        .replace("8fe1e", "9fe1e")
        .replace("[daemon]\nlog-format = \"json\"", "");
    let file = write_config(folder.path(), &format!("{}{twin}", owed()));
    let output = run(binary().args(["pause", "shop", "--config"]).arg(&file).envs(CREDENTIALS));
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("`shop` is already the name of the service in line 5, column 60"), "{said}");
    assert!(said.contains("as in `name = \"shop-us-east-1\"`"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_named_three_times_is_resumed_once() {
    let emulator = emulator_without_services().await;
    let url = emulator.url();
    let again = SHOP.replace("shop/8fe1e", "Shop/8FE1E");
    let output = tokio::task::spawn_blocking(move || {
        let mut command = binary();
        command.args(["resume", "--no-wait", SHOP, &again, SHOP]);
        run(command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", url))
    });
    let output = output.await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("shop (eu-central-1): "), "{said}");
}
