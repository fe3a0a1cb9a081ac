//! The judge: what must be true of every run, whatever happened in it. Written apart from the planner, and much simpler.
//!
//! It knows the file, the clocks, and what it sees. It does not know how the planner decides, so it says only what may
//! never happen, what must have a reason, and what must have happened in the end:
//!
//! * **Safety**, at every step: never two calls that change one service on their way at once; never a call for an
//!   occurrence that is not owed; never an action against a person; attempts, operations and pace within their bounds;
//!   every call explained by a row that was written before it; the ledger and the log agree.
//! * **Reasons**: nothing ends as succeeded, already, overruled, superseded, expired or failed without cause; what ended
//!   well is not undone by a call of ours that was still on its way.
//! * **No silence**: a resume that is not done 20 minutes after its instant was told as an error by then; of several in a
//!   row that gave way to one another, the first counts. A resume that no process was there for, that was given up, or
//!   that lacks credentials or rights is told as an error, the last at once and once.
//! * **No morning waits for a pause** that is made more than a minute late.
//! * **Liveness**, when all trouble has ended: everything has ended, no transition was passed over, and every service
//!   that can be is in the state that its schedule asks for.
//!
//! Allowances that the design makes: an opposite operation within 20 s of an instant is nobody's; who acted within
//! 60 s of a look, or while an operation was not listed yet, may be missed; where the clock was wrong, nobody can say
//! what came first; who begins anew knows the last operation of the process before and no others, so an end that an edit
//! puts before those may wait for the next; an operation of a person that was adopted and followed is ours from then on, and an
//! edit that puts an end before it may undo it; a resume that gives way to another is an error only if that is not done
//! either. Holds will have their place here: what a hold forbids is not owed.

pub(crate) mod end;
mod reasons;
mod tried;
mod watched;

pub(crate) use tried::Tried;

use reveille::simulation::Trouble;
use reveille::simulation::{Observation, Observer};

use jiff::{SignedDuration, Timestamp};
use reveille::api::{Now, Refusal, Reply, Request, ServiceArn};
use reveille::config::Config;
use reveille::planner::{Change, LastOccurrence, State};
use reveille::schedule::Transition;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use watched::Watched;

/// The most lines of a trace.
const LINES_KEPT: usize = 100_000;

/// A clock that is no farther off than this is right.
const RIGHT_CLOCK: SignedDuration = SignedDuration::from_millis(1_500);

/// How far a clock may go back, in one step or in several, before that is to be noticed.
const NOT_NOTICED: SignedDuration = SignedDuration::from_secs(60);

/// A resume that was begun so much before its time, by a clock that was ahead, may go on.
const WAITED_OUT: SignedDuration = SignedDuration::from_hours(1);

/// How soon the planner notices: at the next heartbeat, when the host does not stand still.
const NOTICED_WITHIN: SignedDuration = SignedDuration::from_mins(2);

/// Looks on, and remembers what was wrong.
#[derive(Debug)]
pub(crate) struct Judge {
    /// What was wrong, in the order in which it was seen.
    pub(crate) violations: Vec<String>,
    /// All that was seen, if it was asked for.
    pub(crate) trace: Vec<String>,
    traces: bool,
    services: BTreeMap<ServiceArn, Watched>,
    clock: Clock,
    listed_late_by: Duration,
    /// The ledger has been lost since the last process began.
    ledger_lost: bool,
    began_once: bool,
    pub(crate) tried: Tried,
}

/// What is known of the daemon's wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) offset: SignedDuration,
    /// Since when it has been right.
    pub(crate) right_since: Option<Timestamp>,
    /// The latest that it has shown, since it was seen to go back.
    latest: Timestamp,
    /// The latest that it has ever shown.
    pub(crate) latest_ever: Timestamp,
    /// Since when no process began, no host stood still, no clock was set and no file changed.
    pub(crate) undisturbed_since: Timestamp,
    /// It was ever set back.
    pub(crate) was_set_back: bool,
    /// When it last went so far back that everything is planned anew.
    went_back_at: Timestamp,
    /// The planner has had no turn since.
    unnoticed: bool,
}

impl Clock {
    /// Whether it went far back so lately that the planner may just have noticed, and given up what it was doing.
    pub(crate) fn went_far_back(self, at: Timestamp) -> bool {
        at.duration_since(self.went_back_at) <= NOTICED_WITHIN
    }
}

