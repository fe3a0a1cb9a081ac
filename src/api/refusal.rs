//! A request that App Runner did not take, as facts: `meaning` judges them.

use std::fmt;

/// App Runner did not take the request, or it is unknown whether it did: the facts, not yet judged.
///
/// What they mean is decided in `api/meaning.rs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is known of the failure, for the rules in `api/meaning.rs`.
    pub cause: Cause,
    /// What was said, for people. Never holds a credential.
    pub message: String,
}

/// How a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// App Runner (or something before it) answered with an error.
    Answered {
        /// The error's code, such as `InvalidStateException`; `None` for a reply that carries none (an HTML page, an
        /// empty body).
        code: Option<String>,
        /// The status code of the HTTP response.
        http_status: u16,
    },
    /// A success that could not be read: it may well have been carried out.
    Unreadable,
    /// No reply came: a timeout or a broken connection after the request may have left.
    NoReply,
    /// The request surely never left: no connection could be made.
    NotSent,
    /// No credentials could be found or fetched, so nothing was sent.
    NoCredentials,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Answered { code: Some(code), .. } => write!(f, "{code}: {}", self.message),
            Cause::Answered { code: None, http_status } => write!(f, "HTTP {http_status}: {}", self.message),
            Cause::Unreadable | Cause::NoReply | Cause::NotSent | Cause::NoCredentials => {
                f.write_str(&self.message)
            }
        }
    }
}
