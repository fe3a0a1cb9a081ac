//! How often each state was entered.

use crate::planner::{Change, Ending, State};
use std::collections::BTreeMap;

/// Counts the changes of occurrences by the state that they lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<State, u64>);

impl Tally {
    /// Counts one change.
    pub fn count(&mut self, change: &Change) {
        let count = self.0.entry(change.to).or_default();
        *count = count.saturating_add(1);
    }

    /// How often this state was entered.
    pub fn of(&self, state: State) -> u64 {
        self.0.get(&state).copied().unwrap_or_default()
    }

    /// Whether every occurrence that ended did so as people wish: none failed, none came too late.
    pub fn is_good(&self) -> bool {
        self.of(State::Ended(Ending::Failed)) == 0 && self.of(State::Ended(Ending::Expired)) == 0
    }
}