impl Judge {
    /// A judge of a world in which operations are listed so late. With `traces`, all that is seen is kept as text.
    pub(crate) fn new(listed_late_by: Duration, traces: bool) -> Self {
        Self {
            violations: Vec::new(),
            trace: Vec::new(),
            traces,
            services: BTreeMap::new(),
            clock: Clock {
                offset: SignedDuration::ZERO,
                right_since: Some(Timestamp::MIN),
                latest: Timestamp::MIN,
                latest_ever: Timestamp::MIN,
                undisturbed_since: Timestamp::MIN,
                was_set_back: false,
                went_back_at: Timestamp::MIN,
                unnoticed: false,
            },
            listed_late_by,
            ledger_lost: false,
            began_once: false,
            tried: Tried::default(),
        }
    }

    fn wrong(&mut self, at: Timestamp, what: &str) {
        let what = format!("{at} {what}");
        self.note(|| format!("WRONG {what}"));
        self.violations.push(what);
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if self.traces && self.trace.len() < LINES_KEPT {
            self.trace.push(line());
        }
    }

    /// Asks a service's watch, and keeps what it finds wrong.
    fn ask(
        &mut self,
        at: Timestamp,
        arn: &ServiceArn,
        ask: impl FnOnce(&mut Watched, Clock) -> Result<(), String>,
    ) {
        let watched = self.services.entry(arn.clone()).or_default();
        if let Err(what) = ask(watched, self.clock) {
            self.wrong(at, &format!("{}: {what}", arn.service_name()));
        }
    }

    fn file_is(&mut self, config: &Config, wall: Timestamp) {
        let mut known = BTreeSet::new();
        for (arn, watched) in &mut self.services {
            if watched.retire() {
                known.insert(arn.clone());
            }
        }
        for service in &config.services {
            let watched = self.services.entry(service.arn.clone()).or_default();
            watched.follow(service.clone());
            if !known.contains(&service.arn) {
                watched.forget_what_is_ahead(wall);
            }
        }
    }

    fn begins(&mut self, at: Timestamp, wall: Timestamp, config: &Config, remembered: &[LastOccurrence]) {
        self.file_is(config, wall);
        let mut rows: BTreeMap<&ServiceArn, &LastOccurrence> =
            remembered.iter().map(|row| (&row.arn, row)).collect();
        let trusted = self.began_once && !self.ledger_lost;
        let mut disagreements = Vec::new();
        for (arn, watched) in &mut self.services {
            if let Err(what) = watched.begin_process(rows.remove(arn), wall, trusted) {
                disagreements.push(format!("{}: {what}", arn.service_name()));
            }
        }
        for what in disagreements {
            self.wrong(at, &what);
        }
        self.ledger_lost = false;
        self.began_once = true;
    }

    fn clock_steps(&mut self, at: Timestamp, by: SignedDuration) {
        let clock = &mut self.clock;
        let shown = |offset| at.saturating_add(offset).unwrap_or(at);
        clock.latest = clock.latest.max(shown(clock.offset));
        clock.latest_ever = clock.latest_ever.max(clock.latest);
        clock.offset = clock.offset.saturating_add(by);
        let is_right = clock.offset.abs() <= RIGHT_CLOCK;
        clock.right_since = is_right.then(|| clock.right_since.unwrap_or(at));
        clock.was_set_back |= by.is_negative();
        if clock.latest.duration_since(shown(clock.offset)) > NOT_NOTICED {
            clock.latest = shown(clock.offset);
            clock.went_back_at = at;
            clock.unnoticed = true;
            self.services.values_mut().for_each(Watched::forget_endings);
        }
    }

    fn records(&mut self, at: Timestamp, change: &Change, now: Now) {
        self.note(|| format!("{at}   {}", line(change)));
        self.ask(at, &change.arn, |watched, clock| watched.records(at, change, now, clock));
    }

    fn replies(&mut self, at: Timestamp, arn: &ServiceArn, reply: &Result<Reply, Refusal>, acted: bool) {
        self.note(|| format!("{at}   {} <- {}", arn.service_name(), said(reply)));
        self.ask(at, arn, |watched, _| {
            watched.replies(at, acted, reply.as_ref().err());
            Ok(())
        });
    }
}

