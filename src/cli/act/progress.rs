//! How far one service is, and the report of it at the end.

use super::target::Target;
use crate::api::{Action, OperationId, Refusal, ServiceStatus};
use crate::cli::follow::Bars;
use crate::planner::{Change, Ending, State};
use crate::text::humane;
use indicatif::ProgressBar;
use std::time::Duration;

/// Without `--wait`, the attempts before the report says to try again later.
const ATTEMPTS: u32 = 3;

/// How the command ended for one service; the worst of all services decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It is in the state that was asked for, or on the way there.
    Success,
    /// Another try may help.
    Retryable,
    /// Another try would fail as well.
    Failure,
}

/// What is printed about one service.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) verdict: Verdict,
    pub(super) line: String,
}

/// Why the command ends before an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EarlyEnd {
    TimedOut(Duration),
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
    /// A call got no reply, so it may have been carried out.
    in_doubt: bool,
    failures: u32,
    error: Option<String>,
    report: Option<Report>,
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
            report: None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.report.is_some()
    }

    pub(super) fn into_report(self) -> Option<Report> {
        self.report
    }

    /// The planner has recorded a change, this long after the command began.
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
            State::Tracking => {
                self.end(Verdict::Success, &format!("{} started{}", self.action, self.named()));
            }
            State::Waiting if self.waits => self.show(format!("waiting: {error}")),
            State::Waiting => {
                self.end(Verdict::Retryable, &format!("{error}; try again when that has ended"));
            }
            State::BackingOff => {
                self.failures = self.failures.saturating_add(1);
                if self.waits {
                    let again = change.retry_in.map(|wait| format!("; again in {}", humane(wait)));
                    self.show(format!("{error}{}", again.unwrap_or_default()));
                } else if self.failures >= ATTEMPTS {
                    self.end(Verdict::Retryable, &format!("{error}; try again later"));
                }
            }
            State::Ended(ending) => self.ended(ending, &error, after),
        }
    }

    fn ended(&mut self, ending: Ending, error: &str, after: Duration) {
        let (done, action) = (ServiceStatus::after(self.action), self.action);
        let participle = match action {
            Action::Resume => "resumed",
            Action::Pause => "paused",
        };
        match ending {
            Ending::Succeeded => self.end(Verdict::Success, &format!("{participle} in {}", humane(after))),
            Ending::Already => {
                self.end(Verdict::Success, &format!("already {}", done.as_str().to_lowercase()));
            }
            Ending::Failed => self.end(Verdict::Failure, &format!("{action} failed: {error}")),
            Ending::OverriddenByUser => self.end(Verdict::Failure, &format!("{action} was undone: {error}")),
            // Neither happens: the window is longer than any wait, and no transition follows.
            Ending::Expired | Ending::Superseded => self.end(Verdict::Retryable, error),
        }
    }

    /// App Runner refused the call for a cause that only a person can fix.
    pub(super) fn refused(&mut self, refusal: &Refusal) {
        let what = match &self.operation {
            Some(id) => format!("{} cannot be followed, and goes on (operation {id})", self.action),
            None => format!("{} failed", self.action),
        };
        self.end(Verdict::Failure, &format!("{what}: {refusal}"));
    }

    /// The command ends before the service does.
    pub(super) fn end_early(&mut self, early_end: EarlyEnd) {
        let when = match early_end {
            EarlyEnd::TimedOut(within) => format!("after {}", humane(within)),
            EarlyEnd::Interrupted => "when interrupted".to_owned(),
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
        self.end(Verdict::Retryable, &line);
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

    fn end(&mut self, verdict: Verdict, what: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let line = format!("{} ({}): {what}", self.target.name, self.target.arn.region());
        self.report.get_or_insert(Report { verdict, line });
    }
}
