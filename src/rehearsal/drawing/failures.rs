//! What failed in a rehearsal, or came too late, and why.

use super::counts::{number, word};
use crate::planner::Ending;
use crate::schedule::Action;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The most failures that are told one by one: more are no list that anybody reads.
const MOST_TOLD: usize = 24;

/// How a time is told.
const TIME: &str = "%a %-d %b %H:%M";

/// One occurrence that failed, or came too late.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The service's label.
    pub service: String,
    /// The zone of its schedule.
    pub zone: TimeZone,
    /// When it ended.
    pub at: Timestamp,
    /// What was to be done.
    pub action: Action,
    /// When that was due.
    pub scheduled: Timestamp,
    /// How it ended.
    pub ending: Ending,
    /// Why.
    pub why: String,
}

impl Failure {
    fn told(&self) -> String {
        let local = |at: Timestamp| at.to_zoned(self.zone.clone()).strftime(TIME).to_string();
        let (service, action, word) = (&self.service, self.action, word(self.ending));
        let (at, due) = (local(self.at), local(self.scheduled));
        format!("{service}, {at}: the {action} due {due} {word}: {}", self.why)
    }
}

/// The first failures, and how many there were.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    first: Vec<Failure>,
    all: u64,
}

impl Failures {
    pub(super) fn add(&mut self, failure: Failure) {
        self.all = self.all.saturating_add(1);
        if self.first.len() < MOST_TOLD {
            self.first.push(failure);
        }
    }

    /// The first of them, in the order in which they came.
    pub fn first(&self) -> &[Failure] {
        &self.first
    }

    /// A line for each of the first, and how many more there were.
    pub(super) fn told(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.first.iter().map(Failure::told).collect();
        let more = self.all.saturating_sub(u64::try_from(lines.len()).unwrap_or(0));
        if more > 0 {
            lines.push(format!("and {} more; --format json shows them all", number(more)));
        }
        lines
    }
}
