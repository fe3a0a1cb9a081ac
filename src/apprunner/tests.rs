//! The client as a whole: the real SDK over replies that are played back, and over loopback sockets.

use super::AppRunner;
use super::credentials::RENEWED_AT_MOST_EVERY;
use super::http_client::{PATIENCE, Patience};
use super::sdk::{Sdk, bare, example_credentials};
use crate::api::{
    Action, Cause, Operation, OperationId, OperationKind, OperationStatus, Refusal, Reply, Request,
    ServiceArn, ServiceStatus,
};
use crate::clock::Clock;
use crate::config::DaemonSettings;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

const ARN: &str =
    "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

fn arn() -> ServiceArn {
    ARN.parse().unwrap()
}

const RESUME: Request = Request::Act(Action::Resume);
const PAUSE: Request = Request::Act(Action::Pause);

/// A reply that is played back: status, headers, body.
type Canned = (u16, &'static [(&'static str, &'static str)], &'static str);

fn play(replies: &[Canned]) -> StaticReplayClient {
    let replies = replies.iter().map(|&(status, headers, body)| {
        let mut reply = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for &(name, value) in headers {
            reply.headers_mut().insert(name, value);
        }
        ReplayEvent::new(HttpRequest::empty(), reply)
    });
    StaticReplayClient::new(replies.collect())
}

async fn answer_to(request: &Request, reply: Canned) -> Result<Reply, Refusal> {
    replayed(&play(&[reply])).call(&arn(), request).await
}

fn replayed(replies: &StaticReplayClient) -> Sdk {
    Sdk::new(bare(), example_credentials(), SharedHttpClient::new(replies.clone()), PATIENCE)
}

fn refused(cause: Cause, message: &str) -> Result<Reply, Refusal> {
    Err(Refusal { cause, message: message.to_owned() })
}

fn answered(code: &str, http_status: u16, message: &str) -> Result<Reply, Refusal> {
    refused(Cause::Answered { code: Some(code.to_owned()), http_status }, message)
}

#[tokio::test]
async fn errors_keep_their_code_status_and_words() {
    for (reply, expected) in errors() {
        for request in [RESUME, PAUSE, Request::Describe, Request::ListOperations { page: None }] {
            assert_eq!(answer_to(&request, reply).await, expected, "{request:?} {reply:?}");
        }
    }
}

