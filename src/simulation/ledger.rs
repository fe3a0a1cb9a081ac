//! A ledger in memory: what a durable one would still know after a crash.

use crate::api::ServiceArn;
use crate::planner::{Change, Ending, LastOccurrence, State};
use crate::schedule::Transition;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The latest row of each service, and what could not be written yet.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rows: BTreeMap<ServiceArn, LastOccurrence>,
    held_back: BTreeMap<ServiceArn, LastOccurrence>,
    fails: bool,
}

impl Ledger {
    /// One transaction: all the changes of a turn, or, while the ledger fails, none of them.
    pub(crate) fn write<'a>(&mut self, changes: impl Iterator<Item = &'a Change>, wall: Timestamp) {
        let rows = if self.fails { &mut self.held_back } else { &mut self.rows };
        for change in changes {
            rows.insert(change.arn.clone(), LastOccurrence::of(change, wall));
        }
    }

    /// This was done at its instant.
    pub(crate) fn settle(&mut self, arn: &ServiceArn, transition: Transition) {
        let row = LastOccurrence {
            arn: arn.clone(),
            transition,
            state: State::Ended(Ending::Succeeded),
            operation: None,
            attempts: 1,
            failed_operations: 0,
            unsure_since: None,
            at: transition.at,
        };
        self.rows.insert(arn.clone(), row);
    }

    /// It fails from now on: changes are held back in the process.
    pub(crate) fn fail(&mut self) {
        self.fails = true;
    }

    /// It works again, and what was held back is written.
    pub(crate) fn recover(&mut self) {
        self.fails = false;
        self.rows.append(&mut self.held_back);
    }

    /// Whether it fails now.
    pub(crate) fn fails(&self) -> bool {
        self.fails
    }

    /// The process is gone, and with it what was held back; whether there was something.
    pub(crate) fn forget_what_was_not_written(&mut self) -> bool {
        let lost = !self.held_back.is_empty();
        self.held_back.clear();
        lost
    }

    /// The file is gone.
    pub(crate) fn lose(&mut self) {
        self.rows.clear();
        self.held_back.clear();
    }

    /// What the next process is told. Nothing while it fails.
    pub(crate) fn recall(&self) -> Vec<LastOccurrence> {
        if self.fails { Vec::new() } else { self.rows.values().cloned().collect() }
    }
}
