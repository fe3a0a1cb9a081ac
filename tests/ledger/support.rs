//! Changes to write, and a ledger to write them to.

use jiff::{SignedDuration, Timestamp};
use reveille::ledger::{Entry, Sqlite};
use reveille::planner::{Change, Severity, State};
use reveille::schedule::{Action, ServiceArn};
use std::path::Path;

/// The first day of every test.
pub(crate) const FIRST_DAY: &str = "2027-01-01T00:00:00Z";

/// This many seconds into the first day.
pub(crate) fn at(seconds: i64) -> Timestamp {
    FIRST_DAY.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// The service of this number.
pub(crate) fn service(number: u32) -> ServiceArn {
    format!("arn:aws:apprunner:eu-west-1:123456789012:service/service-{number:06}/{number:032x}")
        .parse()
        .unwrap()
}

/// A plain change of the service of this number, for the transition so many seconds into the first day.
pub(crate) fn change(number: u32, action: Action, scheduled: i64, from: State, to: State) -> Change {
    Change {
        arn: service(number),
        service: format!("service {number}").into(),
        action,
        scheduled: at(scheduled),
        from,
        to,
        severity: Severity::Info,
        operation: None,
        attempt: 1,
        failed_operations: 0,
        unsure_since: None,
        error: None,
        retry_in: None,
        late: None,
    }
}

/// The same, recorded at the transition's instant.
pub(crate) fn entry(number: u32, action: Action, scheduled: i64, from: State, to: State) -> Entry {
    Entry { at: at(scheduled), change: change(number, action, scheduled, from, to) }
}

/// Opens a ledger that has nothing wrong with it.
pub(crate) async fn open(path: &Path) -> Sqlite {
    let opened = Sqlite::open(path, at(0)).await.unwrap();
    assert_eq!(opened.set_aside, None, "a sound ledger was set aside");
    opened.ledger
}
