//! Lists, a page at a time.

use super::error::ApiError;
use super::model::Model;
use super::service::ServiceView;
use crate::api::{Operation, ServiceArn, ServiceStatus};
use jiff::Timestamp;
use std::ops::Bound;

/// The largest page that can be asked for. Whoever asks for no size gets everything at once.
pub const MAX_PAGE: i64 = 20;

/// What the tokens of `ListServices` are good for; those of `ListOperations` are good for one service.
const ALL_SERVICES: &str = "services";

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The token of the next page, if there is one.
    pub next: Option<String>,
}

impl Model {
    /// `ListOperations`: newest first.
    ///
    /// A page goes on where the one before ended, whatever began in between.
    ///
    /// # Errors
    /// `InvalidRequestException` for a token that is not of this list, and for a size outside 1 to [`MAX_PAGE`];
    /// `ResourceNotFoundException` for a service that is not here.
    pub fn list_operations(
        &mut self,
        arn: &ServiceArn,
        max_results: Option<i64>,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Page<Operation>, ApiError> {
        let limit = page_limit(max_results)?;
        let older_than: Option<u64> = token.map(|token| unseal(arn.as_str(), token)).transpose()?;
        let now = self.advance(now);
        let newest_first = self.settled(arn, now)?.operations().iter().rev();
        let mut rest = newest_first
            .filter(|work| work.listed_from <= now)
            .filter(|work| older_than.is_none_or(|serial| work.serial < serial));
        let mut last = None;
        let items = rest.by_ref().take(limit).inspect(|work| last = Some(work.serial));
        let items = items.map(|work| work.view(now)).collect();
        let more = rest.next().is_some();
        let next = last.filter(|_| more).map(|serial| seal(arn.as_str(), &serial.to_string()));
        Ok(Page { items, next })
    }

    /// `ListServices`: in the order of their ARNs, without the deleted ones.
    ///
    /// # Errors
    /// `InvalidRequestException` for a token that is not of this list, and for a size outside 1 to [`MAX_PAGE`].
    pub fn list_services(
        &mut self,
        max_results: Option<i64>,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Page<ServiceView>, ApiError> {
        let limit = page_limit(max_results)?;
        let after: Option<ServiceArn> = token.map(|token| unseal(ALL_SERVICES, token)).transpose()?;
        let now = self.advance(now);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = self.services.range_mut((from, Bound::Unbounded)).filter_map(|(_, service)| {
            service.settle(now);
            (*service.status() != ServiceStatus::Deleted).then_some(service)
        });
        let items: Vec<ServiceView> = rest.by_ref().take(limit).map(|service| service.view()).collect();
        let more = rest.next().is_some();
        let next = items.last().filter(|_| more).map(|last| seal(ALL_SERVICES, last.arn.as_str()));
        Ok(Page { items, next })
    }
}

fn page_limit(max_results: Option<i64>) -> Result<usize, ApiError> {
    match max_results {
        None => Ok(usize::MAX),
        Some(n @ 1..=MAX_PAGE) => Ok(usize::try_from(n).unwrap_or(usize::MAX)),
        Some(n) => Err(ApiError::invalid_request(format!("MaxResults is {n}; it can be 1 to {MAX_PAGE}"))),
    }
}

/// A token that means nothing to its reader: the position in hexadecimal, behind a check that binds it to its list.
fn seal(scope: &str, position: &str) -> String {
    let hex: String = position.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{:016x}{hex}", checksum(scope, position))
}

/// The position in a token of this list.
fn unseal<T: std::str::FromStr>(scope: &str, token: &str) -> Result<T, ApiError> {
    let position = token.get(16..).and_then(from_hex).filter(|position| seal(scope, position) == token);
    position
        .and_then(|position| position.parse().ok())
        .ok_or_else(|| ApiError::invalid_request("NextToken is not from this list; start again without one"))
}

fn from_hex(hex: &str) -> Option<String> {
    let pairs = hex.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

/// FNV-1a: enough to tell a token of another list from a token of this one; it is no protection.
fn checksum(scope: &str, position: &str) -> u64 {
    let bytes = scope.bytes().chain([0]).chain(position.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::super::service::MAX_OPERATIONS;
    use super::super::settings::{OperationTimes, Settings};
    use super::*;
    use std::time::Duration;

    fn arn(n: usize) -> ServiceArn {
        format!("arn:aws:apprunner:us-east-1:123456789012:service/python-app/{n:032x}").parse().unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    /// A running service with this many deployments behind it, which took no time.
    fn with_operations(count: i64) -> Model {
        let mut model = Model::new(Settings { times: OperationTimes::NONE, ..Settings::default() }, 1);
        model.put(arn(0), ServiceStatus::Running, at(0)).unwrap();
        for n in 0..count {
            model.start_deployment(&arn(0), at(n)).unwrap();
        }
        model
    }

    fn started(page: &Page<Operation>) -> Vec<i64> {
        page.items.iter().map(|line| line.started_at.unwrap().as_second()).collect()
    }

    #[test]
    fn operations_come_newest_first_in_pages_that_meet() {
        let mut model = with_operations(5);
        let first = model.list_operations(&arn(0), Some(2), None, at(9)).unwrap();
        assert_eq!(started(&first), [4, 3]);
        model.start_deployment(&arn(0), at(9)).unwrap();
        let second = model.list_operations(&arn(0), Some(2), first.next.as_deref(), at(9)).unwrap();
        assert_eq!(started(&second), [2, 1], "what began in between does not shift the pages");
        let third = model.list_operations(&arn(0), Some(2), second.next.as_deref(), at(9)).unwrap();
        assert_eq!((started(&third), third.next), (vec![0], None));
    }

    #[test]
    fn a_page_that_ends_with_the_list_has_no_next() {
        let mut model = with_operations(2);
        assert_eq!(model.list_operations(&arn(0), Some(2), None, at(9)).unwrap().next, None);
        let all = model.list_operations(&arn(0), None, None, at(9)).unwrap();
        assert_eq!((all.items.len(), all.next), (2, None));
    }

    #[test]
    fn the_oldest_operations_are_forgotten() {
        let mut model = with_operations(102);
        let all = model.list_operations(&arn(0), None, None, at(999)).unwrap();
        assert_eq!((all.items.len(), started(&all).last()), (MAX_OPERATIONS, Some(&2)));
    }

    #[test]
    fn a_new_operation_can_be_listed_late() {
        let settings = Settings { listed_late_by: Duration::from_secs(5), ..Settings::default() };
        let mut model = Model::new(settings, 1);
        model.put(arn(0), ServiceStatus::Paused, at(0)).unwrap();
        model.resume(&arn(0), at(1)).unwrap();
        assert_eq!(model.list_operations(&arn(0), None, None, at(5)).unwrap().items, []);
        assert_eq!(model.operations(&arn(0), at(5)).len(), 1, "it began all the same");
        assert_eq!(model.list_operations(&arn(0), None, None, at(6)).unwrap().items.len(), 1);
    }

    #[test]
    fn services_come_in_order_and_each_once() {
        let mut model = with_operations(0);
        for n in 1..45 {
            model.put(arn(n), ServiceStatus::Running, at(0)).unwrap();
        }
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let page = model.list_services(Some(20), token.as_deref(), at(0)).unwrap();
            seen.extend(page.items.into_iter().map(|view| view.arn));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..45).map(arn).collect::<Vec<_>>());
    }

    #[test]
    fn invalid_tokens_and_sizes_are_refused() {
        let mut model = with_operations(3);
        model.put(arn(1), ServiceStatus::Running, at(0)).unwrap();
        let token = model.list_operations(&arn(0), Some(1), None, at(9)).unwrap().next.unwrap();
        for bad in ["", "x", "0123456789abcdef", "ü", &format!("{token}00"), token.get(1..).unwrap()] {
            let refusal = model.list_operations(&arn(0), None, Some(bad), at(9)).unwrap_err();
            assert_eq!(refusal.code, "InvalidRequestException", "{bad}");
            assert!(refusal.message.starts_with("NextToken is not from this list"), "{refusal}");
        }
        assert!(model.list_operations(&arn(1), None, Some(&token), at(9)).is_err(), "of another service");
        assert!(model.list_services(None, Some(&token), at(9)).is_err(), "of another list");
        for bad in [-1, 0, 21] {
            let refusal = model.list_services(Some(bad), None, at(9)).unwrap_err();
            assert_eq!(refusal.message, format!("MaxResults is {bad}; it can be 1 to 20"));
        }
    }
}
