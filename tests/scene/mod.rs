//! A planner in virtual time, and all that it says: the stage for every test of the planner.

#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "every test crate uses a part of it, so an `expect` would not hold in all; and a test may panic"
)]

use jiff::{SignedDuration, Span, Timestamp, ToSpan};
use reveille::api::{
    Cause, Elapsed, Now, Operation, OperationId, OperationKind, OperationStatus, Refusal, Reply, Request,
    ServiceStatus,
};
use reveille::config::{Config, Difference, parse};
use reveille::planner::{Call, Change, Effect, Event, Horizon, LastOccurrence, Planner, Severity, State};
use std::collections::VecDeque;
use std::time::Duration;

/// 08:00 in Berlin on a Monday in summer.
pub(crate) const MORNING: Timestamp = Timestamp::constant(1_783_317_600, 0);

pub(crate) const OFFICE: &str = r#"
timezone = "Europe/Berlin"

[schedule.office]
resume = "0 8 * * MON-FRI"
pause = "30 18 * * MON-FRI"

[[service]]
name = "shop"
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"
schedule = "office"
"#;

/// The office whose resume follows its pause within seconds.
pub(crate) fn nap() -> String {
    OFFICE.replace("30 18 * * MON-FRI", "55 59 7 * * MON-FRI")
}

/// A daemon whose services have all left the file, one by one: no file is without any.
pub(crate) const NO_SERVICES: &str = "";

