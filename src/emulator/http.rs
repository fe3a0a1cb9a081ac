//! The HTTP server: App Runner's awsJson1.0 on `/`, the admin API under `/_emulator/`.

use super::call::{Answer, Handled};
use super::error::ApiError;
use super::model::Model;
use super::response::{insert_header, plain_response};
use super::shared::Shared;
use super::{admin, wire};
use crate::clock;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

/// The largest request body that is read: App Runner's own requests are far smaller.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Connections served at one time; more wait in the listener's queue. It leaves room under the usual limit of 1,024
/// open files, which the daemon may share.
pub const MAX_CONNECTIONS: usize = 768;

/// How long a connection may be idle, or take over the head of a request: longer than clients commonly keep an idle
/// connection, so that it is they who close it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a request's body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause after a connection could not be accepted (no more files, say), so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

const AWS_JSON: &str = "application/x-amz-json-1.0";
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// What is sent as a body that is no JSON: what a proxy before App Runner would say.
const NOT_JSON: &str = "<html><body><h1>This is not the JSON you are looking for</h1></body></html>";

/// An emulated App Runner that is being served. Dropping it stops that, open connections included.
///
/// Signatures are not checked, and no credentials are needed beyond those that a client insists on having.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    model: Shared,
    serving: JoinHandle<()>,
}

impl Emulator {
    /// Serves the model on an address; port 0 takes any that is free.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(address: SocketAddr, model: Model) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let model = Shared::new(model);
        let serving = tokio::spawn(serve(listener, model.clone()));
        Ok(Self { address, model, serving })
    }

    /// The address that it listens at, with the port that the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Looks into the model, or changes it. Requests wait meanwhile.
    pub fn with_model<T>(&self, look: impl FnOnce(&mut Model) -> T) -> T {
        look(&mut self.model.lock())
    }

    /// What the emulator's clock says: the time to give to the model's methods.
    pub fn now(&self) -> Timestamp {
        clock::wall()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The task owns the listener and every connection.
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, model: Shared) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let model = model.clone();
                connections.spawn(async move {
                    serve_connection(stream, &model).await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn serve_connection(stream: TcpStream, model: &Shared) {
    // Without it a small reply can wait for the client's acknowledgement; a socket that refuses works all the same.
    stream.set_nodelay(true).ok();
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service_fn(|request| respond(request, model)));
    // It ends in an error when a fault closes it, and when a client goes away; neither is news.
    connection.await.ok();
}

/// No reply: the connection is closed. hyper does that when a service fails.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed without a reply")]
struct NoReply;

async fn respond(request: Request<Incoming>, model: &Shared) -> Result<Response<Full<Bytes>>, NoReply> {
    let (head, body) = request.into_parts();
    let body = match read_body(body).await {
        Ok(body) => Ok(body),
        Err(Unreadable::TooLarge) => Err(ApiError {
            http_status: StatusCode::PAYLOAD_TOO_LARGE.as_u16(),
            ..ApiError::serialization(format!("the body is larger than {MAX_BODY_BYTES} bytes"))
        }),
        Err(Unreadable::Broken) => return Err(NoReply),
    };
    if let Some(path) = head.uri.path().strip_prefix(admin::PREFIX) {
        return Ok(match body {
            Ok(body) => admin::respond(&head.method, path, &body, model),
            Err(error) => admin::refusal(StatusCode::PAYLOAD_TOO_LARGE, &error.message),
        });
    }
    let target = if head.method == Method::POST && head.uri.path() == "/" {
        head.headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default()
    } else {
        ""
    };
    let (id, handled) = handle(target, body, model);
    tokio::time::sleep(handled.delay).await;
    encode(&handled.answer, &id)
}

/// Reads the call and hands it to the model; gives back the request's id and what to answer.
fn handle(target: &str, body: Result<Bytes, ApiError>, model: &Shared) -> (String, Handled) {
    let call = match body {
        Ok(body) => wire::read(target, &body),
        Err(error) => Err(wire::Unread { operation: None, arn: None, error }),
    };
    let mut model = model.lock();
    let now = clock::wall();
    let handled = match call {
        Ok(call) => model.answer(&call, now),
        Err(unread) => model.refuse(unread.operation, unread.arn, unread.error, now),
    };
    (model.new_id(), handled)
}

enum Unreadable {
    TooLarge,
    Broken,
}

async fn read_body(body: Incoming) -> Result<Bytes, Unreadable> {
    let whole = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY_BYTES).collect()).await;
    match whole {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unreadable::TooLarge),
        Ok(Err(_)) | Err(_) => Err(Unreadable::Broken),
    }
}

fn encode(answer: &Answer, id: &str) -> Result<Response<Full<Bytes>>, NoReply> {
    let mut response = match answer {
        Answer::Done(reply) => json_response(StatusCode::OK, &wire::reply(reply)),
        Answer::Refused(error) => refused(error),
        Answer::Bare { http_status } => plain_response(status(*http_status), ""),
        Answer::NotJson { http_status } => plain_response(status(*http_status), NOT_JSON),
        Answer::Nothing => return Err(NoReply),
    };
    insert_header(&mut response, REQUEST_ID, id);
    Ok(response)
}

fn refused(error: &ApiError) -> Response<Full<Bytes>> {
    let mut response = json_response(status(error.http_status), &wire::error(error));
    insert_header(&mut response, ERROR_TYPE, &error.code);
    response
}

fn json_response(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = plain_response(status, body.to_string());
    insert_header(&mut response, CONTENT_TYPE, AWS_JSON);
    response
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
