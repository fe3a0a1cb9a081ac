//! The command line as people and supervisors meet it: what is printed, and the exit codes.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use reveille::api::ServiceStatus;
use reveille::clock;
use reveille::emulator::{ApiOperation, Effect, Emulator, Fault, Model, OperationTimes, Settings};
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use support::{CREDENTIALS, HangingFile, Reveille, binary, text, write_config};

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

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
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
fn a_missing_file_is_named() {
    let output = run(binary().args(["run", "--config", "/nowhere/schedule.toml"]));
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(stderr(&output), "/nowhere/schedule.toml: there is no such file\n");
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

#[test]
fn once_notifies_the_service_manager_only_of_what_it_waits_for() {
    let folder = tempfile::tempdir().unwrap();
    let manager = UnixDatagram::bind(folder.path().join("manager")).unwrap();
    let mut reveille = Reveille::start(&owed(), |command| {
        command.args(["--emulator", "--once"]).env("NOTIFY_SOCKET", folder.path().join("manager"));
    });
    assert_eq!(reveille.wait().code(), Some(0), "{}", reveille.text());
    manager.set_nonblocking(true).unwrap();
    let mut message = [0; 4096];
    let mut told = Vec::new();
    while let Ok(length) = manager.recv(&mut message) {
        told.push(String::from_utf8(message[..length].to_vec()).unwrap());
    }
    assert_eq!(told.first().unwrap(), "READY=1\nSTATUS=1 owed; nothing is begun after them\n");
    assert!(told.iter().all(|told| !told.contains("transition")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_ends_with_75_when_it_is_stopped_while_something_is_owed() {
    let times = OperationTimes { in_progress: Duration::from_hours(1), ..OperationTimes::NONE };
    let mut model = Model::new(Settings { times, ..Settings::default() }, 1);
    model.put(SHOP.parse().unwrap(), ServiceStatus::Paused, clock::wall()).unwrap();
    let emulator = Emulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), model).await.unwrap();
    let url = emulator.url();
    let story = move || {
        let mut reveille = Reveille::start(&owed(), |command| {
            command.arg("--once").envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", url);
        });
        reveille.wait_until("the operation", |log| log.iter().any(|line| line["to"] == "tracking"));
        assert_eq!(reveille.stop().code(), Some(75), "{}", reveille.text());
        let last = reveille.log.last().unwrap();
        assert_eq!((&last["message"], &last["owed"]), (&"reveille ends".into(), &1.into()));
    };
    tokio::task::spawn_blocking(story).await.unwrap();
}

async fn emulator_without_services() -> Emulator {
    let model = Model::new(Settings { times: OperationTimes::NONE, ..Settings::default() }, 1);
    Emulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), model).await.unwrap()
}

