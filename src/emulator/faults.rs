//! Faults: trouble ordered in advance for coming calls.

use super::api_operation::ApiOperation;
use super::operation::{Fate, OperationEnd};
use crate::api::{OperationStatus, ServiceArn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Faults that can wait for their calls at one time.
pub const MAX_FAULTS: usize = 100_000;

/// The longest delay that can be ordered: no client waits longer, and a connection is held that long.
pub const MAX_DELAY: Duration = Duration::from_secs(3600);

/// Trouble for coming calls.
///
/// As JSON, for example: `{"operation": "ResumeService", "calls": 2, "effect": {"error": {"code":
/// "ThrottlingException"}}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fault {
    /// Only calls of this operation; absent: of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<ApiOperation>,
    /// Only calls that name this service; absent: any, and those that name none.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "arn_text")]
    pub arn: Option<ServiceArn>,
    /// How many calls meet it; 1 when absent.
    #[serde(default = "one")]
    pub calls: u32,
    /// What happens to them.
    pub effect: Effect,
}

/// What happens to a call.
///
/// There are three kinds: a delay, another answer, and another course of the operation that the call begins. A call
/// meets at most one of each kind: the one that was ordered first, those for its very service before those for all.
/// An operation's course waits for a call that does begin an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// The reply comes this much later; what the call changes changes at once.
    Delay {
        /// Milliseconds, at most [`MAX_DELAY`].
        millis: u64,
    },
    /// An error with a code.
    Error {
        /// The code, for example `ThrottlingException`.
        code: String,
        /// The HTTP status, 400 to 599; absent: the one that is usual for the code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        http_status: Option<u16>,
        /// What is said; absent: that a fault was ordered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Whether the call is carried out all the same.
        #[serde(default)]
        applied: bool,
    },
    /// A status and no body.
    Status {
        /// The HTTP status, 200 to 599.
        http_status: u16,
        /// Whether the call is carried out; absent: if the status is a success.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        applied: Option<bool>,
    },
    /// A body that is no JSON.
    NotJson {
        /// The HTTP status, 200 to 599.
        http_status: u16,
        /// Whether the call is carried out; absent: if the status is a success.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        applied: Option<bool>,
    },
    /// The call is carried out, and the connection closed without a reply.
    ReplyLost,
    /// The connection is closed, and nothing is done.
    ConnectionClosed,
    /// The reply names no operation, though one began.
    NoOperationId,
    /// The operation ends other than well, and the service is what it was before.
    OperationEnds(OperationEnd),
    /// The operation stays `IN_PROGRESS`, and the service busy, until the service is set by hand.
    OperationNeverEnds,
    /// The operation shows a status with this word before it succeeds.
    OperationSays(String),
}

/// Why a fault cannot be ordered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidFault(String);

/// The kinds of which a call meets one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Delay,
    Answer,
    Course,
}

impl Effect {
    fn kind(&self) -> Kind {
        match self {
            Self::Delay { .. } => Kind::Delay,
            Self::Error { .. }
            | Self::Status { .. }
            | Self::NotJson { .. }
            | Self::ReplyLost
            | Self::ConnectionClosed
            | Self::NoOperationId => Kind::Answer,
            Self::OperationEnds(_) | Self::OperationNeverEnds | Self::OperationSays(_) => Kind::Course,
        }
    }

    /// Whether it can happen to a call of this operation at all.
    fn suits(&self, operation: ApiOperation) -> bool {
        let needs_operation = self.kind() == Kind::Course || *self == Self::NoOperationId;
        !needs_operation || operation.begins_operation()
    }
}

/// The faults that wait for their calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    for_one: BTreeMap<ServiceArn, Vec<Fault>>,
    for_all: Vec<Fault>,
    waiting: usize,
}

impl Faults {
    /// Orders a fault, behind those that wait.
    pub(super) fn order(&mut self, fault: Fault) -> Result<(), InvalidFault> {
        check(&fault)?;
        if self.waiting >= MAX_FAULTS {
            return Err(InvalidFault(format!("{MAX_FAULTS} faults are waiting already; clear them first")));
        }
        self.waiting = self.waiting.saturating_add(1);
        match &fault.arn {
            Some(arn) => self.for_one.entry(arn.clone()).or_default().push(fault),
            None => self.for_all.push(fault),
        }
        Ok(())
    }

    /// How long the reply to this call is held back.
    pub(super) fn delay(&mut self, operation: ApiOperation, arn: Option<&ServiceArn>) -> Duration {
        match self.take(Kind::Delay, operation, arn) {
            Some(Effect::Delay { millis }) => Duration::from_millis(millis),
            _ => Duration::ZERO,
        }
    }

