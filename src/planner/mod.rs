//! **What now.** (event, now) → effects. The heart. Pure.
//!
//! [`Planner::handle`] takes one event and the time, and gives back what is to be done; [`Planner::next_deadline`] says
//! when it wants to be woken, and why. It never waits, reads no clock, and draws its jitter from a seeded generator,
//! so that the same events give the same effects: in the daemon, in a rehearsal, in a test.
//!
//! Inside, every service has a state machine of its own, so that one service never delays another. Its rules are in
//! `machine/`, one subject a file: when an occurrence begins (`begin.rs`) and when it gives way (`supersede.rs`),
//! which call it makes next (`call.rs`), what each reply does (`reply.rs`). What they read and write is in small
//! structs that know nothing of the rules: `occurrence/` has what is known of the occurrence that is owed, `service/`
//! what outlives it. What a look at a service means stands in `verdict.rs`, what counts as a person's change in
//! `manual_change.rs`; what counts as late, as stale or as the same time, in `tolerances.rs`. Calls to one account in
//! one region share a limit (`rate_limiter.rs`). What an error means stands in `api/meaning.rs`, how often an
//! operation is asked about in `api/duration_estimate.rs`.

mod backoff;
mod change;
mod clock_monitor;
mod deadlines;
mod event;
mod horizon;
mod last_occurrence;
mod machine;
mod manual_change;
mod occurrence;
mod question;
mod rate_limiter;
mod service;
mod told;
mod tolerances;
mod transition_cache;
mod verdict;

use crate::api::{Elapsed, Now, Refusal, Reply, ServiceArn, ServiceKey};
use crate::config::{Difference, Limits, MAX_SERVICES, Service};
pub(crate) use backoff::backoff;
pub use change::{Change, Ending, Severity, State};
use clock_monitor::{ClockEvent, ClockMonitor};
use deadlines::{Deadlines, Owner};
pub(crate) use event::LEAVES_WITHIN;
use event::ServiceIndex;
pub use event::{Call, CallId, Effect, Event, NextDeadline, Why};
pub use horizon::Horizon;
use jiff::Timestamp;
pub use last_occurrence::LastOccurrence;
use machine::{Machine, Turn};
use rate_limiter::{Permit, RateLimiter, Urgency};
use std::collections::{BTreeMap, BTreeSet};
use transition_cache::TransitionCache;

/// All services, and what is to be done about them.
#[derive(Debug)]
pub struct Planner {
    machines: Vec<Planned>,
    /// Places in `machines` that another service may take.
    vacant: BTreeSet<ServiceIndex>,
    rate_limiters: Vec<RateLimiter>,
    rate_limiter_of: BTreeMap<(String, String), usize>,
    /// What is remembered of services that the file does not have: it may have them again.
    absent: BTreeMap<ServiceArn, LastOccurrence>,
    limits: Limits,
    horizon: Horizon,
    wall: Deadlines<Timestamp>,
    elapsed: Deadlines<Elapsed>,
    transition_cache: TransitionCache,
    rng: fastrand::Rng,
    calls_made: u64,
    clock_monitor: ClockMonitor,
    owed: usize,
    stopping: bool,
}

/// A service's machine, and how it stands in the planner's queues.
#[derive(Debug)]
struct Planned {
    machine: Machine,
    rate_limiter: usize,
    /// How urgently it stands in its rate limiter's queue.
    asking: Option<Urgency>,
    /// How it stands in the queues of deadlines.
    standing: QueueEntry,
}

impl Planner {
    /// A planner without services; they come with [`Event::Start`]. `seed` seeds the jitter.
    pub fn new(limits: Limits, horizon: Horizon, seed: u64) -> Self {
        Self {
            machines: Vec::new(),
            vacant: BTreeSet::new(),
            rate_limiters: Vec::new(),
            rate_limiter_of: BTreeMap::new(),
            absent: BTreeMap::new(),
            limits,
            horizon,
            wall: Deadlines::default(),
            elapsed: Deadlines::default(),
            transition_cache: TransitionCache::default(),
            rng: fastrand::Rng::with_seed(seed),
            calls_made: 0,
            clock_monitor: ClockMonitor::default(),
            owed: 0,
            stopping: false,
        }
    }

