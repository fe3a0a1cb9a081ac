//! What came back when a request failed: the SDK's error becomes facts in our own words.
//!
//! The one question that matters is whether App Runner may have taken the request. "It was not sent" and "there are no
//! credentials" are said only on evidence; in doubt, no reply came.

use super::credentials;
use super::error_text::{chain, presentable, text};
use super::http_client::MAX_REPLY_BYTES;
use crate::api::{Cause, Refusal};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, DispatchFailure, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use http_body_util::LengthLimitError;
use hyper_util::client::legacy::Error as HttpError;
use std::error::Error;

/// The header in which a reply without a readable body may still name its error.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// The facts about a request that failed.
pub(super) fn refusal<E>(error: &SdkError<E, HttpResponse>) -> Refusal
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => unanswered(error, Cause::NotSent),
        SdkError::DispatchFailure(failure) => unanswered(error, dispatch_cause(failure)),
        SdkError::ResponseError(response) => answered(error, response.raw()),
        SdkError::ServiceError(service) => answered(error, service.raw()),
        _ => unanswered(error, Cause::NoReply),
    }
}

/// The refusal for a request without a reply: it was not sent, or its reply was lost.
fn unanswered(error: &(dyn Error + 'static), cause: Cause) -> Refusal {
    let missing = chain(error).find_map(|e| e.downcast_ref::<CredentialsError>());
    if let Some(missing) = missing {
        return Refusal { cause: Cause::NoCredentials, message: credentials::problem(missing) };
    }
    // The SDK's own first words ("dispatch failure", "io error") say nothing.
    let told = chain(error).skip(1).find(|e| !e.is::<ConnectorError>());
    Refusal { cause, message: text(told.unwrap_or(error)) }
}

/// The codes by which AWS says that the keys are unknown, expired or not the right ones.
const ABOUT_THE_KEYS: [&str; 8] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Whether AWS refused a call because of the keys that it was signed with, so that others may do.
pub(super) fn is_about_the_keys(refusal: &Refusal) -> bool {
    matches!(&refusal.cause, Cause::Answered { code: Some(code), .. } if ABOUT_THE_KEYS.contains(&code.as_str()))
}

fn dispatch_cause(failure: &DispatchFailure) -> Cause {
    let connector_error = failure.as_connector_error().map(|e| e as &(dyn Error + 'static));
    let never_connected = connector_error
        .into_iter()
        .flat_map(chain)
        .filter_map(|e| e.downcast_ref::<HttpError>())
        .any(HttpError::is_connect);
    if never_connected { Cause::NotSent } else { Cause::NoReply }
}

/// A reply came, and it is an error or nothing that can be read.
fn answered<E>(error: &SdkError<E, HttpResponse>, reply: &HttpResponse) -> Refusal
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let excerpt = |reply| match chain(error).any(<dyn Error>::is::<LengthLimitError>) {
        true => format!("its body is larger than {} MiB", MAX_REPLY_BYTES / 1024 / 1024),
        false => excerpt(reply),
    };
    if reply.status().is_success() {
        let message = presentable(&format!("the reply could not be read; {}", excerpt(reply)));
        return Refusal { cause: Cause::Unreadable, message };
    }
    let code = error.code().or_else(|| reply.headers().get(ERROR_TYPE)).and_then(bare_code);
    let message = match error.message() {
        Some(message) => presentable(message),
        None => presentable(&excerpt(reply)),
    };
    Refusal { cause: Cause::Answered { code, http_status: reply.status().as_u16() }, message }
}

/// A code without the namespace before it and the address behind it.
fn bare_code(code: &str) -> Option<String> {
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default().trim();
    (!code.is_empty()).then(|| code.to_owned())
}

/// What a reply without a message says instead.
fn excerpt(reply: &HttpResponse) -> String {
    match reply.body().bytes() {
        None => "its body did not arrive".to_owned(),
        Some([]) => "its body is empty".to_owned(),
        Some(body) => format!("its body is: {}", String::from_utf8_lossy(body)),
    }
}
