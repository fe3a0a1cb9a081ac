//! What was done to a world, counted by kind.

use super::words::number;
use crate::emulator::Effect;
use crate::simulation::{ManualAction, Trouble};
use std::time::Duration;

/// How often one kind of fault happened, and how much of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FaultCount {
    /// How many faults of this kind there were.
    pub times: u64,
    /// How many calls they could meet, at most.
    pub calls: u64,
    /// For how long, added up.
    pub lasted: Duration,
}

impl FaultCount {
    /// The count of one fault, and the word for its kind.
    pub(super) fn of(trouble: &Trouble) -> (&'static str, Self) {
        let once = Self { times: 1, ..Self::default() };
        let lasting = |lasted: Duration| Self { lasted, ..once };
        match trouble {
            Trouble::Fault(fault) => {
                (fault_word(&fault.effect), Self { calls: u64::from(fault.calls), ..once })
            }
            Trouble::NoNetwork(lasted) => ("network outage", lasting(*lasted)),
            Trouble::NoCredentials(lasted) => ("loss of credentials", lasting(*lasted)),
            Trouble::ByHand { action_by_hand, .. } => match action_by_hand {
                ManualAction::Resume | ManualAction::Pause => ("manual change", once),
                ManualAction::Deploy => ("deployment", once),
                ManualAction::Delete => ("deletion", once),
                ManualAction::Maintain(lasted) => ("maintenance window", lasting(*lasted)),
            },
            Trouble::Step(_) => ("clock step", once),
            Trouble::Drift { .. } => ("clock drift", once),
            Trouble::Freeze(lasted) => ("frozen host", lasting(*lasted)),
            Trouble::Stall(lasted) => ("stopped process", lasting(*lasted)),
            Trouble::Reload(_) => ("reload", once),
            Trouble::Crash { down, .. } => ("crash", lasting(*down)),
            Trouble::LedgerFails(lasted) => ("ledger outage", lasting(*lasted)),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.times += other.times;
        self.calls += other.calls;
        self.lasted += other.lasted;
    }

    /// `3 network outages (2 h 10 min)`, `4 API errors (up to 9 calls)`.
    pub(super) fn phrase(&self, word: &str) -> String {
        let times = format!("{} {}", number(self.times), plural(word, self.times));
        match (self.calls, self.lasted.as_secs()) {
            (0, 0) => times,
            (0, seconds) => format!("{times} ({})", long(seconds)),
            (calls, _) => format!("{times} (up to {} {})", number(calls), plural("call", calls)),
        }
    }
}

fn plural(word: &str, count: u64) -> String {
    match word {
        _ if count == 1 => word.to_owned(),
        "loss of credentials" => "losses of credentials".to_owned(),
        "crash" | "stopped process" => format!("{word}es"),
        word => word.strip_suffix("ply").map_or_else(|| format!("{word}s"), |stem| format!("{stem}plies")),
    }
}

fn fault_word(effect: &Effect) -> &'static str {
    match effect {
        Effect::Error { .. } | Effect::Status { .. } | Effect::NotJson { .. } => "API error",
        Effect::Delay { .. } => "slow reply",
        Effect::ReplyLost => "lost reply",
        Effect::ConnectionClosed => "broken connection",
        Effect::NoOperationId | Effect::OperationSays(_) => "odd reply",
        Effect::OperationEnds(_) => "failed operation",
        Effect::OperationNeverEnds => "stuck operation",
    }
}

/// A length of time in hours and minutes, or in seconds.
fn long(seconds: u64) -> String {
    match (seconds / 3_600, seconds / 60 % 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
