//! The admin API: orders faults, adds services, and shows what happened, one JSON object per line.

use super::api_operation::ApiOperation;
use super::faults::Fault;
use super::model::Model;
use super::record::CallRecord;
use super::response::{insert_header, plain_response};
use super::shared::Shared;
use crate::api::{Operation, OperationId, OperationKind, OperationStatus, ServiceArn, ServiceStatus};
use crate::clock;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// What the paths of the admin API begin with.
pub(super) const PREFIX: &str = "/_emulator/";

const ENDPOINTS: &str = "POST or DELETE /_emulator/faults, GET /_emulator/calls, POST or GET /_emulator/services, \
                     GET /_emulator/operations";

/// A service to put in, or to set.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PutService {
    arn: String,
    status: String,
}

/// Answers a request whose path goes on like this behind [`PREFIX`].
pub(super) fn respond(method: &Method, path: &str, body: &[u8], model: &Shared) -> Response<Full<Bytes>> {
    match (method.as_str(), path) {
        ("POST", "faults") => done(order_fault(body, model)),
        ("DELETE", "faults") => {
            model.lock().clear_faults();
            done(Ok(()))
        }
        ("POST", "services") => done(put_service(body, model)),
        ("GET", "services") => lines(&services(&mut model.lock())),
        ("GET", "operations") => lines(&operations(&mut model.lock())),
        ("GET", "calls") => {
            // Copied first, so that the calls that go on do not wait for the writing.
            let calls: Vec<CallRecord> = model.lock().calls().cloned().collect();
            lines(&calls.iter().map(call).collect::<Vec<_>>())
        }
        _ => refusal(StatusCode::NOT_FOUND, &format!("there is no {method} {PREFIX}{path}; use {ENDPOINTS}")),
    }
}

/// A refusal, with what is wrong.
pub(super) fn refusal(status: StatusCode, what: &str) -> Response<Full<Bytes>> {
    json_lines(status, format!("{}\n", json!({ "error": what })))
}

fn order_fault(body: &[u8], model: &Shared) -> Result<(), String> {
    let fault: Fault =
        serde_json::from_slice(body).map_err(|error| format!("this is not a fault: {error}"))?;
    model.lock().order_fault(fault).map_err(|error| error.to_string())
}

fn put_service(body: &[u8], model: &Shared) -> Result<(), String> {
    let put: PutService =
        serde_json::from_slice(body).map_err(|error| format!("this is not a service: {error}"))?;
    let arn: ServiceArn = put.arn.parse().map_err(|error| format!("`{}`: {error}", put.arn))?;
    let status = ServiceStatus::from_wire(&put.status);
    if matches!(status, ServiceStatus::Unknown(_)) {
        let known: Vec<&str> = ServiceStatus::KNOWN.iter().map(ServiceStatus::as_str).collect();
        return Err(format!("`{status}` is not a status of a service; use one of {}", known.join(", ")));
    }
    model.lock().put(arn, status, clock::wall()).map_err(|error| error.message)
}

fn services(model: &mut Model) -> Vec<Value> {
    let now = clock::wall();
    let arns: Vec<ServiceArn> = model.arns().cloned().collect();
    let views = arns.iter().filter_map(|arn| model.describe(arn, now).ok());
    views.map(|view| json!({ "arn": view.arn.as_str(), "status": view.status.as_str() })).collect()
}

fn operations(model: &mut Model) -> Vec<Value> {
    let now = clock::wall();
    let arns: Vec<ServiceArn> = model.arns().cloned().collect();
    let of = |arn: &ServiceArn| -> Vec<Value> {
        model.operations(arn, now).iter().map(|line| operation(arn, line)).collect()
    };
    arns.iter().flat_map(of).collect()
}

fn operation(arn: &ServiceArn, operation: &Operation) -> Value {
    json!({
        "arn": arn.as_str(),
        "operation-id": operation.id.as_ref().map(OperationId::as_str),
        "type": operation.kind.as_ref().map(OperationKind::as_str),
        "status": operation.status.as_ref().map(OperationStatus::as_str),
        "started-at": operation.started_at,
        "ended-at": operation.ended_at,
    })
}

fn call(call: &CallRecord) -> Value {
    json!({
        "number": call.number,
        "at": call.at,
        "operation": call.operation.map(ApiOperation::as_str),
        "arn": call.arn.as_ref().map(ServiceArn::as_str),
        "http-status": call.http_status,
        "error": call.error,
        "operation-id": call.operation_id.as_ref().map(OperationId::as_str),
        "delivered": call.delivered,
    })
}

fn done(result: Result<(), String>) -> Response<Full<Bytes>> {
    match result {
        Ok(()) => plain_response(StatusCode::NO_CONTENT, ""),
        Err(what) => refusal(StatusCode::BAD_REQUEST, &what),
    }
}

fn lines(values: &[Value]) -> Response<Full<Bytes>> {
    json_lines(StatusCode::OK, values.iter().map(|value| format!("{value}\n")).collect())
}

fn json_lines(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = plain_response(status, text);
    insert_header(&mut response, CONTENT_TYPE, "application/jsonl");
    response
}