    /// Takes an event, gives back what is to be done, in order.
    pub fn handle(&mut self, event: Event, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.check_the_clocks(now, &mut effects);
        match event {
            Event::Start { services, remembered } => self.start(services, remembered, now, &mut effects),
            Event::Reload(difference) => self.reload(difference, now, &mut effects),
            Event::Tick => {}
            Event::Replied { call, reply } => self.replied(call, reply, now, &mut effects),
            Event::Stop => self.stopping = true,
        }
        self.tick(now, &mut effects);
        if !self.stopping {
            self.let_calls_leave(now, &mut effects);
        }
        effects
    }

    /// When the planner wants to be woken next.
    pub fn next_deadline(&self) -> NextDeadline {
        let why = |owner| match owner {
            Owner::Service(index) => self.machines.get(index).map(|planned| &planned.machine),
            Owner::RateLimiter(_) => None,
        };
        NextDeadline {
            wall: self.wall.first().map(|(at, owner)| {
                (at, why(owner).and_then(Machine::wall_deadline).map_or(Why::Transition, |(_, why)| why))
            }),
            elapsed: self.elapsed.first().map(|(at, owner)| {
                (at, why(owner).and_then(Machine::elapsed_deadline).map_or(Why::Rate, |(_, why)| why))
            }),
        }
    }

    /// How many occurrences have not ended.
    pub fn owed(&self) -> usize {
        self.owed
    }

    fn start(
        &mut self,
        services: Vec<Service>,
        remembered: Vec<LastOccurrence>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        self.absent = remembered.into_iter().map(|remembered| (remembered.arn.clone(), remembered)).collect();
        for service in services {
            self.add(service, true, now, effects);
        }
    }

