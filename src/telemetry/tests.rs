//! What stands in the log, to the letter.

use super::*;
use crate::api::{Action, OperationId};
use crate::planner::{Change, Ending, Severity, State};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::subscriber::with_default;

/// A clock that stands at eight.
struct Eight;

impl FormatTime for Eight {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        writer.write_str("2027-03-29T06:00:00.001000Z")
    }
}

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn as_human(rust_log: Option<&str>, write: impl FnOnce()) -> String {
    written(rust_log, |paper| human(move || paper.clone(), Eight, false), write)
}

fn as_json(write: impl FnOnce()) -> String {
    written(None, |paper| json(move || paper.clone(), Eight), write)
}

fn written(rust_log: Option<&str>, output: impl FnOnce(Paper) -> Output, write: impl FnOnce()) -> String {
    let paper = Paper::default();
    with_default(subscriber(output(paper.clone()), filter(rust_log).0), write);
    paper.text()
}

fn plain() -> Change {
    Change {
        arn: "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa"
            .parse()
            .unwrap(),
        service: "python-app".into(),
        action: Action::Resume,
        scheduled: "2027-03-29T06:00:00Z".parse().unwrap(),
        from: State::Calling,
        to: State::Ended(Ending::Already),
        severity: Severity::Info,
        operation: None,
        attempt: 0,
        failed_operations: 0,
        unsure_since: None,
        error: None,
        retry_in: None,
        late: None,
    }
}

fn eventful() -> Change {
    Change {
        to: State::BackingOff,
        severity: Severity::Warn,
        operation: Some(OperationId::new("op-1")),
        attempt: 2,
        error: Some("ThrottlingException: slow down".to_owned()),
        retry_in: Some(Duration::from_micros(1_500_900)),
        late: Some(Duration::from_millis(12)),
        ..plain()
    }
}

#[test]
fn a_change_is_one_line_for_people() {
    assert_eq!(
        as_human(None, || log_change(&plain(), false)),
        "2027-03-29T06:00:00.001000Z  INFO resume was not needed service=python-app \
         action=resume scheduled=2027-03-29T06:00:00Z from=calling to=already\n"
    );
    assert_eq!(
        as_human(None, || log_change(&eventful(), false)),
        "2027-03-29T06:00:00.001000Z  WARN resume failed and will be retried service=python-app \
         action=resume scheduled=2027-03-29T06:00:00Z from=calling to=backing-off operation=op-1 attempt=2 \
         error=\"ThrottlingException: slow down\" retry_in_ms=1500 late_ms=12\n"
    );
}

#[test]
fn a_change_is_one_json_object_and_what_does_not_apply_is_left_out() {
    let object = |text: &str| -> serde_json::Value {
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        serde_json::from_str(text).unwrap()
    };
    let mut expected = serde_json::json!({
        "timestamp": "2027-03-29T06:00:00.001000Z",
        "level": "INFO",
        "target": "reveille::occurrence",
        "message": "resume was not needed",
        "service": "python-app",
        "arn": "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa",
        "action": "resume",
        "scheduled": "2027-03-29T06:00:00Z",
        "from": "calling",
        "to": "already",
    });
    let in_a_span = || tracing::info_span!("turn", number = 1).in_scope(|| log_change(&plain(), false));
    assert_eq!(object(&as_json(in_a_span)), expected);

    let more = serde_json::json!({
        "level": "WARN",
        "message": "resume failed and will be retried",
        "to": "backing-off",
        "operation": "op-1",
        "attempt": 2,
        "error": "ThrottlingException: slow down",
        "retry_in_ms": 1500,
        "late_ms": 12,
    });
    expected.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(object(&as_json(|| log_change(&eventful(), false))), expected);
    let elsewhere = |change: &Change| {
        serde_json::to_string(&ChangeRecord::of(change, "2027-03-29T06:00:00.001Z".parse().unwrap()))
    };
    for change in [plain(), eventful()] {
        assert_eq!(
            elsewhere(&change).unwrap() + "\n",
            as_json(|| log_change(&change, false)),
            "the same bytes"
        );
    }
}

