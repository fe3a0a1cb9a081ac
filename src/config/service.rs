//! One `[[service]]` of a checked file.

use crate::api::ServiceArn;
use crate::schedule::Schedule;
use std::sync::Arc;
use std::time::Duration;

/// One `[[service]]`, with the schedule that it follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Which service it is.
    pub arn: ServiceArn,
    /// The label for people: the file's `name`, else the name in the ARN.
    pub name: Arc<str>,
    /// When it wakes and sleeps. Services with the same rules share one.
    pub schedule: Arc<Schedule>,
    /// How long after its instant a missed resume is still done; 12 hours unless the file says otherwise. A missed pause is
    /// done for as long as the schedule asks for sleep, up to 31 days.
    pub catch_up: Duration,
    /// What happens when a person changes the service between two transitions.
    pub on_manual_change: OnManualChange,
}

/// What happens when a person pauses or resumes a service between two transitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnManualChange {
    /// The person wins until the next transition.
    Respect,
    /// The schedule wins: the service is put back.
    Enforce,
}
