//! A resume that is late: from when on, and what is told of it.

use super::change::{Severity, State};
use super::machine::{Detail, Machine, Turn};
use super::told::Alert;
use crate::api::{Action, wall_since};
use crate::text::humane;
use jiff::Timestamp;
use std::time::Duration;

/// A resume that is not done so long after its instant is a late morning: somebody is told, whatever the cause.
const LATE_AFTER: Duration = Duration::from_mins(20);

/// Who learns of a resume only when it is late already sees first whether the service is awake after all.
const FOUND_LATE_AFTER: Duration = Duration::from_mins(2);

/// Since when a resume is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lateness {
    /// Its instant, or that of the first of several resumes in a row of which none was done.
    owed_since: Timestamp,
    /// From when on it counts as late, by the wall clock.
    late_from: Timestamp,
}

impl Lateness {
    /// That of an occurrence of this instant which is taken up now.
    pub(super) fn of(instant: Timestamp, wall: Timestamp) -> Self {
        let late = instant.saturating_add(LATE_AFTER).unwrap_or(Timestamp::MAX);
        let found = wall.saturating_add(FOUND_LATE_AFTER).unwrap_or(Timestamp::MAX);
        Self { owed_since: instant, late_from: late.max(found) }
    }

    /// Nobody has seen for a while how the service stands: a look comes before the word that it is late.
    pub(super) fn may_be_awake_at(&mut self, wall: Timestamp) {
        *self = Self::of(self.owed_since, wall);
    }

    /// From when on it counts as late.
    pub(super) fn late_from(&self) -> Timestamp {
        self.late_from
    }
}

impl Machine {
    /// A resume that is not done long after its instant is told, once, whatever the cause.
    pub(super) fn tell_if_late(&mut self, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        let Some(owed) = &mut self.owed else { return };
        let Lateness { owed_since, late_from } = owed.lateness;
        if owed.transition.action != Action::Resume || wall < late_from || !owed.told.first(Alert::Late) {
            return;
        }
        let late = humane(Duration::from_secs(wall_since(wall, owed_since).as_secs()));
        let instant = if owed_since == owed.transition.at {
            "its instant".to_owned()
        } else {
            format!("the first of the resumes since {owed_since}")
        };
        let state = owed.state;
        let cause = match (&owed.last_error, state) {
            (_, State::Tracking) => ": its operation is still going on".to_owned(),
            (Some(error), _) => format!(": {error}"),
            (None, _) => String::new(),
        };
        let why = Detail::error(format!("not done {late} after {instant}{cause}"));
        self.enter(state, why, Severity::Error, turn);
    }
}
