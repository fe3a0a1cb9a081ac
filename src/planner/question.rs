//! What a look at a service is to answer for the occurrence that is owed.

use super::service::OwnWork;
use crate::api::Action;
use jiff::Timestamp;

/// What is known of an occurrence when it looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    /// What is to be done.
    pub(super) action: Action,
    /// Since when an operation for it may have begun: its instant.
    pub(super) since: Timestamp,
    /// From when on an opposite operation counts as a manual change.
    pub(super) manual_changes_from: Timestamp,
    /// A call whose outcome nobody knows left at this instant.
    pub(super) unsure_since: Option<Timestamp>,
    /// Operations that are never a person's.
    pub(super) ours: &'a OwnWork,
    /// A person's change is left alone.
    pub(super) respect: bool,
}
