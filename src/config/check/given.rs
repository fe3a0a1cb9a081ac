//! What a file gives, or leaves to `[defaults]`.

use super::super::service::OnManualChange;
use crate::schedule::ClosedDays;
use std::time::Duration;

/// How long after its instant a missed resume is still done, unless the file says otherwise.
const DEFAULT_CATCH_UP: Duration = Duration::from_hours(12);

/// A value that may be missing, or be there and wrong. What is wrong has been said.
#[derive(Debug, Clone, Default)]
pub(super) enum Given<T> {
    #[default]
    Absent,
    Wrong,
    Right(T),
}

/// What holds where the file does not say otherwise.
#[derive(Debug)]
pub(super) struct Defaults {
    /// Of schedules, and of services with rules of their own.
    pub(super) closed: Given<ClosedDays>,
    pub(super) catch_up: Option<Duration>,
    pub(super) on_manual_change: Option<OnManualChange>,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            closed: Given::Absent,
            catch_up: Some(DEFAULT_CATCH_UP),
            on_manual_change: Some(OnManualChange::Respect),
        }
    }
}
