//! awsJson1.0: JSON to calls, and answers to JSON.

use super::api_operation::ApiOperation;
use super::call::{Call, Reply};
use super::error::ApiError;
use super::listing::Page;
use super::model::NewService;
use super::service::{Accepted, ServiceView, Tags};
use crate::api::{Operation, OperationId, OperationKind, OperationStatus, ServiceArn};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

/// The header that names the operation has this before its name.
const TARGET_PREFIX: &str = "AppRunner.";

/// A request that is no call: what is wrong with it, and what could be made out.
#[derive(Debug, PartialEq)]
pub(super) struct Unread {
    pub(super) operation: Option<ApiOperation>,
    pub(super) arn: Option<ServiceArn>,
    pub(super) error: ApiError,
}

/// Reads a call from the `X-Amz-Target` header and the body.
pub(super) fn read(target: &str, body: &[u8]) -> Result<Call, Unread> {
    let name = target.strip_prefix(TARGET_PREFIX).unwrap_or_default();
    let Some(operation) = ApiOperation::from_name(name) else {
        let error =
            ApiError::unknown_operation(format!("`{target}` is not an operation that the emulator knows"));
        return Err(Unread { operation: None, arn: None, error });
    };
    let no_call = |error| Unread { operation: Some(operation), arn: None, error };
    let members = Members::read(body).map_err(no_call)?;
    members.call(operation).map_err(|error| Unread { arn: members.arn_if_any(), ..no_call(error) })
}

/// The members of a request.
struct Members(Map<String, Value>);

impl Members {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(ApiError::serialization("the body is JSON, but not an object")),
            Err(error) => Err(ApiError::serialization(format!("the body is not JSON: {error}"))),
        }
    }

    fn call(&self, operation: ApiOperation) -> Result<Call, ApiError> {
        Ok(match operation {
            ApiOperation::CreateService => Call::Create(self.new_service()?),
            ApiOperation::DeleteService => Call::Delete(self.arn("ServiceArn")?),
            ApiOperation::DescribeService => Call::Describe(self.arn("ServiceArn")?),
            ApiOperation::ListOperations => Call::ListOperations {
                arn: self.arn("ServiceArn")?,
                max_results: self.integer("MaxResults")?,
                token: self.text("NextToken")?.map(str::to_owned),
            },
            ApiOperation::ListServices => Call::ListServices {
                max_results: self.integer("MaxResults")?,
                token: self.text("NextToken")?.map(str::to_owned),
            },
            ApiOperation::ListTagsForResource => Call::ListTags(self.arn("ResourceArn")?),
            ApiOperation::PauseService => Call::Pause(self.arn("ServiceArn")?),
            ApiOperation::ResumeService => Call::Resume(self.arn("ServiceArn")?),
            ApiOperation::StartDeployment => Call::StartDeployment(self.arn("ServiceArn")?),
            ApiOperation::TagResource => Call::Tag {
                arn: self.arn("ResourceArn")?,
                tags: self.tags()?.ok_or_else(|| missing("Tags"))?,
            },
        })
    }

    fn new_service(&self) -> Result<NewService, ApiError> {
        Ok(NewService {
            name: self.text("ServiceName")?.ok_or_else(|| missing("ServiceName"))?.to_owned(),
            source: self.value("SourceConfiguration").ok_or_else(|| missing("SourceConfiguration"))?.clone(),
            instance: self.value("InstanceConfiguration").cloned(),
            tags: self.tags()?.unwrap_or_default(),
        })
    }

    /// A member that is there; `null` is as good as absent.
    fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        self.value(name).map(|value| value.as_str().ok_or_else(|| not_a(name, "string"))).transpose()
    }

    fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.value(name).map(|value| value.as_i64().ok_or_else(|| not_a(name, "integer"))).transpose()
    }

    fn arn(&self, name: &str) -> Result<ServiceArn, ApiError> {
        let text = self.text(name)?.ok_or_else(|| missing(name))?;
        text.parse().map_err(|error| ApiError::validation(format!("`{text}` as {name}: {error}")))
    }

    fn arn_if_any(&self) -> Option<ServiceArn> {
        ["ServiceArn", "ResourceArn"].into_iter().find_map(|name| self.arn(name).ok())
    }

    fn tags(&self) -> Result<Option<Tags>, ApiError> {
        let Some(value) = self.value("Tags") else { return Ok(None) };
        let list = value.as_array().ok_or_else(|| not_a("Tags", "list"))?;
        list.iter().map(tag).collect::<Result<Tags, ApiError>>().map(Some)
    }
}

