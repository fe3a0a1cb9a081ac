//! The SDK's own settings reach the door: endpoint and credentials from the environment, and plain words without them.
//!
//! The environment belongs to a process, so each test runs itself again as a child with an environment of its own.

#![expect(clippy::unwrap_used, reason = "a test may be blunt")]

use reveille::apprunner::{AppRunner, Sdk};
use reveille::planner::{Cause, Refusal, Reply, Request, ServiceStatus};
use reveille::schedule::ServiceArn;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread::{self, JoinHandle};

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
    let sdk = Sdk::connect("us-west-2").await;
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
    let sdk = Sdk::connect("us-west-2").await;
    let problem = sdk.credentials_problem().await.unwrap();
    let why = problem
        .strip_suffix(
            "; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
             or give the machine or the container a role",
        )
        .unwrap();
    assert!(why.starts_with("no AWS credentials: the credential provider was not enabled: "), "{why}");

    let reply = sdk.call(&ARN.parse::<ServiceArn>().unwrap(), &Request::Describe).await;
    // Where they were looked for is said once, at the start, and not again with every call.
    let (message, _) = why.split_once(". Attempted:").unwrap();
    assert_eq!(reply, Err(Refusal { cause: Cause::NoCredentials, message: message.to_owned() }));
}
