//! The SDK's own settings reach the door: endpoint and credentials from the environment, and plain words without them.
//!
//! The environment belongs to a process, so each test runs itself again as a child with an environment of its own.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may be blunt")]

use reveille::api::ServiceArn;
use reveille::api::{Cause, Refusal, Reply, Request, ServiceStatus};
use reveille::apprunner::{AppRunner, Sdk};
use reveille::config::DaemonSettings;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::time::timeout;

const ARN: &str =
    "arn:aws:apprunner:eu-west-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

/// Runs one of the ignored tests below with this environment and no other.
fn child(test: &str, environment: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn connect() -> Sdk {
    Sdk::connect("us-west-2", DaemonSettings::default().connections)
}

/// Answers one request on a loopback socket; gives its address and, in the end, the head of the request.
fn server(body: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = thread::spawn(move || {
        let (connection, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(connection);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0);
        }
        let reply =
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        reader.get_mut().write_all(reply.as_bytes()).unwrap();
        let _rest = reader.read_to_end(&mut Vec::new());
        head
    });
    (url, served)
}

#[test]
fn endpoint_and_credentials_come_from_the_environment_and_the_region_from_the_arn() {
    let (url, served) = server(r#"{"Service":{"Status":"PAUSED"}}"#);
    let ended = child(
        "child_that_describes",
        &[
            ("AWS_ENDPOINT_URL_APPRUNNER", &url),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ],
    );
    assert!(ended.status.success(), "{ended:?}");
    let head = served.join().unwrap();
    assert!(head.contains("x-amz-target: AppRunner.DescribeService\r\n"), "{head}");
    assert!(head.contains("Credential=AKIAIOSFODNN7EXAMPLE/"), "{head}");
    assert!(head.contains("/eu-west-1/apprunner/aws4_request"), "{head}");
}

#[tokio::test]
#[ignore = "runs as the child of another test"]
async fn child_that_describes() {
    let sdk = connect();
    assert_eq!(sdk.credentials_problem().await, None);
    let reply = sdk.call(&ARN.parse::<ServiceArn>().unwrap(), &Request::Describe).await;
    assert_eq!(reply, Ok(Reply::Described { status: ServiceStatus::Paused }));
}

#[test]
fn without_credentials_nothing_is_sent_and_the_way_out_is_said() {
    let ended = child("child_without_credentials", &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")]);
    assert!(ended.status.success(), "{ended:?}");
}

#[tokio::test]
#[ignore = "runs as the child of another test"]
async fn child_without_credentials() {
    let sdk = connect();
    let expected = "no AWS credentials found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
                    or give the machine or the container a role";
    assert_eq!(sdk.credentials_problem().await.unwrap(), expected);
    let reply = sdk.call(&ARN.parse::<ServiceArn>().unwrap(), &Request::Describe).await;
    assert_eq!(reply, Err(Refusal { cause: Cause::NoCredentials, message: expected.to_owned() }));
}

#[test]
fn a_profile_that_no_file_has_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("credentials");
    std::fs::write(&file, keys(FIRST).replace("default", "production")).unwrap();
    let environment = [("AWS_PROFILE", "staging"), ("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap())];
    let ended = child("child_with_an_unknown_profile", &environment);
    assert!(ended.status.success(), "{ended:?}");
}

#[tokio::test]
#[ignore = "runs as the child of another test"]
async fn child_with_an_unknown_profile() {
    let problem = connect().credentials_problem().await.unwrap();
    let why = "no AWS credentials found: there is no profile `staging`; set AWS_PROFILE, or ";
    assert!(problem.starts_with(why), "{problem}");
}

const FIRST: &str = "AKIAIOSFODNN7EXAMPLE";
const SECOND: &str = "AKIDEXAMPLE";

/// Long enough for any machine: a limit for a broken program, not a measure of a slow one.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs an ignored test below as somebody whose home is a folder, beside an App Runner that answers with the key that
/// it was asked with. It takes every key but those that a file `expired` names.
fn at_home(test: &str) {
    at_home_with(test, &[]);
}

fn at_home_with(test: &str, more: &[(&str, &str)]) {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let expired = home.path().join("expired");
    thread::spawn(move || {
        listener.incoming().for_each(|connection| answer_with_the_key(connection.unwrap(), &expired));
    });
    let mut environment = vec![("HOME", home.path().to_str().unwrap()), ("AWS_ENDPOINT_URL_APPRUNNER", &url)];
    environment.extend(more);
    let ended = child(test, &environment);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

fn answer_with_the_key(mut connection: TcpStream, expired: &Path) {
    let mut head = String::new();
    let mut reader = BufReader::new(&mut connection);
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap() == 0 {
            return;
        }
    }
    let (_, signed) = head.split_once("Credential=").unwrap();
    let (key, _) = signed.split_once('/').unwrap();
    let (status, body) = match std::fs::read_to_string(expired) {
        Ok(expired) if expired == key => {
            ("400 Bad Request", r#"{"__type":"ExpiredTokenException"}"#.to_owned())
        }
        _ => ("200 OK", format!(r#"{{"Service":{{"Status":"{key}"}}}}"#)),
    };
    let length = body.len();
    let reply = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    connection.write_all(reply.as_bytes()).unwrap();
}

/// Writes a file at home.
fn write(name: &str, text: &str) {
    std::fs::write(std::env::home_dir().unwrap().join(name), text).unwrap();
}

fn write_keys(id: &str) {
    write(".aws/credentials", &keys(id));
}

fn keys(id: &str) -> String {
    format!(
        "[default]\naws_access_key_id = {id}\naws_secret_access_key = secret\naws_session_token = token\n"
    )
}

/// The key with which a request was signed, or the code with which it was refused.
async fn key_of_a_call(sdk: &Sdk) -> String {
    match sdk.call(&ARN.parse().unwrap(), &Request::Describe).await {
        Ok(Reply::Described { status: ServiceStatus::Unknown(key) }) => key,
        Err(Refusal { cause: Cause::Answered { code: Some(code), .. }, .. }) => code,
        Err(Refusal { cause: Cause::NoCredentials, .. }) => "none".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Calls until a request is signed with this key; which keys and refusals there were before.
async fn calls_until_signed_with(sdk: &Sdk, key: &str) -> BTreeSet<String> {
    let mut before = BTreeSet::new();
    let calls = async {
        loop {
            let used = key_of_a_call(sdk).await;
            if used == key {
                break;
            }
            before.insert(used);
        }
    };
    let reached = timeout(PATIENCE, calls).await;
    assert!(reached.is_ok(), "no request was signed with {key}; before: {before:?}");
    before
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn session_keys_that_a_tool_writes_every_hour_are_in_use_without_a_refusal() {
    at_home("child_whose_keys_are_rewritten");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as the child of another test"]
async fn child_whose_keys_are_rewritten() {
    write_keys(FIRST);
    let sdk = connect();
    for (before, after) in [(FIRST, SECOND), (SECOND, FIRST), (FIRST, SECOND)] {
        assert_eq!(key_of_a_call(&sdk).await, before);
        write_keys(after);
        let before = calls_until_signed_with(&sdk, after).await;
        assert!(before.iter().all(|used| [FIRST, SECOND].contains(&used.as_str())), "{before:?}");
    }
}

#[test]
fn keys_that_appear_after_the_start_are_used() {
    at_home("child_whose_keys_appear");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as the child of another test"]
async fn child_whose_keys_appear() {
    let sdk = connect();
    assert_eq!(key_of_a_call(&sdk).await, "none");
    write_keys(FIRST);
    assert_eq!(calls_until_signed_with(&sdk, FIRST).await.difference(&set(&["none"])).count(), 0);
}

#[test]
fn a_file_that_is_half_written_leaves_working_keys_in_use() {
    at_home("child_whose_keys_are_half_written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as the child of another test"]
async fn child_whose_keys_are_half_written() {
    write_keys(FIRST);
    let sdk = connect();
    assert_eq!(key_of_a_call(&sdk).await, FIRST);
    for part in ["", "[default]\naws_access_key_id = AKIDEX", "[default"] {
        write(".aws/credentials", part);
        assert_eq!(key_of_a_call(&sdk).await, FIRST, "{part}");
    }
    write_keys(SECOND);
    assert_eq!(calls_until_signed_with(&sdk, SECOND).await, set(&[FIRST]));
}

#[test]
fn a_credential_process_is_asked_again_when_aws_refuses_what_it_gave() {
    at_home("child_with_a_credential_process");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as the child of another test"]
async fn child_with_a_credential_process() {
    let given = |id: &str| format!(r#"{{"Version":1,"AccessKeyId":"{id}","SecretAccessKey":"secret"}}"#);
    let file = std::env::home_dir().unwrap().join("given");
    write(".aws/config", &format!("[default]\ncredential_process = /bin/cat {}\n", file.display()));
    write("given", &given(FIRST));
    let sdk = connect();
    assert_eq!(key_of_a_call(&sdk).await, FIRST);
    write("given", &given(SECOND));
    write("expired", FIRST);
    assert_eq!(key_of_a_call(&sdk).await, SECOND, "the refused request is repeated at once");
}

#[test]
fn a_call_that_is_refused_for_old_keys_is_repeated_with_the_keys_that_are_on_disk() {
    at_home("child_whose_keys_are_replaced_when_they_expire");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as the child of another test"]
async fn child_whose_keys_are_replaced_when_they_expire() {
    write_keys(FIRST);
    let sdk = connect();
    assert_eq!(key_of_a_call(&sdk).await, FIRST);
    write("expired", FIRST);
    assert_eq!(key_of_a_call(&sdk).await, "ExpiredTokenException", "there are no others");
    write_keys(SECOND);
    assert_eq!(
        calls_until_signed_with(&sdk, SECOND).await.difference(&set(&["ExpiredTokenException"])).count(),
        0
    );
    write_keys(FIRST);
    write("expired", SECOND);
    assert_eq!(key_of_a_call(&sdk).await, FIRST);
}

#[test]
fn a_file_of_keys_that_is_named_with_a_tilde_is_followed() {
    let environment = [("AWS_SHARED_CREDENTIALS_FILE", "~/elsewhere"), ("AWS_CONFIG_FILE", "~/none")];
    at_home_with("child_whose_keys_are_elsewhere", &environment);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as the child of another test"]
async fn child_whose_keys_are_elsewhere() {
    write("elsewhere", &keys(FIRST));
    let sdk = connect();
    assert_eq!(key_of_a_call(&sdk).await, FIRST);
    write("elsewhere", &keys(SECOND));
    assert_eq!(calls_until_signed_with(&sdk, SECOND).await, set(&[FIRST]));
}
