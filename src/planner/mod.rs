//! **What now.** (event, now) → effects. The heart. Pure.
//!
//! [`Planner::handle`] takes one event and the time, and gives back what is to be done; [`Planner::next_deadline`] says
//! when it wants to be woken, and why. It never waits, reads no clock, and draws its jitter from a seeded generator,
//! so that the same events give the same effects: in the daemon, in a rehearsal, in a test.
//!
//! Inside, every service has a state machine of its own (`machine.rs`, and `reply.rs` for what App Runner says), so
//! that one service never delays another. Calls to one account in one region share a limit (`lane.rs`). What an error
//! means stands in [`retry`], what a look means in `look.rs`, how often an operation is asked about in `pace.rs`.

mod call;
mod change;
mod deadlines;
mod event;
mod lane;
mod look;
mod machine;
mod memory;
mod now;
mod owed;
mod pace;
mod reply;
pub mod retry;

pub use call::{
    Cause, Operation, OperationId, OperationKind, OperationStatus, Refusal, Reply, Request, ServiceStatus,
};
pub use change::{Change, Ending, Severity, State};
pub use event::{Call, CallId, Effect, Event, NextDeadline, Why};
pub use memory::Remembered;
pub(crate) use now::wall_since;
pub use now::{Elapsed, Now};

use crate::schedule::{Limits, Service};
use deadlines::{Deadlines, Owner};
use event::ServiceIndex;
use jiff::Timestamp;
use lane::{Lane, Permit, Urgency};
use machine::{Machine, Turn};
use std::collections::BTreeMap;
use std::time::Duration;

/// A wall clock set back further than this voids what was planned by it. A smaller step is waited out.
const CLOCK_WENT_BACK: Duration = Duration::from_hours(1);

/// How far the planner looks ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// It follows the schedules for ever.
    Endless,
    /// It settles what is owed now and begins nothing new.
    WhatIsOwed,
}

/// All services, and what is to be done about them.
#[derive(Debug)]
pub struct Planner {
    machines: Vec<Planned>,
    lanes: Vec<Lane>,
    wall: Deadlines<Timestamp>,
    elapsed: Deadlines<Elapsed>,
    rng: fastrand::Rng,
    calls_made: u64,
    latest_wall: Timestamp,
    owed: usize,
    stopping: bool,
}

/// A service's machine, and how it stands in the planner's queues.
#[derive(Debug)]
struct Planned {
    machine: Machine,
    lane: usize,
    /// How urgently it stands in its lane's queue.
    asking: Option<Urgency>,
}

impl Planner {
    /// Plans these services from the schedules alone: nothing is known yet of what became of earlier transitions.
    ///
    /// `seed` seeds the jitter. The first effects come with the first [`Event::Tick`].
    pub fn new(services: Vec<Service>, limits: Limits, horizon: Horizon, now: Now, seed: u64) -> Self {
        let mut planner = Self {
            machines: Vec::with_capacity(services.len()),
            lanes: Vec::new(),
            wall: Deadlines::default(),
            elapsed: Deadlines::default(),
            rng: fastrand::Rng::with_seed(seed),
            calls_made: 0,
            latest_wall: now.wall,
            owed: 0,
            stopping: false,
        };
        planner.add_services(services, limits);
        let mut effects = Vec::new();
        for index in 0..planner.machines.len() {
            let follow_schedule = horizon == Horizon::Endless;
            planner
                .with_machine(index, now, &mut effects, |machine, turn| machine.plan(turn, follow_schedule));
        }
        debug_assert!(effects.is_empty(), "planning calls nothing and ends nothing");
        planner
    }

    /// Takes an event, gives back what is to be done, in order.
    pub fn handle(&mut self, event: Event, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.watch_the_clock(now, &mut effects);
        match event {
            Event::Tick => self.tick(now, &mut effects),
            Event::Replied { call, reply } => self.replied(call, reply, now, &mut effects),
            Event::Stop => self.stopping = true,
        }
        if !self.stopping {
            self.let_calls_leave(now, &mut effects);
        }
        effects
    }

