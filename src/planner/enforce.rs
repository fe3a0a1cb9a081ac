//! `on-manual-change = "enforce"`: a service is kept awake against people while its hours last.

use super::change::{Ending, Severity};
use super::event::{Call, CallId, Effect, Why};
use super::look;
use super::machine::{Lifecycle, Machine, Turn};
use super::told::{Alert, Told};
use crate::api::{Action, Refusal, Request, ServiceStatus, is_gone};
use crate::config::OnManualChange;
use crate::schedule::Transition;
use std::time::Duration;

/// How often a service whose schedule is enforced is looked at while its hours last.
const ENFORCED_EVERY: Duration = Duration::from_mins(5);

/// The widest gap between looks at a service that cannot be kept awake, or is beyond help: its operations cost money.
const ENFORCED_AT_LEAST_EVERY: Duration = Duration::from_hours(4);

/// How the enforcing of a schedule goes.
#[derive(Debug, Default)]
pub(super) struct Enforcing {
    /// Resumes in a row that were tried in vain.
    failed: u32,
    told: Told,
}

impl Enforcing {
    /// An occurrence ended so. Only a service that was seen awake is looked at as often as before: where the catch-up
    /// window is short, what fails all the time ends as expired.
    pub(super) fn ended(&mut self, action: Action, ending: Ending) {
        match ending {
            Ending::Succeeded | Ending::Already => self.failed = 0,
            Ending::Failed | Ending::Expired if action == Action::Resume => {
                self.failed = self.failed.saturating_add(1);
            }
            Ending::Failed | Ending::Expired | Ending::Superseded | Ending::OverriddenByUser => {}
        }
    }

    /// How long until the next look. It doubles with each occurrence that fails.
    fn gap(&self) -> Duration {
        if self.told.has(Alert::Lost) {
            return ENFORCED_AT_LEAST_EVERY;
        }
        ENFORCED_EVERY.saturating_mul(1 << self.failed.min(8)).min(ENFORCED_AT_LEAST_EVERY)
    }
}

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
        if look::is_beyond_help(status) {
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
