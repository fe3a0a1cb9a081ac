//! One operation: what it does, and how far it is at a given instant.

use super::settings::Settings;
use crate::api::{Operation, OperationId, OperationKind, OperationStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How an operation can end other than well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationEnd {
    /// `FAILED`, and the service is as it was.
    Failed,
    /// `ROLLBACK_IN_PROGRESS`, then `ROLLBACK_SUCCEEDED`, and the service is as it was.
    RollbackSucceeded,
    /// `ROLLBACK_IN_PROGRESS`, then `ROLLBACK_FAILED`, and the service is as it was all the same.
    RollbackFailed,
    /// `SUCCEEDED`, and the service is as it was: a rollback that is not reported.
    SucceededInVain,
}

/// How an operation ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    Succeeds,
    /// It ends otherwise, and the service returns to its former state.
    Ends(OperationEnd),
    /// It stays `IN_PROGRESS` until the service is set by hand.
    Never,
    /// It succeeds, after a status with this word.
    Says(OperationStatus),
}

/// One operation of a service. How far it is follows from the time alone, so nothing has to tick.
#[derive(Debug, Clone)]
pub(super) struct Work {
    /// Grows with every operation of the model: the place in a list.
    pub(super) serial: u64,
    pub(super) id: OperationId,
    pub(super) kind: OperationKind,
    pub(super) listed_from: Timestamp,
    started_at: Timestamp,
    in_progress_from: Timestamp,
    /// A further status between `IN_PROGRESS` and the end, and when it begins.
    interlude: Option<(Timestamp, OperationStatus)>,
    /// `None`: it never ends.
    end: Option<(Timestamp, OperationStatus)>,
    /// It says that it succeeded, and changes nothing.
    in_vain: bool,
}

impl Work {
    /// An operation that begins now.
    pub(super) fn begin(
        serial: u64,
        id: OperationId,
        kind: OperationKind,
        fate: Fate,
        settings: &Settings,
        now: Timestamp,
    ) -> Self {
        let in_progress_from = later(now, settings.times.pending);
        let done = later(in_progress_from, settings.times.in_progress);
        let undone = later(done, settings.times.in_progress);
        let rollback = Some((done, OperationStatus::RollbackInProgress));
        let in_vain = matches!(fate, Fate::Ends(OperationEnd::SucceededInVain));
        let (interlude, end) = match fate {
            Fate::Succeeds | Fate::Ends(OperationEnd::SucceededInVain) => {
                (None, Some((done, OperationStatus::Succeeded)))
            }
            Fate::Ends(OperationEnd::Failed) => (None, Some((done, OperationStatus::Failed))),
            Fate::Ends(OperationEnd::RollbackSucceeded) => {
                (rollback, Some((undone, OperationStatus::RollbackSucceeded)))
            }
            Fate::Ends(OperationEnd::RollbackFailed) => {
                (rollback, Some((undone, OperationStatus::RollbackFailed)))
            }
            Fate::Never => (None, None),
            Fate::Says(word) => (Some((done, word)), Some((undone, OperationStatus::Succeeded))),
        };
        let listed_from = later(now, settings.listed_late_by);
        Self { serial, id, kind, listed_from, started_at: now, in_progress_from, interlude, end, in_vain }
    }

    /// When it ends, if ever.
    pub(super) fn ends_at(&self) -> Option<Timestamp> {
        self.end.as_ref().map(|(at, _)| *at)
    }

    /// Whether it ends as asked.
    pub(super) fn succeeds(&self) -> bool {
        !self.in_vain && matches!(self.end, Some((_, OperationStatus::Succeeded)))
    }

    /// Ends it now as failed, unless it has ended.
    pub(super) fn break_off(&mut self, now: Timestamp) {
        if self.ends_at().is_none_or(|at| now < at) {
            self.interlude = None;
            self.end = Some((now, OperationStatus::Failed));
        }
    }

    /// The line of `ListOperations` that it is at this instant.
    pub(super) fn view(&self, now: Timestamp) -> Operation {
        Operation {
            id: Some(self.id.clone()),
            kind: Some(self.kind.clone()),
            status: Some(self.status(now)),
            started_at: Some(self.started_at),
            ended_at: self.ends_at().filter(|at| *at <= now),
        }
    }

    fn status(&self, now: Timestamp) -> OperationStatus {
        let reached = |phase: &Option<(Timestamp, OperationStatus)>| {
            phase.as_ref().filter(|(from, _)| *from <= now).map(|(_, status)| status.clone())
        };
        let begun =
            if now < self.in_progress_from { OperationStatus::Pending } else { OperationStatus::InProgress };
        reached(&self.end).or_else(|| reached(&self.interlude)).unwrap_or(begun)
    }
}

/// An instant this much later, or the last one there is.
pub(super) fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statuses of an operation of this fate, one a second, with a second pending and two in progress.
    fn statuses(fate: Fate) -> Vec<String> {
        let start = Timestamp::UNIX_EPOCH;
        let id = OperationId::new("1");
        let work = Work::begin(1, id, OperationKind::ResumeService, fate, &Settings::default(), start);
        (0..6).map(|s| work.status(later(start, Duration::from_secs(s))).as_str().to_owned()).collect()
    }

    #[test]
    fn each_fate_has_its_phases() {
        let rollback = |end| ["PENDING", "IN_PROGRESS", "IN_PROGRESS", "ROLLBACK_IN_PROGRESS", end, end];
        let cases = [
            (
                Fate::Succeeds,
                ["PENDING", "IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED"],
            ),
            (
                Fate::Ends(OperationEnd::Failed),
                ["PENDING", "IN_PROGRESS", "IN_PROGRESS", "FAILED", "FAILED", "FAILED"],
            ),
            (
                Fate::Never,
                ["PENDING", "IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS"],
            ),
            (
                Fate::Says(OperationStatus::from_wire("COMPLETING")),
                ["PENDING", "IN_PROGRESS", "IN_PROGRESS", "COMPLETING", "COMPLETING", "SUCCEEDED"],
            ),
        ];
        for (fate, expected) in cases {
            assert_eq!(statuses(fate.clone()), expected, "{fate:?}");
        }
        let undone = statuses(Fate::Ends(OperationEnd::RollbackSucceeded));
        assert_eq!(undone[..4], rollback("ROLLBACK_SUCCEEDED")[..4]);
        assert_eq!(undone[5], "ROLLBACK_SUCCEEDED");
        assert_eq!(statuses(Fate::Ends(OperationEnd::RollbackFailed))[5], "ROLLBACK_FAILED");
    }

    #[test]
    fn an_operation_that_is_broken_off_has_failed() {
        let start = Timestamp::UNIX_EPOCH;
        let id = OperationId::new("1");
        let settings = Settings::default();
        let mut work = Work::begin(1, id, OperationKind::PauseService, Fate::Never, &settings, start);
        work.break_off(later(start, Duration::from_secs(1)));
        let view = work.view(later(start, Duration::from_secs(1)));
        assert_eq!(view.status, Some(OperationStatus::Failed));
        assert_eq!(view.ended_at, Some(later(start, Duration::from_secs(1))));
    }

    #[test]
    fn an_operation_beyond_the_end_of_time_is_still_an_operation() {
        assert_eq!(later(Timestamp::MAX, Duration::MAX), Timestamp::MAX);
    }
}