fn tag(tag: &Value) -> Result<(String, String), ApiError> {
    let part = |name| tag.get(name).and_then(Value::as_str).map(str::to_owned);
    let key = part("Key").ok_or_else(|| missing("Key"))?;
    Ok((key, part("Value").unwrap_or_default()))
}

fn missing(name: &str) -> ApiError {
    ApiError::validation(format!("the member {name} is required and is missing"))
}

fn not_a(name: &str, kind: &str) -> ApiError {
    ApiError::serialization(format!("the member {name} is not of the type {kind}"))
}

/// The body of a reply.
pub(super) fn reply(reply: &Reply) -> Value {
    match reply {
        Reply::Accepted(Accepted { operation, service: view }) => present(json!({
            "OperationId": operation.as_ref().map(OperationId::as_str),
            "Service": service(view),
        })),
        Reply::Deployment(operation) => {
            present(json!({ "OperationId": operation.as_ref().map(OperationId::as_str) }))
        }
        Reply::Described(view) => json!({ "Service": service(view) }),
        Reply::Operations { arn, page } => list("OperationSummaryList", page, |line| operation(arn, line)),
        Reply::Services(page) => list("ServiceSummaryList", page, service_summary),
        Reply::Tags(tags) => {
            let tags: Vec<Value> = tags.iter().map(|(k, v)| json!({ "Key": k, "Value": v })).collect();
            json!({ "Tags": tags })
        }
        Reply::Tagged => json!({}),
    }
}

/// The body of an error. Where the text is differs between App Runner and the layers before it.
pub(super) fn error(error: &ApiError) -> Value {
    let text = if error.is_modelled() { "Message" } else { "message" };
    json!({ "__type": error.code, text: error.message })
}

fn list<T>(name: &str, page: &Page<T>, line: impl Fn(&T) -> Value) -> Value {
    let lines: Vec<Value> = page.items.iter().map(line).collect();
    present(json!({ name: lines, "NextToken": page.next }))
}

fn operation(arn: &ServiceArn, operation: &Operation) -> Value {
    present(json!({
        "Id": operation.id.as_ref().map(OperationId::as_str),
        "Type": operation.kind.as_ref().map(OperationKind::as_str),
        "Status": operation.status.as_ref().map(OperationStatus::as_str),
        "TargetArn": arn.as_str(),
        "StartedAt": operation.started_at.map(epoch_seconds),
        "EndedAt": operation.ended_at.map(epoch_seconds),
        "UpdatedAt": operation.ended_at.or(operation.started_at).map(epoch_seconds),
    }))
}

fn service_summary(view: &ServiceView) -> Value {
    json!({
        "ServiceName": view.arn.service_name(),
        "ServiceId": view.arn.service_id(),
        "ServiceArn": view.arn.as_str(),
        "ServiceUrl": url(&view.arn),
        "CreatedAt": epoch_seconds(view.created_at),
        "UpdatedAt": epoch_seconds(view.updated_at),
        "Status": view.status.as_str(),
    })
}

/// A whole service. What the emulator has no use for has App Runner's defaults.
fn service(view: &ServiceView) -> Value {
    let (region, account) = (view.arn.region(), view.arn.account());
    let scaling = format!(
        "arn:aws:apprunner:{region}:{account}:autoscalingconfiguration/DefaultConfiguration/1/\
         00000000000000000000000000000001"
    );
    let mut whole = service_summary(view);
    let rest = json!({
        "DeletedAt": view.deleted_at.map(epoch_seconds),
        "SourceConfiguration": *view.source,
        "InstanceConfiguration": *view.instance,
        "HealthCheckConfiguration": {
            "Protocol": "TCP", "Path": "/", "Interval": 5, "Timeout": 2,
            "HealthyThreshold": 1, "UnhealthyThreshold": 5,
        },
        "AutoScalingConfigurationSummary": {
            "AutoScalingConfigurationArn": scaling,
            "AutoScalingConfigurationName": "DefaultConfiguration",
            "AutoScalingConfigurationRevision": 1,
        },
        "NetworkConfiguration": {
            "EgressConfiguration": { "EgressType": "DEFAULT" },
            "IngressConfiguration": { "IsPubliclyAccessible": true },
            "IpAddressType": "IPV4",
        },
        "ObservabilityConfiguration": { "ObservabilityEnabled": false },
    });
    if let (Value::Object(whole), Value::Object(rest)) = (&mut whole, present(rest)) {
        whole.extend(rest);
    }
    whole
}

/// The domain of a service: App Runner's form, made from the id.
fn url(arn: &ServiceArn) -> String {
    let label: String = arn.service_id().chars().take(10).collect();
    format!("{label}.{}.awsapprunner.com", arn.region())
}

