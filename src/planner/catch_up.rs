//! The catch-up window: how long an occurrence is worth doing, and what happens when it has closed.

use super::change::Ending;
use super::machine::{Detail, Machine, Turn};
use crate::api::{Action, wall_since};
use crate::schedule::Transition;
use crate::text::humane;
use jiff::Timestamp;
use std::time::Duration;

/// How long a pause is owed at the most. Until the next transition asks for something else, the schedule asks for sleep;
/// what was due longer ago says little about what people want now.
const LONGEST_PAUSE_OWED: Duration = Duration::from_hours(31 * 24);

/// The window of one occurrence.
#[derive(Debug)]
pub(super) struct CatchUpWindow {
    closes: Timestamp,
    /// It had closed before anybody looked: the service is looked at, and nothing is done.
    is_only_looked_at: bool,
}

impl CatchUpWindow {
    pub(super) fn of(transition: Transition, catch_up: Duration) -> Self {
        Self { closes: window_closes(transition, catch_up), is_only_looked_at: false }
    }

    /// When it closes.
    pub(super) fn closes(&self) -> Timestamp {
        self.closes
    }

    /// Nothing is known of the occurrence, and its window has closed: whether it was done is to be seen, no more.
    pub(super) fn look_only(&mut self) {
        self.is_only_looked_at = true;
        self.closes = Timestamp::MAX;
    }

    pub(super) fn is_only_looked_at(&self) -> bool {
        self.is_only_looked_at
    }

    /// The file gives the occurrence another window.
    pub(super) fn change(&mut self, transition: Transition, catch_up: Duration) {
        if !self.is_only_looked_at {
            self.closes = window_closes(transition, catch_up);
        }
    }

    /// Whether what was only to be looked at is left undone, now that it would be done. A file with a longer window, or a
    /// clock that was set back, may have it done all the same.
    fn was_missed(&mut self, transition: Transition, catch_up: Duration, wall: Timestamp) -> bool {
        if !self.is_only_looked_at {
            return false;
        }
        let closes = window_closes(transition, catch_up);
        if wall < closes {
            *self = Self { closes, is_only_looked_at: false };
        }
        self.is_only_looked_at
    }
}

/// A resume is worth doing for so long; a pause, for as long as nothing else is asked for.
fn window_closes(transition: Transition, catch_up: Duration) -> Timestamp {
    let window = match transition.action {
        Action::Resume => catch_up,
        Action::Pause => catch_up.max(LONGEST_PAUSE_OWED),
    };
    transition.at.saturating_add(window).unwrap_or(Timestamp::MAX)
}

impl Machine {
    /// Ends what was not done before its window closed.
    pub(super) fn expire(&mut self, turn: &mut Turn<'_>) {
        let Some(owed) = self.owed.as_ref().filter(|owed| owed.window.closes <= turn.now.wall) else {
            return;
        };
        let window = humane(wall_since(owed.window.closes, owed.transition.at));
        let cause = owed.last_error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let why = format!("the catch-up window of {window} closed before it could be done{cause}");
        self.end(Ending::Expired, Detail::error(why), turn);
    }

    /// Ends what was only to be looked at, and turned out not to be done; whether it did.
    pub(super) fn leave_what_was_missed(&mut self, turn: &mut Turn<'_>) -> bool {
        let catch_up = self.service.catch_up;
        let Some(owed) = &mut self.owed else { return false };
        if !owed.window.was_missed(owed.transition, catch_up, turn.now.wall) {
            return false;
        }
        let window = humane(catch_up);
        let why = format!("its catch-up window of {window} has closed, and the service is asleep");
        self.end(Ending::Expired, Detail::error(why), turn);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    const INSTANT: Timestamp = Timestamp::constant(1_783_317_600, 0);
    const RESUME: Transition = Transition { at: INSTANT, action: Action::Resume };
    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn a_pause_is_owed_for_a_month_whatever_the_file_says_of_resumes() {
        let pause = Transition { action: Action::Pause, ..RESUME };
        assert_eq!(CatchUpWindow::of(RESUME, HOUR).closes(), INSTANT + 1.hour());
        assert_eq!(CatchUpWindow::of(pause, HOUR).closes(), INSTANT + (31 * 24).hours());
    }

    #[test]
    fn what_is_only_looked_at_is_done_after_all_once_the_window_is_open_again() {
        let mut window = CatchUpWindow::of(RESUME, HOUR);
        let wall = INSTANT + 2.hours();
        assert!(!window.was_missed(RESUME, HOUR, wall));
        window.look_only();
        window.change(RESUME, 3 * HOUR);
        assert_eq!(window.closes(), Timestamp::MAX, "another window alone decides nothing");
        assert!(window.was_missed(RESUME, 2 * HOUR, wall), "it closes at this very instant");
        assert!(!window.was_missed(RESUME, 3 * HOUR, wall));
        assert_eq!(window.closes(), INSTANT + 3.hours());
        assert!(!window.is_only_looked_at());
    }
}
