//! One service: what it knows, how an occurrence changes its state and ends, and when the service wants to be woken.
//!
//! The rules are in the files of this folder. What they have to know is in small structs, in `occurrence/` and `service/`;
//! a rule reads and writes these by their methods.
//!
//! | file | its rule |
//! |---|---|
//! | `begin.rs`, `supersede.rs` | a transition makes an occurrence, and supersedes the one before |
//! | `call.rs` | the `Step` of an occurrence says which call is next: act, look (describe, list), follow, confirm |
//! | `reply.rs` | what each reply does; a refusal goes by the table in `api/meaning.rs` |
//! | `look.rs` | what a look means, as `verdict.rs` judges it, and what is done about it |
//! | `follow.rs` | the operation is asked about until it ends |
//! | `late.rs` | what comes too late: a resume is reported, a window closes, a pause is skipped |
//! | `enforce.rs` | a service whose schedule is enforced is looked at between transitions |
//! | `restart.rs` | what the ledger remembers of the process before |
//! | `clocks.rs` | a clock was set back, or time went by unseen |
//!
//! `State` (`change.rs`) is what the log says of an occurrence; `Step` (`occurrence/step.rs`) is what it does next. `due` and
//! `backing-off` are before a call, `calling` is while one that acts is out, `tracking` while an operation is followed,
//! `waiting` while the service is busy.

mod begin;
mod call;
mod clocks;
mod enforce;
mod follow;
mod late;
mod look;
mod reply;
mod restart;
mod supersede;

use super::change::{Change, Ending, Severity, State};
use super::event::{Effect, Why};
use super::horizon::{Horizon, Lifecycle};
use super::occurrence::Occurrence;
use super::service::{Begun, Enforcing, Estimates, InFlight, OwnWork};
use super::transition_cache::TransitionCache;
use crate::api::{Elapsed, Now, OperationId, ServiceKey};
use crate::config::Service;
use crate::schedule::Transition;
use jiff::Timestamp;
use std::time::Duration;

/// What a turn of the planner passes to a machine: the time, the jitter's generator, and where effects go.
pub(super) struct Turn<'a> {
    pub(super) now: Now,
    pub(super) transition_cache: &'a mut TransitionCache,
    pub(super) rng: &'a mut fastrand::Rng,
    pub(super) effects: &'a mut Vec<Effect>,
}

/// One service's state machine.
#[derive(Debug)]
pub(super) struct Machine {
    service: Service,
    /// The coming transition.
    next: Option<Transition>,
    begun: Begun,
    owed: Option<Box<Occurrence>>,
    in_flight: Option<InFlight>,
    /// Until when the machine keeps still.
    timer: Option<(Elapsed, Why)>,
    ours: OwnWork,
    estimates: Estimates,
    lifecycle: Lifecycle,
    enforcing: Enforcing,
}

/// What to add to the line that tells of a change.
#[derive(Debug, Default)]
struct Detail {
    error: Option<String>,
    operation: Option<OperationId>,
    retry_in: Option<Duration>,
    late: Option<Duration>,
}

impl Detail {
    fn error(text: impl Into<String>) -> Self {
        Self { error: Some(text.into()), ..Self::default() }
    }
}

impl Machine {
    /// A machine that has yet to be planned.
    pub(super) fn new(service: Service, horizon: Horizon) -> Self {
        Self {
            service,
            next: None,
            begun: Begun::default(),
            owed: None,
            in_flight: None,
            timer: None,
            ours: OwnWork::default(),
            estimates: Estimates::default(),
            lifecycle: Lifecycle::from(horizon),
            enforcing: Enforcing::default(),
        }
    }

    /// The name of its service, in letters of either case.
    pub(super) fn key(&self) -> ServiceKey {
        self.service.arn.key()
    }

    /// Whether an occurrence has not ended.
    pub(super) fn owes(&self) -> bool {
        self.owed.is_some()
    }

    /// Whether the service has left the file, or is disabled, and nothing of it is left to do.
    pub(super) fn is_gone(&self) -> bool {
        self.lifecycle.is_leaving() && self.owed.is_none() && self.in_flight.is_none()
    }

    /// Does what the clocks ask for.
    pub(super) fn tick(&mut self, turn: &mut Turn<'_>) {
        let wall = turn.now.wall;
        if let Some(next) = self.next.filter(|next| next.at <= wall) {
            self.begin_latest(next, turn);
        }
        self.expire(turn);
        self.tell_if_late(turn);
        if self.timer.is_some_and(|(at, _)| at <= turn.now.elapsed) {
            self.timer = None;
            self.look_before_a_late_try(turn.now);
        }
    }

    /// The one place where an occurrence changes its state, and tells of it.
    fn enter(&mut self, to: State, detail: Detail, severity: Severity, turn: &mut Turn<'_>) {
        let Some(owed) = &mut self.owed else { return };
        let from = std::mem::replace(&mut owed.state, to);
        if let Some(error) = &detail.error {
            owed.last_error = Some(error.clone());
        }
        turn.effects.push(Effect::Record(Change {
            arn: self.service.arn.clone(),
            service: self.service.name.clone(),
            action: owed.transition.action,
            scheduled: owed.transition.at,
            from,
            to,
            severity,
            operation: detail.operation.or_else(|| owed.step.operation().cloned()),
            attempt: owed.attempts.acts(),
            failed_operations: owed.attempts.failed_operations(),
            unsure_since: owed.in_doubt_since(turn.now),
            error: detail.error,
            retry_in: detail.retry_in,
            late: detail.late,
        }));
    }

    /// The occurrence is over.
    fn end(&mut self, ending: Ending, detail: Detail, turn: &mut Turn<'_>) {
        let severity = match ending {
            Ending::Succeeded | Ending::Already | Ending::OverriddenByUser => Severity::Info,
            Ending::Superseded => Severity::Warn,
            Ending::Expired | Ending::Failed => Severity::Error,
        };
        self.end_with(ending, detail, severity, turn);
    }

    fn end_with(&mut self, ending: Ending, detail: Detail, severity: Severity, turn: &mut Turn<'_>) {
        self.enter(State::Ended(ending), detail, severity, turn);
        self.remember_what_was_not_seen(turn.now);
        if let Some(owed) = self.owed.take() {
            self.enforcing.ended(owed.transition.action, ending);
        }
        self.rest(turn);
    }

    /// The occurrence ends in doubt about a call: what that began may be seen later, and is not a manual change then.
    fn remember_what_was_not_seen(&mut self, now: Now) {
        let unseen = self.owed.as_ref().and_then(|owed| owed.doubts.unseen_act(now.wall));
        if let Some(acted_at) = unseen {
            self.ours.ends_unseen(acted_at);
        }
    }

    /// When the wall clock next matters.
    pub(super) fn wall_deadline(&self) -> Option<(Timestamp, Why)> {
        let transition = self.next.map(|next| (next.at, Why::Transition));
        let window = self.owed.as_ref().map(|owed| (owed.window.closes(), Why::CatchUpCloses));
        let late = self.owed.as_ref().and_then(|owed| owed.tells_late_at()).map(|at| (at, Why::Late));
        transition.into_iter().chain(window).chain(late).min()
    }

    /// When the clock that is never stepped next matters.
    pub(super) fn elapsed_deadline(&self) -> Option<(Elapsed, Why)> {
        self.timer
    }
}
