//! What a refusal means: the table of App Runner's error codes.

use super::refusal::{Cause, Refusal};

/// What a refusal means for the occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Try again after a backoff.
    TryAgain,
    /// Nobody knows whether it was carried out: look after a backoff, then act.
    LookThenAct,
    /// The service's state forbids it: look now, then decide.
    LookNow,
    /// Tell somebody at once, and try again after a backoff.
    TellAndTry,
    /// Tell somebody at once, and go on trying at the slowest pace.
    TrySlowly,
    /// App Runner will never accept it: give up and tell somebody.
    GiveUp,
}

/// Throttling, as AWS's services spell it.
pub const THROTTLING_CODES: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Access that somebody has to fix: permissions, credentials, the host's clock.
pub const ACCESS_CODES: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnauthorizedException",
    "UnrecognizedClientException",
];

/// Requests that will be refused however often they are made.
pub const HOPELESS_CODES: &[&str] = &[
    "InvalidParameterValueException",
    "InvalidRequestException",
    "ResourceNotFoundException",
    "UnknownOperationException",
    "ValidationException",
];

/// Reads the table: what does this refusal mean?
///
/// A code that stands in no list is tried again: a wrong "never" costs a morning, a wrong "again" a few calls.
pub fn policy(refusal: &Refusal) -> Policy {
    match &refusal.cause {
        Cause::NotSent => Policy::TryAgain,
        Cause::NoCredentials => Policy::TellAndTry,
        Cause::NoReply | Cause::Unreadable => Policy::LookThenAct,
        Cause::Answered { code: Some(code), http_status } => by_code(code, *http_status),
        Cause::Answered { code: None, http_status } => by_status(*http_status),
    }
}

fn by_code(code: &str, http_status: u16) -> Policy {
    let is_one_of = |codes: &[&str]| codes.contains(&code);
    if code == "InvalidStateException" {
        Policy::LookNow
    } else if is_one_of(HOPELESS_CODES) {
        Policy::GiveUp
    } else if is_one_of(ACCESS_CODES) {
        Policy::TrySlowly
    } else if is_one_of(THROTTLING_CODES) {
        Policy::TryAgain
    } else {
        by_status(http_status)
    }
}

fn by_status(http_status: u16) -> Policy {
    match http_status {
        401 | 403 => Policy::TrySlowly,
        _ => Policy::TryAgain,
    }
}

/// Whether the service is said not to exist. Any other refusal of a look says something about the look alone.
pub(crate) fn is_gone(refusal: &Refusal) -> bool {
    matches!(&refusal.cause, Cause::Answered { code: Some(code), .. } if code == "ResourceNotFoundException")
}

/// Whether App Runner may have carried out the request although it looks refused. An answer without a code is none of
/// its own: whoever gave it, on the way, may have passed the request on.
pub(crate) fn may_have_been_carried_out(refusal: &Refusal) -> bool {
    match &refusal.cause {
        Cause::NoReply | Cause::Unreadable | Cause::Answered { code: None, .. } => true,
        Cause::Answered { code: Some(_), http_status } => *http_status >= 500,
        Cause::NotSent | Cause::NoCredentials => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(code: Option<&str>, http_status: u16) -> Refusal {
        Refusal {
            cause: Cause::Answered { code: code.map(str::to_owned), http_status },
            message: String::new(),
        }
    }

    #[test]
    fn every_row_of_the_retry_table_is_read_as_it_stands() {
        let rows = [
            (Some("ThrottlingException"), 400, Policy::TryAgain),
            (Some("TooManyRequestsException"), 429, Policy::TryAgain),
            (None, 429, Policy::TryAgain),
            (Some("InternalServiceErrorException"), 500, Policy::TryAgain),
            (None, 500, Policy::TryAgain),
            (None, 503, Policy::TryAgain),
            (Some("InvalidStateException"), 400, Policy::LookNow),
            (Some("AccessDeniedException"), 400, Policy::TrySlowly),
            (Some("ExpiredTokenException"), 400, Policy::TrySlowly),
            (Some("UnrecognizedClientException"), 400, Policy::TrySlowly),
            (Some("InvalidSignatureException"), 400, Policy::TrySlowly),
            (None, 403, Policy::TrySlowly),
            (Some("ResourceNotFoundException"), 400, Policy::GiveUp),
            (Some("InvalidRequestException"), 400, Policy::GiveUp),
            (Some("ValidationException"), 400, Policy::GiveUp),
            (Some("SomethingNewException"), 400, Policy::TryAgain),
        ];
        for (code, http_status, expected) in rows {
            assert_eq!(policy(&answered(code, http_status)), expected, "{code:?} {http_status}");
        }
    }

    #[test]
    fn without_an_answer_what_counts_is_whether_the_request_may_have_left() {
        let rows = [
            (Cause::NotSent, Policy::TryAgain, false),
            (Cause::NoCredentials, Policy::TellAndTry, false),
            (Cause::NoReply, Policy::LookThenAct, true),
            (Cause::Unreadable, Policy::LookThenAct, true),
        ];
        for (cause, expected, carried_out) in rows {
            let refusal = Refusal { cause, message: String::new() };
            assert_eq!((policy(&refusal), may_have_been_carried_out(&refusal)), (expected, carried_out));
        }
    }

    #[test]
    fn an_internal_error_may_hide_a_change_and_a_plain_refusal_does_not() {
        for status in [500, 502, 503, 504, 529, 599] {
            assert!(may_have_been_carried_out(&answered(Some("InternalServiceErrorException"), status)));
        }
        for status in [400, 403, 429, 499] {
            assert!(!may_have_been_carried_out(&answered(Some("ThrottlingException"), status)));
        }
    }

    #[test]
    fn an_answer_of_somebody_on_the_way_says_nothing_of_what_app_runner_did() {
        for status in [302, 400, 403, 407, 408, 429, 451, 499, 500, 502, 503, 504, 529] {
            assert!(may_have_been_carried_out(&answered(None, status)), "{status}");
            assert_ne!(policy(&answered(None, status)), Policy::GiveUp, "{status}");
        }
    }
}
