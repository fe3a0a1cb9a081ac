//! What a world really met, by kind: a judge that sees no trouble vouches for nothing.

use jiff::{SignedDuration, Timestamp};
use reveille::api::Cause;
use reveille::emulator::{Effect, Fault};
use reveille::planner::Change;
use reveille::simulation::{LedgerLoss, ManualAction, Observation, REQUEST_TIMEOUT, Trouble};
use std::collections::BTreeSet;

/// The kinds of trouble that were seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tried {
    pub(crate) kinds: BTreeSet<String>,
    without_credentials: bool,
}

impl Tried {
    pub(crate) fn see(&mut self, at: Timestamp, observation: &Observation<'_>) {
        match observation {
            Observation::Other { trouble: Trouble::Fault(Fault { effect, .. }) } => {
                self.add(fault_word(effect));
            }
            Observation::Other { trouble } => self.add(word(trouble)),
            Observation::Reloads { .. } => self.add("edit, reloaded"),
            Observation::Dies => self.add("crash"),
            Observation::LedgerLost => self.add("ledger lost, or a part of it"),
            Observation::ByHand {
                action_by_hand: ManualAction::Resume | ManualAction::Pause,
                operation: Some(_),
                ..
            } => {
                self.add("manual change that was taken");
            }
            Observation::Arrives { sent, operation, .. } => {
                let timeout = SignedDuration::try_from(REQUEST_TIMEOUT).unwrap_or_default();
                if operation.is_some() && at.duration_since(*sent) >= timeout {
                    self.add("call that landed after it was given up");
                }
            }
            Observation::Replies { reply: Err(refusal), .. } => {
                self.without_credentials |= refusal.cause == Cause::NoCredentials;
                if refusal.cause == Cause::NoReply {
                    self.add("reply that never came");
                }
            }
            Observation::Replies { reply: Ok(_), .. } if self.without_credentials => {
                self.without_credentials = false;
                self.add("credentials that came back");
            }
            Observation::Records { change, .. } => self.records(change),
            _ => {}
        }
    }

    fn records(&mut self, change: &Change) {
        if change.error.as_ref().is_some_and(|error| error.contains("ended SUCCEEDED, and")) {
            self.add("success in vain");
        }
        if change.to.is_end() {
            self.add(&format!("{} that ended {}", change.action, change.to));
        }
    }

    fn add(&mut self, kind: &str) {
        if !self.kinds.contains(kind) {
            self.kinds.insert(kind.to_owned());
        }
    }
}

fn word(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Fault(_) => "fault",
        Trouble::NoNetwork(_) => "network outage",
        Trouble::NoCredentials(_) => "credentials lost",
        Trouble::ByHand { action_by_hand, .. } => match action_by_hand {
            ManualAction::Resume | ManualAction::Pause => "manual change",
            ManualAction::Deploy => "deployment",
            ManualAction::Delete => "deletion",
            ManualAction::Maintain(_) => "maintenance",
        },
        Trouble::Step(by) if by.is_negative() => "clock set back",
        Trouble::Step(_) => "clock set ahead",
        Trouble::Drift { .. } => "clock drift",
        Trouble::Freeze(_) => "frozen host",
        Trouble::Stall(_) => "stopped process",
        Trouble::Reload(_) => "edit",
        Trouble::Crash { edited: Some(_), .. } => "crash ordered, with an edit",
        Trouble::Crash { ledger: LedgerLoss::Whole, .. } => "crash ordered, the ledger lost",
        Trouble::Crash { .. } => "crash ordered",
        Trouble::LedgerFails(_) => "ledger outage",
    }
}

fn fault_word(effect: &Effect) -> &'static str {
    match effect {
        Effect::Delay { .. } => "fault: slow reply",
        Effect::Error { applied: true, .. } => "fault: an error, and carried out",
        Effect::Error { .. } => "fault: an error",
        Effect::Status { .. } => "fault: a status alone",
        Effect::NotJson { .. } => "fault: a page that is not JSON",
        Effect::ReplyLost => "fault: reply lost",
        Effect::ConnectionClosed => "fault: connection closed",
        Effect::NoOperationId => "fault: no operation id",
        Effect::OperationEnds(_) => "fault: operation ends otherwise",
        Effect::OperationNeverEnds => "fault: operation never ends",
        Effect::OperationSays(_) => "fault: unknown operation status",
    }
}