    /// The other answer that this call gets.
    pub(super) fn answer(&mut self, operation: ApiOperation, arn: Option<&ServiceArn>) -> Option<Effect> {
        self.take(Kind::Answer, operation, arn)
    }

    /// The course of the operation that this call begins.
    pub(super) fn fate(&mut self, operation: ApiOperation, arn: &ServiceArn) -> Option<Fate> {
        match self.take(Kind::Course, operation, Some(arn))? {
            Effect::OperationEnds(end) => Some(Fate::Ends(end)),
            Effect::OperationNeverEnds => Some(Fate::Never),
            Effect::OperationSays(word) => Some(Fate::Says(OperationStatus::from_wire(&word))),
            _ => None,
        }
    }

    fn take(&mut self, kind: Kind, operation: ApiOperation, arn: Option<&ServiceArn>) -> Option<Effect> {
        if self.waiting == 0 {
            return None;
        }
        let own = arn.and_then(|arn| self.for_one.get_mut(arn));
        let taken = own.and_then(|faults| take_from(faults, kind, operation));
        let (effect, used_up) = taken.or_else(|| take_from(&mut self.for_all, kind, operation))?;
        self.waiting = self.waiting.saturating_sub(usize::from(used_up));
        Some(effect)
    }
}

/// Takes the first that suits, and says whether it is used up now.
fn take_from(faults: &mut Vec<Fault>, kind: Kind, operation: ApiOperation) -> Option<(Effect, bool)> {
    let suits = |fault: &Fault| {
        fault.effect.kind() == kind
            && fault.effect.suits(operation)
            && fault.operation.is_none_or(|only| only == operation)
    };
    let index = faults.iter().position(suits)?;
    let fault = faults.get_mut(index)?;
    fault.calls = fault.calls.saturating_sub(1);
    if fault.calls > 0 {
        return Some((fault.effect.clone(), false));
    }
    Some((faults.remove(index).effect, true))
}

fn check(fault: &Fault) -> Result<(), InvalidFault> {
    if fault.calls == 0 {
        return Err(InvalidFault("`calls` is 0; a fault is for at least one call".to_owned()));
    }
    if let Some(operation) = fault.operation.filter(|operation| !fault.effect.suits(*operation)) {
        return Err(InvalidFault(format!("{operation} starts no operation, so this can never happen to it")));
    }
    match &fault.effect {
        Effect::Delay { millis } if Duration::from_millis(*millis) > MAX_DELAY => Err(InvalidFault(format!(
            "a delay of {millis} ms is too long; at most {} s",
            MAX_DELAY.as_secs()
        ))),
        Effect::Error { http_status: Some(status @ (..400 | 600..)), .. } => {
            Err(InvalidFault(format!("an error cannot have HTTP status {status}; use 400 to 599")))
        }
        Effect::Status { http_status: status @ (..200 | 600..), .. }
        | Effect::NotJson { http_status: status @ (..200 | 600..), .. } => {
            Err(InvalidFault(format!("{status} is not a final HTTP status; use 200 to 599")))
        }
        _ => Ok(()),
    }
}

fn one() -> u32 {
    1
}

