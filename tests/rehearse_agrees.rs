//! A rehearsal and the daemon say the same: the schedule that `tests/kill.rs` kills, played in both, gives the same
//! calls and the same changes.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use jiff::{Timestamp, ToSpan};
use reveille::clock;
use reveille::config::{Config, parse};
use reveille::rehearsal::{Faults, Rehearsal};
use reveille::schedule::{Schedule, Transition};
use reveille::simulation::{Observation, Observer, Timing};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use support::busy::{LISTED_LATE_BY, OPERATION, SERVICES, busy, start_emulator};
use support::{CREDENTIALS, Reveille, text};

/// What a daemon finds at its start is its own affair: it may look, and catch up. It is soon done.
const START: Duration = Duration::from_secs(4);

/// What is compared: two transitions of the busy schedule, one of each kind.
#[derive(Debug, Clone, Copy)]
struct Played {
    first: Timestamp,
    second: Timestamp,
}

impl Played {
    fn from(schedule: &Schedule, first: Timestamp) -> Self {
        Self { first, second: schedule.next_after(first).unwrap().at }
    }

    fn holds(self, transition: Timestamp) -> bool {
        transition == self.first || transition == self.second
    }
}

/// What became of each service, in order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Story {
    /// Each API call, with the transition that it came after.
    calls: BTreeMap<String, Vec<String>>,
    /// Each change of state, with the transition that it was for.
    changes: BTreeMap<String, Vec<String>>,
}

impl Story {
    fn calls(&mut self, service: &str, api: &str, after: Transition) {
        let call = format!("{api} after the {} at {}", after.action, after.at);
        self.calls.entry(service.to_owned()).or_default().push(call);
    }

    fn changes(&mut self, service: &str, occurrence: &str, from: &str, to: &str) {
        let change = format!("{occurrence}: {from} -> {to}");
        self.changes.entry(service.to_owned()).or_default().push(change);
    }
}

/// Writes down what a rehearsal does.
struct Rehearsed<'a> {
    schedule: &'a Schedule,
    played: Played,
    story: Story,
}

impl Observer for Rehearsed<'_> {
    fn see(&mut self, at: Timestamp, observation: Observation<'_>) {
        match observation {
            Observation::Calls { call, .. } => {
                let after = self.schedule.latest_at(at).unwrap();
                if self.played.holds(after.at) {
                    self.story.calls(call.arn.service_name(), call.request.api_name(), after);
                }
            }
            Observation::Records { change, .. } if self.played.holds(change.scheduled) => {
                let occurrence = format!("{} {}", change.action, change.scheduled);
                self.story.changes(&change.service, &occurrence, change.from.as_str(), change.to.as_str());
            }
            _ => {}
        }
    }
}

fn rehearse(config: &Config, schedule: &Schedule, played: Played) -> Story {
    let operation = OPERATION.0 + OPERATION.1;
    let timing =
        Timing { operation: (operation, operation), listed_late_by: LISTED_LATE_BY, ..Timing::default() };
    let until = schedule.next_after(played.second).unwrap().at;
    let rehearsal = Rehearsal {
        config: config.clone(),
        from: played.first - 1.second(),
        until,
        timing,
        faults: Faults::None,
        seed: 1,
    };
    rehearsal.play(Rehearsed { schedule, played, story: Story::default() }, |_, _| true).story
}

/// The first transition after an instant that finds nothing open. What its log tells of it comes after all the rest.
fn settled_transition(log: &[Value], after: Timestamp) -> Option<Timestamp> {
    let mut open = BTreeSet::new();
    for line in log.iter().filter(|line| line["to"].is_string()) {
        let scheduled: Timestamp = text(&line["scheduled"]).parse().unwrap();
        if scheduled > after && open.is_empty() {
            return Some(scheduled);
        }
        let occurrence = (text(&line["service"]).to_owned(), scheduled);
        if is_end(line) {
            open.remove(&occurrence);
        } else {
            open.insert(occurrence);
        }
    }
    None
}

fn is_end(line: &Value) -> bool {
    let ends = ["succeeded", "already", "superseded", "expired", "overruled", "failed"];
    ends.contains(&text(&line["to"]))
}

/// How many services have ended their occurrence of a transition.
fn ended(log: &[Value], transition: Timestamp) -> usize {
    let transition = transition.to_string();
    log.iter().filter(|line| text(&line["scheduled"]) == transition && is_end(line)).count()
}

/// Runs the daemon against an emulator that has this URL until two transitions are over.
fn run(url: &str, schedule: &Schedule) -> (Reveille, Played) {
    let mut reveille = Reveille::start(&busy(), |command| {
        command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", url);
    });
    reveille.wait_until("the start", |log| log.iter().any(|line| !line["services"].is_null()));
    let after = clock::wall() + START;
    reveille
        .wait_until("a transition that finds nothing open", |log| settled_transition(log, after).is_some());
    let played = Played::from(schedule, settled_transition(&reveille.log, after).unwrap());
    reveille.wait_until("the end of the transition after it", |log| ended(log, played.second) == SERVICES);
    reveille.stop();
    (reveille, played)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rehearsal_and_the_daemon_make_the_same_calls_and_log_the_same_changes() {
    let config = parse(&busy()).unwrap();
    let emulator = start_emulator().await;
    let url = emulator.url();
    let schedule = config.services.first().unwrap().schedule.clone();
    let of_daemon = schedule.clone();
    let (reveille, played) = tokio::task::spawn_blocking(move || run(&url, &of_daemon)).await.unwrap();

    let mut daemon = Story::default();
    emulator.with_model(|model| {
        for call in model.calls() {
            let after = schedule.latest_at(call.at).unwrap();
            if played.holds(after.at) {
                let service = call.arn.as_ref().unwrap().service_name();
                daemon.calls(service, call.operation.unwrap().as_str(), after);
            }
        }
    });
    for line in reveille.log.iter().filter(|line| line["to"].is_string()) {
        let scheduled = text(&line["scheduled"]);
        if played.holds(scheduled.parse().unwrap()) {
            let occurrence = format!("{} {scheduled}", text(&line["action"]));
            daemon.changes(text(&line["service"]), &occurrence, text(&line["from"]), text(&line["to"]));
        }
    }
    let rehearsed = rehearse(&config, &schedule, played);
    assert_eq!(rehearsed, daemon, "{}", reveille.text());
    assert_eq!(daemon.calls.len(), SERVICES);
    // To act, and to see the end, at each of two transitions.
    assert!(daemon.calls.values().all(|calls| calls.len() >= 4), "hardly anything was called: {daemon:?}");
}
