//! How far one service is, and what is told of it in the end.

use super::target::Target;
use crate::api::{Action, OperationId, Refusal, ServiceStatus};
use crate::cli::follow::Bars;
use crate::planner::{Change, Ending as Outcome, State};
use crate::text::humane;
use indicatif::ProgressBar;
use std::time::Duration;

/// Without `--wait`, a call is made so often before somebody is asked to try again later.
const ATTEMPTS: u32 = 3;

/// How it went with one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// It is where it was to go, or on the way.
    Good,
    /// Another try may help.
    Later,
    /// Nothing will come of it.
    Bad,
}

/// What is told of one service.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) ending: Ending,
    pub(super) line: String,
}

/// Why the command ends before a service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    TimeIsUp(Duration),
    /// Ctrl-C.
    Interrupted,
}

/// How far one service is.
pub(super) struct Progress {
    pub(super) target: Target,
    action: Action,
    waits: bool,
    bar: Option<ProgressBar>,
    state: State,
    /// The operation that is followed.
    operation: Option<OperationId>,
    /// A call may have been carried out, and nobody knows.
    in_doubt: bool,
    failures: u32,
    error: Option<String>,
    told: Option<Told>,
}

impl Progress {
    pub(super) fn new(target: Target, action: Action, waits: bool, bars: &Bars) -> Self {
        let bar = waits.then(|| bars.add(&target.name));
        Self {
            target,
            action,
            waits,
            bar,
            state: State::Due,
            operation: None,
            in_doubt: false,
            failures: 0,
            error: None,
            told: None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.told.is_some()
    }

    pub(super) fn into_told(self) -> Option<Told> {
        self.told
    }

    /// The planner has taken a step, so long after the command began.
    pub(super) fn changed(&mut self, change: &Change, after: Duration) {
        self.state = change.to;
        self.in_doubt = change.unsure_since.is_some();
        if change.operation.is_some() {
            self.operation.clone_from(&change.operation);
        }
        if change.error.is_some() {
            self.error.clone_from(&change.error);
        }
        let error = self.error.clone().unwrap_or_default();
        match change.to {
            State::Due | State::Calling => self.show("asking App Runner".to_owned()),
            State::Tracking if self.waits => self.show(self.doing().to_owned()),
            State::Tracking => self.end(Ending::Good, &format!("{} started{}", self.action, self.named())),
            State::Waiting if self.waits => self.show(format!("waiting: {error}")),
            State::Waiting => self.end(Ending::Later, &format!("{error}; try again when that has ended")),
            State::BackingOff => {
                self.failures = self.failures.saturating_add(1);
                if self.waits {
                    let again = change.retry_in.map(|wait| format!("; again in {}", humane(wait)));
                    self.show(format!("{error}{}", again.unwrap_or_default()));
                } else if self.failures >= ATTEMPTS {
                    self.end(Ending::Later, &format!("{error}; try again later"));
                }
            }
            State::Ended(outcome) => self.ended(outcome, &error, after),
        }
    }

    fn ended(&mut self, outcome: Outcome, error: &str, after: Duration) {
        let (done, action) = (ServiceStatus::after(self.action), self.action);
        let participle = match action {
            Action::Resume => "resumed",
            Action::Pause => "paused",
        };
        match outcome {
            Outcome::Succeeded => self.end(Ending::Good, &format!("{participle} in {}", humane(after))),
            Outcome::Already => self.end(Ending::Good, &format!("already {}", done.as_str().to_lowercase())),
            Outcome::Failed => self.end(Ending::Bad, &format!("{action} failed: {error}")),
            Outcome::OverriddenByUser => self.end(Ending::Bad, &format!("{action} was undone: {error}")),
            // Its window is longer than anybody waits, and nothing follows it.
            Outcome::Expired | Outcome::Superseded => self.end(Ending::Later, error),
        }
    }

    /// Only a person can mend what App Runner refused the call for.
    pub(super) fn refused(&mut self, refusal: &Refusal) {
        let what = match &self.operation {
            Some(id) => format!("{} cannot be followed, and goes on (operation {id})", self.action),
            None => format!("{} failed", self.action),
        };
        self.end(Ending::Bad, &format!("{what}: {refusal}"));
    }

    /// The command ends before the service does.
    pub(super) fn cut_off(&mut self, cut: Cut) {
        let when = match cut {
            Cut::TimeIsUp(within) => format!("after {}", humane(within)),
            Cut::Interrupted => "when interrupted".to_owned(),
        };
        let follow = format!("`reveille {} {} --wait`", self.action, self.target.arn);
        let error = self.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
        let line = match (&self.operation, self.state) {
            (Some(id), _) => {
                format!("still {} {when}; operation {id} goes on; {follow} follows it", self.doing())
            }
            (None, State::Calling) => {
                format!("{} was requested, with no reply {when}; {follow} finds out", self.action)
            }
            (None, _) if self.in_doubt => {
                format!("not known {when} whether the {} started{error}; {follow} finds out", self.action)
            }
            (None, _) => format!("{} not started {when}{error}; {follow} tries again", self.action),
        };
        self.end(Ending::Later, &line);
    }

    fn doing(&self) -> &'static str {
        match self.action {
            Action::Resume => "resuming",
            Action::Pause => "pausing",
        }
    }

    fn named(&self) -> String {
        self.operation.as_ref().map(|id| format!(" (operation {id})")).unwrap_or_default()
    }

    fn show(&self, what: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(what);
        }
    }

    fn end(&mut self, ending: Ending, what: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let line = format!("{} ({}): {what}", self.target.name, self.target.arn.region());
        self.told.get_or_insert(Told { ending, line });
    }
}
