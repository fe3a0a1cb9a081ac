//! The shell: one loop that waits, hands events in and carries effects out.
//!
//! It decides nothing about services. It reads the clocks, wakes the planner at its deadlines, makes the calls that
//! the planner asks for, and hands the replies in.
//!
//! Nothing from outside blocks the loop. The ledger has a thread of its own (`ledger/writer.rs`) that is waited for only so
//! long (`outbox.rs`), the log a bounded queue (`telemetry/queue.rs`), files are read by threads that may hang
//! (`file/bounded.rs`), credentials are fetched by tasks with a time limit (`apprunner/credentials/fetch.rs`), and calls,
//! name servers among them, are given up (`CALL_GIVEN_UP`).

mod alarm;
mod file;
mod outbox;
mod reload;
mod service_manager;
pub(crate) mod signals;
mod wait;

pub use file::{Reading, Source, Stamps, Unusable, Version, Warning};

use crate::api::{Cause, Refusal, Reply};
use crate::apprunner::AppRunner;
use crate::clock::Clock;
use crate::ledger::{Entry, LedgerError, LedgerWriter, Recalled};
use crate::planner::{Call, CallId, Change, Effect, Event, Horizon, Planner, Severity};
use crate::telemetry::Tally;
use crate::{clock, telemetry};
use alarm::{Alarm, Ring};
use file::{FollowedFile, Reread, Trigger};
use jiff::Timestamp;
use outbox::Outbox;
use reload::Reloads;
use service_manager::{ServiceManager, next_step};
use signals::{Signal, Signals};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

/// After a stop, replies in flight are awaited for this long.
const REPLIES_AWAITED: Duration = Duration::from_secs(10);

/// A call is given up after this long even if the client does not report it; its own timeouts are shorter.
const CALL_GIVEN_UP: Duration = Duration::from_secs(30);

/// The most events of one turn: a burst of replies becomes a few turns, not one endless one.
const MOST_EVENTS_A_TURN: usize = 1024;

/// What a daemon is made of.
#[derive(Debug)]
pub struct Setup<A> {
    /// The file as it is now.
    pub version: Version,
    /// Where the file is, to be read again when it changes.
    pub source: Source,
    /// Who carries the calls to App Runner.
    pub client: Arc<A>,
    /// Where changes outlive the process.
    pub ledger: LedgerWriter,
    /// How far to look ahead.
    pub horizon: Horizon,
}

/// What came of a run that ended in order.
#[derive(Debug)]
pub struct Outcome {
    /// How often each state was entered.
    pub tally: Tally,
    /// Whether nothing is owed any more. A daemon that was stopped before it knew what is owed settled nothing.
    pub is_settled: bool,
}

/// Why the daemon cannot run.
#[derive(Debug, thiserror::Error)]
pub enum CannotRun {
    /// The system refused something that it needs.
    #[error(transparent)]
    System(#[from] io::Error),
    /// The ledger belongs to somebody else.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Runs the daemon until it is told to stop, or, with [`Horizon::WhatIsOwed`], until nothing is owed any more.
///
/// # Errors
///
/// When the process cannot listen for signals, or the ledger belongs to somebody else.
pub async fn run<A: AppRunner>(setup: Setup<A>) -> Result<Outcome, CannotRun> {
    let signals = Signals::listen()?;
    let clock = Clock::new();
    let alarm = Alarm::start(clock).await;
    Daemon::new(setup, clock, alarm, signals).run().await
}

struct Daemon<A> {
    planner: Planner,
    version: Version,
    file: FollowedFile,
    reloads: Reloads,
    client: Arc<A>,
    clock: Clock,
    alarm: Alarm,
    signals: Signals,
    service_manager: ServiceManager,
    ledger: LedgerWriter,
    outbox: Outbox,
    calls: JoinSet<(CallId, Result<Reply, Refusal>)>,
    tally: Tally,
    horizon: Horizon,
    phase: Phase,
    /// What is owed is known.
    has_planned: bool,
}

/// How far the daemon is on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// It was told to stop; replies are awaited until then.
    Stopping(Instant),
    /// It has waited long enough.
    Over,
}

impl Phase {
    /// Until when replies are awaited.
    fn patience(self) -> Option<Instant> {
        match self {
            Self::Stopping(until) => Some(until),
            Self::Running | Self::Over => None,
        }
    }
}

impl<A: AppRunner> Daemon<A> {
    fn new(setup: Setup<A>, clock: Clock, alarm: Alarm, signals: Signals) -> Self {
        Self {
            planner: Planner::new(setup.version.config.limits, setup.horizon, clock::seed()),
            reloads: Reloads::of(&setup.version.config),
            version: setup.version,
            file: FollowedFile::new(setup.source, clock),
            client: setup.client,
            clock,
            alarm,
            signals,
            service_manager: ServiceManager::from_environment(),
            ledger: setup.ledger,
            outbox: Outbox::default(),
            calls: JoinSet::new(),
            tally: Tally::default(),
            horizon: setup.horizon,
            phase: Phase::Running,
            has_planned: false,
        }
    }