#[test]
fn a_dry_run_logs_the_call_and_needs_no_credentials() {
    let mut reveille = Reveille::start(&owed(), |command| {
        command.args(["--dry-run", "--once"]).env("AWS_ENDPOINT_URL_APPRUNNER", "http://127.0.0.1:1");
    });
    assert_eq!(reveille.wait().code(), Some(0), "{}", reveille.text());
    let told: Vec<&str> = reveille.log.iter().map(|line| text(&line["message"])).collect();
    assert!(told.contains(&"dry run: would call ResumeService"), "{told:?}");
    let unknown = "dry run: its state is unknown without AWS credentials; it counts as PAUSED";
    assert!(told.contains(&unknown), "{told:?}");
    assert!(told.contains(&"planned: 1 owed; nothing is begun after them"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_sees_how_services_stand_and_changes_none() {
    let emulator = emulator_without_services().await;
    let blog = SHOP.replace("/shop/", "/blog/");
    emulator.with_model(|model| {
        for (arn, status) in [(SHOP, ServiceStatus::Running), (&blog, ServiceStatus::Paused)] {
            model.put(arn.parse().unwrap(), status, clock::wall()).unwrap();
        }
    });
    let url = emulator.url();
    let owed = owed();
    let (_, service) = owed.split_once("[[service]]").unwrap();
    let file = format!("{owed}\n[[service]]{}", service.replace(SHOP, &blog));
    let reveille = tokio::task::spawn_blocking(move || {
        let mut reveille = Reveille::start(&file, |command| {
            command.args(["--dry-run", "--once"]).envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", url);
        });
        assert_eq!(reveille.wait().code(), Some(0), "{}", reveille.text());
        reveille
    });
    let reveille = reveille.await.unwrap();
    assert_eq!(reveille.changes_of("shop"), ["due -> already"]);
    let would: Vec<&str> = reveille
        .log
        .iter()
        .filter(|line| line["message"] == "dry run: would call ResumeService")
        .map(|line| text(&line["service"]))
        .collect();
    assert_eq!(would, ["blog"]);
    let acted = emulator.with_model(|model| {
        model.calls().filter(|call| call.operation.is_some_and(ApiOperation::begins_operation)).count()
    });
    assert_eq!(acted, 0, "nothing was changed");
}

#[test]
fn missing_credentials_are_reported_plainly_and_retried() {
    let mut reveille = Reveille::start(&owed(), |_| {});
    reveille.wait_until("the plain words", |log| {
        log.iter().any(|line| {
            text(&line["message"]).starts_with("no AWS credentials found; each call will look for them again")
        })
    });
    reveille.wait_until("a second try", |log| {
        let failed = |line: &&serde_json::Value| text(&line["error"]).starts_with("no AWS credentials");
        log.iter().filter(failed).filter(|line| line["to"] == "backing-off").count() >= 2
    });
    let told = reveille.log.iter().filter(|line| line["to"] == "backing-off");
    let levels: Vec<&str> = told.map(|line| text(&line["level"])).take(2).collect();
    assert_eq!(levels, ["ERROR", "WARN"], "somebody is told at once, and once");
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
fn what_the_file_is_warned_of_is_in_the_log_with_its_place() {
    let warned = owed().replace("[daemon]", "[schedule.unused]\nresume = \"0 8 * * *\"\n[daemon]");
    let mut reveille = Reveille::start(&warned, |command| {
        command.args(["--emulator", "--once"]);
    });
    assert_eq!(reveille.wait().code(), Some(0), "{}", reveille.text());
    let warning = reveille.log.iter().find(|line| line["line"].is_u64()).unwrap();
    assert_eq!(
        (&warning["level"], &warning["line"], &warning["column"]),
        (&"WARN".into(), &2.into(), &11.into())
    );
    let file = reveille.config().display().to_string();
    let message = text(&warning["message"]);
    assert!(message.starts_with(&format!("{file}:2:11: ")) && message.contains("`unused`"), "{warning}");
}

#[test]
fn a_hangup_while_the_file_is_read_does_not_end_the_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), &morning().replace("UTC", "Asia/Kolkata"));
    let zone = HangingFile::new(folder.path().join("Asia/Kolkata"));
    let mut command = binary();
    command.args(["run", "--emulator", "--config"]).arg(config).env("TZDIR", folder.path());
    let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let reader = zone.is_read();
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "HUP", &id]).status().unwrap().success());
    // It goes on, and finds that this is no time zone after all.
    zone.is_empty(reader);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    assert!(stderr(&output).contains("`Asia/Kolkata`"), "{output:?}");
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

/// One service, which is resumed each morning.
fn morning() -> String {
    format!(
        "timezone = \"UTC\"\n[schedule.office]\nresume = \"0 8 * * *\"\n\
         [[service]]\nname = \"web\"\narn = \"{SHOP}\"\nschedule = \"office\"\ncatch-up = \"24h\"\n"
    )
}

/// Runs a command that is given this on its standard input.
fn run_with_input(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn every_command_takes_the_file_with_its_option_and_without() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_config(folder.path(), &morning());
    let file = file.to_str().unwrap();
    for command in [&["check"][..], &["next"], &["rehearse", "--days", "1"], &["run", "--once", "--emulator"]]
    {
        let with_option = run(binary().args(command).args(["-c", file]));
        let without = run(binary().args(command).arg(file));
        // The file that is named goes before the one of the environment.
        let named = run(binary().args(command).arg(file).env("REVEILLE_CONFIG", "/nowhere/schedule.toml"));
        for output in [with_option, without, named] {
            assert_eq!(output.status.code(), Some(0), "{command:?}: {}", stderr(&output));
        }
        let two = run(binary().args(command).args(["-c", "/other/schedule.toml", file]));
        assert_eq!(two.status.code(), Some(2), "{command:?}");
        let said = format!("two files are named, `/other/schedule.toml` and `{file}`; name one");
        assert!(stderr(&two).contains(&said), "{}", stderr(&two));
    }
}

