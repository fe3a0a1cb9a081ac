//! The emulator's HTTP face, as the real SDK sees it, and as it is on the wire.
#![expect(clippy::unwrap_used, reason = "a test may be blunt")]

use aws_sdk_apprunner::Client;
use aws_sdk_apprunner::config::retry::RetryConfig;
use aws_sdk_apprunner::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_apprunner::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_apprunner::types::{
    ImageRepository, ImageRepositoryType, InstanceConfiguration, OperationStatus as SdkOperationStatus,
    OperationType, ServiceStatus as SdkServiceStatus, SourceConfiguration, Tag,
};
use reveille::api::ServiceArn;
use reveille::api::ServiceStatus;
use reveille::emulator::{
    Already, ApiOperation, CallRecord, Effect, Emulator, Fault, MAX_BODY_BYTES, Model, OperationEnd,
    OperationTimes, Settings,
};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const ARN: &str =
    "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

fn arn() -> ServiceArn {
    ARN.parse().unwrap()
}

/// An emulator with one service, whose operations have ended when somebody next looks.
async fn emulator(status: ServiceStatus) -> Emulator {
    emulator_with(Settings { times: OperationTimes::NONE, ..Settings::default() }, status).await
}

async fn emulator_with(settings: Settings, status: ServiceStatus) -> Emulator {
    let address = "127.0.0.1:0".parse().unwrap();
    let emulator = Emulator::start(address, Model::new(settings, 1)).await.unwrap();
    let now = emulator.now();
    emulator.with_model(|model| model.put(arn(), status, now)).unwrap();
    emulator
}