    async fn run(mut self) -> Result<Outcome, CannotRun> {
        self.begin().await?;
        while !self.is_done() {
            let event = self.next_event().await;
            self.turn(event);
            self.tell_of_turn();
        }
        self.say_what_is_left();
        let fatal = self.ledger.fatal();
        // What was not waited for at the start is not waited for at the end: nothing was handed over.
        if self.has_planned {
            self.ledger.close().await;
        }
        // Here, while a second signal still ends the process at once.
        telemetry::flush();
        let is_settled = self.has_planned && self.planner.owed() == 0;
        fatal.map_or(Ok(Outcome { tally: self.tally, is_settled }), |error| Err(error.into()))
    }

    /// Takes up what the ledger remembers, and plans; unless the daemon is told to stop before.
    async fn begin(&mut self) -> Result<(), CannotRun> {
        let services = self.version.config.services.len();
        tracing::info!(services, "reveille {} begins", env!("CARGO_PKG_VERSION"));
        self.version.tell_warnings();
        let recalled = tokio::select! {
            biased;
            () = self.signals.stop() => None,
            recalled = self.ledger.recall() => Some(recalled?),
        };
        match recalled {
            Some(recalled) => self.plan(recalled),
            None => self.stop(),
        }
        Ok(())
    }

    fn plan(&mut self, recalled: Recalled) {
        let services = self.version.config.services.clone();
        self.client.in_effect(&services);
        let Recalled { remembered, last_config } = recalled;
        reload::tell_missing(&remembered, &self.version, last_config.as_deref());
        let known = remembered.len();
        let now = self.clock.now().wall;
        self.ledger.config_in_force(now, self.version.digest.clone());
        self.ledger.trim(now);
        self.turn(Event::Start { services, remembered });
        self.has_planned = true;
        let plan = next_step(&self.planner, self.horizon);
        tracing::info!(remembered = known, "planned: {plan}");
        self.service_manager.ready(&plan);
    }

    /// Waits for the next event, and carries out meanwhile what has become durable.
    async fn next_event(&mut self) -> Event {
        loop {
            if let Some(event) = self.next_happening().await {
                return event;
            }
            self.carry_out_what_may_leave();
            if self.is_done() {
                return Event::Tick;
            }
        }
    }

    /// Waits for whatever comes first; `None` when it is the ledger. A stop goes before all, then a new file, which replies
    /// must not put off; a reply goes before an alarm.
    async fn next_happening(&mut self) -> Option<Event> {
        let deadline = self.planner.next_deadline();
        self.alarm.set(deadline.wall.map(|(at, _)| at), deadline.elapsed.map(|(at, _)| at));
        let event = tokio::select! {
            biased;
            signal = self.signals.next() => self.signalled(signal),
            () = self.outbox.changed(&self.ledger, self.clock) => return None,
            () = self.ledger.lost() => return None,
            reread = self.file.next(), if self.phase == Phase::Running => self.reload(reread),
            Some(done) = self.calls.join_next() => replied(done),
            () = wait::until(self.phase.patience()) => {
                self.phase = Phase::Over;
                Event::Stop
            }
            ring = self.alarm.rings(), if self.phase == Phase::Running => self.rung(ring),
            () = self.service_manager.wants_a_sign(self.clock), if self.phase == Phase::Running => Event::Tick,
        };
        Some(event)
    }

    /// The alarm rang; with the heartbeat comes what is to be seen to now and then.
    fn rung(&mut self, ring: Ring) -> Event {
        if ring == Ring::Heartbeat {
            let now = self.clock.now();
            self.ledger.trim(now.wall);
            self.outbox.report(now.elapsed);
        }
        Event::Tick
    }

    /// One turn: an event, and the replies that have come with it, are planned. What changed goes to the ledger as one
    /// transaction, and a call leaves when what permits it is durable, or when it has waited long enough.
    fn turn(&mut self, event: Event) {
        let now = self.clock.now();
        let mut effects = self.planner.handle(event, now);
        for _ in 1..MOST_EVENTS_A_TURN {
            let Some(done) = self.calls.try_join_next() else { break };
            effects.extend(self.planner.handle(replied(done), now));
        }
        let number = self.ledger.record(entries(&effects, now.wall));
        self.outbox.put(number, effects, now.elapsed);
        self.carry_out_what_may_leave();
    }