    /// When the planner wants to be woken next.
    pub fn next_deadline(&self) -> NextDeadline {
        let why = |owner| match owner {
            Owner::Service(index) => self.machines.get(index).map(|planned| &planned.machine),
            Owner::Lane(_) => None,
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

    fn add_services(&mut self, services: Vec<Service>, limits: Limits) {
        let mut lane_of: BTreeMap<(String, String), usize> = BTreeMap::new();
        for service in services {
            let name = (service.arn.region().to_owned(), service.arn.account().to_owned());
            let lane = *lane_of.entry(name).or_insert_with_key(|name| {
                self.lanes.push(Lane::new(name.clone(), limits));
                self.lanes.len().saturating_sub(1)
            });
            self.machines.push(Planned { machine: Machine::new(service), lane, asking: None });
        }
    }

    /// A clock that was set back far enough voids what was planned by it.
    fn watch_the_clock(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if wall_since(self.latest_wall, now.wall) > CLOCK_WENT_BACK {
            for index in 0..self.machines.len() {
                self.with_machine(index, now, effects, Machine::clock_went_back);
            }
            self.latest_wall = now.wall;
        }
        self.latest_wall = self.latest_wall.max(now.wall);
    }

    fn tick(&mut self, now: Now, effects: &mut Vec<Effect>) {
        while let Some(owner) = self.due(now) {
            match owner {
                Owner::Service(index) => {
                    self.with_machine(index, now, effects, Machine::tick);
                }
                Owner::Lane(index) => self.wake_lane_at(index, None),
            }
        }
    }

    fn due(&self, now: Now) -> Option<Owner> {
        let wall = self.wall.first().filter(|(at, _)| *at <= now.wall).map(|(_, owner)| owner);
        wall.or_else(|| self.elapsed.first().filter(|(at, _)| *at <= now.elapsed).map(|(_, owner)| owner))
    }

    fn replied(&mut self, call: CallId, reply: Result<Reply, Refusal>, now: Now, effects: &mut Vec<Effect>) {
        let lane = self.machines.get(call.service).and_then(|planned| self.lanes.get_mut(planned.lane));
        if let Some(lane) = lane {
            lane.came_back();
        }
        self.with_machine(call.service, now, effects, |machine, turn| {
            machine.replied(call.number, reply, turn);
        });
    }

    /// Lets a machine do something, and sees to its deadlines and its place in the lane afterwards.
    fn with_machine<R>(
        &mut self,
        index: ServiceIndex,
        now: Now,
        effects: &mut Vec<Effect>,
        act: impl FnOnce(&mut Machine, &mut Turn<'_>) -> R,
    ) -> Option<R> {
        let planned = self.machines.get_mut(index)?;
        let before = Standing::of(&planned.machine);
        let result = act(&mut planned.machine, &mut Turn { now, rng: &mut self.rng, effects });
        let after = Standing::of(&planned.machine);
        let owner = Owner::Service(index);
        self.wall.move_to(owner, before.wall, after.wall);
        self.elapsed.move_to(owner, before.elapsed, after.elapsed);
        self.owed = self.owed.saturating_add(after.owed).saturating_sub(before.owed);
        if let Some(urgency) = planned.machine.wants()
            && planned.asking.is_none_or(|asked| urgency < asked)
            && let Some(lane) = self.lanes.get_mut(planned.lane)
        {
            lane.ask(index, urgency);
            planned.asking = Some(urgency);
        }
        Some(result)
    }

    fn let_calls_leave(&mut self, now: Now, effects: &mut Vec<Effect>) {
        for index in 0..self.lanes.len() {
            while let Some(permit) = self.lanes.get_mut(index).map(|lane| lane.next(now.elapsed)) {
                match permit {
                    Permit::Go(service) => self.let_call_leave(index, service, now, effects),
                    Permit::NotBefore(at) => {
                        self.wake_lane_at(index, Some(at));
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

    fn let_call_leave(&mut self, lane: usize, service: ServiceIndex, now: Now, effects: &mut Vec<Effect>) {
        let Some(planned) = self.machines.get_mut(service) else { return };
        planned.asking = None;
        if planned.machine.wants().is_none() {
            return;
        }
        self.calls_made = self.calls_made.saturating_add(1);
        let id = CallId { service, number: self.calls_made };
        let call = self.with_machine(service, now, effects, |machine, turn| machine.call(id, turn)).flatten();
        if let Some(call) = call {
            if let Some(lane) = self.lanes.get_mut(lane) {
                lane.left(now.elapsed);
            }
            effects.push(Effect::Call(call));
        }
    }

    fn wake_lane_at(&mut self, index: usize, at: Option<Elapsed>) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        let before = std::mem::replace(&mut lane.wakes_at, at);
        self.elapsed.move_to(Owner::Lane(index), before, at);
    }

    fn tell_held_back(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        if !std::mem::replace(&mut lane.told_held_back, true) {
            let (region, account) = lane.name.clone();
            effects.push(Effect::HeldBack { region, account, waiting: lane.waiting() });
        }
    }
}

/// What the planner's queues have to know of a machine.
struct Standing {
    wall: Option<Timestamp>,
    elapsed: Option<Elapsed>,
    owed: usize,
}

impl Standing {
    fn of(machine: &Machine) -> Self {
        Self {
            wall: machine.wall_deadline().map(|(at, _)| at),
            elapsed: machine.elapsed_deadline().map(|(at, _)| at),
            owed: usize::from(machine.owed.is_some()),
        }
    }
}
