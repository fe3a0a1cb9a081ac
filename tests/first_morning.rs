//! The main job, end to end: the real binary, the real SDK and the real alarm against the emulator over HTTP, on a
//! morning on which everything goes wrong that can.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use reveille::api::ServiceArn;
use reveille::api::{Operation, OperationKind, OperationStatus, ServiceStatus};
use reveille::emulator::{
    ApiOperation, Effect, Emulator, Fault, Model, OperationEnd, OperationTimes, Settings,
};
use serde_json::Value;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;
use support::{CREDENTIALS, Reveille, text};

/// One service of the morning: its trouble, and how its resume has to end.
struct Case {
    name: &'static str,
    /// Where it stands before the morning; `None`: App Runner does not know it.
    status: Option<ServiceStatus>,
    faults: Vec<(&'static str, u32, Effect)>,
    /// A catch-up window of its own, where the end is that it closes.
    catch_up: Option<&'static str>,
    ends: &'static str,
}

fn case(name: &'static str, ends: &'static str) -> Case {
    Case { name, status: Some(ServiceStatus::Paused), faults: Vec::new(), catch_up: None, ends }
}

impl Case {
    fn meets(mut self, operation: &'static str, calls: u32, effect: Effect) -> Self {
        self.faults.push((operation, calls, effect));
        self
    }

    fn within(mut self, catch_up: &'static str) -> Self {
        self.catch_up = Some(catch_up);
        self
    }

    fn standing(mut self, status: Option<ServiceStatus>) -> Self {
        self.status = status;
        self
    }