#[test]
fn a_dry_run_says_that_nothing_was_done() {
    let ended = State::Ended;
    let cases = [
        (State::Due, State::Due, "dry run: resume is due"),
        (State::Due, State::Calling, "dry run: resume would be sent to App Runner"),
        (State::Calling, State::Tracking, "dry run: resume would have begun"),
        (State::Tracking, ended(Ending::Succeeded), "dry run: resume would have succeeded"),
        (State::Calling, ended(Ending::Already), "dry run: resume was not needed"),
    ];
    for (from, to, expected) in cases {
        let line = as_human(None, || log_change(&Change { from, to, ..plain() }, true));
        assert!(
            line.starts_with(&format!("2027-03-29T06:00:00.001000Z  INFO {expected} service=")),
            "{line}"
        );
    }
}

#[test]
fn every_state_has_its_words_and_every_severity_its_level() {
    let ended = State::Ended;
    let cases = [
        (
            State::BackingOff,
            State::BackingOff,
            Severity::Warn,
            " WARN resume failed again and will be retried",
        ),
        (State::Tracking, State::Tracking, Severity::Error, "ERROR resume is late"),
        (State::Waiting, State::Waiting, Severity::Error, "ERROR resume is late"),
        (State::Calling, State::Calling, Severity::Error, "ERROR resume is late"),
        (State::Calling, State::Calling, Severity::Info, " INFO resume is being sent to App Runner"),
        (State::Waiting, State::Due, Severity::Info, " INFO resume is due"),
        (State::Due, State::Calling, Severity::Info, " INFO resume is being sent to App Runner"),
        (
            State::Calling,
            State::Tracking,
            Severity::Info,
            " INFO resume has started; following its operation",
        ),
        (State::Calling, State::BackingOff, Severity::Warn, " WARN resume failed and will be retried"),
        (
            State::Calling,
            State::Waiting,
            Severity::Warn,
            " WARN resume is waiting for another operation to end",
        ),
        (State::Tracking, ended(Ending::Succeeded), Severity::Info, " INFO resume succeeded"),
        (State::Calling, ended(Ending::Already), Severity::Info, " INFO resume was not needed"),
        (State::Due, ended(Ending::Superseded), Severity::Info, " INFO resume was superseded"),
        (State::Due, ended(Ending::Expired), Severity::Error, "ERROR resume could not be done in time"),
        (
            State::Due,
            ended(Ending::OverriddenByUser),
            Severity::Info,
            " INFO resume was overridden by a user",
        ),
        (State::Calling, ended(Ending::Failed), Severity::Error, "ERROR resume failed permanently"),
    ];
    for (from, to, severity, expected) in cases {
        let line = as_human(None, || log_change(&Change { from, to, severity, ..plain() }, false));
        assert!(line.starts_with(&format!("2027-03-29T06:00:00.001000Z {expected} service=")), "{line}");
    }
}

#[test]
fn nothing_from_outside_forges_a_line_or_commands_a_terminal() {
    let forged = "no\n2027-03-29T06:00:00Z  INFO all is well\r\x1b[2J\u{9b}31m\u{202e}\u{2028}";
    let line = as_human(None, || tracing::warn!(shown = %forged, told = forged, "heard {forged}"));
    let escaped = r"no\n2027-03-29T06:00:00Z  INFO all is well\r\u{1b}[2J\u{9b}31m\u{202e}\u{2028}";
    assert_eq!(
        line,
        format!("2027-03-29T06:00:00.001000Z  WARN heard {escaped} shown={escaped} told=\"{escaped}\"\n")
    );

    let line = as_json(|| tracing::warn!(shown = %forged, "heard {forged}"));
    assert_eq!(line.matches(['\n', '\r', '\x1b']).count(), 1, "{line}");
}

