//! Answers a call of the API: it meets the faults ordered for it, is carried out or not, and is recorded.

use super::api_operation::ApiOperation;
use super::call::{Answer, Call, Handled, Reply};
use super::error::{ApiError, usual_status};
use super::faults::{Effect, Fault, Faults, InvalidFault};
use super::model::Model;
use super::record::{CallLog, CallRecord};
use crate::api::{OperationId, ServiceArn};
use jiff::Timestamp;
use std::borrow::Cow;
use std::time::Duration;

impl Model {
    /// Answers a call of the API: under the faults ordered for it, and recorded.
    pub fn answer(&mut self, call: &Call, now: Timestamp) -> Handled {
        let (operation, arn) = (call.operation(), call.arn());
        let delay = self.faults.delay(operation, arn);
        let fault = self.faults.answer(operation, arn);
        let result = carried_out(fault.as_ref()).then(|| self.carry_out(call, now));
        let began =
            result.as_ref().and_then(|done| done.as_ref().ok()).and_then(Reply::operation_id).cloned();
        let answer = match fault {
            Some(fault) => under(fault, result),
            None => result.map_or(Answer::Nothing, from_result),
        };
        self.record(Some(operation), arn.cloned(), &answer, began, now);
        Handled { delay, answer }
    }

    /// Refuses what is no call at all, and records that it came.
    pub fn refuse(
        &mut self,
        operation: Option<ApiOperation>,
        arn: Option<ServiceArn>,
        error: ApiError,
        now: Timestamp,
    ) -> Handled {
        let answer = Answer::Refused(error);
        self.record(operation, arn, &answer, None, now);
        Handled { delay: Duration::ZERO, answer }
    }

    /// Orders a fault for coming calls, behind those that wait.
    ///
    /// # Errors
    /// When it could never happen, or is out of bounds.
    pub fn order_fault(&mut self, fault: Fault) -> Result<(), InvalidFault> {
        self.faults.order(fault)
    }

    /// Forgets the faults that wait. Operations that began under one keep their course.
    pub fn clear_faults(&mut self) {
        self.faults = Faults::default();
    }

    /// The calls so far, oldest first: the last [`MAX_CALLS`](super::record::MAX_CALLS) of them.
    pub fn calls(&self) -> impl ExactSizeIterator<Item = &CallRecord> {
        self.calls.iter()
    }

    /// Begins a new record of calls.
    pub fn forget_calls(&mut self) {
        self.calls = CallLog::default();
    }

    fn carry_out(&mut self, call: &Call, now: Timestamp) -> Result<Reply, ApiError> {
        match call {
            Call::Create(new) => self.create(new.clone(), now).map(Reply::Accepted),
            Call::Delete(arn) => self.delete(arn, now).map(Reply::Accepted),
            Call::Describe(arn) => self.describe(arn, now).map(Reply::Described),
            Call::ListOperations { arn, max_results, token } => self
                .list_operations(arn, *max_results, token.as_deref(), now)
                .map(|page| Reply::Operations { arn: arn.clone(), page }),
            Call::ListServices { max_results, token } => {
                self.list_services(*max_results, token.as_deref(), now).map(Reply::Services)
            }
            Call::ListTags(arn) => self.list_tags(arn, now).map(Reply::Tags),
            Call::Pause(arn) => self.pause(arn, now).map(Reply::Accepted),
            Call::Resume(arn) => self.resume(arn, now).map(Reply::Accepted),
            Call::StartDeployment(arn) => {
                self.start_deployment(arn, now).map(|accepted| Reply::Deployment(accepted.operation))
            }
            Call::Tag { arn, tags } => self.tag(arn, tags, now).map(|()| Reply::Tagged),
        }
    }

    fn record(
        &mut self,
        operation: Option<ApiOperation>,
        arn: Option<ServiceArn>,
        answer: &Answer,
        operation_id: Option<OperationId>,
        at: Timestamp,
    ) {
        let (http_status, error) = match answer {
            Answer::Done(_) => (Some(200), None),
            Answer::Refused(error) => (Some(error.http_status), Some(error.code.clone())),
            Answer::Bare { http_status } | Answer::NotJson { http_status } => (Some(*http_status), None),
            Answer::Nothing => (None, None),
        };
        let delivered = http_status.is_some();
        self.calls.add(CallRecord {
            number: 0,
            at,
            operation,
            arn,
            http_status,
            error,
            operation_id,
            delivered,
        });
    }
}

/// Whether a call is carried out under this fault.
fn carried_out(fault: Option<&Effect>) -> bool {
    match fault {
        Some(Effect::ConnectionClosed) => false,
        Some(Effect::Error { applied, .. }) => *applied,
        Some(Effect::Status { http_status, applied } | Effect::NotJson { http_status, applied }) => {
            applied.unwrap_or((200..300).contains(http_status))
        }
        _ => true,
    }
}