pub(crate) fn config(text: &str) -> Config {
    if text == NO_SERVICES {
        return Config { services: Vec::new(), ..config(OFFICE) };
    }
    parse(text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A planner in virtual time, and all that it said.
pub(crate) struct Scene {
    pub(crate) planner: Planner,
    pub(crate) now: Now,
    pub(crate) unanswered: VecDeque<Call>,
    pub(crate) transcript: Vec<String>,
    pub(crate) changes: Vec<Change>,
}

impl Scene {
    pub(crate) fn of(text: &str, start: Timestamp) -> Self {
        Self::remembering(text, start, Vec::new())
    }

    pub(crate) fn remembering(text: &str, start: Timestamp, remembered: Vec<LastOccurrence>) -> Self {
        Self::within(Horizon::Endless, text, start, remembered)
    }

    pub(crate) fn within(
        horizon: Horizon,
        text: &str,
        start: Timestamp,
        remembered: Vec<LastOccurrence>,
    ) -> Self {
        let config = config(text);
        let now = Now { wall: start, elapsed: Elapsed::default() };
        let planner = Planner::new(config.limits, horizon, 7);
        let mut scene =
            Self { planner, now, unanswered: VecDeque::new(), transcript: Vec::new(), changes: Vec::new() };
        scene.handle(Event::Start { services: config.services, remembered });
        scene
    }

    /// One second before 08:00 with nothing owed: the 18:30 before was Friday's, long past its window.
    pub(crate) fn before_the_morning() -> Self {
        Self::of(OFFICE, MORNING - 1.second())
    }

    /// The morning's resume is called, followed and done.
    pub(crate) fn with_the_morning_done() -> Self {
        let mut scene = Self::before_the_morning();
        scene.play(vec![
            accepted("op-1"),
            listed(&[resume("op-1", OperationStatus::Succeeded, 1)]),
            described(ServiceStatus::Running),
        ]);
        scene.transcript.clear();
        scene
    }

    /// The file `old` is replaced by `new`.
    pub(crate) fn reload(&mut self, old: &str, new: &str) {
        self.handle(Event::Reload(Difference::between(&config(old), &config(new))));
    }

    pub(crate) fn handle(&mut self, event: Event) {
        for effect in self.planner.handle(event, self.now) {
            match effect {
                Effect::Record(change) => {
                    self.transcript.push(told(&change));
                    self.changes.push(change);
                }
                Effect::Call(call) => {
                    self.transcript.push(format!("-> {}", asked(&call.request)));
                    self.unanswered.push_back(call);
                }
                Effect::HeldBack { waiting, .. } => {
                    self.transcript.push(format!("held back: {waiting} wait"));
                }
                Effect::ClockSetBack { by } => {
                    self.transcript.push(format!("the clock was set back by {} s", by.as_secs()));
                }
                Effect::NotSeen { service, error, severity, .. } => {
                    let severity = word(severity);
                    self.transcript.push(format!("{severity} {service} was not seen: {error}"));
                }
            }
        }
    }

    /// Lets both clocks run up to an instant, stopping at every deadline on the way.
    pub(crate) fn run_to(&mut self, until: Timestamp) {
        while let Some(wait) = self.next_wait().filter(|wait| self.now.wall + *wait <= until) {
            self.advance(wait);
            self.handle(Event::Tick);
        }
        self.advance(until.duration_since(self.now.wall));
        self.handle(Event::Tick);
    }

    pub(crate) fn next_wait(&self) -> Option<SignedDuration> {
        let next = self.planner.next_deadline();
        let wall = next.wall.map(|(at, _)| at.duration_since(self.now.wall));
        let elapsed =
            next.elapsed.map(|(at, _)| SignedDuration::try_from(at.since(self.now.elapsed)).unwrap());
        wall.into_iter().chain(elapsed).min()
    }

    pub(crate) fn advance(&mut self, wait: SignedDuration) {
        let wait = wait.max(SignedDuration::ZERO);
        self.now.wall += wait;
        self.now.elapsed = self.now.elapsed.after(Duration::try_from(wait).unwrap());
    }

    /// The host sleeps: its wall clock goes on, the clock of the process does not.
    pub(crate) fn sleep(&mut self, span: Span) {
        self.now.wall += span;
    }

    pub(crate) fn answer(&mut self, reply: Result<Reply, Refusal>) {
        let call = self.unanswered.pop_front().expect("a call waits for a reply");
        self.handle(Event::Replied { call: call.id, reply });
    }

    /// Answers every call in the same way until then, at which a call may wait for its reply.
    pub(crate) fn refuse_until(&mut self, until: Timestamp, reply: impl Fn() -> Result<Reply, Refusal>) {
        while self.now.wall < until {
            match self.next_wait().filter(|_| self.unanswered.is_empty()) {
                Some(wait) if self.now.wall + wait > until => self.run_to(until),
                Some(wait) => self.run_to(self.now.wall + wait),
                None if self.unanswered.is_empty() => self.run_to(until),
                None => self.answer(reply()),
            }
        }
    }

    /// What was said with this word in it.
    pub(crate) fn said(&self, word: &str) -> Vec<&str> {
        self.transcript.iter().map(String::as_str).filter(|line| line.contains(word)).collect()
    }

    /// Answers every call from the script, in order, until it is used up.
    pub(crate) fn play(&mut self, script: Vec<Result<Reply, Refusal>>) {
        for reply in script {
            self.run_to_next_call();
            self.answer(reply);
        }
    }

    pub(crate) fn run_to_next_call(&mut self) {
        for _ in 0..10_000 {
            if !self.unanswered.is_empty() {
                return;
            }
            let wait = self.next_wait().expect("a deadline");
            self.advance(wait);
            self.handle(Event::Tick);
        }
        panic!("no call came:\n{}", self.transcript.join("\n"));
    }

    /// What was said since the last time, after everything has come to rest.
    #[track_caller]
    pub(crate) fn expect(&mut self, expected: &str) {
        let said = std::mem::take(&mut self.transcript).join("\n");
        let expected: Vec<&str> = expected.trim().lines().map(str::trim).collect();
        assert_eq!(said, expected.join("\n"), "\n--- it said:\n{said}\n---");
    }
}

/// What the ledger holds of the morning's resume, written at this instant.
pub(crate) fn remembered(state: State, at: Timestamp) -> LastOccurrence {
    let mut scene = Scene::before_the_morning();
    scene.run_to(MORNING);
    let calling = scene.changes.first().expect("the call");
    LastOccurrence { state, unsure_since: None, ..LastOccurrence::of(calling, at) }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warn => "WARN",
        Severity::Error => "ERROR",
    }
}

pub(crate) fn told(change: &Change) -> String {
    let severity = word(change.severity);
    let mut line = format!("{severity} {} {} -> {}", change.action, change.from, change.to);
    if let Some(operation) = &change.operation {
        line += &format!(" [{operation}]");
    }
    if change.retry_in.is_some() {
        line += " (again)";
    }
    if let Some(error) = &change.error {
        line += &format!(": {error}");
    }
    line
}

pub(crate) fn asked(request: &Request) -> String {
    match request {
        Request::ListOperations { page: Some(page) } => format!("ListOperations from {page}"),
        request => request.api_name().to_owned(),
    }
}

pub(crate) fn accepted(id: &str) -> Result<Reply, Refusal> {
    let status = ServiceStatus::OperationInProgress;
    Ok(Reply::Accepted { operation: Some(OperationId::new(id)), status })
}

pub(crate) fn accepted_without_operation(status: ServiceStatus) -> Result<Reply, Refusal> {
    Ok(Reply::Accepted { operation: None, status })
}

pub(crate) fn described(status: ServiceStatus) -> Result<Reply, Refusal> {
    Ok(Reply::Described { status })
}

pub(crate) fn listed(operations: &[Operation]) -> Result<Reply, Refusal> {
    Ok(Reply::Operations { operations: operations.to_vec(), next_page: None })
}

pub(crate) fn page(operations: &[Operation], next: &str) -> Result<Reply, Refusal> {
    Ok(Reply::Operations { operations: operations.to_vec(), next_page: Some(next.to_owned()) })
}

pub(crate) fn answered(code: &str, http_status: u16, message: &str) -> Result<Reply, Refusal> {
    let code = Some(code.to_owned()).filter(|code| !code.is_empty());
    Err(Refusal { cause: Cause::Answered { code, http_status }, message: message.to_owned() })
}

pub(crate) fn failed(cause: Cause, message: &str) -> Result<Reply, Refusal> {
    Err(Refusal { cause, message: message.to_owned() })
}

pub(crate) fn resume(id: &str, status: OperationStatus, seconds: i64) -> Operation {
    operation(id, OperationKind::ResumeService, status, seconds)
}

pub(crate) fn operation(id: &str, kind: OperationKind, status: OperationStatus, seconds: i64) -> Operation {
    let started_at = MORNING + seconds.seconds();
    Operation {
        id: Some(OperationId::new(id)),
        kind: Some(kind),
        status: Some(status),
        started_at: Some(started_at),
        ended_at: Some(started_at + 40.seconds()),
    }
}

pub(crate) fn invalid_state() -> Result<Reply, Refusal> {
    answered("InvalidStateException", 400, "not now")
}

pub(crate) fn throttled() -> Result<Reply, Refusal> {
    answered("ThrottlingException", 400, "slow down")
}
