//! The client for the drop-in: one request, signed or not, whose answer is kept as it came from the wire.
//!
//! The SDK would read the answer into its own types, which know neither the order of members nor those that are newer
//! than they are; and it would start a good deal that one request does not need.

use super::tls;
use super::tls::{Connector, NoTrust, Trust};
use crate::clock;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, USER_AGENT};
use http::uri::{PathAndQuery, Uri};
use http::{Method, Request};
use http_body_util::{BodyExt, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::error::Error;
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

/// The largest answer that is read: App Runner's are a few kilobytes.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The name that signatures are made for.
const SIGNING_NAME: &str = "apprunner";

/// Where requests go, and how.
pub(crate) struct Wire {
    endpoint: Uri,
    region: String,
    credentials: Option<Credentials>,
    connector: Connector,
    patience: Option<Duration>,
}

/// A response as it came: nothing of it has been interpreted.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The header in which older protocols name an error.
    pub(crate) query_error: Option<String>,
    /// The id by which AWS knows the request.
    pub(crate) request_id: Option<String>,
    /// The body, as it came.
    pub(crate) body: Vec<u8>,
}

/// Why there is no way to send a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoWire {
    /// The address is none.
    #[error("`{0}` is not a valid endpoint URL: {1}")]
    NoAddress(String, http::uri::InvalidUri),
    /// No certificates can be trusted.
    #[error(transparent)]
    NoTrust(#[from] NoTrust),
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// It took too long.
    #[error("no reply within {} s", .0.as_secs())]
    Late(Duration),
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Broken(String),
    /// The request could not be made.
    #[error("the request cannot be made: {0}")]
    NoRequest(String),
}

/// Where requests go, and how.
pub(crate) struct Destination<'a> {
    /// The address, with a path or without.
    pub(crate) endpoint: &'a str,
    /// The region that requests are signed for.
    pub(crate) region: &'a str,
    /// With what they are signed, if they are.
    pub(crate) credentials: Option<Credentials>,
    /// Whom the connection trusts.
    pub(crate) trust: Trust,
    /// How long a connection is waited for.
    pub(crate) connect_timeout: Option<Duration>,
    /// How long an answer is waited for.
    pub(crate) read_timeout: Option<Duration>,
}

impl Wire {
    /// Prepares the way; sends nothing.
    pub(crate) fn new(to: Destination<'_>) -> Result<Self, NoWire> {
        let endpoint: Uri = to
            .endpoint
            .replace(' ', "%20")
            .parse()
            .map_err(|error| NoWire::NoAddress(to.endpoint.to_owned(), error))?;
        let connector = tls::connector(&endpoint, &to.trust, to.connect_timeout)?;
        Ok(Self {
            endpoint,
            region: to.region.to_owned(),
            credentials: to.credentials,
            connector,
            patience: to.read_timeout,
        })
    }

    /// Makes a request, once.
    pub(crate) async fn ask(&self, operation: &str, body: &str) -> Result<Answer, NoAnswer> {
        let request = self.request(operation, body)?;
        let sent = async {
            match &self.connector {
                Connector::Straight(connector) => {
                    Client::builder(TokioExecutor::new()).build(connector.clone()).request(request).await
                }
                Connector::Through(connector) => {
                    Client::builder(TokioExecutor::new()).build(connector.clone()).request(request).await
                }
            }
        };
        let response = self.within(sent).await?.map_err(|error| NoAnswer::Broken(text(&error)))?;
        let (head, body) = response.into_parts();
        let body = self.within(Limited::new(body, MAX_ANSWER_BYTES).collect()).await?;
        let body = body.map_err(|error| NoAnswer::Broken(text(&*error)))?.to_bytes().to_vec();
        let header = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        Ok(Answer {
            status: head.status.as_u16(),
            query_error: header("x-amzn-query-error").map(str::to_owned),
            request_id: header("x-amzn-requestid").map(str::to_owned),
            body,
        })
    }

    async fn within<T>(&self, what: impl Future<Output = T>) -> Result<T, NoAnswer> {
        match self.patience {
            None => Ok(what.await),
            Some(patience) => timeout(patience, what).await.map_err(|_| NoAnswer::Late(patience)),
        }
    }

    fn request(&self, operation: &str, body: &str) -> Result<Request<String>, NoAnswer> {
        let made = |error: http::Error| NoAnswer::NoRequest(error.to_string());
        let path = self.endpoint.path_and_query().map_or("/", PathAndQuery::as_str);
        let host = self.endpoint.authority().map_or("", |authority| authority.as_str());
        let host = host.rsplit('@').next().unwrap_or(host);
        let scheme = self.endpoint.scheme_str().unwrap_or("https");
        let uri = Uri::builder().scheme(scheme).authority(host).path_and_query(path).build().map_err(made)?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(HOST, host)
            .header(CONTENT_TYPE, "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AppRunner.{operation}"))
            .body(body.to_owned())
            .map_err(made)?;
        let mut request = self.signed(request)?;
        let agent = concat!("reveille/", env!("CARGO_PKG_VERSION"));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(agent));
        Ok(request)
    }

    fn signed(&self, mut request: Request<String>) -> Result<Request<String>, NoAnswer> {
        let Some(credentials) = &self.credentials else { return Ok(request) };
        let refused = |error: &dyn Error| NoAnswer::NoRequest(text(error));
        let identity = credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SIGNING_NAME)
            .time(SystemTime::from(clock::wall()))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| refused(&error))?
            .into();
        let uri = request.uri().to_string();
        let headers = pairs(request.headers());
        let body = SignableBody::Bytes(request.body().as_bytes());
        let signable =
            SignableRequest::new("POST", uri, headers.into_iter(), body).map_err(|error| refused(&error))?;
        let (instructions, _) = sign(signable, &params).map_err(|error| refused(&error))?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

fn pairs(headers: &HeaderMap) -> Vec<(&str, &str)> {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}

/// An error with everything behind it, in one line.
fn text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        text.push_str(&format!(": {error}"));
        behind = error.source();
    }
    text
}