#[test]
fn colour_is_for_terminals_and_not_against_the_readers_will() {
    let cases = [
        (true, None, None, true),
        (true, None, Some("xterm"), true),
        (true, None, Some("dumb"), false),
        (true, Some(""), None, true),
        (true, Some("1"), None, false),
        (true, Some("0"), Some("xterm"), false),
        (false, None, Some("xterm"), false),
    ];
    for (is_terminal, no_color, terminal, expected) in cases {
        let wanted = wants_colour(is_terminal, no_color, terminal);
        assert_eq!(wanted, expected, "{is_terminal} {no_color:?} {terminal:?}");
    }

    let coloured = |paper: Paper| human(move || paper.clone(), Eight, true);
    let line = written(None, coloured, || tracing::info!(service = "web", "hello"));
    assert!(line.ends_with("hello \x1b[2mservice=\x1b[0m\"web\"\n"), "{line:?}");
}

#[test]
fn rust_log_filters_and_a_bad_one_is_ignored() {
    let write = || {
        tracing::debug!("ours");
        tracing::info!(target: "aws_smithy_runtime", "noise");
        tracing::warn!(target: "hyper_util", "trouble");
        tracing::error!(target: "tokio_cron_scheduler", "insides");
    };
    let heard = |rust_log| {
        let text = as_human(rust_log, write);
        let words = ["ours", "noise", "trouble", "insides"];
        words.into_iter().filter(|word| text.contains(word)).collect::<Vec<_>>()
    };
    assert_eq!(heard(None), ["trouble"]);
    assert_eq!(heard(Some("")), ["trouble"]);
    assert_eq!(heard(Some("reveille=debug")), ["ours"]);
    assert_eq!(heard(Some("debug")), ["ours", "noise", "trouble", "insides"]);
    assert_eq!(heard(Some("reveille=loud")), ["trouble"]);
    assert!(filter(Some("reveille=loud")).1.is_some());
    assert!(filter(Some("reveille=debug")).1.is_none());
}

#[test]
fn no_filter_lets_a_library_write_whole_requests() {
    let text = as_human(Some("trace"), || {
        tracing::trace!(target: "aws_smithy_runtime::client", "secret");
        tracing::trace!(target: "hyper::proto", "secret");
        tracing::trace!(target: "h2::codec", "secret");
        tracing::trace!(target: "rustls::client", "secret");
        tracing::debug!(target: "aws_smithy_runtime::client", "harmless");
        tracing::trace!("ours");
    });
    assert_eq!(text.matches("secret").count(), 0, "{text}");
    assert_eq!((text.matches("harmless").count(), text.matches("ours").count()), (1, 1), "{text}");
}

#[test]
fn without_a_journal_there_is_a_log_all_the_same() {
    let (_, _, no_journal) = output(LogFormat::Journald, None).unwrap();
    assert!(no_journal.is_some() || Path::new(journald::SOCKET).exists());
}

#[test]
fn a_panic_is_a_line_of_the_log() {
    let ended = child("child_that_panics").output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    let line: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(line["level"], "ERROR", "{log}");
    assert_eq!(line["message"], "reveille panicked, which is a bug: a number was 7", "{log}");
    assert_eq!(line["thread"], "worker", "{log}");
    assert!(line["place"].as_str().unwrap().starts_with("src/telemetry/tests.rs:"), "{log}");
    assert_eq!(log.lines().count(), 1, "and nothing else: {log}");
}

#[test]
fn a_panic_ends_the_process_even_if_its_log_is_not_read() {
    let (_reader, mut writer) = io::pipe().unwrap();
    // More than any pipe takes by itself, so the writer ends only with the reader.
    std::thread::spawn({
        let mut writer = writer.try_clone().unwrap();
        move || io::Write::write_all(&mut writer, &[b'.'; 1 << 21]).ok()
    });
    io::Write::flush(&mut writer).unwrap();
    let ended = child("child_that_panics").stderr(writer).status().unwrap();
    assert!(ended.success(), "{ended}");
}

#[test]
#[ignore = "runs as the child of another test"]
fn child_that_panics() {
    init(LogFormat::Json, None, false).unwrap();
    let worker = std::thread::Builder::new().name("worker".to_owned());
    let panics = || panic!("a number was {}", std::hint::black_box(7));
    worker.spawn(panics).unwrap().join().unwrap_err();
}

/// This very program, playing the part that a test of this name describes.
fn child(part: &str) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("telemetry::tests::{part}"), "--ignored", "--nocapture"]);
    command.env_remove("RUST_LOG").stdout(std::process::Stdio::null());
    command
}