fn errors() -> [(Canned, Result<Reply, Refusal>); 14] {
    [
        (
            (400, &[], r#"{"__type":"InvalidStateException","Message":"the service is busy"}"#),
            answered("InvalidStateException", 400, "the service is busy"),
        ),
        (
            (400, &[], r#"{"__type":"ResourceNotFoundException","Message":"no such service"}"#),
            answered("ResourceNotFoundException", 400, "no such service"),
        ),
        (
            (400, &[], r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"bad ARN"}"#),
            answered("ValidationException", 400, "bad ARN"),
        ),
        (
            (
                400,
                &[("x-amzn-errortype", "InvalidStateException:http://internal.example/")],
                r#"{"Message":"m"}"#,
            ),
            answered("InvalidStateException", 400, "m"),
        ),
        (
            (503, &[("x-amzn-errortype", "ns#ServiceUnavailable:http://internal.example/")], "<html>"),
            answered("ServiceUnavailable", 503, "its body is: <html>"),
        ),
        (
            (429, &[], r#"{"__type":"TooManyRequestsException","message":"slow down"}"#),
            answered("TooManyRequestsException", 429, "slow down"),
        ),
        (
            (500, &[], r#"{"__type":"InternalServiceErrorException","Message":"oops"}"#),
            answered("InternalServiceErrorException", 500, "oops"),
        ),
        (
            (400, &[], r#"{"__type":"ExpiredTokenException"}"#),
            answered("ExpiredTokenException", 400, r#"its body is: {"__type":"ExpiredTokenException"}"#),
        ),
        (
            (
                403,
                &[],
                "{\"__type\":\"AccessDeniedException\",\"Message\":\"first line\\r\\n second\\tline\\u001b[31m\"}",
            ),
            answered("AccessDeniedException", 403, "first line second line [31m"),
        ),
        ((500, &[], ""), refused(Cause::Answered { code: None, http_status: 500 }, "its body is empty")),
        (
            (503, &[], "<html>\n  <h1>Busy</h1>\n</html>"),
            refused(
                Cause::Answered { code: None, http_status: 503 },
                "its body is: <html> <h1>Busy</h1> </html>",
            ),
        ),
        (
            (302, &[], "elsewhere"),
            refused(Cause::Answered { code: None, http_status: 302 }, "its body is: elsewhere"),
        ),
        (
            (200, &[], "not json"),
            refused(Cause::Unreadable, "the reply could not be read; its body is: not json"),
        ),
        (
            (200, &[], r#"{"Service":{"Status":"RUNN"#),
            refused(
                Cause::Unreadable,
                r#"the reply could not be read; its body is: {"Service":{"Status":"RUNN"#,
            ),
        ),
    ]
}

#[tokio::test]
async fn a_session_token_that_is_quoted_back_is_removed() {
    let cases = [
        (
            "POST\n/\nx-amz-security-token:SECRET\nx-amz-target:T",
            "POST / x-amz-security-token x-amz-target:T",
        ),
        ("X-Amz-Security-Token: SECRET and more", "X-Amz-Security-Token [removed] and more"),
        ("?X-Amz-Security-Token=SECRET&X=1 and more", "?X-Amz-Security-Token and more"),
        (r#"{"X-Amz-Security-Token": "SECRET"}"#, r#"{"X-Amz-Security-Token [removed]"#),
    ];
    for (said, expected) in cases {
        let body = serde_json::json!({"__type": "InvalidSignatureException", "message": said});
        let refusal = answer_to(&RESUME, (400, &[], body.to_string().leak())).await;
        assert_eq!(refusal, answered("InvalidSignatureException", 400, expected));
    }
}

#[tokio::test]
async fn a_long_page_is_cut() {
    let page: &'static str = "é".repeat(10_000).leak();
    let message = answer_to(&RESUME, (502, &[], page)).await.unwrap_err().message;
    assert_eq!(message, format!("its body is: {}…", "é".repeat(587)));
}

#[tokio::test]
async fn an_accepted_call_names_its_operation_and_the_state_of_the_service() {
    let accepted =
        |id: Option<&str>, status| Ok(Reply::Accepted { operation: id.map(OperationId::new), status });
    let unknown = |word: &str| ServiceStatus::Unknown(word.to_owned());
    let cases = [
        (
            r#"{"OperationId":"op-1","Service":{"Status":"OPERATION_IN_PROGRESS"}}"#,
            accepted(Some("op-1"), ServiceStatus::OperationInProgress),
        ),
        (r#"{"Service":{"Status":"running"}}"#, accepted(None, ServiceStatus::Running)),
        (r#"{"OperationId":"","Service":{"Status":"NAPPING"}}"#, accepted(None, unknown("NAPPING"))),
        (r#"{"OperationId":null,"Service":{}}"#, accepted(None, unknown(""))),
        (r#"{"OperationId":"op-1"}"#, accepted(Some("op-1"), unknown(""))),
        ("{}", accepted(None, unknown(""))),
        ("", accepted(None, unknown(""))),
    ];
    for (body, expected) in cases {
        for request in [RESUME, PAUSE] {
            assert_eq!(answer_to(&request, (200, &[], body)).await, expected, "{body}");
        }
    }
}

#[tokio::test]
async fn a_description_is_read() {
    let body = r#"{"Service":{"Status":"PAUSED","ServiceName":"python-app"}}"#;
    let expected = Ok(Reply::Described { status: ServiceStatus::Paused });
    assert_eq!(answer_to(&Request::Describe, (200, &[], body)).await, expected);
}

#[tokio::test]
async fn operations_are_read_whatever_they_lack() {
    let body = r#"{"NextToken":"page-2","OperationSummaryList":[
        {"Id":"op-2","Type":"RESUME_SERVICE","Status":"ROLLBACK_SUCCEEDED","TargetArn":"arn","StartedAt":1605899125.25,"EndedAt":1605899185},
        {"Id":"","Type":"SOMETHING_NEW","Status":"pending"},
        {}
    ]}"#;
    let nothing = Operation { id: None, kind: None, status: None, started_at: None, ended_at: None };
    let expected = Ok(Reply::Operations {
        operations: vec![
            Operation {
                id: Some(OperationId::new("op-2")),
                kind: Some(OperationKind::ResumeService),
                status: Some(OperationStatus::RollbackSucceeded),
                started_at: Some("2020-11-20T19:05:25.25Z".parse().unwrap()),
                ended_at: Some("2020-11-20T19:06:25Z".parse().unwrap()),
            },
            Operation {
                kind: Some(OperationKind::Unknown("SOMETHING_NEW".to_owned())),
                status: Some(OperationStatus::Pending),
                ..nothing.clone()
            },
            nothing,
        ],
        next_page: Some("page-2".to_owned()),
    });
    let list = Request::ListOperations { page: None };
    assert_eq!(answer_to(&list, (200, &[], body)).await, expected);

    let empty = Ok(Reply::Operations { operations: Vec::new(), next_page: None });
    assert_eq!(answer_to(&list, (200, &[], r#"{"OperationSummaryList":[],"NextToken":""}"#)).await, empty);
    assert_eq!(answer_to(&list, (200, &[], "{}")).await, empty);
}

#[tokio::test]
async fn a_request_goes_to_the_region_of_the_arn_and_is_made_once() {
    let played = play(&[(200, &[], "{}"), (500, &[], "")]);
    let sdk = replayed(&played);
    let list = Request::ListOperations { page: Some("page-2".to_owned()) };
    sdk.call(&arn(), &list).await.unwrap();
    let elsewhere: ServiceArn = ARN.replace("us-east-1", "eu-central-1").parse().unwrap();
    sdk.call(&elsewhere, &PAUSE).await.unwrap_err();

    let seen: Vec<(String, String, serde_json::Value)> = played
        .actual_requests()
        .map(|request| {
            let target = request.headers().get("x-amz-target").unwrap().to_owned();
            let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            (request.uri().to_owned(), target, body)
        })
        .collect();
    let expected = vec![
        (
            "https://apprunner.us-east-1.amazonaws.com/".to_owned(),
            "AppRunner.ListOperations".to_owned(),
            serde_json::json!({"ServiceArn": ARN, "MaxResults": 20, "NextToken": "page-2"}),
        ),
        (
            "https://apprunner.eu-central-1.amazonaws.com/".to_owned(),
            "AppRunner.PauseService".to_owned(),
            serde_json::json!({"ServiceArn": elsewhere.as_str()}),
        ),
    ];
    assert_eq!(seen, expected);
}

/// A source of credentials that counts how often it is asked.
#[derive(Debug, Clone)]
struct Source {
    asked: Arc<AtomicUsize>,
    gives: Gives,
}

#[derive(Debug, Clone, Copy)]
enum Gives {
    Credentials,
    Nothing,
    NoAnswer,
}

impl Source {
    fn that_gives(gives: Gives) -> Self {
        Self { asked: Arc::default(), gives }
    }

    fn sdk(&self, replies: &[Canned]) -> Sdk {
        let credentials = match self.gives {
            Gives::NoAnswer => Duration::from_millis(20),
            Gives::Credentials | Gives::Nothing => PATIENCE.credentials,
        };
        let patience = Patience { credentials, ..PATIENCE };
        let credentials = SharedCredentialsProvider::new(self.clone());
        Sdk::new(bare(), credentials, SharedHttpClient::new(play(replies)), patience)
    }
}

impl ProvideCredentials for Source {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.asked.fetch_add(1, Ordering::SeqCst);
        future::ProvideCredentials::new(async {
            match self.gives {
                Gives::Credentials => {
                    Ok(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test"))
                }
                Gives::Nothing => Err(CredentialsError::not_loaded("nothing is set")),
                Gives::NoAnswer => std::future::pending().await,
            }
        })
    }
}

#[tokio::test]
async fn all_regions_share_one_set_of_credentials() {
    let source = Source::that_gives(Gives::Credentials);
    let accepted: Canned = (200, &[], "{}");
    let sdk = source.sdk(&[accepted; 3]);
    for region in ["us-east-1", "eu-central-1", "us-east-1"] {
        let arn: ServiceArn = ARN.replace("us-east-1", region).parse().unwrap();
        sdk.call(&arn, &RESUME).await.unwrap();
    }
    assert_eq!(source.asked.load(Ordering::SeqCst), 1);
    assert_eq!(sdk.credentials_problem().await, None);
}

#[tokio::test]
async fn missing_credentials_are_said_plainly() {
    let way_out = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine or the \
                   container a role";
    let cases =
        [(Gives::Nothing, " found"), (Gives::NoAnswer, ": credentials provider timed out after 0 seconds")];
    for (gives, why) in cases {
        let sdk = Source::that_gives(gives).sdk(&[]);
        let problem = format!("no AWS credentials{why}; {way_out}");
        assert_eq!(sdk.call(&arn(), &RESUME).await, refused(Cause::NoCredentials, &problem));
        assert_eq!(sdk.credentials_problem().await.unwrap(), problem);
    }
}

#[tokio::test]
async fn of_many_calls_that_are_refused_for_their_keys_one_fetches_others() {
    const CALLS: usize = 40;
    let source = Source::that_gives(Gives::Credentials);
    let expired: Canned = (400, &[], r#"{"__type":"ExpiredTokenException"}"#);
    let sdk = Arc::new(source.sdk(&[expired; 3 * CALLS]));
    let clock = Clock::new();
    for _ in 0..3 {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..CALLS {
            let sdk = Arc::clone(&sdk);
            calls.spawn(async move { sdk.call(&arn(), &RESUME).await.unwrap_err() });
        }
        assert_eq!(calls.join_all().await.len(), CALLS);
    }
    // The keys stay what they are, so the second fetch does not help either, and a third is made seconds later.
    let later = usize::try_from(clock.now().elapsed.0.as_secs() / RENEWED_AT_MOST_EVERY.as_secs()).unwrap();
    let asked = source.asked.load(Ordering::SeqCst);
    assert!((2..=2 + later).contains(&asked), "asked {asked} times, {later} pauses after the first");
}

/// Long enough for a busy machine, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);

/// Lets `serve` have every connection to a loopback socket, and returns the socket's address.
fn server(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    address
}

fn read_request(connection: &mut TcpStream) {
    let mut request = [0; 16_384];
    assert!(connection.read(&mut request).unwrap() > 0);
}

fn sdk_at(url: &str, patience: Patience) -> Sdk {
    Sdk::at(url, patience, DaemonSettings::default().connections)
}

async fn resume_at(url: &str, patience: Patience) -> Result<Reply, Refusal> {
    sdk_at(url, patience).call(&arn(), &RESUME).await
}

#[tokio::test]
async fn a_refused_connection_means_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let expected = refused(
        Cause::NotSent,
        "client error (Connect): tcp connect error: Connection refused (os error 111)",
    );
    assert_eq!(resume_at(&format!("http://{address}"), PATIENCE).await, expected);
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_means_that_nothing_was_sent() {
    // Too long for a name, so no name server is asked.
    let url = format!("http://{}", "a".repeat(64));
    let refusal = resume_at(&url, PATIENCE).await.unwrap_err();
    assert_eq!(refusal.cause, Cause::NotSent, "{refusal}");
    assert!(refusal.message.starts_with("client error (Connect): dns error: "), "{refusal}");
}

#[tokio::test]
async fn a_failed_handshake_means_that_nothing_was_sent() {
    let address = server(|mut connection| {
        read_request(&mut connection);
        connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let expected = refused(
        Cause::NotSent,
        "client error (Connect): TLS handshake failed: received corrupt message of type InvalidContentType",
    );
    assert_eq!(resume_at(&format!("https://{address}"), PATIENCE).await, expected);
}

#[tokio::test]
async fn a_connection_that_takes_too_long_means_that_nothing_was_sent() {
    // It accepts, but it never shakes hands.
    let address = server(|connection| drop(thread::spawn(move || hold(connection))));
    let patience = Patience { connect: SHORT, ..PATIENCE };
    let expected = refused(
        Cause::NotSent,
        "client error (Connect): HTTP connect timeout occurred after 300ms: timed out",
    );
    assert_eq!(resume_at(&format!("https://{address}"), patience).await, expected);
}

/// Keeps a connection open until the other side has closed it.
fn hold(mut connection: TcpStream) {
    while matches!(connection.read(&mut [0; 1024]), Ok(1..)) {}
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_means_that_no_reply_came() {
    let address = server(|mut connection| read_request(&mut connection));
    let expected =
        refused(Cause::NoReply, "client error (SendRequest): connection closed before message completed");
    assert_eq!(resume_at(&format!("http://{address}"), PATIENCE).await, expected);
}

#[tokio::test]
async fn a_server_that_never_answers_means_that_no_reply_came() {
    let address = server(hold);
    let patience = Patience { read: SHORT, ..PATIENCE };
    let expected = refused(Cause::NoReply, "HTTP read timeout occurred after 300ms: timed out");
    assert_eq!(resume_at(&format!("http://{address}"), patience).await, expected);
}

#[tokio::test]
async fn a_body_that_never_comes_means_that_no_reply_came() {
    let address = server(|mut connection| {
        read_request(&mut connection);
        connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{").unwrap();
        hold(connection);
    });
    let patience = Patience { request: SHORT, ..PATIENCE };
    let expected = refused(Cause::NoReply, "operation attempt timeout (single attempt) occurred after 300ms");
    assert_eq!(resume_at(&format!("http://{address}"), patience).await, expected);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_unreadable() {
    let address = server(|mut connection| {
        read_request(&mut connection);
        connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{").unwrap();
    });
    let expected = refused(Cause::Unreadable, "the reply could not be read; its body did not arrive");
    assert_eq!(resume_at(&format!("http://{address}"), PATIENCE).await, expected);
}

#[tokio::test]
async fn a_body_without_end_is_read_no_further_than_its_limit() {
    for (head, cause) in [
        ("HTTP/1.1 200 OK\r\n\r\n", Cause::Unreadable),
        ("HTTP/1.1 500 Oops\r\n\r\n", Cause::Answered { code: None, http_status: 500 }),
    ] {
        let address = server(move |mut connection| {
            read_request(&mut connection);
            connection.write_all(head.as_bytes()).unwrap();
            while connection.write_all(&[b' '; 65_536]).is_ok() {}
        });
        let Err(refusal) = resume_at(&format!("http://{address}"), PATIENCE).await else { panic!("{head}") };
        assert_eq!(refusal.cause, cause);
        assert!(refusal.message.ends_with("its body is larger than 4 MiB"), "{}", refusal.message);
    }
}

#[tokio::test]
async fn a_success_that_is_not_json_is_unreadable() {
    let address = server(|mut connection| {
        read_request(&mut connection);
        connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nnot json").unwrap();
    });
    let expected = refused(Cause::Unreadable, "the reply could not be read; its body is: not json");
    assert_eq!(resume_at(&format!("http://{address}"), PATIENCE).await, expected);
}

#[tokio::test]
async fn a_connection_is_kept_and_shared_by_all_regions() {
    let connections = Arc::new(AtomicUsize::new(0));
    let address = server({
        let connections = Arc::clone(&connections);
        move |mut connection| {
            connections.fetch_add(1, Ordering::SeqCst);
            while matches!(connection.read(&mut [0; 16_384]), Ok(1..)) {
                connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
            }
        }
    });
    let sdk = sdk_at(&format!("http://{address}"), PATIENCE);
    for region in ["us-east-1", "eu-central-1", "us-east-1"] {
        let arn: ServiceArn = ARN.replace("us-east-1", region).parse().unwrap();
        sdk.call(&arn, &Request::Describe).await.unwrap();
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

/// The connections that a server sees.
#[derive(Default)]
struct Connections {
    seen: Mutex<Seen>,
    released: Condvar,
}

#[derive(Default)]
struct Seen {
    open: usize,
    most_open: usize,
    /// Requests that were taken, and those of them that may be answered.
    taken: usize,
    answered: usize,
}

impl Connections {
    /// Answers a request only when so many wait for it.
    fn serve(&self, mut connection: TcpStream, at_once: usize) {
        {
            let mut seen = self.seen.lock().unwrap();
            seen.open += 1;
            seen.most_open = seen.most_open.max(seen.open);
        }
        while matches!(connection.read(&mut [0; 16_384]), Ok(1..)) {
            let mut seen = self.seen.lock().unwrap();
            seen.taken += 1;
            let mine = seen.taken;
            if seen.taken.is_multiple_of(at_once) {
                seen.answered = seen.taken;
                self.released.notify_all();
            }
            drop(self.released.wait_while(seen, |seen| seen.answered < mine).unwrap());
            connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        }
        self.seen.lock().unwrap().open -= 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_accounts_call_at_once_few_connections_are_open_and_all_get_through() {
    const CONNECTIONS: NonZeroU32 = NonZeroU32::new(64).unwrap();
    let connections = Arc::new(Connections::default());
    let address = server({
        let connections = Arc::clone(&connections);
        move |connection| {
            let connections = Arc::clone(&connections);
            thread::spawn(move || connections.serve(connection, 32));
        }
    });
    let sdk = Arc::new(Sdk::at(&format!("http://{address}"), PATIENCE, CONNECTIONS));
    let mut calls = tokio::task::JoinSet::new();
    for account in 0..100 {
        let arn: ServiceArn = ARN.replace("123456789012", &format!("{account:012}")).parse().unwrap();
        for _ in 0..16 {
            let (sdk, arn) = (Arc::clone(&sdk), arn.clone());
            calls.spawn(async move {
                // One that waited too long for its turn never left, and is decided anew.
                while let Err(refusal) = sdk.call(&arn, &Request::Describe).await {
                    assert_eq!(refusal.cause, Cause::NotSent, "{refusal}");
                }
            });
        }
    }
    calls.join_all().await;
    let most_open = connections.seen.lock().unwrap().most_open;
    assert!((32..=64).contains(&most_open), "{most_open} were open at once");
}
