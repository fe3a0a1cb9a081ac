//! How many events the planner takes in a second: a thousand services through days of mornings and evenings.
//!
//! Every call is answered at once by an App Runner that always succeeds. `cargo bench --bench planner`.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark reads the clock and prints"
)]

use jiff::{SignedDuration, Timestamp};
use reveille::api::{
    Elapsed, Now, Operation, OperationId, OperationKind, OperationStatus, Reply, Request, ServiceStatus,
};
use reveille::config;
use reveille::planner::{Call, Effect, Event, Horizon, Planner};
use std::collections::VecDeque;
use std::fmt::Write;
use std::time::{Duration, Instant};

const SERVICES: usize = 1000;
const DAYS: i64 = 30;
const START: Timestamp = Timestamp::constant(1_783_296_000, 0);

fn main() {
    let config = config::parse(&file()).unwrap();
    let mut planner = Planner::new(config.limits, Horizon::Endless, 7);
    let mut now = Now { wall: START, elapsed: Elapsed::default() };
    let mut calls: VecDeque<Call> = VecDeque::new();
    let mut changes = 0_u64;
    let began = Instant::now();
    let mut next = Some(Event::Start { services: config.services, remembered: Vec::new() });
    let mut events = 0_u64;
    while let Some(event) = next.take() {
        events += 1;
        for effect in planner.handle(event, now) {
            match effect {
                Effect::Call(call) => calls.push_back(call),
                Effect::Record(_) => changes += 1,
                Effect::HeldBack { .. } | Effect::ClockSetBack { .. } | Effect::NotSeen { .. } => {}
            }
        }
        next = calls.pop_front().map(|call| Event::Replied { call: call.id, reply: Ok(answer(&call)) });
        if next.is_none() && now.wall.duration_since(START) < SignedDuration::from_hours(24 * DAYS) {
            advance(&planner, &mut now);
            next = Some(Event::Tick);
        }
    }
    let took = began.elapsed();
    println!("{SERVICES} services, {DAYS} days: {events} events and {changes} changes in {took:.2?}");
    println!("{:.0} events a second", events as f64 / took.as_secs_f64());
}

/// Lets both clocks run to the next deadline.
fn advance(planner: &Planner, now: &mut Now) {
    let next = planner.next_deadline();
    let wall = next.wall.map(|(at, _)| Duration::try_from(at.duration_since(now.wall)).unwrap_or_default());
    let elapsed = next.elapsed.map(|(at, _)| at.since(now.elapsed));
    let wait = wall.into_iter().chain(elapsed).min().unwrap_or(Duration::from_secs(60));
    now.wall += SignedDuration::try_from(wait).unwrap();
    now.elapsed = now.elapsed.after(wait);
}

fn answer(call: &Call) -> Reply {
    match &call.request {
        Request::Act(_) => Reply::Accepted {
            operation: Some(OperationId::new("op")),
            status: ServiceStatus::OperationInProgress,
        },
        Request::Describe => Reply::Described { status: ServiceStatus::Running },
        Request::ListOperations { .. } => Reply::Operations {
            operations: vec![Operation {
                id: Some(OperationId::new("op")),
                kind: Some(OperationKind::ResumeService),
                status: Some(OperationStatus::Succeeded),
                started_at: Some(START),
                ended_at: Some(START),
            }],
            next_page: None,
        },
    }
}

fn file() -> String {
    let mut file =
        "timezone = \"Europe/Berlin\"\n[limits]\ncalls-per-second = 1000\ncalls-in-flight = 1000\n\
                    [schedule.office]\nresume = \"0 8 * * *\"\npause = \"30 18 * * *\"\n"
            .to_owned();
    for n in 0..SERVICES {
        let arn = format!("arn:aws:apprunner:us-east-1:123456789012:service/app-{n}/{n:032x}");
        write!(file, "[[service]]\narn = \"{arn}\"\nschedule = \"office\"\n").unwrap();
    }
    file
}
