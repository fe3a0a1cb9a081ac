//! The way between the planner's words and the emulator's, as `apprunner/` and HTTP have it.

use super::timing::REQUEST_TIMEOUT;
use crate::api::{Action, Cause, Refusal, Reply, Request};
use crate::emulator;
use crate::emulator::{Answer, ApiError};
use crate::planner::Call;

/// How many operations a page has, as the real client asks for them.
const OPERATIONS_A_PAGE: i64 = 20;

/// What the planner asks, in the emulator's words.
pub(crate) fn call_of(call: &Call) -> emulator::Call {
    let arn = call.arn.clone();
    match &call.request {
        Request::Act(Action::Resume) => emulator::Call::Resume(arn),
        Request::Act(Action::Pause) => emulator::Call::Pause(arn),
        Request::Describe => emulator::Call::Describe(arn),
        Request::ListOperations { page } => {
            emulator::Call::ListOperations { arn, max_results: Some(OPERATIONS_A_PAGE), token: page.clone() }
        }
    }
}

/// What the emulator answers, in the planner's words.
pub(crate) fn reply_of(answer: Answer) -> Result<Reply, Refusal> {
    match answer {
        Answer::Done(reply) => read(reply).ok_or_else(|| {
            refusal(Cause::Unreadable, "the reply could not be read; it is one to another request")
        }),
        Answer::Refused(ApiError { code, http_status, message }) => {
            Err(Refusal { cause: Cause::Answered { code: Some(code.into_owned()), http_status }, message })
        }
        Answer::Bare { http_status } | Answer::NotJson { http_status } => Err(without_code(http_status)),
        Answer::Nothing => Err(refusal(Cause::NoReply, "the connection was closed before a reply came")),
    }
}

/// No reply came in time.
pub(crate) fn no_reply() -> Refusal {
    refusal(Cause::NoReply, &format!("no reply within {} s", REQUEST_TIMEOUT.as_secs()))
}

/// No connection could be made.
pub(crate) fn not_sent() -> Refusal {
    refusal(Cause::NotSent, "no connection could be made")
}

/// Nothing was sent for want of credentials.
pub(crate) fn no_credentials() -> Refusal {
    refusal(Cause::NoCredentials, "no AWS credentials: none could be fetched")
}

fn read(reply: emulator::Reply) -> Option<Reply> {
    match reply {
        emulator::Reply::Accepted(accepted) => {
            Some(Reply::Accepted { operation: accepted.operation, status: accepted.service.status })
        }
        emulator::Reply::Described(view) => Some(Reply::Described { status: view.status }),
        emulator::Reply::Operations { page, .. } => {
            Some(Reply::Operations { operations: page.items, next_page: page.next })
        }
        emulator::Reply::Deployment(_)
        | emulator::Reply::Services(_)
        | emulator::Reply::Tags(_)
        | emulator::Reply::Tagged => None,
    }
}

fn without_code(http_status: u16) -> Refusal {
    if (200..300).contains(&http_status) {
        return refusal(Cause::Unreadable, "the reply could not be read; it is no JSON");
    }
    refusal(Cause::Answered { code: None, http_status }, "its body is no JSON")
}

fn refusal(cause: Cause, message: &str) -> Refusal {
    Refusal { cause, message: message.to_owned() }
}