    fn carry_out_what_may_leave(&mut self) {
        if self.ledger.fatal().is_some() {
            self.phase = Phase::Over;
            return;
        }
        for effect in self.outbox.take(&self.ledger, self.clock.now().elapsed) {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Record(change) => telemetry::record(&self.as_carried_out(change), &mut self.tally),
            Effect::Call(call) => {
                let (client, clock) = (Arc::clone(&self.client), self.clock);
                self.calls.spawn(async move {
                    if call.is_too_late_to_leave(clock.now()) {
                        return (call.id, Err(Call::never_left()));
                    }
                    let reply =
                        tokio::time::timeout(CALL_GIVEN_UP, client.call(&call.arn, &call.request)).await;
                    (call.id, reply.unwrap_or_else(|_| Err(never_came_back())))
                });
            }
            Effect::HeldBack { region, account, waiting } => tracing::info!(
                region,
                account,
                waiting,
                "calls wait: [limits] calls-per-second or calls-in-flight is reached"
            ),
            Effect::ClockSetBack { by } => tracing::warn!(
                by_ms = telemetry::milliseconds(by),
                "the clock was set back: services that were paused before their time are resumed"
            ),
            Effect::NotSeen { arn, service, error, retry_in, severity: Severity::Error } => tracing::error!(
                %service,
                %arn,
                error,
                retry_in_ms = telemetry::milliseconds(retry_in),
                "an enforced service cannot be kept awake"
            ),
            Effect::NotSeen { arn, service, error, retry_in, severity: Severity::Info | Severity::Warn } => {
                tracing::warn!(
                    %service,
                    %arn,
                    error,
                    retry_in_ms = telemetry::milliseconds(retry_in),
                    "an enforced service could not be looked at: nobody knows whether it is awake"
                );
            }
        }
    }

    /// How late a call is counts from when it is handed to the client, not from when it was planned. There it waits for
    /// credentials or a connection, if for anything, and leaves within seconds or comes back.
    fn as_carried_out(&self, mut change: Change) -> Change {
        if change.late.is_some() {
            change.late = Duration::try_from(self.clock.now().wall.duration_since(change.scheduled)).ok();
        }
        change
    }

    fn signalled(&mut self, signal: Signal) -> Event {
        match signal {
            Signal::Stop => {
                // An echo of the first stop neither says it again nor puts off the end.
                if self.phase == Phase::Running {
                    self.stop();
                }
                Event::Stop
            }
            Signal::Reload => {
                self.service_manager.reloading();
                self.file.ask(Trigger::Signal);
                Event::Tick
            }
        }
    }

    /// Nothing is decided any more. A call that was decided before is made all the same: its instant has come, and whoever
    /// stops a host in the evening would otherwise leave a service awake.
    fn stop(&mut self) {
        tracing::info!(
            calls_in_flight = self.calls.len(),
            calls_to_leave = self.outbox.calls(),
            "stopping: no new calls are decided; calls that were decided already are made, and replies are awaited for \
             up to {} s",
            REPLIES_AWAITED.as_secs()
        );
        let until = self.clock.now().elapsed.after(REPLIES_AWAITED);
        self.phase = Phase::Stopping(self.clock.instant(until));
        self.service_manager.stopping();
    }

    /// Brings another version of the file into effect, if it can be.
    fn reload(&mut self, reread: Reread) -> Event {
        let now = self.clock.now();
        let is_answer = reread.trigger.is_request();
        let accepted = self.reloads.judge(&self.version, reread, now.wall);
        if is_answer || accepted.is_some() {
            self.service_manager.reloaded();
        }
        let Some((version, difference)) = accepted else { return Event::Tick };
        self.ledger.config_in_force(now.wall, version.digest.clone());
        self.version = version;
        self.client.in_effect(&self.version.config.services);
        Event::Reload(difference)
    }

    fn tell_of_turn(&mut self) {
        if self.phase == Phase::Running {
            let now = self.clock.now().elapsed;
            let (planner, horizon) = (&self.planner, self.horizon);
            self.service_manager.turned(now, || next_step(planner, horizon));
        }
    }

    fn is_done(&self) -> bool {
        let nothing_left = self.horizon == Horizon::WhatIsOwed && self.planner.owed() == 0;
        let is_idle = self.calls.is_empty() && self.outbox.is_empty();
        match self.phase {
            Phase::Running => nothing_left && is_idle,
            Phase::Stopping(_) => is_idle,
            Phase::Over => true,
        }
    }

    fn say_what_is_left(&self) {
        if !self.has_planned {
            tracing::info!("reveille ends before it has planned anything");
        } else if self.calls.is_empty() {
            tracing::info!(owed = self.planner.owed(), "reveille ends");
        } else {
            tracing::warn!(
                owed = self.planner.owed(),
                unanswered = self.calls.len(),
                "reveille ends with calls unanswered; the next start looks what became of them"
            );
        }
    }
}

/// What of these effects is to be made durable.
fn entries(effects: &[Effect], at: Timestamp) -> Vec<Entry> {
    let changes = effects.iter().filter_map(|effect| match effect {
        Effect::Record(change) => Some(change),
        Effect::Call(_) | Effect::HeldBack { .. } | Effect::ClockSetBack { .. } | Effect::NotSeen { .. } => {
            None
        }
    });
    changes.map(|change| Entry { at, change: change.clone() }).collect()
}

fn replied(done: Result<(CallId, Result<Reply, Refusal>), JoinError>) -> Event {
    match done {
        Ok((call, reply)) => Event::Replied { call, reply },
        // No call is ever aborted, so this is a panic: a bug, not something to go on with.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn never_came_back() -> Refusal {
    let message = format!("no reply within {} s", CALL_GIVEN_UP.as_secs());
    Refusal { cause: Cause::NoReply, message }
}

#[cfg(test)]
mod tests;