    fn arn(&self) -> ServiceArn {
        let id = self.name.bytes().fold(0_u128, |id, byte| id.wrapping_mul(257).wrapping_add(byte.into()));
        let arn = format!("arn:aws:apprunner:us-east-1:123456789012:service/{}/{id:032x}", self.name);
        arn.parse().unwrap()
    }
}

fn error(code: &str) -> Effect {
    Effect::Error { code: code.to_owned(), http_status: None, message: None, applied: false }
}

fn cases() -> Vec<Case> {
    const RESUME: &str = "ResumeService";
    vec![
        case("plain", "succeeded"),
        case("throttled", "succeeded").meets(RESUME, 2, error("ThrottlingException")),
        case("too-many", "succeeded").meets(RESUME, 1, error("TooManyRequestsException")),
        case("internal", "succeeded").meets(RESUME, 1, error("InternalServiceErrorException")),
        case("code-nobody-knows", "succeeded").meets(RESUME, 1, error("BrandNewException")),
        case("no-body", "succeeded").meets(RESUME, 1, Effect::Status { http_status: 503, applied: None }),
        case("no-json-error", "succeeded").meets(
            RESUME,
            1,
            Effect::NotJson { http_status: 500, applied: None },
        ),
        case("no-json-success", "succeeded").meets(
            RESUME,
            1,
            Effect::NotJson { http_status: 200, applied: None },
        ),
        case("slow", "succeeded").meets(RESUME, 1, Effect::Delay { millis: 2500 }),
        case("reply-lost", "succeeded").meets(RESUME, 1, Effect::ReplyLost),
        case("reply-lost-and-look-fails", "succeeded").meets(RESUME, 1, Effect::ReplyLost).meets(
            "DescribeService",
            1,
            error("InternalServiceErrorException"),
        ),
        case("connection-closed", "succeeded").meets(RESUME, 1, Effect::ConnectionClosed),
        case("no-operation-id", "succeeded").meets(RESUME, 1, Effect::NoOperationId),
        case("fails-once", "succeeded").meets(RESUME, 1, Effect::OperationEnds(OperationEnd::Failed)),
        case("rolls-back-once", "succeeded").meets(
            RESUME,
            1,
            Effect::OperationEnds(OperationEnd::RollbackSucceeded),
        ),
        case("fails-thrice", "failed").meets(RESUME, 3, Effect::OperationEnds(OperationEnd::Failed)),
        case("rolls-back-thrice", "failed").meets(
            RESUME,
            3,
            Effect::OperationEnds(OperationEnd::RollbackFailed),
        ),
        case("status-nobody-knows", "succeeded").meets(
            RESUME,
            1,
            Effect::OperationSays("COMPLETING".to_owned()),
        ),
        case("questions-fail", "succeeded").meets("ListOperations", 1, error("ThrottlingException")).meets(
            "ListOperations",
            1,
            Effect::NotJson { http_status: 200, applied: None },
        ),
        case("never-ends", "expired").meets(RESUME, 1, Effect::OperationNeverEnds).within("15s"),
        case("access-denied", "expired").meets(RESUME, 100, error("AccessDeniedException")).within("15s"),
        case("running-already", "already").standing(Some(ServiceStatus::Running)),
        case("creation-failed", "failed").standing(Some(ServiceStatus::CreateFailed)),
        case("nobody-knows-it", "failed").standing(None),
        case("in-maintenance", "succeeded"),
        case("being-paused", "succeeded").standing(Some(ServiceStatus::Running)),
        case("resumed-by-hand", "succeeded"),
    ]
}

/// The file: every service is to be resumed at one instant and never before, so that nothing else is owed.
fn schedule(cases: &[Case], morning: Timestamp) -> String {
    let rule = morning.to_zoned(TimeZone::UTC).strftime("at(%Y-%m-%dT%H:%M:%S)");
    let mut file = "timezone = \"UTC\"\n[daemon]\nlog-format = \"json\"\n".to_owned();
    for case in cases {
        write!(
            file,
            "[[service]]\nname = \"{}\"\narn = \"{}\"\nresume = \"{rule}\"\n",
            case.name,
            case.arn()
        )
        .unwrap();
        if let Some(catch_up) = case.catch_up {
            writeln!(file, "catch-up = \"{catch_up}\"").unwrap();
        }
    }
    file
}

fn app_runner(cases: &[Case]) -> Model {
    let now = reveille::clock::wall();
    let pending = Duration::from_millis(300);
    let times = OperationTimes { pending, in_progress: Duration::from_millis(700) };
    let mut model = Model::new(Settings { times, ..Settings::default() }, 1);
    for case in cases {
        if let Some(status) = &case.status {
            model.put(case.arn(), status.clone(), now).unwrap();
        }
        for (operation, calls, effect) in &case.faults {
            let operation = ApiOperation::from_name(operation);
            assert!(operation.is_some());
            let (arn, effect) = (Some(case.arn()), effect.clone());
            let fault = Fault { operation, arn, calls: *calls, effect };
            model.order_fault(fault).unwrap();
        }
    }
    model
}

fn arn_of(cases: &[Case], name: &str) -> ServiceArn {
    cases.iter().find(|case| case.name == name).unwrap().arn()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_gets_its_morning_or_the_failure_that_it_deserves() {
    let cases = cases();
    assert!(cases.len() >= 20);
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let emulator = Emulator::start(address, app_runner(&cases)).await.unwrap();
    let morning = reveille::clock::wall().round(jiff::Unit::Second).unwrap() + 6.seconds();
    let mut reveille = Reveille::start(&schedule(&cases, morning), |command| {
        command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", emulator.url());
    });
    reveille.wait_until("the start", |log| log.iter().any(|line| !line["services"].is_null()));
    // Shortly before the instant, others are at work on three of the services.
    let now = emulator.now();
    emulator.with_model(|model| {
        let busy = Duration::from_secs(15);
        model.set_operation_times(OperationTimes::of(busy));
        model.maintenance(&arn_of(&cases, "in-maintenance"), now, busy).unwrap();
        model.pause(&arn_of(&cases, "being-paused"), now).unwrap();
        model.resume(&arn_of(&cases, "resumed-by-hand"), now).unwrap();
        model.set_operation_times(OperationTimes::of(Duration::from_secs(1)));
    });

    let reveille = tokio::task::spawn_blocking(move || {
        reveille.wait_until("the end of every occurrence", |log| ended(log).len() >= 27);
        let status = reveille.stop();
        assert_eq!(status.code(), Some(0), "{}", reveille.text());
        reveille
    })
    .await
    .unwrap();

    for case in &cases {
        let changes = reveille.changes_of(case.name);
        let last = changes.last().map(String::as_str).unwrap_or_default();
        assert!(
            last.ends_with(&format!("-> {}", case.ends)),
            "{}: {changes:?}\n{}",
            case.name,
            reveille.text()
        );
        let (status, operations) = emulator.with_model(|model| {
            let now = reveille::clock::wall();
            (model.describe(&case.arn(), now).map(|view| view.status), model.operations(&case.arn(), now))
        });
        if matches!(case.ends, "succeeded" | "already") {
            assert_eq!(status.ok(), Some(ServiceStatus::Running), "{}", case.name);
        }
        assert_no_second_operation(case.name, &operations);
    }
    assert_log_is_as_designed(&reveille.log, morning);
    assert_secrets_stay_secret(&reveille.text());
}

/// The services whose occurrence has ended.
fn ended(log: &[Value]) -> Vec<&str> {
    const ENDINGS: [&str; 6] = ["succeeded", "already", "superseded", "expired", "overruled", "failed"];
    log.iter()
        .filter(|line| ENDINGS.contains(&text(&line["to"])))
        .map(|line| text(&line["service"]))
        .collect()
}

/// No resume began while another went on, or after one had succeeded, and never more than three.
fn assert_no_second_operation(name: &str, oldest_first: &[Operation]) {
    let of_resume = |operation: &&Operation| operation.kind == Some(OperationKind::ResumeService);
    let resumes: Vec<&Operation> = oldest_first.iter().filter(of_resume).collect();
    assert!(resumes.len() <= 3, "{name}: {resumes:?}");
    for pair in resumes.windows(2) {
        assert_ne!(pair[0].status, Some(OperationStatus::Succeeded), "{name}: {resumes:?}");
        assert!(
            pair[0].ended_at.is_some_and(|ended| Some(ended) <= pair[1].started_at),
            "{name}: {resumes:?}"
        );
    }
}

/// Every change carries the fields of the design, and no call left before its instant.
fn assert_log_is_as_designed(log: &[Value], morning: Timestamp) {
    let changes: Vec<&Value> = log.iter().filter(|line| line["to"].is_string()).collect();
    for line in &changes {
        for field in ["service", "action", "scheduled", "from", "to", "level", "timestamp"] {
            assert!(line[field].is_string(), "{field} in {line}");
        }
        assert_eq!(line["scheduled"], morning.to_string(), "{line}");
        assert!(line["attempt"].is_u64(), "{line}");
        match text(&line["to"]) {
            "calling" => assert!(line["late_ms"].is_u64(), "{line}"),
            "tracking" => assert!(line["operation"].is_string(), "{line}"),
            "backing-off" | "waiting" => {
                assert!(line["retry_in_ms"].is_u64() && line["error"].is_string(), "{line}");
            }
            "failed" | "expired" => assert_eq!(line["level"], "ERROR", "{line}"),
            _ => {}
        }
        let logged_at: Timestamp = text(&line["timestamp"]).parse().unwrap();
        assert!(logged_at.duration_since(morning) >= SignedDuration::ZERO, "too early: {line}");
    }
    let denied =
        changes.iter().find(|line| line["service"] == "access-denied" && line["to"] == "backing-off");
    assert_eq!(denied.unwrap()["level"], "ERROR");
}

fn assert_secrets_stay_secret(log: &str) {
    for (name, secret) in CREDENTIALS {
        assert!(!log.contains(secret), "{name} is in the log");
    }
}
