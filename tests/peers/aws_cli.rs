//! The real AWS CLI works against the emulator, unchanged.

use crate::require;
use crate::support::CREDENTIALS;
use reveille::api::ServiceStatus;
use reveille::emulator::{Emulator, Model, OperationTimes, Settings};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const ARN: &str =
    "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

/// The CLI, pointed at an emulator with one paused service.
struct Cli {
    program: PathBuf,
    emulator: Emulator,
}

impl Cli {
    /// `None` when there is no AWS CLI 2.
    async fn new() -> Option<Self> {
        let program = require::AWS_CLI.find()?;
        let settings = Settings { times: OperationTimes::NONE, ..Settings::default() };
        let address = "127.0.0.1:0".parse().unwrap();
        let emulator = Emulator::start(address, Model::new(settings, 1)).await.unwrap();
        let now = emulator.now();
        let arn = ARN.parse().unwrap();
        emulator.with_model(|model| model.put(arn, ServiceStatus::Paused, now)).unwrap();
        Some(Self { program, emulator })
    }

    /// What `aws apprunner` prints, as JSON.
    fn json<A: AsRef<OsStr>>(&self, args: &[A]) -> Value {
        let output = self.command(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", output.status);
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    /// What `aws apprunner` complains about.
    fn error<A: AsRef<OsStr>>(&self, args: &[A]) -> String {
        let output = self.command(args).output().unwrap();
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    fn command<A: AsRef<OsStr>>(&self, args: &[A]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("apprunner")
            .args(args)
            .args(["--output", "json", "--endpoint-url", &self.emulator.url()])
            .envs(CREDENTIALS)
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_PAGER", "")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .stdin(Stdio::null());
        command
    }
}

fn at<'a>(reply: &'a Value, pointer: &str) -> &'a str {
    reply.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {reply}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_aws_cli_resumes_follows_describes_and_pauses() {
    let Some(cli) = Cli::new().await else { return };
    let listed = cli.json(&["list-services"]);
    assert_eq!(at(&listed, "/ServiceSummaryList/0/ServiceArn"), ARN);
    assert_eq!(at(&listed, "/ServiceSummaryList/0/Status"), "PAUSED");

    let resumed = cli.json(&["resume-service", "--service-arn", ARN]);
    assert_eq!(at(&resumed, "/Service/Status"), "OPERATION_IN_PROGRESS");
    let operations = cli.json(&["list-operations", "--service-arn", ARN]);
    assert_eq!(at(&operations, "/OperationSummaryList/0/Id"), at(&resumed, "/OperationId"));
    assert_eq!(at(&operations, "/OperationSummaryList/0/Status"), "SUCCEEDED");
    assert_eq!(at(&operations, "/OperationSummaryList/0/Type"), "RESUME_SERVICE");
    let described = cli.json(&["describe-service", "--service-arn", ARN]);
    assert_eq!(at(&described, "/Service/Status"), "RUNNING");

    let refused = cli.error(&["resume-service", "--service-arn", ARN]);
    let line = "An error occurred (InvalidStateException) when calling the ResumeService operation: ";
    assert!(refused.contains(line), "{refused}");

    let paused = cli.json(&["pause-service", "--service-arn", ARN]);
    assert_eq!(at(&paused, "/Service/ServiceName"), "python-app");
    let page = ["list-operations", "--service-arn", ARN, "--max-results", "1", "--no-paginate"];
    let page = cli.json(&page);
    assert_eq!(at(&page, "/OperationSummaryList/0/Type"), "PAUSE_SERVICE");
    let next = at(&page, "/NextToken");
    let args = [
        "list-operations",
        "--service-arn",
        ARN,
        "--max-results",
        "1",
        "--no-paginate",
        "--next-token",
        next,
    ];
    let page = cli.json(&args);
    assert_eq!(at(&page, "/OperationSummaryList/0/Type"), "RESUME_SERVICE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_aws_cli_creates_tags_deploys_and_deletes() {
    let Some(cli) = Cli::new().await else { return };
    let source = json!({ "ImageRepository": {
        "ImageIdentifier": "public.ecr.aws/aws-containers/hello-app-runner:latest",
        "ImageRepositoryType": "ECR_PUBLIC",
    }});
    let source = source.to_string();
    let create = ["create-service", "--service-name", "reports", "--source-configuration", &source];
    let created = cli.json(&create);
    let arn = at(&created, "/Service/ServiceArn");
    assert_eq!(
        at(&created, "/Service/SourceConfiguration/ImageRepository/ImageRepositoryType"),
        "ECR_PUBLIC"
    );
    assert_eq!(at(&created, "/Service/InstanceConfiguration/Cpu"), "1024");

    cli.json(&["tag-resource", "--resource-arn", arn, "--tags", "Key=schedule,Value=office"]);
    let tags = cli.json(&["list-tags-for-resource", "--resource-arn", arn]);
    assert_eq!(tags, json!({ "Tags": [{ "Key": "schedule", "Value": "office" }] }));

    let deployed = cli.json(&["start-deployment", "--service-arn", arn]);
    let operations = cli.json(&["list-operations", "--service-arn", arn]);
    assert_eq!(at(&operations, "/OperationSummaryList/0/Id"), at(&deployed, "/OperationId"));
    assert_eq!(at(&operations, "/OperationSummaryList/1/Type"), "CREATE_SERVICE");
    let deleted = cli.json(&["delete-service", "--service-arn", arn]);
    assert_eq!(at(&deleted, "/Service/Status"), "OPERATION_IN_PROGRESS");
    let listed = cli.json(&["list-services"]);
    assert_eq!(listed.pointer("/ServiceSummaryList").and_then(Value::as_array).map(Vec::len), Some(1));
}