/// The SDK's client, which tries once.
fn client(emulator: &Emulator) -> Client {
    let credentials = Credentials::new(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        None,
        None,
        "documentation",
    );
    let config = aws_sdk_apprunner::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url(emulator.url())
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

fn order(emulator: &Emulator, effect: Effect) {
    let fault = Fault { operation: Some(ApiOperation::ResumeService), arn: Some(arn()), calls: 1, effect };
    emulator.with_model(|model| model.order_fault(fault)).unwrap();
}

fn calls(emulator: &Emulator) -> Vec<CallRecord> {
    emulator.with_model(|model| model.calls().cloned().collect())
}

fn state(emulator: &Emulator) -> ServiceStatus {
    let now = emulator.now();
    emulator.with_model(|model| model.describe(&arn(), now)).unwrap().status
}

fn image() -> SourceConfiguration {
    let image = ImageRepository::builder()
        .image_identifier("public.ecr.aws/aws-containers/hello-app-runner:latest")
        .image_repository_type(ImageRepositoryType::EcrPublic);
    SourceConfiguration::builder().image_repository(image.build().unwrap()).build()
}

#[tokio::test]
async fn a_service_is_resumed_followed_described_and_paused() {
    let emulator = emulator(ServiceStatus::Paused).await;
    let client = client(&emulator);

    let resumed = client.resume_service().service_arn(ARN).send().await.unwrap();
    let service = resumed.service.unwrap();
    assert_eq!((service.service_arn.as_str(), service.service_name.as_str()), (ARN, "python-app"));
    assert_eq!(service.status, SdkServiceStatus::OperationInProgress);
    assert_eq!(service.service_url.as_deref(), Some("8fe1e10304.us-east-1.awsapprunner.com"));

    let listed = client.list_operations().service_arn(ARN).send().await.unwrap();
    let [operation] = listed.operation_summary_list() else { panic!("{listed:?}") };
    assert_eq!(operation.id, resumed.operation_id);
    assert_eq!(operation.r#type, Some(OperationType::ResumeService));
    assert_eq!(operation.status, Some(SdkOperationStatus::Succeeded));
    assert_eq!(operation.target_arn.as_deref(), Some(ARN));
    assert!(operation.started_at <= operation.ended_at);

    let described = client.describe_service().service_arn(ARN).send().await.unwrap().service.unwrap();
    assert_eq!(described.status, SdkServiceStatus::Running);
    assert!(client.pause_service().service_arn(ARN).send().await.unwrap().operation_id.is_some());
    assert_eq!(state(&emulator), ServiceStatus::Paused);

    let called: Vec<_> = calls(&emulator).iter().filter_map(|call| call.operation).collect();
    assert_eq!(
        called,
        [
            ApiOperation::ResumeService,
            ApiOperation::ListOperations,
            ApiOperation::DescribeService,
            ApiOperation::PauseService
        ]
    );
}

#[tokio::test]
async fn an_operation_goes_on_while_its_time_has_not_come() {
    let hours = Duration::from_secs(3600);
    let times = OperationTimes { pending: Duration::ZERO, in_progress: hours };
    let settings = Settings { times, ..Settings::default() };
    let emulator = emulator_with(settings, ServiceStatus::Paused).await;
    let client = client(&emulator);
    client.resume_service().service_arn(ARN).send().await.unwrap();
    let listed = client.list_operations().service_arn(ARN).send().await.unwrap();
    let [operation] = listed.operation_summary_list() else { panic!("{listed:?}") };
    assert_eq!((&operation.status, operation.ended_at), (&Some(SdkOperationStatus::InProgress), None));
    let refused = client.resume_service().service_arn(ARN).send().await.unwrap_err();
    assert!(refused.into_service_error().is_invalid_state_exception());
}

#[tokio::test]
async fn a_service_is_created_tagged_deployed_and_deleted() {
    let emulator = emulator(ServiceStatus::Paused).await;
    let client = client(&emulator);
    let tag = |key: &str| Tag::builder().key(key).value("office").build();
    let created = client
        .create_service()
        .service_name("reports")
        .source_configuration(image())
        .instance_configuration(InstanceConfiguration::builder().memory("4096").build())
        .tags(tag("schedule"))
        .send()
        .await
        .unwrap();
    let service = created.service.unwrap();
    assert_eq!(service.source_configuration, Some(image()));
    let instance = service.instance_configuration.unwrap();
    assert_eq!((instance.cpu.as_deref(), instance.memory.as_deref()), (Some("1024"), Some("4096")));

    let new = service.service_arn.as_str();
    client.tag_resource().resource_arn(new).tags(tag("team")).send().await.unwrap();
    let tags = client.list_tags_for_resource().resource_arn(new).send().await.unwrap();
    let keys: Vec<_> = tags.tags().iter().filter_map(Tag::key).collect();
    assert_eq!(keys, ["schedule", "team"]);

    let deployed = client.start_deployment().service_arn(new).send().await.unwrap();
    assert_eq!(deployed.operation_id.len(), 36);
    let deleted = client.delete_service().service_arn(new).send().await.unwrap();
    assert_eq!(deleted.operation_id.len(), 36);
    let gone = client.describe_service().service_arn(new).send().await.unwrap().service.unwrap();
    assert_eq!(gone.status, SdkServiceStatus::Deleted);
    assert!(gone.deleted_at.is_some());
    let listed = client.list_services().send().await.unwrap();
    let arns: Vec<_> = listed.service_summary_list().iter().filter_map(|s| s.service_arn()).collect();
    assert_eq!(arns, [ARN]);
}

#[tokio::test]
async fn the_sdk_pages_through_operations_and_services() {
    let emulator = emulator(ServiceStatus::Running).await;
    let now = emulator.now();
    emulator.with_model(|model| {
        for n in 0..44 {
            let arn = ARN.replace("8fe1e10304f84fd2b0df550fe98a71fa", &format!("{n:032x}"));
            model.put(arn.parse().unwrap(), ServiceStatus::Paused, now).unwrap();
            model.start_deployment(&self::arn(), now).unwrap();
        }
    });
    let client = client(&emulator);
    let pages = client.list_operations().service_arn(ARN).max_results(20).into_paginator().send();
    let pages: Vec<_> = pages.try_collect().await.unwrap();
    let sizes: Vec<_> = pages.iter().map(|page| page.operation_summary_list().len()).collect();
    assert_eq!(sizes, [20, 20, 4]);
    let pages = client.list_services().max_results(20).into_paginator().send();
    let pages: Vec<_> = pages.try_collect().await.unwrap();
    let sizes: Vec<_> = pages.iter().map(|page| page.service_summary_list().len()).collect();
    assert_eq!(sizes, [20, 20, 5]);

    let bad = client.list_operations().service_arn(ARN).next_token("x").send().await.unwrap_err();
    assert!(bad.into_service_error().is_invalid_request_exception());
    let bad = client.list_services().max_results(21).send().await.unwrap_err();
    assert!(bad.into_service_error().is_invalid_request_exception());
}

#[tokio::test]
async fn the_sdk_knows_the_errors_by_their_codes() {
    let emulator = emulator(ServiceStatus::Running).await;
    let client = client(&emulator);
    let refused = client.resume_service().service_arn(ARN).send().await.unwrap_err().into_service_error();
    assert!(refused.is_invalid_state_exception());
    assert!(refused.message().unwrap().ends_with("is RUNNING; RESUME_SERVICE is accepted in PAUSED"));

    let other = ARN.replace("8fe1", "0000");
    let unknown = client.resume_service().service_arn(other).send().await.unwrap_err().into_service_error();
    assert!(unknown.is_resource_not_found_exception());

    let empty = client.resume_service().service_arn("").send().await.unwrap_err().into_service_error();
    assert_eq!(empty.code(), Some("ValidationException"));
    let absent = client.resume_service().send().await.unwrap_err().into_service_error();
    assert_eq!(absent.message(), Some("the member ServiceArn is required and is missing"));
    let foreign = client.untag_resource().resource_arn(ARN).tag_keys("a").send().await.unwrap_err();
    assert_eq!(foreign.raw_response().unwrap().status().as_u16(), 404);
    assert_eq!(foreign.into_service_error().code(), Some("UnknownOperationException"));

    let codes: Vec<_> = calls(&emulator).into_iter().filter_map(|call| call.error).collect();
    assert_eq!(
        codes,
        [
            "InvalidStateException",
            "ResourceNotFoundException",
            "ValidationException",
            "ValidationException",
            "UnknownOperationException"
        ]
    );
}

#[tokio::test]
async fn already_in_that_state_can_be_a_success_without_an_operation() {
    let settings = Settings { already: Already::Accepts, ..Settings::default() };
    let emulator = emulator_with(settings, ServiceStatus::Running).await;
    let resumed = client(&emulator).resume_service().service_arn(ARN).send().await.unwrap();
    assert_eq!(resumed.operation_id, None);
    assert_eq!(resumed.service.unwrap().status, SdkServiceStatus::Running);
}

#[tokio::test]
async fn an_ordered_error_reaches_the_sdk_with_its_code_and_status() {
    let cases = [
        ("ThrottlingException", None, 400),
        ("TooManyRequestsException", None, 429),
        ("InternalServiceErrorException", None, 500),
        ("AccessDeniedException", Some(403), 403),
    ];
    let emulator = emulator(ServiceStatus::Paused).await;
    let client = client(&emulator);
    for (code, http_status, expected) in cases {
        let (code, message) = (code.to_owned(), Some("ordered".to_owned()));
        order(&emulator, Effect::Error { code: code.clone(), http_status, message, applied: false });
        let error = client.resume_service().service_arn(ARN).send().await.unwrap_err();
        assert_eq!(error.raw_response().unwrap().status().as_u16(), expected);
        let error = error.into_service_error();
        assert_eq!((error.code(), error.message()), (Some(code.as_str()), Some("ordered")));
    }
    assert_eq!(state(&emulator), ServiceStatus::Paused, "nothing was carried out");
}

#[tokio::test]
async fn a_status_without_a_body_has_no_code() {
    let emulator = emulator(ServiceStatus::Paused).await;
    order(&emulator, Effect::Status { http_status: 503, applied: None });
    let error = client(&emulator).resume_service().service_arn(ARN).send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 503);
    assert_eq!(error.code(), None);
    assert_eq!(state(&emulator), ServiceStatus::Paused);
}

#[tokio::test]
async fn a_success_that_is_not_json_was_carried_out_and_an_error_was_not() {
    for (http_status, expected) in [(200, ServiceStatus::Running), (500, ServiceStatus::Paused)] {
        let emulator = emulator(ServiceStatus::Paused).await;
        order(&emulator, Effect::NotJson { http_status, applied: None });
        let error = client(&emulator).resume_service().service_arn(ARN).send().await.unwrap_err();
        assert_eq!(error.raw_response().unwrap().status().as_u16(), http_status);
        assert_eq!(error.code(), None, "{error:?}");
        assert_eq!(state(&emulator), expected);
    }
}

#[tokio::test]
async fn a_closed_connection_gives_no_reply_whether_it_was_carried_out_or_not() {
    let cases =
        [(Effect::ReplyLost, ServiceStatus::Running), (Effect::ConnectionClosed, ServiceStatus::Paused)];
    for (effect, expected) in cases {
        let emulator = emulator(ServiceStatus::Paused).await;
        let client = client(&emulator);
        // A first call, so that the second goes over a connection that is open already.
        client.describe_service().service_arn(ARN).send().await.unwrap();
        order(&emulator, effect.clone());
        let error = client.resume_service().service_arn(ARN).send().await.unwrap_err();
        assert!(matches!(error, SdkError::DispatchFailure(_)), "{effect:?}: {error:?}");
        assert_eq!(state(&emulator), expected, "{effect:?}");
        let record = calls(&emulator).pop().unwrap();
        assert_eq!((record.delivered, record.http_status), (false, None));
        assert_eq!(calls(&emulator).len(), 2, "it was sent once");
    }
}

#[tokio::test]
async fn a_reply_can_be_held_back_while_the_emulator_goes_on() {
    let emulator = emulator(ServiceStatus::Paused).await;
    order(&emulator, Effect::Delay { millis: 3_600_000 });
    let client = client(&emulator);
    let waiting = tokio::spawn(client.resume_service().service_arn(ARN).send());
    let others = async {
        while state(&emulator) == ServiceStatus::Paused {
            client.list_services().send().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), others).await.unwrap();
    assert!(!waiting.is_finished(), "what it asked for is done, and it still waits for the reply");
    waiting.abort();
}

#[tokio::test]
async fn a_short_delay_ends_in_the_reply() {
    let emulator = emulator(ServiceStatus::Paused).await;
    order(&emulator, Effect::Delay { millis: 1 });
    assert!(client(&emulator).resume_service().service_arn(ARN).send().await.is_ok());
}

#[tokio::test]
async fn an_operation_can_end_badly_never_or_with_strange_words() {
    let cases = [
        (Effect::OperationEnds(OperationEnd::Failed), "FAILED", ServiceStatus::Paused),
        (Effect::OperationEnds(OperationEnd::RollbackSucceeded), "ROLLBACK_SUCCEEDED", ServiceStatus::Paused),
        (Effect::OperationEnds(OperationEnd::RollbackFailed), "ROLLBACK_FAILED", ServiceStatus::Paused),
        (Effect::OperationNeverEnds, "IN_PROGRESS", ServiceStatus::OperationInProgress),
        (Effect::OperationSays("COMPLETING".to_owned()), "SUCCEEDED", ServiceStatus::Running),
    ];
    for (effect, word, after) in cases {
        let emulator = emulator(ServiceStatus::Paused).await;
        order(&emulator, effect.clone());
        let client = client(&emulator);
        client.resume_service().service_arn(ARN).send().await.unwrap();
        let listed = client.list_operations().service_arn(ARN).send().await.unwrap();
        let status = listed.operation_summary_list().first().and_then(|line| line.status()).unwrap();
        assert_eq!(status.as_str(), word, "{effect:?}");
        assert_eq!(state(&emulator), after, "{effect:?}");
    }
}

#[tokio::test]
async fn a_reply_can_name_no_operation_though_one_began() {
    let emulator = emulator(ServiceStatus::Paused).await;
    order(&emulator, Effect::NoOperationId);
    let client = client(&emulator);
    assert_eq!(client.resume_service().service_arn(ARN).send().await.unwrap().operation_id, None);
    let listed = client.list_operations().service_arn(ARN).send().await.unwrap();
    assert_eq!(listed.operation_summary_list().len(), 1);
}

/// Sends one request as it stands and gives back the head and the body of the reply.
fn raw(emulator: &Emulator, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn send(emulator: &Emulator, line: &str, header: &str, body: &str) -> (String, String) {
    let length = body.len();
    raw(
        emulator,
        &format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}Content-Length: {length}\r\n\r\n{body}"
        ),
    )
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_wire_it_is_aws_json() {
    let emulator = emulator(ServiceStatus::Running).await;
    let body = json!({ "ServiceArn": ARN }).to_string();
    let (head, body) = send(&emulator, "POST /", "X-Amz-Target: AppRunner.ResumeService\r\n", &body);
    assert!(head.starts_with("HTTP/1.1 400 Bad Request"), "{head}");
    assert!(head.contains("content-type: application/x-amz-json-1.0"), "{head}");
    assert!(head.contains("x-amzn-errortype: InvalidStateException"), "{head}");
    assert!(head.contains("x-amzn-requestid: "), "{head}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body.get("__type"), Some(&json!("InvalidStateException")));
    assert!(body.get("Message").is_some());

    let target = "X-Amz-Target: AppRunner.ListServices\r\n";
    let (head, body) = send(&emulator, "POST /", target, "{");
    assert!(head.starts_with("HTTP/1.1 400") && body.contains("SerializationException"), "{head} {body}");
    let (head, body) = send(&emulator, "POST /other", target, "{}");
    assert!(head.starts_with("HTTP/1.1 404") && body.contains("UnknownOperationException"), "{head} {body}");
    let (head, _) = send(&emulator, "GET /", target, "{}");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    let (head, body) = send(&emulator, "POST /", target, &" ".repeat(MAX_BODY_BYTES + 1));
    assert!(head.starts_with("HTTP/1.1 413") && body.contains("larger than 262144 bytes"), "{head} {body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_door_orders_faults_puts_services_and_shows_what_happened() {
    let emulator = emulator(ServiceStatus::Running).await;
    let other = ARN.replace("8fe1", "0000");
    let post = |path: &str, body: Value| send(&emulator, &format!("POST {path}"), "", &body.to_string());
    let get = |path: &str| json_lines(&send(&emulator, &format!("GET {path}"), "", "").1);

    let (head, _) = post("/_emulator/services", json!({ "arn": other, "status": "paused" }));
    assert!(head.starts_with("HTTP/1.1 204"), "{head}");
    let services = get("/_emulator/services");
    assert_eq!(
        services,
        [json!({ "arn": other, "status": "PAUSED" }), json!({ "arn": ARN, "status": "RUNNING" })]
    );

    let fault = json!({ "operation": "ResumeService", "arn": other, "effect": "reply-lost" });
    assert!(post("/_emulator/faults", fault.clone()).0.starts_with("HTTP/1.1 204"));
    let client = client(&emulator);
    client.resume_service().service_arn(&other).send().await.unwrap_err();
    let operations = get("/_emulator/operations");
    let [operation] = operations.as_slice() else { panic!("{operations:?}") };
    assert_eq!(operation.get("type"), Some(&json!("RESUME_SERVICE")));
    let calls = get("/_emulator/calls");
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(call.get("delivered"), Some(&json!(false)));
    assert_eq!(call.get("operation-id"), operation.get("operation-id"));
    assert_eq!(call.get("operation"), Some(&json!("ResumeService")));

    post("/_emulator/faults", fault);
    assert!(send(&emulator, "DELETE /_emulator/faults", "", "").0.starts_with("HTTP/1.1 204"));
    let refused = client.resume_service().service_arn(&other).send().await.unwrap_err();
    assert!(refused.into_service_error().is_invalid_state_exception(), "the fault is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_door_says_what_is_wrong() {
    let emulator = emulator(ServiceStatus::Running).await;
    let cases = [
        ("POST /_emulator/faults", "{}", "this is not a fault: missing field `effect`"),
        ("POST /_emulator/faults", r#"{"effect":"reply-lost","calls":0}"#, "`calls` is 0"),
        ("POST /_emulator/services", "{}", "this is not a service: missing field `arn`"),
        ("POST /_emulator/services", r#"{"arn":"web","status":"RUNNING"}"#, "`web`: it has 1 part"),
        ("GET /_emulator/other", "", "there is no GET /_emulator/other; use POST or DELETE /_emulator/f"),
    ];
    for (line, body, expected) in cases {
        let (head, body) = send(&emulator, line, "", body);
        assert!(head.starts_with("HTTP/1.1 4") && body.contains(expected), "{line}: {head} {body}");
    }
    let body = json!({ "arn": ARN, "status": "asleep" }).to_string();
    let (_, body) = send(&emulator, "POST /_emulator/services", "", &body);
    assert!(
        body.contains("`asleep` is not a status of a service; use one of CREATE_FAILED, RUNNING,"),
        "{body}"
    );
}

#[tokio::test]
async fn dropping_it_closes_the_door() {
    let emulator = emulator(ServiceStatus::Running).await;
    let address = emulator.address();
    let client = client(&emulator);
    client.list_services().send().await.unwrap();
    drop(emulator);
    let deadline = tokio::time::sleep(Duration::from_secs(30));
    tokio::pin!(deadline);
    loop {
        tokio::select! {
            () = &mut deadline => panic!("{address} still answers"),
            result = client.list_services().send() => if result.is_err() { break },
        }
    }
}
