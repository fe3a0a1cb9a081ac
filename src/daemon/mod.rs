//! The shell: one loop that waits, hands events in and carries effects out.
//!
//! It decides nothing about services. It reads the clocks, wakes the planner at its deadlines, makes the calls that
//! the planner asks for, and hands the replies in.

mod alarm;
mod file;
mod reload;
mod service_manager;
pub(crate) mod signals;

pub use file::{Reading, Source, Stamps, Unusable, Version};

use crate::apprunner::AppRunner;
use crate::clock::{self, Clock};
use crate::ledger::{Entry, Journal, Ledger};
use crate::planner::{CallId, Cause, Effect, Event, Horizon, Planner, Refusal, Reply};
use crate::telemetry::{self, Tally};
use alarm::{Alarm, Ring};
use file::{FollowedFile, Reread, Trigger};
use jiff::Timestamp;
use reload::Reloads;
use service_manager::{ServiceManager, outlook};
use signals::{Signal, Signals};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

/// After a stop, replies in flight are awaited for this long.
const REPLIES_AWAITED: Duration = Duration::from_secs(10);

/// A call is given up after this long even if the door does not say so; its own timeouts are shorter.
const CALL_GIVEN_UP: Duration = Duration::from_secs(30);

/// The most events of one turn: a burst of replies becomes a few turns, not one endless one.
const MOST_EVENTS_A_TURN: usize = 1024;

/// What a daemon is made of.
#[derive(Debug)]
pub struct Setup<A, L> {
    /// The file as it is now.
    pub version: Version,
    /// Where the file is, to be read again when it changes.
    pub source: Source,
    /// Who carries the calls to App Runner.
    pub door: Arc<A>,
    /// Where changes outlive the process.
    pub journal: Journal<L>,
    /// How far to look ahead.
    pub horizon: Horizon,
}

/// Runs the daemon until it is told to stop, or, with [`Horizon::WhatIsOwed`], until nothing is owed any more.
///
/// Gives back how often each state was entered.
///
/// # Errors
///
/// When the process cannot listen for signals.
pub async fn run<A: AppRunner, L: Ledger>(setup: Setup<A, L>) -> io::Result<Tally> {
    let clock = Clock::new();
    let daemon = Daemon {
        planner: Planner::new(setup.version.config.limits, setup.horizon, clock::seed()),
        reloads: Reloads::of(&setup.version.config),
        version: setup.version,
        file: FollowedFile::new(setup.source, clock),
        door: setup.door,
        clock,
        alarm: Alarm::start(clock).await,
        signals: Signals::listen()?,
        service_manager: ServiceManager::from_environment(),
        journal: setup.journal,
        history_is_old: true,
        calls: JoinSet::new(),
        tally: Tally::default(),
        horizon: setup.horizon,
        phase: Phase::Running,
    };
    Ok(daemon.run().await)
}

struct Daemon<A, L> {
    planner: Planner,
    version: Version,
    file: FollowedFile,
    reloads: Reloads,
    door: Arc<A>,
    clock: Clock,
    alarm: Alarm,
    signals: Signals,
    service_manager: ServiceManager,
    journal: Journal<L>,
    /// It is time to forget some of the history.
    history_is_old: bool,
    calls: JoinSet<(CallId, Result<Reply, Refusal>)>,
    tally: Tally,
    horizon: Horizon,
    phase: Phase,
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

impl<A: AppRunner, L: Ledger> Daemon<A, L> {
    async fn run(mut self) -> Tally {
        self.begin().await;
        self.service_manager.ready(&outlook(&self.planner));
        while !self.is_done() {
            let event = self.next_event().await;
            self.turn(event).await;
            self.tell_of_turn();
        }
        self.say_what_is_left();
        self.journal.close().await;
        self.tally
    }

    /// Takes up what the ledger remembers, and plans.
    async fn begin(&mut self) {
        let services = self.version.config.services.clone();
        let now = self.clock.now();
        let remembered = self.journal.recall(now.elapsed).await;
        tracing::info!(
            services = services.len(),
            remembered = remembered.len(),
            "reveille {} begins",
            env!("CARGO_PKG_VERSION")
        );
        let noted_last = self.journal.last_config(now.elapsed).await;
        reload::tell_missing(&remembered, &self.version, noted_last.as_deref());
        self.journal.config_in_force(now.wall, self.version.digest.clone(), now.elapsed).await;
        self.turn(Event::Start { services, remembered }).await;
        tracing::info!("planned: {}", outlook(&self.planner));
    }

