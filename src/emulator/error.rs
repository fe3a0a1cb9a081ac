//! How the emulated App Runner says no.

use std::borrow::Cow;

/// An error as App Runner answers it: a code for programs, a message for people.
///
/// The texts are the emulator's own. App Runner documents none, so nothing may depend on them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The code, for example `InvalidStateException`.
    pub code: Cow<'static, str>,
    /// The HTTP status that it comes with.
    pub http_status: u16,
    /// The text that goes with the code, for people.
    pub message: String,
}

/// The codes in App Runner's own service model. Their text is in `Message`; what other layers of AWS answer has it in
/// `message`.
const MODELLED: [&str; 5] = [
    "InvalidRequestException",
    "ResourceNotFoundException",
    "InvalidStateException",
    "InternalServiceErrorException",
    "ServiceQuotaExceededException",
];

impl ApiError {
    /// An error with the HTTP status that is usual for its code.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let code = code.into();
        Self { http_status: usual_status(&code), code, message: message.into() }
    }

    /// Whether the code is in App Runner's own service model, rather than of a layer before it.
    pub fn is_modelled(&self) -> bool {
        MODELLED.contains(&self.code.as_ref())
    }

    pub(super) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new("InvalidRequestException", message)
    }

    pub(super) fn invalid_state(message: impl Into<String>) -> Self {
        Self::new("InvalidStateException", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }

    pub(super) fn quota(message: impl Into<String>) -> Self {
        Self::new("ServiceQuotaExceededException", message)
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    pub(super) fn serialization(message: impl Into<String>) -> Self {
        Self::new("SerializationException", message)
    }

    pub(super) fn unknown_operation(message: impl Into<String>) -> Self {
        Self::new("UnknownOperationException", message)
    }
}

/// The HTTP status that a code comes with when nothing else is said.
pub(super) fn usual_status(code: &str) -> u16 {
    match code {
        "InternalServiceErrorException" => 500,
        "TooManyRequestsException" => 429,
        "UnknownOperationException" => 404,
        _ => 400,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_brings_its_usual_status() {
        let cases = [
            ("InvalidStateException", 400, true),
            ("InternalServiceErrorException", 500, true),
            ("TooManyRequestsException", 429, false),
            ("UnknownOperationException", 404, false),
            ("ThrottlingException", 400, false),
        ];
        for (code, http_status, modelled) in cases {
            let error = ApiError::new(code, "no");
            assert_eq!((error.http_status, error.is_modelled()), (http_status, modelled), "{code}");
            assert_eq!(error.to_string(), format!("{code}: no"));
        }
    }
}
