//! What others did to a service, and who must not be fought.

use super::tolerances::{MAY_BE_MISSED, OUT_OF_SIGHT};
use jiff::{SignedDuration, Timestamp};
use reveille::api::{Action, OperationId};
use reveille::schedule::Transition;
use reveille::simulation::ManualAction;
use std::collections::BTreeSet;

/// An operation that somebody else began.
#[derive(Debug, Clone)]
pub(crate) struct Stranger {
    pub(crate) at: Timestamp,
    action: Option<Action>,
    pub(crate) id: OperationId,
}

/// What others did to one service.
#[derive(Debug, Default)]
pub(crate) struct People {
    strangers: Vec<Stranger>,
    /// Operations of others that were followed as if they were ours.
    adopted: BTreeSet<OperationId>,
}

impl People {
    /// Somebody did this, and App Runner began an operation, or did not.
    pub(crate) fn act(&mut self, at: Timestamp, action_by_hand: ManualAction, id: Option<&OperationId>) {
        let action = match action_by_hand {
            ManualAction::Resume => Some(Action::Resume),
            ManualAction::Pause => Some(Action::Pause),
            ManualAction::Deploy | ManualAction::Delete | ManualAction::Maintain(_) => None,
        };
        self.strangers.extend(id.map(|id| Stranger { at, action, id: id.clone() }));
    }

    /// This operation is followed, and ours from now on.
    pub(crate) fn adopt(&mut self, id: OperationId) {
        self.adopted.insert(id);
    }

    /// Whether somebody began the opposite of this after its instant and before now.
    pub(crate) fn overruled(&self, transition: Transition, now: Timestamp) -> bool {
        let opposite = Some(transition.action.opposite());
        self.strangers
            .iter()
            .any(|stranger| stranger.action == opposite && stranger.at >= transition.at && stranger.at <= now)
    }

    /// The person who did the opposite of this last, after its instant, and long enough before a call for it left that they
    /// should have been seen in a list that shows operations so late.
    pub(crate) fn against(
        &self,
        transition: Transition,
        sent: Timestamp,
        listed_late_by: SignedDuration,
    ) -> Option<&Stranger> {
        let stranger = self.strangers.iter().rev().find(|stranger| stranger.action.is_some())?;
        let is_against = stranger.action == Some(transition.action.opposite());
        let was_seen = sent.duration_since(stranger.at) > OUT_OF_SIGHT.saturating_add(listed_late_by);
        let is_after = stranger.at.duration_since(transition.at) > MAY_BE_MISSED;
        let was_adopted = self.adopted.contains(&stranger.id);
        (is_against && was_seen && is_after && !was_adopted).then_some(stranger)
    }
}