    /// Waits for whatever comes first. A stop goes before all, then a new file, which replies must not put off; a reply
    /// goes before an alarm.
    async fn next_event(&mut self) -> Event {
        let deadline = self.planner.next_deadline();
        self.alarm.set(deadline.wall.map(|(at, _)| at), deadline.elapsed.map(|(at, _)| at));
        tokio::select! {
            biased;
            signal = self.signals.next() => self.signalled(signal),
            reread = self.file.next(), if self.phase == Phase::Running => self.reload(reread).await,
            Some(done) = self.calls.join_next() => replied(done),
            () = at(self.phase.patience()) => {
                self.phase = Phase::Over;
                Event::Stop
            }
            ring = self.alarm.rings(), if self.phase == Phase::Running => {
                self.history_is_old |= ring == Ring::Heartbeat;
                Event::Tick
            }
            () = at(self.journal.next_try().map(|next| self.clock.instant(next))) => Event::Tick,
            () = self.service_manager.wants_a_sign(self.clock), if self.phase == Phase::Running => Event::Tick,
        }
    }

    /// One turn: an event, and the replies that have come with it, are planned. What changed is made durable, in one
    /// transaction; then, and not before, the effects are carried out.
    async fn turn(&mut self, event: Event) {
        let now = self.clock.now();
        let mut effects = self.planner.handle(event, now);
        for _ in 1..MOST_EVENTS_A_TURN {
            let Some(done) = self.calls.try_join_next() else { break };
            effects.extend(self.planner.handle(replied(done), now));
        }
        self.journal.record(entries(&effects, now.wall), now.elapsed).await;
        for effect in effects {
            self.carry_out(effect);
        }
        if std::mem::take(&mut self.history_is_old) {
            self.journal.trim(now.wall, now.elapsed).await;
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Record(change) => telemetry::record(&change, &mut self.tally),
            Effect::Call(call) => {
                let door = Arc::clone(&self.door);
                self.calls.spawn(async move {
                    let reply =
                        tokio::time::timeout(CALL_GIVEN_UP, door.call(&call.arn, &call.request)).await;
                    (call.id, reply.unwrap_or_else(|_| Err(never_came_back())))
                });
            }
            Effect::HeldBack { region, account, waiting } => tracing::info!(
                region,
                account,
                waiting,
                "calls wait: [limits] calls-per-second or calls-in-flight is reached"
            ),
            Effect::NotSeen { arn, service, error, retry_in } => tracing::warn!(
                %service,
                %arn,
                error,
                retry_in_ms = telemetry::milliseconds(retry_in),
                "an enforced service could not be looked at: nobody knows whether it is awake"
            ),
        }
    }

    fn signalled(&mut self, signal: Signal) -> Event {
        match signal {
            Signal::Stop => {
                tracing::info!(calls_in_flight = self.calls.len(), "stopping: no new calls");
                let until = self.clock.now().elapsed.after(REPLIES_AWAITED);
                self.phase = Phase::Stopping(self.clock.instant(until));
                self.service_manager.stopping();
                Event::Stop
            }
            Signal::Reload => {
                self.service_manager.reloading();
                self.file.ask(Trigger::Signal);
                Event::Tick
            }
        }
    }

    /// Brings another version of the file into effect, if it can be.
    async fn reload(&mut self, reread: Reread) -> Event {
        let now = self.clock.now();
        let is_answer = reread.trigger.is_request();
        let accepted = self.reloads.judge(&self.version, reread, now.wall);
        if is_answer || accepted.is_some() {
            self.service_manager.reloaded();
        }
        let Some((version, difference)) = accepted else { return Event::Tick };
        self.journal.config_in_force(now.wall, version.digest.clone(), now.elapsed).await;
        self.version = version;
        Event::Reload(difference)
    }

    fn tell_of_turn(&mut self) {
        if self.phase == Phase::Running {
            self.service_manager.turned(self.clock.now().elapsed, || outlook(&self.planner));
        }
    }

    fn is_done(&self) -> bool {
        let nothing_left = self.horizon == Horizon::WhatIsOwed && self.planner.owed() == 0;
        match self.phase {
            Phase::Running => nothing_left && self.calls.is_empty(),
            Phase::Stopping(_) => self.calls.is_empty(),
            Phase::Over => true,
        }
    }

    fn say_what_is_left(&self) {
        if self.calls.is_empty() {
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
        Effect::Call(_) | Effect::HeldBack { .. } | Effect::NotSeen { .. } => None,
    });
    changes.map(|change| Entry { at, change: change.clone() }).collect()
}

/// Waits until an instant; for ever where there is none.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
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
