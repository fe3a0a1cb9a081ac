//! Brings services to a state with the daemon's own planner, which decides what is called, waited for and followed.

use super::progress::{EarlyEnd, Progress, Report};
use super::target::Target;
use crate::api::{Action, Cause, Elapsed, Policy, Refusal, Reply, Request, policy};
use crate::apprunner::{AppRunner, Sdk};
use crate::cli::follow::Bars;
use crate::clock;
use crate::clock::Clock;
use crate::config::{DaemonSettings, Limits, Service, parse};
use crate::daemon::signals::Signals;
use crate::planner::{Call, Effect, Ending, Event, Horizon, LastOccurrence, Planner, State};
use crate::schedule::Transition;
use jiff::{SignedDuration, Timestamp};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

/// How much longer the planner continues than the command waits: the timeout is reported here, not by the planner.
const BEYOND_THE_WAIT: Duration = Duration::from_hours(12);

/// At its end the command awaits the reply to a call that starts an operation for this long, to name the operation.
const REPLY_AWAITED: Duration = Duration::from_secs(10);

/// Why there is no report of any service.
#[derive(Debug)]
pub(super) enum Stopped {
    /// Why there are no credentials, in one sentence.
    NoCredentials(String),
    System(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Acts on the services; with `wait`, follows their operations for that long at most.
pub(super) async fn run(
    action: Action,
    targets: Vec<Target>,
    wait: Option<Duration>,
) -> Result<Vec<Report>, Stopped> {
    let region = targets.first().map_or("", |target| target.arn.region()).to_owned();
    let bars = Bars::new();
    let services = targets.iter().map(|target| service(action, target, clock::wall(), wait));
    let services: Vec<Service> = services.collect::<io::Result<_>>()?;
    let clock = Clock::new();
    let session = Session {
        planner: Planner::new(Limits::default(), Horizon::WhatIsOwed, clock::seed()),
        progress: targets
            .into_iter()
            .map(|target| Progress::new(target, action, wait.is_some(), &bars))
            .collect(),
        clock,
        client: Arc::new(Sdk::connect(&region, DaemonSettings::default().connections)),
        calls: JoinSet::new(),
        acts_in_flight: 0,
        ends: wait.map(|wait| (EarlyEnd::TimedOut(wait), clock.now().elapsed.after(wait))),
        early_end: None,
    };
    session.run(services).await
}

/// A service whose schedule asks for the action at this very second.
fn service(action: Action, target: &Target, now: Timestamp, wait: Option<Duration>) -> io::Result<Service> {
    let at = now.strftime("%Y-%m-%dT%H:%M:%S");
    let rules = match action {
        Action::Resume => format!("resume = \"at({at})\""),
        // A schedule cannot pause without ever resuming.
        Action::Pause => format!("resume = \"at(2000-01-01T00:00:00)\"\npause = \"at({at})\""),
    };
    let file = format!("timezone = \"UTC\"\n[[service]]\narn = \"{}\"\n{rules}\n", target.arn);
    let config = parse(&file).map_err(io::Error::other)?;
    let service = config.services.into_iter().next().ok_or_else(|| io::Error::other("no service"))?;
    let catch_up = wait.unwrap_or_default().saturating_add(BEYOND_THE_WAIT);
    Ok(Service { name: Arc::clone(&target.name), catch_up, ..service })
}

/// The transition before it counts as settled, so that the planner acts at once and looks only when it is unsure.
fn settled(service: &Service, action: Action, now: Timestamp) -> LastOccurrence {
    let before = now.saturating_sub(SignedDuration::from_mins(1)).unwrap_or(now);
    LastOccurrence {
        arn: service.arn.clone(),
        transition: Transition { at: before, action: action.opposite() },
        state: State::Ended(Ending::Succeeded),
        operation: None,
        attempts: 0,
        failed_operations: 0,
        unsure_since: None,
        at: before,
    }
}

struct Session {
    planner: Planner,
    progress: Vec<Progress>,
    clock: Clock,
    client: Arc<Sdk>,
    calls: JoinSet<(Call, Result<Reply, Refusal>)>,
    /// Calls that start an operation and whose replies have not come.
    acts_in_flight: usize,
    /// When the command ends whether or not the operations have, and why.
    ends: Option<(EarlyEnd, Elapsed)>,
    /// Why it is ending: only replies to calls that start an operation are awaited any more.
    early_end: Option<EarlyEnd>,
}

impl Session {
    async fn run(mut self, services: Vec<Service>) -> Result<Vec<Report>, Stopped> {
        let mut signals = Signals::listen()?;
        let now = self.clock.now().wall;
        let action = |service: &Service| service.schedule.latest_at(now).map(|latest| latest.action);
        let remembered =
            services.iter().filter_map(|service| Some(settled(service, action(service)?, now))).collect();
        self.turn(Event::Start { services, remembered });
        while !self.is_done() {
            let (ends_at, wakes_at) = (self.ends_at(), self.wakes_at());
            let event = tokio::select! {
                biased;
                _ = signals.next() => self.end_early(EarlyEnd::Interrupted),
                Some(done) = self.calls.join_next() => self.replied(done)?,
                () = sleep_until(ends_at), if self.ends.is_some() => match self.ends.take() {
                    Some((early_end, _)) if self.early_end.is_none() => self.end_early(early_end),
                    _ => break,
                },
                () = sleep_until(wakes_at) => Event::Tick,
            };
            self.turn(event);
        }
        Ok(self.finish())
    }

    fn turn(&mut self, event: Event) {
        let now = self.clock.now();
        for effect in self.planner.handle(event, now) {
            match effect {
                Effect::Record(change) => {
                    let of = self.progress.iter_mut().find(|progress| progress.target.arn == change.arn);
                    if let Some(progress) = of.filter(|progress| !progress.is_over()) {
                        progress.changed(&change, now.elapsed.0);
                    }
                }
                Effect::Call(call) => self.call(call),
                Effect::HeldBack { .. } | Effect::ClockSetBack { .. } | Effect::NotSeen { .. } => {}
            }
        }
    }

    fn call(&mut self, call: Call) {
        if self.progress.iter().any(|progress| progress.target.arn == call.arn && progress.is_over()) {
            // Its result has been reported; its place among the calls in flight goes to the others.
            let refusal = Refusal { cause: Cause::NotSent, message: String::new() };
            self.calls.spawn(async { (call, Err(refusal)) });
            return;
        }
        self.acts_in_flight = self.acts_in_flight.saturating_add(usize::from(is_act(&call)));
        let client = Arc::clone(&self.client);
        self.calls.spawn(async move {
            let reply = client.call(&call.arn, &call.request).await;
            (call, reply)
        });
    }

    fn replied(&mut self, done: Result<(Call, Result<Reply, Refusal>), JoinError>) -> Result<Event, Stopped> {
        let (call, reply) = done.map_err(io::Error::other)?;
        let progress = self.progress.iter_mut().find(|progress| progress.target.arn == call.arn);
        if let Some(progress) = progress.filter(|progress| !progress.is_over()) {
            self.acts_in_flight = self.acts_in_flight.saturating_sub(usize::from(is_act(&call)));
            if let Err(refusal) = &reply {
                if refusal.cause == Cause::NoCredentials {
                    return Err(Stopped::NoCredentials(refusal.message.clone()));
                }
                // The daemon keeps trying, since somebody may fix the cause meanwhile; here somebody is waiting.
                if policy(refusal) == Policy::TrySlowly {
                    progress.refused(refusal);
                }
            }
        }
        Ok(Event::Replied { call: call.id, reply })
    }

    /// The command ends: no more calls are made, and the replies to the last ones are awaited.
    fn end_early(&mut self, early_end: EarlyEnd) -> Event {
        self.early_end = Some(early_end);
        self.ends = Some((early_end, self.clock.now().elapsed.after(REPLY_AWAITED)));
        Event::Stop
    }

    fn is_done(&self) -> bool {
        let all_over = self.progress.iter().all(Progress::is_over);
        all_over || (self.early_end.is_some() && self.acts_in_flight == 0)
    }

    fn finish(mut self) -> Vec<Report> {
        if let Some(early_end) = self.early_end {
            let unfinished = self.progress.iter_mut().filter(|progress| !progress.is_over());
            unfinished.for_each(|progress| progress.end_early(early_end));
        }
        self.progress.into_iter().filter_map(Progress::into_report).collect()
    }

    fn ends_at(&self) -> Instant {
        self.clock.instant(self.ends.map_or(Elapsed(Duration::MAX), |(_, at)| at))
    }

    /// The planner's next deadline.
    fn wakes_at(&self) -> Instant {
        let now = self.clock.now();
        let next = self.planner.next_deadline();
        let wall = next.wall.map(|(at, _)| {
            let ahead = Duration::try_from(at.duration_since(now.wall)).unwrap_or_default();
            now.elapsed.after(ahead)
        });
        let elapsed = next.elapsed.map(|(at, _)| at);
        self.clock.instant(wall.into_iter().chain(elapsed).min().unwrap_or(Elapsed(Duration::MAX)))
    }
}

fn is_act(call: &Call) -> bool {
    matches!(call.request, Request::Act(_))
}