/// The answer under a fault, when the call was carried out with this result, or not at all.
fn under(fault: Effect, result: Option<Result<Reply, ApiError>>) -> Answer {
    match fault {
        Effect::Error { code, http_status, message, .. } => Answer::Refused(ApiError {
            http_status: http_status.unwrap_or_else(|| usual_status(&code)),
            message: message.unwrap_or_else(|| "a fault was ordered for this call".to_owned()),
            code: Cow::Owned(code),
        }),
        Effect::Status { http_status, .. } => Answer::Bare { http_status },
        Effect::NotJson { http_status, .. } => Answer::NotJson { http_status },
        Effect::NoOperationId => {
            result.map_or(Answer::Nothing, |done| from_result(done.map(Reply::without_operation_id)))
        }
        _ => Answer::Nothing,
    }
}

fn from_result(result: Result<Reply, ApiError>) -> Answer {
    result.map_or_else(Answer::Refused, Answer::Done)
}

#[cfg(test)]
mod tests {
    use super::super::settings::Settings;
    use super::*;
    use crate::api::ServiceStatus;

    fn arn() -> ServiceArn {
        "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa"
            .parse()
            .unwrap()
    }

    /// A resume of a paused service under this effect: the answer, the record, and whether an operation began.
    fn resume_under(effect: Effect) -> (Answer, CallRecord, bool) {
        let now = Timestamp::UNIX_EPOCH;
        let mut model = Model::new(Settings::default(), 1);
        model.put(arn(), ServiceStatus::Paused, now).unwrap();
        model.order_fault(Fault { operation: None, arn: None, calls: 1, effect }).unwrap();
        let handled = model.answer(&Call::Resume(arn()), now);
        let record = model.calls().last().cloned().unwrap();
        (handled.answer, record, model.operations(&arn(), now).len() == 1)
    }

    #[test]
    fn each_fault_answers_and_changes_what_it_should() {
        let error = |applied| Effect::Error {
            code: "ThrottlingException".to_owned(),
            http_status: None,
            message: None,
            applied,
        };
        let status = |http_status, applied| Effect::Status { http_status, applied };
        let no_json = |http_status, applied| Effect::NotJson { http_status, applied };
        // The effect; the status in the record; whether the operation began.
        let cases = [
            (error(false), Some(400), false),
            (error(true), Some(400), true),
            (status(503, None), Some(503), false),
            (status(200, None), Some(200), true),
            (status(200, Some(false)), Some(200), false),
            (no_json(500, None), Some(500), false),
            (no_json(500, Some(true)), Some(500), true),
            (no_json(200, None), Some(200), true),
            (Effect::ReplyLost, None, true),
            (Effect::ConnectionClosed, None, false),
            (Effect::NoOperationId, Some(200), true),
            (Effect::OperationNeverEnds, Some(200), true),
            (Effect::Delay { millis: 5 }, Some(200), true),
        ];
        for (effect, http_status, began) in cases {
            let (answer, record, has_begun) = resume_under(effect.clone());
            assert_eq!((record.http_status, has_begun), (http_status, began), "{effect:?}");
            assert_eq!(record.operation_id.is_some(), began, "{effect:?}");
            assert_eq!(record.delivered, answer != Answer::Nothing, "{effect:?}");
        }
    }

    #[test]
    fn an_ordered_error_says_what_was_ordered() {
        let (answer, record, _) = resume_under(Effect::Error {
            code: "AccessDeniedException".to_owned(),
            http_status: Some(403),
            message: Some("not you".to_owned()),
            applied: false,
        });
        let Answer::Refused(error) = answer else { panic!("{answer:?}") };
        assert_eq!((error.http_status, error.to_string().as_str()), (403, "AccessDeniedException: not you"));
        assert_eq!(record.error.as_deref(), Some("AccessDeniedException"));
    }

    #[test]
    fn a_reply_without_an_id_still_has_the_state() {
        let (answer, record, _) = resume_under(Effect::NoOperationId);
        let Answer::Done(Reply::Accepted(accepted)) = answer else { panic!("{answer:?}") };
        assert_eq!((accepted.operation, accepted.service.status), (None, ServiceStatus::OperationInProgress));
        assert!(record.operation_id.is_some(), "the record knows better");
    }

    #[test]
    fn faults_can_be_taken_back() {
        let mut model = Model::new(Settings::default(), 1);
        let effect = Effect::ConnectionClosed;
        model.order_fault(Fault { operation: None, arn: None, calls: 9, effect }).unwrap();
        model.clear_faults();
        let call = Call::ListServices { max_results: None, token: None };
        let handled = model.answer(&call, Timestamp::UNIX_EPOCH);
        assert!(matches!(handled.answer, Answer::Done(Reply::Services(_))), "{handled:?}");
        model.forget_calls();
        assert_eq!(model.calls().len(), 0);
    }
}
