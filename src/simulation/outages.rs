//! What is out of reach for a while: the network, the credentials, the ledger.

use super::network::{no_credentials, not_sent};
use crate::api::Refusal;
use jiff::Timestamp;

/// Until when each of them is out of reach.
#[derive(Debug)]
pub(crate) struct Outages {
    network: Timestamp,
    credentials: Timestamp,
    ledger: Timestamp,
}

impl Outages {
    /// Everything is in reach.
    pub(crate) fn none() -> Self {
        Self { network: Timestamp::MIN, credentials: Timestamp::MIN, ledger: Timestamp::MIN }
    }

    /// App Runner cannot be reached until then.
    pub(crate) fn no_network(&mut self, until: Timestamp) {
        self.network = self.network.max(until);
    }

    /// There are no credentials until then.
    pub(crate) fn no_credentials(&mut self, until: Timestamp) {
        self.credentials = self.credentials.max(until);
    }

    /// The ledger fails until then; when it will work again.
    pub(crate) fn ledger_fails(&mut self, until: Timestamp) -> Timestamp {
        self.ledger = self.ledger.max(until);
        self.ledger
    }

    /// Whether no outage of the ledger lasts longer.
    pub(crate) fn is_ledger_back(&self, now: Timestamp) -> bool {
        now >= self.ledger
    }

    /// Why a call cannot leave now, if it cannot.
    pub(crate) fn refusal(&self, now: Timestamp) -> Option<Refusal> {
        if now < self.network {
            Some(not_sent())
        } else if now < self.credentials {
            Some(no_credentials())
        } else {
            None
        }
    }
}
