//! A change of an occurrence's state: one log line, one ledger row, one counter.

use crate::api::{Action, OperationId, ServiceArn};
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Where an occurrence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Its instant has come, and nothing has been called for it yet.
    Due,
    /// The call that changes the service is on its way.
    Calling,
    /// App Runner is at work; the operation is followed to its end.
    Tracking,
    /// An attempt or its operation failed; another will follow.
    BackingOff,
    /// The service is busy with an operation that is not ours.
    Waiting,
    /// It is over, and this is how.
    Ended(Ending),
}

/// How an occurrence ended. It ends once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// The operation succeeded, and the service is in the state that was asked for.
    Succeeded,
    /// The service was in that state already.
    Already,
    /// A later transition came first.
    Superseded,
    /// The catch-up window closed.
    Expired,
    /// A person changed the service after the instant.
    OverriddenByUser,
    /// App Runner will never accept it, or every try is used up.
    Failed,
}

impl State {
    /// Every state, in the order in which an occurrence may pass them.
    pub const ALL: [Self; 11] = [
        Self::Due,
        Self::Calling,
        Self::Tracking,
        Self::BackingOff,
        Self::Waiting,
        Self::Ended(Ending::Succeeded),
        Self::Ended(Ending::Already),
        Self::Ended(Ending::Superseded),
        Self::Ended(Ending::Expired),
        Self::Ended(Ending::OverriddenByUser),
        Self::Ended(Ending::Failed),
    ];

    /// Reads the word in the log and in the ledger.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether it is over.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Ended(_))
    }

    /// The word in the log and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Calling => "calling",
            Self::Tracking => "tracking",
            Self::BackingOff => "backing-off",
            Self::Waiting => "waiting",
            Self::Ended(Ending::Succeeded) => "succeeded",
            Self::Ended(Ending::Already) => "already",
            Self::Ended(Ending::Superseded) => "superseded",
            Self::Ended(Ending::Expired) => "expired",
            Self::Ended(Ending::OverriddenByUser) => "overruled",
            Self::Ended(Ending::Failed) => "failed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who has to know of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It went as planned.
    Info,
    /// It will be tried again.
    Warn,
    /// It will not be tried again: a person must look at it.
    Error,
}

/// One change of an occurrence's state, with all that is worth telling about it.
///
/// The occurrence is identified by (`arn`, `action`, `scheduled`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The service that the occurrence is about.
    pub arn: ServiceArn,
    /// The service's label for people.
    pub service: Arc<str>,
    /// What was to be done.
    pub action: Action,
    /// The instant of the transition.
    pub scheduled: Timestamp,
    /// The state that the occurrence leaves.
    pub from: State,
    /// The state after. The same as before when a further attempt failed or an operation became overdue.
    pub to: State,
    /// Who has to know.
    pub severity: Severity,
    /// The operation that is followed, or that ended it.
    pub operation: Option<OperationId>,
    /// How many calls to act have been made for the occurrence, the one in question included. Looks are not counted.
    pub attempt: u32,
    /// How many operations for the occurrence have failed.
    pub failed_operations: u32,
    /// A call left at this instant, and nobody knows yet what became of it; or the operation that is followed began then.
    pub unsure_since: Option<Timestamp>,
    /// What went wrong, or why it ended so.
    pub error: Option<String>,
    /// When another attempt follows, from now.
    pub retry_in: Option<Duration>,
    /// How long after its instant the call left; set where one does.
    pub late: Option<Duration>,
}

impl Change {
    /// Whether nothing has changed but that somebody must know how long it takes.
    pub fn is_late_notice(&self) -> bool {
        self.from == self.to && self.severity == Severity::Error && self.retry_in.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Severity::{Error, Warn};
    use State::{BackingOff, Calling, Tracking};

    #[test]
    fn every_state_is_read_back_from_its_word_and_no_other_word_is_a_state() {
        for state in State::ALL {
            assert_eq!(State::from_word(state.as_str()), Some(state));
        }
        assert_eq!(State::from_word("asleep"), None);
    }

    #[test]
    fn only_an_error_without_a_new_state_or_another_try_is_a_late_notice() {
        let change = |from, to, severity, retry_in| Change {
            arn: "arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"
                .parse()
                .unwrap(),
            service: "shop".into(),
            action: Action::Resume,
            scheduled: Timestamp::UNIX_EPOCH,
            from,
            to,
            severity,
            operation: None,
            attempt: 1,
            failed_operations: 0,
            unsure_since: None,
            error: None,
            retry_in,
            late: None,
        };
        assert!(change(Calling, Calling, Error, None).is_late_notice());
        assert!(!change(Tracking, BackingOff, Error, None).is_late_notice());
        assert!(!change(BackingOff, BackingOff, Warn, None).is_late_notice());
        assert!(!change(BackingOff, BackingOff, Error, Some(Duration::from_secs(60))).is_late_notice());
    }
}
