//! `next` and the daemon's planner say the same: both ask one function.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use jiff::{SignedDuration, Timestamp};
use reveille::api::Action;
use reveille::api::{Elapsed, Now, OperationId, Reply, Request, ServiceStatus};
use reveille::config::parse;
use reveille::planner::{Effect, Event, Horizon, Planner, State};
use serde_json::Value;
use std::time::Duration;
use support::{binary, text, write_config};

/// A week with a clock change on its Sunday, and a closed day in it.
const FROM: &str = "2026-10-21T12:00:00Z";
const UNTIL: &str = "2026-10-28T12:00:00Z";

const WEEK: &str = r#"
timezone = "Europe/Berlin"

[closed-days]
autumn = ["2026-10-23"]

[schedule.office]
hours = ["Mon-Thu 08:00-18:30", "Fri 08:00-16:00", "Sat 20:00-02:30"]
closed = "autumn"

[[service]]
name = "hours"
arn = "arn:aws:apprunner:eu-west-1:123456789012:service/hours/00000000000000000000000000000001"
schedule = "office"

[[service]]
name = "vixie"
arn = "arn:aws:apprunner:eu-west-1:123456789012:service/vixie/00000000000000000000000000000002"
resume = ["0 8 * * MON-FRI", "30 2 * * SUN"]
pause = "0 */6 * * *"
closed = "autumn"

[[service]]
name = "eventbridge"
arn = "arn:aws:apprunner:us-east-1:123456789012:service/bridge/00000000000000000000000000000003"
resume = ["cron(15 1 ? * 1,2 *)", "at(2026-10-24T12:00:00)"]
pause = "cron(45 1 ? * * 2026)"
timezone = "America/New_York"
"#;

/// What was scheduled: the instant, the service and the action.
type Scheduled = (Timestamp, String, Action);

/// Plays the planner in virtual time, with an App Runner that does at once what it is asked for.
fn planned(from: Timestamp, until: Timestamp) -> Vec<Scheduled> {
    let config = parse(WEEK).unwrap();
    let mut now = Now { wall: from, elapsed: Elapsed::default() };
    let mut planner = Planner::new(config.limits, Horizon::Endless, 7);
    let mut scheduled = Vec::new();
    let mut calls = 0;
    let mut events = vec![Event::Start { services: config.services, remembered: Vec::new() }];
    loop {
        while let Some(event) = events.pop() {
            for effect in planner.handle(event, now) {
                match effect {
                    Effect::Record(change) if change.from == State::Due => {
                        // What came before the week is caught up at its beginning.
                        if change.scheduled > from {
                            scheduled.push((change.scheduled, change.service.to_string(), change.action));
                        }
                    }
                    Effect::Record(_)
                    | Effect::HeldBack { .. }
                    | Effect::ClockSetBack { .. }
                    | Effect::NotSeen { .. } => {}
                    Effect::Call(call) => {
                        calls += 1;
                        events.push(Event::Replied { call: call.id, reply: Ok(reply(&call.request)) });
                    }
                }
            }
        }
        let next = planner.next_deadline();
        let wall = next.wall.map(|(at, _)| at.duration_since(now.wall));
        let elapsed = next.elapsed.map(|(at, _)| SignedDuration::try_from(at.since(now.elapsed)).unwrap());
        let wait = wall.into_iter().chain(elapsed).min().unwrap().max(SignedDuration::ZERO);
        if now.wall + wait > until {
            assert!(calls > 10, "the planner made only {calls} calls");
            return scheduled;
        }
        now.wall += wait;
        now.elapsed = now.elapsed.after(Duration::try_from(wait).unwrap());
        events.push(Event::Tick);
    }
}

/// Nothing begins, for the service is there already: the occurrence is over with its call.
fn reply(request: &Request) -> Reply {
    match request {
        Request::Act(action) => Reply::Accepted {
            operation: None::<OperationId>,
            status: match action {
                Action::Resume => ServiceStatus::Running,
                Action::Pause => ServiceStatus::Paused,
            },
        },
        Request::Describe => Reply::Described { status: ServiceStatus::Running },
        Request::ListOperations { .. } => Reply::Operations { operations: Vec::new(), next_page: None },
    }
}

/// What the command prints.
fn printed(from: Timestamp, until: Timestamp) -> Vec<Scheduled> {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), WEEK);
    let mut command = binary();
    command.args(["next", "--format", "json", "-n", "1000", "--from", &from.to_string(), "--config"]);
    let output = command.arg(config).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let scheduled = lines.map(|line| {
        let action = if line["action"] == "resume" { Action::Resume } else { Action::Pause };
        (text(&line["scheduled"]).parse().unwrap(), text(&line["service"]).to_owned(), action)
    });
    scheduled.take_while(|(at, ..)| *at <= until).collect()
}

#[test]
fn next_prints_what_the_planner_does_in_the_same_week() {
    let (from, until) = (FROM.parse().unwrap(), UNTIL.parse().unwrap());
    let (mut planned, mut printed) = (planned(from, until), printed(from, until));
    planned.sort();
    printed.sort();
    assert!(printed.len() > 40, "only {} transitions in a week", printed.len());
    assert_eq!(planned, printed);
}
