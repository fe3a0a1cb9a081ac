//! A ledger in memory: what a durable one would still know after a crash.

use crate::planner::{Change, Ending, Remembered, State};
use crate::schedule::{ServiceArn, Transition};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The latest row of each service, and what could not be written yet.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    rows: BTreeMap<ServiceArn, Remembered>,
    held_back: BTreeMap<ServiceArn, Remembered>,
    fails: bool,
}

impl Ledger {
    /// One transaction: all the changes of a turn, or, while the ledger fails, none of them.
    pub(super) fn write<'a>(&mut self, changes: impl Iterator<Item = &'a Change>, wall: Timestamp) {
        let rows = if self.fails { &mut self.held_back } else { &mut self.rows };
        for change in changes {
            rows.insert(change.arn.clone(), Remembered::of(change, wall));
        }
    }

    /// This was done at its instant.
    pub(super) fn settle(&mut self, arn: &ServiceArn, transition: Transition) {
        let row = Remembered {
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
    pub(super) fn fail(&mut self) {
        self.fails = true;
    }

    /// It works again, and what was held back is written.
    pub(super) fn recover(&mut self) {
        self.fails = false;
        self.rows.append(&mut self.held_back);
    }

    /// Whether it fails now.
    pub(super) fn fails(&self) -> bool {
        self.fails
    }

    /// The process is gone, and with it what was held back; whether there was something.
    pub(super) fn forget_what_was_not_written(&mut self) -> bool {
        let lost = !self.held_back.is_empty();
        self.held_back.clear();
        lost
    }

    /// The file is gone.
    pub(super) fn lose(&mut self) {
        self.rows.clear();
        self.held_back.clear();
    }

    /// What the next process is told. Nothing while it fails.
    pub(super) fn recall(&self) -> Vec<Remembered> {
        if self.fails { Vec::new() } else { self.rows.values().cloned().collect() }
    }
}