#[test]
fn standard_input_is_checked_with_the_calendars_of_the_working_directory_and_never_followed() {
    let folder = tempfile::tempdir().unwrap();
    let calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n\
                    DTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20271224\r\nSUMMARY:Closed\r\nEND:VEVENT\r\n\
                    END:VCALENDAR\r\n";
    fs::write(folder.path().join("days.ics"), calendar).unwrap();
    let text = morning().replace(
        "[schedule.office]\n",
        "[closed-days]\nholidays = { ics = \"days.ics\" }\n[schedule.office]\nclosed = \"holidays\"\n",
    );
    let check = |text: &str| run_with_input(binary().args(["check", "-"]).current_dir(folder.path()), text);
    let good = check(&text);
    assert_eq!(good.status.code(), Some(0));
    let lines: Vec<String> = stdout(&good).lines().map(str::to_owned).collect();
    assert_eq!(lines.last().unwrap(), "<stdin>: 1 service, 1 schedule, no problems");
    assert!(lines[0].starts_with("SCHEDULE  SERVICES  AWAKE A WEEK"), "{lines:?}");
    assert!(lines[1].starts_with("office    1"), "{lines:?}");
    let quiet = run_with_input(binary().args(["check", "-", "--quiet"]).current_dir(folder.path()), &text);
    assert_eq!((quiet.status.code(), stdout(&quiet).as_str()), (Some(0), ""));
    let wrong = check(&text.replace("UTC", "Nowhere/Land"));
    assert_eq!(wrong.status.code(), Some(78));
    assert!(stdout(&wrong).starts_with("<stdin>:1:12: error: `Nowhere/Land`"), "{}", stdout(&wrong));

    let followed = run_with_input(binary().args(["run", "-", "--emulator"]), &text);
    assert_eq!(followed.status.code(), Some(2));
    assert!(
        stderr(&followed).contains("it is read again whenever it changes; name a file"),
        "{}",
        stderr(&followed)
    );
}

#[test]
fn with_strict_a_warning_counts() {
    let folder = tempfile::tempdir().unwrap();
    let warned = morning().replace("\"0 8 * * *\"", "[\"0 8 31 2 *\", \"0 8 * * *\"]");
    let file = write_config(folder.path(), &warned);
    for (args, code) in
        [(&["check"][..], 0), (&["check", "--strict"], 78), (&["check", "--strict", "--format", "json"], 78)]
    {
        let output = run(binary().args(args).arg(&file));
        assert_eq!(output.status.code(), Some(code), "{}", stdout(&output));
        assert!(stdout(&output).contains("warning"), "{}", stdout(&output));
    }
    fs::write(&file, morning()).unwrap();
    assert_eq!(run(binary().args(["check", "--strict"]).arg(&file)).status.code(), Some(0));
}

#[test]
fn a_reader_that_has_seen_enough_changes_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let good = write_config(folder.path(), &morning());
    let wrong = folder.path().join("wrong.toml");
    fs::write(&wrong, "timezone = \"Nowhere/Land\"\n").unwrap();
    for (args, file, code) in
        [(&["next", "-n", "5000"][..], &good, 0), (&["check"], &wrong, 78), (&["rehearse"], &good, 0)]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = binary();
        let ended = command.args(args).arg(file).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let output = ended.spawn().unwrap().wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(code), ""), "{args:?}");
    }
}

#[test]
fn next_shows_the_services_and_schedules_that_are_named_and_asks_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let other = SHOP.replace("shop/8fe1", "reports/0000");
    let two = format!("{}[[service]]\narn = \"{other}\"\nresume = \"0 9 * * *\"\n", morning());
    let file = write_config(folder.path(), &two);
    let next = |args: &[&str]| {
        run(binary()
            .args(["next", "-n", "4", "--from", "2027-03-28", "--format", "json"])
            .args(args)
            .arg(&file))
    };
    let shown = |args: &[&str]| -> Vec<String> {
        let lines = stdout(&next(args));
        let service = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            text(&line["service"]).to_owned()
        };
        lines.lines().map(service).collect()
    };
    assert_eq!(shown(&[]), ["web", "reports", "web", "reports"]);
    assert_eq!(shown(&["--service", "web", "--service", &other]), ["web", "reports", "web", "reports"]);
    assert_eq!(shown(&["--service", "reports"]), ["reports"; 4]);
    assert_eq!(shown(&["--schedule", "office"]), ["web"; 4]);

    let unknown = next(&["--service", "wbe", "--service", "web", "--schedule", "ofice", "--service", "qa"]);
    assert_eq!(unknown.status.code(), Some(1));
    let file = file.display();
    assert_eq!(
        stderr(&unknown),
        format!(
            "{file}: no service has the name or ARN `wbe`; did you mean `web`?\n\
             {file}: no service has the name or ARN `qa`\n\
             {file}: there is no schedule with the name `ofice`; did you mean `office`?\n"
        )
    );
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

