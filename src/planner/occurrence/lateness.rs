//! From when on a resume is late.

use jiff::Timestamp;
use std::time::Duration;

/// A resume that is not done so long after its instant is a late morning: somebody is told, whatever the cause.
const LATE_AFTER: Duration = Duration::from_mins(20);

/// Who learns of a resume only when it is late already sees first whether the service is awake after all.
const FOUND_LATE_AFTER: Duration = Duration::from_mins(2);

/// Since when a resume is waited for.
#[derive(Debug, Clone, Copy)]
pub(in crate::planner) struct Lateness {
    /// Its instant, or that of the first of several resumes in a row of which none was done.
    owed_since: Timestamp,
    /// From when on it counts as late, by the wall clock.
    late_from: Timestamp,
}

impl Lateness {
    /// That of an occurrence of this instant which is taken up now.
    pub(in crate::planner) fn of(instant: Timestamp, wall: Timestamp) -> Self {
        let late = instant.saturating_add(LATE_AFTER).unwrap_or(Timestamp::MAX);
        let found = wall.saturating_add(FOUND_LATE_AFTER).unwrap_or(Timestamp::MAX);
        Self { owed_since: instant, late_from: late.max(found) }
    }

    /// Nobody has seen for a while how the service stands: a look comes before the word that it is late.
    pub(in crate::planner) fn may_be_awake_at(&mut self, wall: Timestamp) {
        *self = Self::of(self.owed_since, wall);
    }

    /// Its instant, or that of the first of several resumes in a row of which none was done.
    pub(in crate::planner) fn owed_since(&self) -> Timestamp {
        self.owed_since
    }

    /// From when on it counts as late.
    pub(in crate::planner) fn late_from(&self) -> Timestamp {
        self.late_from
    }
}
