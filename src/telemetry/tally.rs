//! How often each state was entered.

use crate::planner::{Change, Ending, Severity, State};
use std::collections::BTreeMap;

/// Counts the changes of occurrences by the state that they lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    entered: BTreeMap<State, u64>,
    /// Occurrences that ended with an error.
    bad: u64,
}

impl Tally {
    /// Counts one change.
    pub fn count(&mut self, change: &Change) {
        if !change.is_late_notice() {
            let count = self.entered.entry(change.to).or_default();
            *count = count.saturating_add(1);
        }
        if change.to.is_end() && change.severity == Severity::Error {
            self.bad = self.bad.saturating_add(1);
        }
    }

    /// How often this state was entered.
    pub fn of(&self, state: State) -> u64 {
        self.entered.get(&state).copied().unwrap_or_default()
    }

    /// How the occurrences ended, for people.
    pub fn summary(&self) -> String {
        let words = |(state, count): (&State, &u64)| match state {
            State::Ended(Ending::Already) => Some(format!("{count} not needed")),
            State::Ended(Ending::Overruled) => Some(format!("{count} overridden by a user")),
            State::Ended(_) => Some(format!("{count} {state}")),
            State::Due | State::Calling | State::Tracking | State::BackingOff | State::Waiting => None,
        };
        let endings: Vec<String> = self.entered.iter().filter_map(words).collect();
        let ended = self.entered.iter().filter(|(state, _)| state.is_end());
        match ended.fold(0_u64, |sum, (_, count)| sum.saturating_add(*count)) {
            0 => "summary: no resume or pause has ended yet".to_owned(),
            1 => format!("summary: 1 resume or pause ended: {}", endings.join(", ")),
            sum => format!("summary: {sum} resumes and pauses ended: {}", endings.join(", ")),
        }
    }

    /// Whether every occurrence that ended did so as people wish: none failed, none came too late, and no resume was
    /// given up for the pause after it.
    pub fn is_good(&self) -> bool {
        self.bad == 0
    }
}
