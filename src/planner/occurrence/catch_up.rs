//! The catch-up window: how long an occurrence is worth doing.

use crate::api::Action;
use crate::schedule::Transition;
use jiff::Timestamp;
use std::time::Duration;

/// How long a pause is owed at the most. Until the next transition asks for something else, the schedule asks for sleep;
/// what was due longer ago says little about what people want now.
const LONGEST_PAUSE_OWED: Duration = Duration::from_hours(31 * 24);

/// The window of one occurrence.
#[derive(Debug)]
pub(in crate::planner) struct CatchUpWindow {
    closes: Timestamp,
    /// It had closed before anybody looked: the service is looked at, and nothing is done.
    is_only_looked_at: bool,
}

impl CatchUpWindow {
    pub(in crate::planner) fn of(transition: Transition, catch_up: Duration) -> Self {
        Self { closes: window_closes(transition, catch_up), is_only_looked_at: false }
    }

    /// When it closes.
    pub(in crate::planner) fn closes(&self) -> Timestamp {
        self.closes
    }

    /// Nothing is known of the occurrence, and its window has closed: whether it was done is to be seen, no more.
    pub(in crate::planner) fn look_only(&mut self) {
        self.is_only_looked_at = true;
        self.closes = Timestamp::MAX;
    }

    pub(in crate::planner) fn is_only_looked_at(&self) -> bool {
        self.is_only_looked_at
    }

    /// The file gives the occurrence another window.
    pub(in crate::planner) fn change(&mut self, transition: Transition, catch_up: Duration) {
        if !self.is_only_looked_at {
            self.closes = window_closes(transition, catch_up);
        }
    }

    /// Whether what was only to be looked at is left undone, now that it would be done. A file with a longer window, or a
    /// clock that was set back, may have it done all the same.
    pub(in crate::planner) fn was_missed(
        &mut self,
        transition: Transition,
        catch_up: Duration,
        wall: Timestamp,
    ) -> bool {
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