    /// Brings another file into force. Services are found by their ARN, in letters of either case, those among them that
    /// are on their way out.
    fn reload(&mut self, difference: Difference, now: Now, effects: &mut Vec<Effect>) {
        self.limits = difference.limits;
        self.rate_limiters.iter_mut().for_each(|rate_limiter| rate_limiter.limit(difference.limits));
        let present = self.machines.iter().enumerate().filter(|(_, planned)| !planned.machine.is_gone());
        let present: BTreeMap<ServiceKey, ServiceIndex> =
            present.map(|(index, planned)| (planned.machine.key(), index)).collect();
        for (arns, leave) in [
            (&difference.disabled, Machine::disable as fn(&mut Machine, &mut Turn<'_>)),
            (&difference.removed, Machine::leave),
        ] {
            for index in arns.iter().filter_map(|arn| present.get(&arn.key())) {
                self.with_machine(*index, now, effects, leave);
            }
        }
        self.vacant = self.gone();
        self.remember_the_gone(now);
        for service in difference.changed.into_iter().chain(difference.added) {
            match present.get(&service.arn.key()).filter(|index| !self.vacant.contains(index)) {
                Some(index) => {
                    self.with_machine(*index, now, effects, |machine, turn| machine.change(service, turn));
                }
                None => self.add(service, false, now, effects),
            }
        }
    }

    /// The places of services that have left the file and have nothing left to do.
    fn gone(&self) -> BTreeSet<ServiceIndex> {
        let planned = self.machines.iter().enumerate();
        planned.filter(|(_, planned)| planned.machine.is_gone()).map(|(index, _)| index).collect()
    }

    /// A service may come back: what was done for it last is then neither done again nor taken for a manual change.
    /// As many are remembered as the file may have.
    fn remember_the_gone(&mut self, now: Now) {
        for index in &self.vacant {
            let Some(planned) = self.machines.get_mut(*index) else { continue };
            let room = self.absent.len() < MAX_SERVICES;
            if let Some(remembered) = planned.machine.retire(now.wall).filter(|_| room) {
                self.absent.insert(remembered.arn.clone(), remembered);
            }
        }
    }

    /// Takes up a service. When the process begins, that may have missed transitions of it; a service that only now
    /// joins the file has missed none.
    fn add(&mut self, service: Service, begins: bool, now: Now, effects: &mut Vec<Effect>) {
        let remembered = self.absent.remove(&service.arn);
        let rate_limiter = self.rate_limiter_for(&service.arn);
        let planned = Planned {
            machine: Machine::new(service, self.horizon),
            rate_limiter,
            asking: None,
            standing: QueueEntry::default(),
        };
        let index = self.vacant.pop_first().unwrap_or(self.machines.len());
        match self.machines.get_mut(index) {
            Some(place) => *place = planned,
            None => self.machines.push(planned),
        }
        self.with_machine(index, now, effects, |machine, turn| {
            if let Some(remembered) = remembered {
                machine.remember(&remembered, turn);
                if begins {
                    machine.begin_what_was_missed(turn);
                }
            }
            machine.plan(turn);
        });
    }

    fn rate_limiter_for(&mut self, arn: &ServiceArn) -> usize {
        let name = (arn.region().to_owned(), arn.account().to_owned());
        let rate_limiters = &mut self.rate_limiters;
        *self.rate_limiter_of.entry(name).or_insert_with_key(|name| {
            rate_limiters.push(RateLimiter::new(name.clone(), self.limits));
            rate_limiters.len().saturating_sub(1)
        })
    }

    /// What was planned by a clock that was wrong is void; what was seen before time went by unseen is old.
    fn check_the_clocks(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let due = self.elapsed.first().map(|(at, _)| at);
        let tells = self.clock_monitor.read(now, due);
        if tells == ClockEvent::Nothing {
            return;
        }
        if let ClockEvent::SetBack(by) = tells {
            effects.push(Effect::ClockSetBack { by });
        }
        for index in 0..self.machines.len() {
            self.with_machine(index, now, effects, |machine, turn| match tells {
                ClockEvent::Nothing => {}
                ClockEvent::SetBack(_) => machine.clock_went_back(turn),
                ClockEvent::Unseen => machine.lose_sight(turn),
            });
        }
    }

    fn tick(&mut self, now: Now, effects: &mut Vec<Effect>) {
        while let Some(owner) = self.due(now) {
            match owner {
                Owner::Service(index) => {
                    self.with_machine(index, now, effects, Machine::tick);
                }
                Owner::RateLimiter(index) => self.wake_rate_limiter_at(index, None),
            }
        }
    }

    fn due(&self, now: Now) -> Option<Owner> {
        let wall = self.wall.first().filter(|(at, _)| *at <= now.wall).map(|(_, owner)| owner);
        wall.or_else(|| self.elapsed.first().filter(|(at, _)| *at <= now.elapsed).map(|(_, owner)| owner))
    }

    fn replied(&mut self, call: CallId, reply: Result<Reply, Refusal>, now: Now, effects: &mut Vec<Effect>) {
        let rate_limiter = self
            .machines
            .get(call.service)
            .and_then(|planned| self.rate_limiters.get_mut(planned.rate_limiter));
        if let Some(rate_limiter) = rate_limiter {
            rate_limiter.came_back();
        }
        self.with_machine(call.service, now, effects, |machine, turn| {
            machine.replied(call.number, reply, turn);
        });
    }

    /// Lets a machine do something, and sees to its deadlines and its place in the rate limiter afterwards.
    fn with_machine<R>(
        &mut self,
        index: ServiceIndex,
        now: Now,
        effects: &mut Vec<Effect>,
        act: impl FnOnce(&mut Machine, &mut Turn<'_>) -> R,
    ) -> Option<R> {
        let planned = self.machines.get_mut(index)?;
        let (transition_cache, rng) = (&mut self.transition_cache, &mut self.rng);
        let result = act(&mut planned.machine, &mut Turn { now, transition_cache, rng, effects });
        let after = QueueEntry::of(&planned.machine);
        let before = std::mem::replace(&mut planned.standing, after);
        let owner = Owner::Service(index);
        self.wall.move_to(owner, before.wall, after.wall);
        self.elapsed.move_to(owner, before.elapsed, after.elapsed);
        self.owed = self.owed.saturating_add(after.owed).saturating_sub(before.owed);
        if let Some(urgency) = planned.machine.wants()
            && planned.asking.is_none_or(|asked| urgency < asked)
            && let Some(rate_limiter) = self.rate_limiters.get_mut(planned.rate_limiter)
        {
            rate_limiter.ask(index, urgency);
            planned.asking = Some(urgency);
        }
        Some(result)
    }

    fn let_calls_leave(&mut self, now: Now, effects: &mut Vec<Effect>) {
        for index in 0..self.rate_limiters.len() {
            while let Some(permit) =
                self.rate_limiters.get_mut(index).map(|rate_limiter| rate_limiter.next(now.elapsed))
            {
                match permit {
                    Permit::Go(service) => self.let_call_leave(index, service, now, effects),
                    Permit::NotBefore(at) => {
                        self.wake_rate_limiter_at(index, Some(at));
                        self.tell_held_back(index, effects);
                        break;
                    }
                    Permit::AwaitReply => {
                        self.tell_held_back(index, effects);
                        break;
                    }
                    Permit::Idle => break,
                }
            }
        }
    }

    fn let_call_leave(
        &mut self,
        rate_limiter: usize,
        service: ServiceIndex,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        // A place that another service has taken meanwhile may belong to another rate limiter.
        let Some(planned) =
            self.machines.get_mut(service).filter(|planned| planned.rate_limiter == rate_limiter)
        else {
            return;
        };
        planned.asking = None;
        if planned.machine.wants().is_none() {
            return;
        }
        self.calls_made = self.calls_made.saturating_add(1);
        let id = CallId { service, number: self.calls_made };
        let call = self.with_machine(service, now, effects, |machine, turn| machine.call(id, turn)).flatten();
        if let Some(call) = call {
            if let Some(rate_limiter) = self.rate_limiters.get_mut(rate_limiter) {
                rate_limiter.left(now.elapsed);
            }
            effects.push(Effect::Call(call));
        }
    }

    fn wake_rate_limiter_at(&mut self, index: usize, at: Option<Elapsed>) {
        let Some(rate_limiter) = self.rate_limiters.get_mut(index) else { return };
        let before = std::mem::replace(&mut rate_limiter.wakes_at, at);
        self.elapsed.move_to(Owner::RateLimiter(index), before, at);
    }

    fn tell_held_back(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let Some(rate_limiter) = self.rate_limiters.get_mut(index) else { return };
        if !std::mem::replace(&mut rate_limiter.told_held_back, true) {
            let (region, account) = rate_limiter.name.clone();
            effects.push(Effect::HeldBack { region, account, waiting: rate_limiter.waiting() });
        }
    }
}

/// What the planner's queues have to know of a machine.
#[derive(Debug, Clone, Copy, Default)]
struct QueueEntry {
    wall: Option<Timestamp>,
    elapsed: Option<Elapsed>,
    owed: usize,
}

impl QueueEntry {
    fn of(machine: &Machine) -> Self {
        Self {
            wall: machine.wall_deadline().map(|(at, _)| at),
            elapsed: machine.elapsed_deadline().map(|(at, _)| at),
            owed: usize::from(machine.owes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ServiceStatus;
    use crate::config::parse;

    /// A file with one service.
    fn file(name: &str) -> crate::config::Config {
        let text = format!(
            "timezone = \"UTC\"\n[[service]]\nhours = \"Mon-Fri 08:00-18:00\"\n\
             arn = \"arn:aws:apprunner:us-east-1:123456789012:service/{name}/8fe1e10304f84fd2b0df550fe98a71fa\"\n"
        );
        parse(&text).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    #[test]
    fn a_service_that_has_left_the_file_makes_room_for_the_next() {
        let now = Now { wall: Timestamp::constant(1_783_317_600, 0), elapsed: Elapsed::default() };
        let files: Vec<_> = (1000..1010).map(|number| file(&format!("shop-{number}"))).collect();
        let first = files.first().unwrap();
        let mut planner = Planner::new(first.limits, Horizon::Endless, 1);
        let start = Event::Start { services: first.services.clone(), remembered: Vec::new() };
        let edits = files.windows(2).map(|two| Event::Reload(Difference::between(&two[0], &two[1])));
        for event in std::iter::once(start).chain(edits) {
            // Each service turns out to sleep, as it should: nothing is left to do for it.
            for effect in planner.handle(event, now) {
                if let Effect::Call(call) = effect {
                    let reply = Ok(Reply::Described { status: ServiceStatus::Paused });
                    planner.handle(Event::Replied { call: call.id, reply }, now);
                }
            }
            assert_eq!(planner.owed(), 0);
        }
        assert!(planner.machines.len() <= 2, "{} places for one service", planner.machines.len());
    }
}
