//! What can be set about the emulated App Runner.

use std::time::Duration;

/// What can be set about the emulated App Runner, with the values for people who try it as the default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// How long operations take.
    pub times: OperationTimes,
    /// What a resume of a running service, or a pause of a paused one, is answered.
    pub already: Already,
    /// How long `ListOperations` hides an operation that has just begun. Zero by default.
    pub listed_late_by: Duration,
}

/// How long each phase of an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationTimes {
    /// How long it is `PENDING`.
    pub pending: Duration,
    /// How long it is `IN_PROGRESS`; a rollback, or a status word of a fault, lasts as long again.
    pub in_progress: Duration,
}

impl OperationTimes {
    /// Operations that have ended when somebody next looks.
    pub const NONE: Self = Self { pending: Duration::ZERO, in_progress: Duration::ZERO };

    /// A whole operation of this length, a third of it `PENDING`.
    pub fn of(whole: Duration) -> Self {
        let pending = whole.checked_div(3).unwrap_or_default();
        Self { pending, in_progress: whole.saturating_sub(pending) }
    }
}

impl Default for OperationTimes {
    /// One second `PENDING` and two `IN_PROGRESS`: long enough to be seen, short enough to be waited for.
    fn default() -> Self {
        Self { pending: Duration::from_secs(1), in_progress: Duration::from_secs(2) }
    }
}

/// What App Runner answers when the service is already in the state that is asked for.
///
/// Nobody could say which of the two App Runner does, and both have been reported; a client must cope with both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Already {
    /// `InvalidStateException`: the request fails.
    #[default]
    Refuses,
    /// Success without an `OperationId`; nothing begins.
    Accepts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_split_without_loss() {
        let times = OperationTimes::of(Duration::from_secs(10));
        assert_eq!(times.pending + times.in_progress, Duration::from_secs(10));
        assert_eq!(OperationTimes::of(Duration::from_secs(3)), OperationTimes::default());
        assert_eq!(OperationTimes::of(Duration::ZERO), OperationTimes::NONE);
    }
}
