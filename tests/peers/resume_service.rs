//! The drop-in beside the real AWS CLI, in one run: the same request on the wire, the same bytes out.
//!
//! Debian's CLI is a 2.9, the one that this test knows. It differs from today's in what this test leaves out: it writes
//! YAML by another library, which folds no long word and quotes apostrophes and line breaks otherwise; it does not know
//! `--output off` and members as new as `IpAddressType`; and it puts no prefix before an error. What today's writes was
//! recorded, for `tests/awscli_recorded.rs`.

use crate::replay::{Asked, Replay};
use crate::require::{AWS_CLI, Peer};
use crate::support::CREDENTIALS;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const ARN: &str =
    "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

/// The AWS CLI whose bytes are compared.
pub(crate) const SAME_TEXTS: Peer = Peer { versions: &["aws-cli/2.9."], ..AWS_CLI };

const FORMATS: [&str; 5] = ["json", "yaml", "yaml-stream", "text", "table"];

const QUERIES: [Option<&str>; 8] = [
    None,
    Some("OperationId"),
    Some("Service.HealthCheckConfiguration"),
    Some("Service.[ServiceName,CreatedAt,Nope,ObservabilityConfiguration.ObservabilityEnabled]"),
    Some("{Op:OperationId,Status:Service.Status}"),
    Some("Service.*"),
    Some("Nope"),
    Some("keys(Service.SourceConfiguration) | [?contains(@, `Code`)] | [0]"),
];

/// A reply that both know every member of.
fn reply() -> Value {
    json!({
        "OperationId": "17fe9f55-7e91-4097-b243-fcabbb69a4cf",
        "New": [1],
        "Service": {
            "Status": "OPERATION_IN_PROGRESS",
            "ServiceName": "Zürich: 日本",
            "ServiceId": "8fe1e10304f84fd2b0df550fe98a71fa",
            "CreatedAt": 1_605_899_125.0,
            "UpdatedAt": 1_606_135_297.123,
            "SourceConfiguration": {
                "CodeRepository": {
                    "CodeConfiguration": { "CodeConfigurationValues": {
                        "RuntimeEnvironmentVariables": { "B": "", "A": "yes", "c": "0x1F", "D": "a b" },
                        "Port": "8080",
                        "RuntimeEnvironmentSecrets": {},
                    }},
                    "RepositoryUrl": "https://github.com/my-account/python-hello",
                },
                "AutoDeploymentsEnabled": true,
            },
            "HealthCheckConfiguration": { "UnhealthyThreshold": 5, "Path": "/", "Interval": 5, "Protocol": "TCP" },
            "ObservabilityConfiguration": { "ObservabilityEnabled": false },
        },
    })
}

fn run(program: &Path, is_cli: bool, server: &Replay, path: &str, args: &[&str]) -> (Output, Vec<Asked>) {
    let output = Command::new(program)
        .args(is_cli.then_some("apprunner"))
        .args(["resume-service", "--service-arn", ARN, "--endpoint-url", &format!("{}{path}", server.url)])
        .args(args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .envs(CREDENTIALS)
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_MAX_ATTEMPTS", "2")
        .env("AWS_PAGER", "")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output, server.asked())
}

/// What a request says, without what differs from one to the next.
fn said(asked: &Asked) -> Value {
    let header = |name: &str| asked.headers.get(name).cloned().unwrap_or_default();
    let signature = header("authorization");
    let scope = signature.split_once("Credential=").and_then(|(_, rest)| rest.split_once(','));
    // The date may change between the two.
    let scope = scope.map(|(scope, _)| scope.split('/').filter(|part| part.len() != 8).collect::<Vec<_>>());
    json!({
        "path": asked.path,
        "target": header("x-amz-target"),
        "type": header("content-type"),
        "body": asked.body,
        "algorithm": signature.split(' ').next(),
        "scope": scope,
    })
}

fn programs() -> Option<(PathBuf, PathBuf)> {
    let cli = SAME_TEXTS.find()?;
    Some((cli, PathBuf::from(env!("CARGO_BIN_EXE_reveille"))))
}

#[test]
fn the_drop_in_asks_and_prints_as_the_aws_cli_does() {
    let Some((cli, drop_in)) = programs() else { return };
    let server = Replay::start(&json!({ "/": { "status": 200, "body": reply() } }));
    for format in FORMATS {
        for query in QUERIES {
            let mut args = vec!["--output", format];
            args.extend(query.into_iter().flat_map(|query| ["--query", query]));
            let (theirs, they_asked) = run(&cli, true, &server, "/", &args);
            let (ours, we_asked) = run(&drop_in, false, &server, "/", &args);
            let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(text(&ours), text(&theirs), "{args:?}");
            assert_eq!(ours.status.code(), theirs.status.code(), "{args:?}");
            let (they_asked, we_asked): (Vec<Value>, Vec<Value>) =
                (they_asked.iter().map(said).collect(), we_asked.iter().map(said).collect());
            assert_eq!(we_asked, they_asked, "{args:?}");
            assert_eq!(we_asked.len(), 1, "{args:?}");
        }
    }
}

#[test]
fn the_drop_in_is_refused_as_the_aws_cli_is() {
    let Some((cli, drop_in)) = programs() else { return };
    let refusal = |status: u16, body: Value| json!({ "status": status, "body": body });
    let server = Replay::start(&json!({
        "/state": refusal(400, json!({ "__type": "InvalidStateException", "Message": "it is busy" })),
        "/namespace": refusal(400, json!({ "__type": "com.amazon#ExpiredTokenException", "message": "old" })),
        "/slow": refusal(400, json!({ "__type": "ThrottlingException", "message": "slower" })),
        "/internal": refusal(500, json!({ "__type": "InternalServiceErrorException" })),
        "/too-many": refusal(429, json!({})),
        "/header": { "status": 400, "raw": "{}", "headers": { "x-amzn-query-error": "Named;Sender" } },
        "/gone": { "status": 502, "raw": "<html>a proxy</html>" },
        "/words": { "status": 403, "raw": "no" },
    }));
    let paths = ["/state", "/namespace", "/slow", "/internal", "/too-many", "/header", "/gone", "/words"];
    for path in paths {
        let (theirs, they_asked) = run(&cli, true, &server, path, &[]);
        let (ours, we_asked) = run(&drop_in, false, &server, path, &[]);
        let line = |output: &Output| String::from_utf8_lossy(&output.stderr).trim().to_owned();
        assert!(line(&theirs).starts_with("An error occurred ("), "{path}: {}", line(&theirs));
        assert_eq!(line(&ours), line(&theirs), "{path}");
        assert_eq!((ours.status.code(), ours.stdout.len()), (Some(254), 0), "{path}");
        assert_eq!(theirs.status.code(), Some(254), "{path}");
        assert_eq!(we_asked.len(), they_asked.len(), "{path}");
    }
}
