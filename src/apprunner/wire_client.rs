//! The wire as a client: what the drop-in asks after its own request, in the planner's vocabulary.

use super::AppRunner;
use super::wire::{Answer, NoAnswer, Wire};
use crate::api::{
    Cause, Operation, OperationId, OperationKind, OperationStatus, Refusal, Reply, Request, ServiceArn,
    ServiceStatus,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The largest page of `ListOperations` that App Runner gives.
const OPERATIONS_A_PAGE: u32 = 20;

impl AppRunner for Wire {
    async fn call(&self, arn: &ServiceArn, request: &Request) -> Result<Reply, Refusal> {
        let arn = arn.as_str();
        let body = match request {
            Request::ListOperations { page: None } => {
                json!({ "ServiceArn": arn, "MaxResults": OPERATIONS_A_PAGE })
            }
            Request::ListOperations { page: Some(page) } => {
                json!({ "ServiceArn": arn, "MaxResults": OPERATIONS_A_PAGE, "NextToken": page })
            }
            Request::Act(_) | Request::Describe => json!({ "ServiceArn": arn }),
        };
        let answer =
            self.ask(request.api_name(), &body.to_string()).await.map_err(|error| no_reply(&error))?;
        let body = serde_json::from_slice::<Value>(&answer.body);
        match (answer.status, body) {
            (200..300, Ok(body)) => Ok(reply(request, &body)),
            (200..300, Err(error)) => {
                let message = format!("the reply could not be read: {error}");
                Err(Refusal { cause: Cause::Unreadable, message })
            }
            (_, body) => Err(refusal(&answer, &body.unwrap_or_default())),
        }
    }
}

fn no_reply(error: &NoAnswer) -> Refusal {
    let cause = match error {
        NoAnswer::NoRequest(_) => Cause::NotSent,
        NoAnswer::Late(_) | NoAnswer::Broken(_) => Cause::NoReply,
    };
    Refusal { cause, message: error.to_string() }
}

fn refusal(answer: &Answer, body: &Value) -> Refusal {
    let code =
        text(body, "__type").and_then(|code| code.split(':').next()?.rsplit('#').next().map(str::to_owned));
    let message = text(body, "message").or_else(|| text(body, "Message")).unwrap_or_default();
    Refusal { cause: Cause::Answered { code, http_status: answer.status }, message: message.to_owned() }
}

fn reply(request: &Request, body: &Value) -> Reply {
    let status = body.pointer("/Service/Status").and_then(Value::as_str).unwrap_or_default();
    let status = ServiceStatus::from_wire(status);
    match request {
        Request::Act(_) => {
            Reply::Accepted { operation: text(body, "OperationId").map(OperationId::new), status }
        }
        Request::Describe => Reply::Described { status },
        Request::ListOperations { .. } => Reply::Operations {
            operations: body["OperationSummaryList"]
                .as_array()
                .into_iter()
                .flatten()
                .map(operation)
                .collect(),
            next_page: text(body, "NextToken").map(str::to_owned),
        },
    }
}

fn operation(summary: &Value) -> Operation {
    Operation {
        id: text(summary, "Id").map(OperationId::new),
        kind: text(summary, "Type").map(OperationKind::from_wire),
        status: text(summary, "Status").map(OperationStatus::from_wire),
        started_at: instant(&summary["StartedAt"]),
        ended_at: instant(&summary["EndedAt"]),
    }
}

fn text<'a>(object: &'a Value, member: &str) -> Option<&'a str> {
    object.get(member)?.as_str().filter(|text| !text.is_empty())
}

fn instant(seconds: &Value) -> Option<Timestamp> {
    let since_1970 = SignedDuration::try_from_secs_f64(seconds.as_f64()?).ok()?;
    Timestamp::UNIX_EPOCH.checked_add(since_1970).ok()
}
