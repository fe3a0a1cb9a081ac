//! `on-manual-change = "enforce"`: a service is kept awake against people while its hours last.

use super::{Machine, Turn};
use crate::api::{Action, Refusal, Request, ServiceStatus, is_gone};
use crate::config::OnManualChange;
use crate::planner::change::Severity;
use crate::planner::event::{Call, CallId, Effect, Why};
use crate::planner::horizon::Lifecycle;
use crate::planner::told::Alert;
use crate::planner::verdict;
use crate::schedule::Transition;

impl Machine {
    /// Nothing is owed: keep still, or, where the schedule is enforced, until the next look.
    pub(super) fn rest(&mut self, turn: &Turn<'_>) {
        if self.owed.is_none() {
            let next = turn.now.elapsed.after(self.enforcing.gap());
            self.timer = self.is_enforced().then_some((next, Why::Enforce));
        }
    }

    /// Whether the service is kept awake against people: while its hours last, where the file says so.
    pub(super) fn is_enforced(&self) -> bool {
        self.service.on_manual_change == OnManualChange::Enforce
            && self.lifecycle == Lifecycle::Endless
            && self.begun.latest().is_some_and(|begun| begun.action == Action::Resume)
    }

    pub(super) fn call_to_enforce(&mut self, id: CallId, turn: &Turn<'_>) -> Option<Call> {
        let transition = self.begun.latest()?;
        Some(self.send(id, Request::Describe, None, transition, turn))
    }

    /// A look between two transitions came back. A service that is paused is resumed, as an occurrence of its own whose
    /// instant is now; while a clock that was set back shows less than the last instant, that is waited out.
    pub(super) fn enforce(&mut self, status: &ServiceStatus, turn: &mut Turn<'_>) {
        self.enforcing.told.is_over(Alert::Unseen);
        if verdict::is_beyond_help(status) {
            self.report_lost(format!("it is {status}; App Runner will not change it any more"), turn);
            return;
        }
        self.enforcing.told.is_over(Alert::Lost);
        self.rest(turn);
        let correction = Transition { at: turn.now.wall, action: Action::Resume };
        let is_undone = *status == ServiceStatus::after(correction.action.opposite());
        let is_later = self.begun.latest().is_some_and(|begun| begun.at < correction.at);
        if self.is_enforced() && is_undone && is_later {
            self.begin(correction, turn);
            if let Some(owed) = &mut self.owed {
                owed.refused_with =
                    Some("it is PAUSED within its hours, and the schedule is enforced".to_owned());
            }
        }
    }

    /// A look between two transitions was refused.
    pub(super) fn look_refused(&mut self, refusal: &Refusal, turn: &mut Turn<'_>) {
        if is_gone(refusal) {
            self.report_lost(refusal.to_string(), turn);
        } else {
            self.not_seen(refusal.to_string(), turn);
        }
    }

    /// A look between two transitions told nothing. It is made again at the next turn.
    pub(super) fn not_seen(&mut self, error: String, turn: &mut Turn<'_>) {
        let is_news = self.enforcing.told.first(Alert::Unseen);
        self.report_if(is_news, error, Severity::Warn, turn);
    }

    /// The service will not be awake again by anything that is done here.
    fn report_lost(&mut self, error: String, turn: &mut Turn<'_>) {
        let is_news = self.enforcing.told.first(Alert::Lost);
        self.report_if(is_news, error, Severity::Error, turn);
    }

    fn report_if(&mut self, is_news: bool, error: String, severity: Severity, turn: &mut Turn<'_>) {
        self.rest(turn);
        if self.is_enforced() && is_news {
            let (arn, service) = (self.service.arn.clone(), self.service.name.clone());
            let retry_in = self.enforcing.gap();
            turn.effects.push(Effect::NotSeen { arn, service, error, retry_in, severity });
        }
    }
}