/// An ARN as its text.
mod arn_text {
    use crate::api::ServiceArn;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(arn: &Option<ServiceArn>, to: S) -> Result<S::Ok, S::Error> {
        match arn {
            Some(arn) => to.serialize_str(arn.as_str()),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ServiceArn>, D::Error> {
        let parse =
            |text: String| text.parse().map_err(|error| D::Error::custom(format!("`{text}`: {error}")));
        Option::<String>::deserialize(from)?.map(parse).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str =
        "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

    fn read(json: &str) -> Fault {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_fault_reads_as_it_is_written() {
        let arn = format!(r#""arn":"{ARN}","#);
        let effects = [
            r#"{"delay":{"millis":500}}"#,
            r#"{"error":{"code":"ThrottlingException","applied":false}}"#,
            r#"{"error":{"code":"X","http-status":503,"message":"no","applied":true}}"#,
            r#"{"status":{"http-status":502}}"#,
            r#"{"not-json":{"http-status":200,"applied":false}}"#,
            r#""reply-lost""#,
            r#""connection-closed""#,
            r#""no-operation-id""#,
            r#"{"operation-ends":"rollback-failed"}"#,
            r#""operation-never-ends""#,
            r#"{"operation-says":"COMPLETING"}"#,
        ];
        for effect in effects {
            let text = format!(r#"{{"operation":"PauseService",{arn}"calls":2,"effect":{effect}}}"#);
            let fault = read(&text);
            assert_eq!(serde_json::to_string(&fault).unwrap(), text);
            assert_eq!(Faults::default().order(fault), Ok(()), "{effect}");
        }
    }

    #[test]
    fn what_no_fault_has_is_refused() {
        let cases = [
            (r#"{"effect":"reply-lost","times":2}"#, "unknown field `times`"),
            (r#"{"effect":{"delay":{"millis":1,"secs":1}}}"#, "unknown field `secs`"),
            (r#"{"effect":"explode"}"#, "unknown variant `explode`, expected one of `delay`"),
            (r#"{"operation":"Resume","effect":"reply-lost"}"#, "unknown variant `Resume`"),
            (r#"{"arn":"web","effect":"reply-lost"}"#, "`web`: it has 1 part between colons, not 6"),
            (r#"{"calls":2}"#, "missing field `effect`"),
        ];
        for (text, expected) in cases {
            let message = serde_json::from_str::<Fault>(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn what_could_never_happen_is_refused() {
        let cases = [
            (r#"{"calls":0,"effect":"reply-lost"}"#, "`calls` is 0; a fault is for at least one call"),
            (
                r#"{"operation":"ListServices","effect":"no-operation-id"}"#,
                "ListServices starts no operation",
            ),
            (r#"{"effect":{"delay":{"millis":3600001}}}"#, "3600001 ms is too long; at most 3600 s"),
            (r#"{"effect":{"error":{"code":"X","http-status":200}}}"#, "HTTP status 200; use 400 to 599"),
            (r#"{"effect":{"status":{"http-status":101}}}"#, "101 is not a final HTTP status"),
            (r#"{"effect":{"not-json":{"http-status":600}}}"#, "600 is not a final HTTP status"),
        ];
        for (text, expected) in cases {
            let message = Faults::default().order(read(text)).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn a_fault_meets_the_calls_it_is_for_and_then_no_more() {
        let arn: ServiceArn = ARN.parse().unwrap();
        let (resume, pause) = (ApiOperation::ResumeService, ApiOperation::PauseService);
        let mut faults = Faults::default();
        faults.order(read(r#"{"operation":"ResumeService","calls":2,"effect":"reply-lost"}"#)).unwrap();
        faults.order(read(&format!(r#"{{"arn":"{ARN}","effect":"connection-closed"}}"#))).unwrap();

        assert_eq!(faults.answer(pause, None), None, "one is for resumes, one for a service");
        assert_eq!(faults.delay(resume, Some(&arn)), Duration::ZERO, "neither is a delay");
        assert_eq!(faults.answer(resume, Some(&arn)), Some(Effect::ConnectionClosed), "its own comes first");
        assert_eq!(faults.answer(resume, Some(&arn)), Some(Effect::ReplyLost));
        assert_eq!(faults.answer(resume, None), Some(Effect::ReplyLost));
        assert_eq!(faults.answer(resume, Some(&arn)), None);
        assert_eq!(faults.waiting, 0);
    }

    #[test]
    fn a_delay_an_answer_and_a_course_can_meet_in_one_call() {
        let arn: ServiceArn = ARN.parse().unwrap();
        let mut faults = Faults::default();
        faults.order(read(r#"{"effect":"operation-never-ends"}"#)).unwrap();
        faults.order(read(r#"{"effect":"no-operation-id"}"#)).unwrap();
        faults.order(read(r#"{"effect":{"delay":{"millis":7}}}"#)).unwrap();

        assert_eq!(
            faults.answer(ApiOperation::DescribeService, Some(&arn)),
            None,
            "it waits for an operation"
        );
        assert_eq!(faults.delay(ApiOperation::PauseService, Some(&arn)), Duration::from_millis(7));
        assert_eq!(faults.answer(ApiOperation::PauseService, Some(&arn)), Some(Effect::NoOperationId));
        assert_eq!(faults.fate(ApiOperation::PauseService, &arn), Some(Fate::Never));
    }

    #[test]
    fn there_is_an_end_to_what_can_be_ordered() {
        let mut faults = Faults::default();
        let fault = read(r#"{"effect":"reply-lost"}"#);
        for _ in 0..MAX_FAULTS {
            faults.order(fault.clone()).unwrap();
        }
        let message = faults.order(fault).unwrap_err().to_string();
        assert_eq!(message, "100000 faults are waiting already; clear them first");
    }
}
