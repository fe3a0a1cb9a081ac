//! What App Runner's refusals say, read as the CLI reads them, and which of them are tried again.

use super::value::{Members, Value};
use crate::api::THROTTLING_CODES;

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// App Runner's word for it; the HTTP status if there is none.
    pub(crate) code: String,
    /// What it says to people.
    pub(crate) message: String,
}

/// The message for a reply without a readable body, by its status.
const PHRASES: &[(u16, &str)] = &[
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
    (505, "HTTP Version Not Supported"),
    (506, "Variant Also Negotiates"),
    (507, "Insufficient Storage"),
    (508, "Loop Detected"),
    (510, "Not Extended"),
    (511, "Network Authentication Required"),
];

/// Statuses that may be over in a moment.
const PASSING_STATUSES: &[u16] = &[500, 502, 503, 504];

/// Codes that may be over in a moment, beside those of throttling.
const PASSING_CODES: &[&str] = &["RequestTimeout", "RequestTimeoutException"];

impl Refusal {
    /// Reads an answer's status, its body, and the header in which older protocols name the error.
    ///
    /// `None` when the body is JSON, but not an object: then the error is unknown.
    pub(crate) fn read(status: u16, body: &[u8], query_error: Option<&str>) -> Option<Self> {
        if status >= 500 && is_nothing_or_a_page(body) {
            let phrase = PHRASES.iter().find(|(known, _)| *known == status).map(|(_, phrase)| *phrase);
            return Some(Self { code: status.to_string(), message: phrase.unwrap_or_default().to_owned() });
        }
        let body = read_body(body);
        if !matches!(body, Value::Map(_)) {
            return None;
        }
        let message = body.get("message").or_else(|| body.get("Message"));
        let from_header = query_error.and_then(|header| header.split_once(';'));
        let from_header = from_header.map(|(code, _)| code.to_owned()).filter(|code| !code.is_empty());
        let code = from_header.unwrap_or_else(|| match body.get("__type") {
            None => status.to_string(),
            Some(Value::Null) => String::new(),
            Some(code) => bare_code(&code.to_string()),
        });
        Some(Self { code, message: message.map(ToString::to_string).unwrap_or_default() })
    }

    /// Whether the same request may be taken in a moment.
    pub(crate) fn is_passing(&self, status: u16) -> bool {
        let code = self.code.as_str();
        PASSING_STATUSES.contains(&status)
            || PASSING_CODES.contains(&code)
            || THROTTLING_CODES.contains(&code)
    }

    /// The line that scripts look for. `retries` is how often the request was made again, when that was as often as it
    /// may be.
    pub(crate) fn line(&self, operation: &str, retries: Option<u32>) -> String {
        let retries = retries.map(|retries| format!(" (reached max retries: {retries})")).unwrap_or_default();
        let Self { code, message } = self;
        format!("An error occurred ({code}) when calling the {operation} operation{retries}: {message}")
    }

    /// The refusal as an object, for the forms that are not a line.
    pub(crate) fn object(&self) -> Value {
        let member = |name: &str, value: &str| (name.to_owned(), Value::text(value));
        Value::map(vec![member("Message", &self.message), member("Code", &self.code)])
    }
}

/// The body of an answer. What is no JSON counts as a message, and nothing as an empty object.
pub(crate) fn read_body(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::map(Members::new());
    }
    serde_json::from_slice(body).unwrap_or_else(|_| {
        Value::map(vec![("message".to_owned(), Value::text(String::from_utf8_lossy(body)))])
    })
}

fn is_nothing_or_a_page(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    body.is_empty() || body.starts_with(b"<html>")
}

/// `com.amazon.coral#Name:http://…` without what stands around the name.
fn bare_code(code: &str) -> String {
    let before = code.split(':').next().unwrap_or(code);
    before.rsplit('#').next().unwrap_or(before).to_owned()
}
