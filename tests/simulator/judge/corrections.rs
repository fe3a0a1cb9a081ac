//! How often an enforced service is put right, for each of its operations costs money.

use jiff::Timestamp;
use std::collections::VecDeque;

/// The most operations in an hour by which an enforced service is kept awake: a dozen corrections that succeed, or fewer
/// whose operations fail, at growing gaps.
const MOST_CORRECTIONS: usize = 20;

/// When operations began that no schedule asks for, within the last hour.
#[derive(Debug, Default)]
pub(crate) struct Corrections(VecDeque<Timestamp>);

impl Corrections {
    /// Another began, by a call that left at this instant. What a lost reply began cannot be counted by anybody who decides.
    pub(crate) fn begins(&mut self, sent: Timestamp, unknown: u32) -> Result<(), String> {
        self.0.push_back(sent);
        while self.0.front().is_some_and(|first| sent.duration_since(*first).as_hours() >= 1) {
            self.0.pop_front();
        }
        let count = self.0.len();
        if count > MOST_CORRECTIONS.saturating_add(usize::try_from(unknown).unwrap_or(usize::MAX)) {
            return Err(format!("{count} operations within an hour to keep it awake"));
        }
        Ok(())
    }
}
