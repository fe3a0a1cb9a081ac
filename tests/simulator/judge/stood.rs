//! How a service truly stood, lately.

use super::tolerances::HEARSAY;
use jiff::Timestamp;
use reveille::api::ServiceStatus;
use std::collections::VecDeque;

/// How many states are remembered.
const REMEMBERED: usize = 32;

/// The states of a service, the latest last, and since when.
#[derive(Debug, Default)]
pub(crate) struct Stood(VecDeque<(Timestamp, ServiceStatus)>);

impl Stood {
    /// It is in this state from now on.
    pub(crate) fn stands(&mut self, at: Timestamp, status: &ServiceStatus) {
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((at, status.clone()));
    }

    /// Whether it was in this state so lately that a reply may say so.
    pub(crate) fn lately(&self, at: Timestamp, status: &ServiceStatus) -> bool {
        let mut until = at;
        for (since, stood) in self.0.iter().rev() {
            if at.duration_since(until) > HEARSAY {
                return false;
            }
            if stood == status {
                return true;
            }
            until = *since;
        }
        false
    }

    /// Whether App Runner will not change it any more.
    pub(crate) fn is_beyond_help(&self) -> bool {
        let beyond = |status: &ServiceStatus| {
            matches!(
                status,
                ServiceStatus::Deleted | ServiceStatus::DeleteFailed | ServiceStatus::CreateFailed
            )
        };
        self.0.iter().any(|(_, status)| beyond(status))
    }
}