#[test]
fn an_endpoint_without_a_scheme_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), &morning());
    for words in [["run", "--dry-run"], ["resume", SHOP], ["pause", "web"]] {
        let mut command = binary();
        command.args(words).arg("--config").arg(&config).env("AWS_ENDPOINT_URL", "127.0.0.1:9393");
        let output = run(command.envs(CREDENTIALS));
        assert_eq!(output.status.code(), Some(78), "{words:?} {output:?}");
        assert_eq!(
            stderr(&output),
            "reveille: AWS_ENDPOINT_URL: `127.0.0.1:9393` is not a valid endpoint URL; set it to https://HOST or \
             http://HOST:PORT, or unset it\n"
        );
    }
}

#[test]
fn a_file_that_the_disk_cannot_read_now_is_tried_again_later() {
    // It reads as a disk does that fails.
    let failing = "/proc/self/mem";
    let output = run(binary().args(["run", "--emulator", "--config", failing]));
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    assert!(stderr(&output).starts_with("/proc/self/mem: the file cannot be read: "), "{output:?}");

    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(failing, folder.path().join("holidays.ics")).unwrap();
    let closed = morning().replace(
        "[[service]]",
        "closed = [\"all\"]\n[closed-days]\nall = { ics = \"holidays.ics\" }\n[[service]]",
    );
    let config = write_config(folder.path(), &closed);
    let output = run(binary().args(["run", "--emulator", "--config"]).arg(&config));
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    let wrong = closed.replace("UTC", "Nowhere/Land").replace("holidays.ics", "missing.ics");
    let config = write_config(folder.path(), &wrong);
    let output = run(binary().args(["run", "--emulator", "--config"]).arg(&config));
    assert_eq!(output.status.code(), Some(78), "{output:?}");
}

#[test]
fn a_reader_that_has_stopped_reading_keeps_no_refused_daemon_from_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), "what is this?");
    let (_reader, mut full) = std::io::pipe().unwrap();
    rustix::fs::fcntl_setfl(&full, rustix::fs::OFlags::NONBLOCK).unwrap();
    while full.write(&[b'x'; 4096]).is_ok() {}
    rustix::fs::fcntl_setfl(&full, rustix::fs::OFlags::empty()).unwrap();
    let mut command = binary();
    let mut child = command.arg("run").arg("--config").arg(config).stderr(full).spawn().unwrap();
    let ended = until(|| child.try_wait().unwrap());
    drop(child.kill());
    assert_eq!(ended.and_then(|status| status.code()), Some(78));
}

/// Asks again and again, for as long as it takes a slow machine.
fn until<T>(ask: impl FnMut() -> Option<T>) -> Option<T> {
    let wait = || std::thread::sleep(Duration::from_millis(20));
    std::iter::repeat_with(ask).take(1000).find_map(|answer| {
        if answer.is_none() {
            wait();
        }
        answer
    })
}

#[test]
fn a_terminal_that_closes_stops_the_daemon_and_an_open_one_reloads_it() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.db");
    let daemon = format!("[daemon]\nledger = \"{}\"\n[[service]]", ledger.display());
    let config = write_config(folder.path(), &morning().replace("[[service]]", &daemon));
    let shown = folder.path().join("shown");
    let line = format!("{} run --verbose --config {}", env!("CARGO_BIN_EXE_reveille"), config.display());
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--flush", "--return", "--command", &line]).arg(&shown).envs(CREDENTIALS);
    terminal.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").stdin(Stdio::piped()).stdout(Stdio::null());
    let mut terminal = terminal.spawn().unwrap();
    let shows = |what: &str| {
        let is_shown = || fs::read_to_string(&shown).is_ok_and(|text| text.contains(what)).then_some(());
        assert!(until(is_shown).is_some(), "never shown: {what}\n{:?}", fs::read_to_string(&shown));
    };
    shows("planned: ");
    let id = fs::read_to_string(folder.path().join("ledger.db.lock")).unwrap().trim().to_owned();
    assert!(Command::new("kill").args(["-s", "HUP", &id]).status().unwrap().success());
    shows("reloaded the file");

    terminal.kill().unwrap();
    terminal.wait().unwrap();
    let state = || fs::read_to_string(format!("/proc/{id}/stat"));
    let has_ended = || state().map_or(true, |state| state.contains(") Z ")).then_some(());
    let ended = until(has_ended);
    drop(Command::new("kill").args(["-s", "KILL", &id]).stderr(Stdio::null()).status());
    assert!(ended.is_some(), "it lives on without its terminal");
}