impl Observer for Judge {
    fn see(&mut self, at: Timestamp, observation: Observation<'_>) {
        let is_a_turn = matches!(
            observation,
            Observation::Records { .. } | Observation::Calls { .. } | Observation::Replies { .. }
        );
        if is_a_turn && std::mem::take(&mut self.clock.unnoticed) {
            self.clock.went_back_at = at;
        }
        self.tried.see(at, &observation);
        if let Some(until) = disturbs(at, &observation) {
            self.clock.undisturbed_since = self.clock.undisturbed_since.max(until);
        }
        match observation {
            Observation::Begins { config, remembered, now } => {
                self.note(|| {
                    format!(
                        "{at} a process begins; its clock says {}; {} remembered",
                        now.wall,
                        remembered.len()
                    )
                });
                self.begins(at, now.wall, config, remembered);
            }
            Observation::Dies => {
                self.note(|| format!("{at} the process is killed"));
                self.services.values_mut().for_each(|watched| watched.process_dies(at));
            }
            Observation::LedgerLost => {
                self.note(|| format!("{at} the ledger is lost, or a part of it"));
                self.ledger_lost = true;
            }
            Observation::Reloads { config, now } => {
                self.note(|| format!("{at} another file is in force"));
                self.file_is(config, now.wall);
            }
            Observation::Records { change, now } => self.records(at, change, now),
            Observation::Calls { call, now } => {
                self.note(|| format!("{at}   {} -> {}", call.arn.service_name(), call.request.api_name()));
                let action = match call.request {
                    Request::Act(action) => Some(action),
                    Request::Describe | Request::ListOperations { .. } => None,
                };
                self.ask(at, &call.arn, |watched, clock| watched.calls(at, call, action, now, clock));
            }
            Observation::Replies { arn, reply, acted } => self.replies(at, arn, reply, acted),
            Observation::Arrives { call, sent, operation } => {
                let (id, late) = (call.id, self.listed_late_by);
                self.ask(at, &call.arn, |watched, clock| watched.arrives(id, sent, operation, late, clock));
            }
            Observation::ByHand { arn, action_by_hand, operation } => {
                let taken = operation.map_or("", |_| " (taken)");
                self.note(|| format!("{at} by hand: {action_by_hand:?} of {}{taken}", arn.service_name()));
                self.services.entry(arn.clone()).or_default().by_hand(at, action_by_hand, operation);
            }
            Observation::Stands { arn, status } => {
                self.note(|| format!("{at}     {} is {status}", arn.service_name()));
                self.services.entry(arn.clone()).or_default().stands(at, status);
            }
            Observation::Other { trouble } => self.note(|| format!("{at} {}", trouble.told())),
            Observation::Stops { until } => {
                self.note(|| format!("{at} the process is stopped until {until}"));
            }
            Observation::ClockSteps { by } => self.clock_steps(at, by),
            Observation::Spins => self.wrong(at, "the planner asks to be woken at once, over and over"),
        }
    }
}

/// Until when this keeps the planner from seeing that a morning is late.
fn disturbs(at: Timestamp, observation: &Observation<'_>) -> Option<Timestamp> {
    match observation {
        Observation::Begins { .. } | Observation::Reloads { .. } | Observation::ClockSteps { .. } => Some(at),
        Observation::Stops { until } => Some(*until),
        Observation::Other { trouble: Trouble::Freeze(duration) } => at.saturating_add(*duration).ok(),
        _ => None,
    }
}

fn said(reply: &Result<Reply, Refusal>) -> String {
    match reply {
        Ok(Reply::Accepted { operation, status }) => {
            format!(
                "accepted, {status}{}",
                operation.as_ref().map(|id| format!(", {id}")).unwrap_or_default()
            )
        }
        Ok(Reply::Described { status }) => status.to_string(),
        Ok(Reply::Operations { operations, .. }) => {
            let words = operations.iter().take(3).map(|seen| {
                let kind = seen.kind.as_ref().map_or("?", |kind| kind.as_str());
                format!("{kind} {}", seen.status.as_ref().map_or("?", |status| status.as_str()))
            });
            format!("{} operations: {}", operations.len(), words.collect::<Vec<_>>().join(", "))
        }
        Err(refusal) => refusal.to_string(),
    }
}

fn line(change: &Change) -> String {
    format!(
        "{} {} of {}: {} -> {}{}",
        change.service,
        change.action,
        change.scheduled,
        change.from,
        change.to,
        change.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default()
    )
}

/// One row, as the judge remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) transition: Transition,
    pub(crate) state: State,
}
