//! `on-manual-change = "enforce"`: a service is kept awake against people while its hours last.

use super::call::{Request, ServiceStatus};
use super::event::{Call, CallId, Effect, Why};
use super::machine::{Machine, Outlook, Turn};
use crate::schedule::{Action, OnManualChange, Transition};
use std::time::Duration;

/// How often a service whose schedule is enforced is looked at while its hours last.
const ENFORCED_EVERY: Duration = Duration::from_mins(5);

impl Machine {
    /// Nothing is owed: keep still, or, where the schedule is enforced, until the next look.
    pub(super) fn rest(&mut self, turn: &Turn<'_>) {
        if self.owed.is_none() {
            self.timer = self.is_enforced().then(|| (turn.now.elapsed.after(ENFORCED_EVERY), Why::Enforce));
        }
    }

    /// Whether the service is kept awake against people: while its hours last, where the file says so.
    pub(super) fn is_enforced(&self) -> bool {
        self.service.on_manual_change == OnManualChange::Enforce
            && self.outlook == Outlook::Endless
            && self.begun.is_some_and(|begun| begun.action == Action::Resume)
    }

    pub(super) fn call_to_enforce(&mut self, id: CallId, turn: &Turn<'_>) -> Option<Call> {
        let transition = self.begun?;
        Some(self.send(id, Request::Describe, None, transition, turn))
    }

    /// A look between two transitions came back. A service that is paused is resumed, as an occurrence of its own whose
    /// instant is now; while a clock that was set back shows less than the last instant, that is waited out.
    pub(super) fn enforce(&mut self, status: &ServiceStatus, turn: &mut Turn<'_>) {
        self.rest(turn);
        self.told_not_seen = false;
        let correction = Transition { at: turn.now.wall, action: Action::Resume };
        let is_undone = *status == ServiceStatus::after(correction.action.opposite());
        let is_later = self.begun.is_some_and(|begun| begun.at < correction.at);
        if self.is_enforced() && is_undone && is_later {
            self.begin(correction, turn);
            if let Some(owed) = &mut self.owed {
                owed.refused_with =
                    Some("it is PAUSED within its hours, and the schedule is enforced".to_owned());
            }
        }
    }

    /// A look between two transitions failed. It is made again at the next turn.
    pub(super) fn not_seen(&mut self, error: String, turn: &mut Turn<'_>) {
        self.rest(turn);
        if self.is_enforced() && !std::mem::replace(&mut self.told_not_seen, true) {
            let (arn, service) = (self.service.arn.clone(), self.service.name.clone());
            turn.effects.push(Effect::NotSeen { arn, service, error, retry_in: ENFORCED_EVERY });
        }
    }
}
