//! What can happen to a daemon: trouble, as data.

use crate::api::ServiceArn;
use crate::config::Config;
use crate::emulator::Fault;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// One thing that happens, and when, in true time.
#[derive(Debug, Clone)]
pub struct Happening {
    /// The true time at which it begins.
    pub at: Timestamp,
    /// What goes wrong at that instant.
    pub trouble: Trouble,
}

/// What can happen.
///
/// Holds will have their place here: a person asks the daemon to keep a service awake, or asleep, for a while.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// Coming calls meet a fault of the API.
    Fault(Fault),
    /// App Runner cannot be reached for so long.
    NoNetwork(Duration),
    /// There are no credentials for so long.
    NoCredentials(Duration),
    /// Somebody does something to a service in the console, or AWS does.
    ByHand {
        /// The service that is changed.
        arn: ServiceArn,
        /// What the person, or AWS, does to it.
        action_by_hand: ManualAction,
    },
    /// The wall clock is set by so much.
    Step(SignedDuration),
    /// The wall clock goes wrong by so much in each of the coming ten minutes, so many times.
    Drift {
        /// How far in ten minutes.
        by: SignedDuration,
        /// How many times ten minutes.
        times: u32,
    },
    /// The host stands still for so long.
    Freeze(Duration),
    /// The process is stopped for so long, at the next turn in which calls are to leave: before they do.
    Stall(Duration),
    /// Another file comes into force.
    Reload(Arc<Config>),
    /// The process is killed at the next turn in which it has something to do.
    Crash {
        /// Where in that turn.
        boundary: Boundary,
        /// How long it takes until the next process begins.
        down: Duration,
        /// What becomes of the ledger.
        ledger: LedgerLoss,
        /// The file that the next process finds, if it was edited meanwhile.
        edited: Option<Arc<Config>>,
    },
    /// The ledger cannot be written for so long.
    LedgerFails(Duration),
}

impl Trouble {
    /// In one line, for whoever reads what happened.
    pub fn told(&self) -> String {
        match self {
            Self::Reload(config) => format!("Reload of a file with {} services", config.services.len()),
            Self::ByHand { arn, action_by_hand } => {
                format!("ByHand {action_by_hand:?} of {}", arn.service_name())
            }
            Self::Crash { boundary, down, ledger, edited } => {
                let edited = if edited.is_some() { ", and the file is edited" } else { "" };
                format!("Crash {boundary:?}, down for {down:?}, the ledger is {ledger:?}{edited}")
            }
            other => format!("{other:?}"),
        }
    }
}

/// What others do to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManualAction {
    /// A person resumes it.
    Resume,
    /// A person pauses it.
    Pause,
    /// A person, or a pipeline, deploys a version.
    Deploy,
    /// A person deletes it.
    Delete,
    /// AWS works on it for so long.
    Maintain(Duration),
}

/// Where in a turn a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// Before its changes are written.
    BeforeTheCommit,
    /// After its changes are written, and after so many of its calls have left.
    AfterCalls(usize),
}

/// What becomes of a ledger when the process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerLoss {
    /// What was written is kept.
    None,
    /// The file is lost.
    Whole,
}