/// Seconds since 1970 with milliseconds as their fraction, as AWS writes instants.
fn epoch_seconds(at: Timestamp) -> f64 {
    SignedDuration::from_millis(at.as_millisecond()).as_secs_f64()
}

/// An object without the members that are `null`, for awsJson leaves out what is absent.
fn present(mut object: Value) -> Value {
    if let Value::Object(members) = &mut object {
        members.retain(|_, value| !value.is_null());
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str =
        "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

    #[test]
    fn calls_are_read_with_all_their_members() {
        let arn: ServiceArn = ARN.parse().unwrap();
        let body = format!(r#"{{"ServiceArn":"{ARN}","MaxResults":5,"NextToken":"t"}}"#);
        let expected = Call::ListOperations { arn, max_results: Some(5), token: Some("t".to_owned()) };
        assert_eq!(read("AppRunner.ListOperations", body.as_bytes()), Ok(expected));

        let expected = Call::ListServices { max_results: None, token: None };
        assert_eq!(read("AppRunner.ListServices", br#"{"MaxResults":null}"#), Ok(expected));
    }

    #[test]
    fn an_invalid_call_is_refused_with_its_reason() {
        let member = |text: &str| format!(r#"{{"ServiceArn":"{ARN}",{text}}}"#);
        let cases = [
            ("", "{}".to_owned(), "UnknownOperationException: `` is not an operation"),
            (
                "ResumeService",
                "{}".to_owned(),
                "UnknownOperationException: `ResumeService` is not an operation",
            ),
            (
                "AppRunner.UpdateService",
                "{}".to_owned(),
                "UnknownOperationException: `AppRunner.UpdateService`",
            ),
            ("AppRunner.ResumeService", "{".to_owned(), "SerializationException: the body is not JSON: EOF"),
            (
                "AppRunner.ResumeService",
                "[]".to_owned(),
                "SerializationException: the body is JSON, but not an object",
            ),
            (
                "AppRunner.ResumeService",
                "{}".to_owned(),
                "ValidationException: the member ServiceArn is required",
            ),
            (
                "AppRunner.ResumeService",
                r#"{"ServiceArn":1}"#.to_owned(),
                "SerializationException: the member Serv",
            ),
            (
                "AppRunner.ResumeService",
                r#"{"ServiceArn":"web"}"#.to_owned(),
                "ValidationException: `web` as Serv",
            ),
            (
                "AppRunner.ListOperations",
                member(r#""MaxResults":"5""#),
                "MaxResults is not of the type integer",
            ),
            ("AppRunner.ListOperations", member(r#""NextToken":5"#), "NextToken is not of the type string"),
            ("AppRunner.TagResource", format!(r#"{{"ResourceArn":"{ARN}"}}"#), "the member Tags is required"),
            (
                "AppRunner.CreateService",
                r#"{"ServiceName":"reports"}"#.to_owned(),
                "SourceConfiguration is required",
            ),
        ];
        for (target, body, expected) in cases {
            let unread = read(target, body.as_bytes()).unwrap_err();
            assert!(unread.error.to_string().contains(expected), "{target} {body}: {}", unread.error);
        }
        let unread = read("AppRunner.ListOperations", member(r#""MaxResults":"5""#).as_bytes()).unwrap_err();
        assert_eq!(unread.arn.unwrap().as_str(), ARN, "the record still says whom it was about");
    }

    #[test]
    fn an_error_has_its_text_where_its_layer_puts_it() {
        let modelled = error(&ApiError::invalid_state("no"));
        assert_eq!(modelled, json!({ "__type": "InvalidStateException", "Message": "no" }));
        let other = error(&ApiError::validation("no"));
        assert_eq!(other, json!({ "__type": "ValidationException", "message": "no" }));
    }

    #[test]
    fn an_operation_leaves_out_what_is_not_yet() {
        let arn: ServiceArn = ARN.parse().unwrap();
        let line = Operation {
            id: Some(OperationId::new("17fe9f55")),
            kind: Some(OperationKind::ResumeService),
            status: Some(OperationStatus::Pending),
            started_at: Some(Timestamp::from_millisecond(1_606_135_297_123).unwrap()),
            ended_at: None,
        };
        let expected = json!({
            "Id": "17fe9f55", "Type": "RESUME_SERVICE", "Status": "PENDING", "TargetArn": ARN,
            "StartedAt": 1_606_135_297.123, "UpdatedAt": 1_606_135_297.123,
        });
        assert_eq!(operation(&arn, &line), expected);
    }
}
