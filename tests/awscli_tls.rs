//! TLS, three ways: whom the drop-in trusts.
#![expect(clippy::unwrap_used, reason = "a test may be blunt")]

#[path = "support/replay.rs"]
mod replay;

use replay::{Certificate, Replay, authority, self_signed};
use serde_json::json;
use std::process::{Command, Stdio};

const ARN: &str =
    "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

/// How the drop-in ends against a server with this certificate: exit code, standard output, standard error, and how
/// many requests arrived.
fn run(
    certificate: &Certificate,
    options: &[&str],
    environment: &[(&str, &str)],
) -> (i32, String, String, usize) {
    let reply = json!({ "/": { "status": 200, "body": { "OperationId": "17fe9f55", "Service": {} } } });
    let server = Replay::start_tls(&reply, certificate);
    let output = Command::new(env!("CARGO_BIN_EXE_reveille"))
        .env_clear()
        .args(["resume-service", "--service-arn", ARN, "--query", "OperationId", "--output", "text"])
        .args(["--region", "us-east-1", "--no-sign-request", "--endpoint-url", &server.url])
        .args(options)
        .env("AWS_MAX_ATTEMPTS", "1")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr), server.asked().len())
}

#[test]
fn a_server_with_an_untrusted_certificate_is_refused() {
    for certificate in [self_signed(), authority().1] {
        let (exit, stdout, stderr, asked) = run(&certificate, &[], &[]);
        assert_eq!((exit, stdout.as_str(), asked), (255, "", 0), "{stderr}");
        assert!(stderr.contains("certificate"), "{stderr}");
    }
}

#[test]
fn a_bundle_vouches_for_a_server_and_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.pem");
    let path_text = path.to_str().unwrap();
    let (pem, leaf) = authority();
    let alone = self_signed();
    for (bundle, certificate) in [(&pem, &leaf), (&alone.chain, &alone)] {
        std::fs::write(&path, bundle).unwrap();
        let by_option = run(certificate, &["--ca-bundle", path_text], &[]);
        let by_variable = run(certificate, &[], &[("AWS_CA_BUNDLE", path_text)]);
        for (exit, stdout, stderr, asked) in [by_option, by_variable] {
            assert_eq!((exit, stdout.as_str(), asked), (0, "17fe9f55\n", 1), "{stderr}");
            assert_eq!(stderr, "");
        }
    }
}

#[test]
fn a_bundle_trusts_no_other_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.pem");
    let options = ["--ca-bundle", path.to_str().unwrap()];
    for bundle in [authority().0, self_signed().chain] {
        std::fs::write(&path, bundle).unwrap();
        let (exit, stdout, stderr, asked) = run(&self_signed(), &options, &[]);
        assert_eq!((exit, stdout.as_str(), asked), (255, "", 0), "{stderr}");
    }
    std::fs::write(&path, "no certificate").unwrap();
    let (exit, _, stderr, _) = run(&self_signed(), &options, &[]);
    assert_eq!(exit, 255);
    assert!(stderr.contains("it contains no PEM certificate"), "{stderr}");
    let (exit, _, stderr, _) = run(&self_signed(), &["--ca-bundle", "/nowhere.pem"], &[]);
    assert_eq!(exit, 255);
    assert!(stderr.contains("/nowhere.pem cannot be read"), "{stderr}");
}

#[test]
fn without_verification_anybody_is_trusted_and_it_warns() {
    let (exit, stdout, stderr, asked) = run(&self_signed(), &["--no-verify-ssl"], &[]);
    assert_eq!((exit, stdout.as_str(), asked), (0, "17fe9f55\n", 1), "{stderr}");
    assert!(stderr.contains("warning: ") && stderr.contains("--no-verify-ssl"), "{stderr}");
}
