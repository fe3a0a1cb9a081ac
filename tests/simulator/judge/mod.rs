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
//!
//! What is known of one service is in the parts of [`watched::Watched`], each in a file of its own with the rules that need
//! nothing else: `files.rs`, `record.rs`, `calls.rs`, `people.rs`, `stood.rs`, `corrections.rs`, and `told.rs` for No
//! silence. The rules that hold several of them against each other are in `owed.rs` (Safety), `reasons.rs` and `end.rs`
//! (Liveness). How much time they allow stands in `tolerances.rs`.

mod calls;
mod clock;
mod corrections;
mod end;
mod files;
mod findings;
mod owed;
mod people;
mod reasons;
mod record;
mod stood;
mod told;
pub(crate) mod tolerances;
mod tried;
mod watched;

pub(crate) use findings::Findings;
pub(crate) use tried::Tried;

use clock::Clock;
use findings::{line, said};
use jiff::{SignedDuration, Timestamp};
use reveille::api::{Refusal, Reply, Request, ServiceArn};
use reveille::config::Config;
use reveille::planner::LastOccurrence;
use reveille::simulation::{Observation, Observer};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use watched::Watched;

/// Looks on, and remembers what was wrong.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) findings: Findings,
    services: BTreeMap<ServiceArn, Watched>,
    clock: Clock,
    listed_late_by: Duration,
    /// The ledger has been lost since the last process began.
    ledger_lost: bool,
    began_once: bool,
    pub(crate) tried: Tried,
}

impl Judge {
    /// A judge of a world in which operations are listed so late. With `traces`, all that is seen is kept as text.
    pub(crate) fn new(listed_late_by: Duration, traces: bool) -> Self {
        Self {
            findings: Findings::new(traces),
            services: BTreeMap::new(),
            clock: Clock::default(),
            listed_late_by,
            ledger_lost: false,
            began_once: false,
            tried: Tried::default(),
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
            self.findings.wrong(at, &format!("{}: {what}", arn.service_name()));
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
                watched.record.forget_what_is_ahead(wall);
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
            self.findings.wrong(at, &what);
        }
        self.ledger_lost = false;
        self.began_once = true;
    }

    fn clock_steps(&mut self, at: Timestamp, by: SignedDuration) {
        if self.clock.steps(at, by) {
            self.services.values_mut().for_each(|watched| watched.record.forget_endings());
        }
    }

    fn replies(&mut self, at: Timestamp, arn: &ServiceArn, reply: &Result<Reply, Refusal>, acted: bool) {
        self.findings.note(|| format!("{at}   {} <- {}", arn.service_name(), said(reply)));
        self.ask(at, arn, |watched, _| {
            watched.replies(at, acted, reply.as_ref().err());
            Ok(())
        });
    }
}

impl Observer for Judge {
    fn see(&mut self, at: Timestamp, observation: Observation<'_>) {
        self.clock.see(at, &observation);
        self.tried.see(at, &observation);
        match observation {
            Observation::Begins { config, remembered, now } => {
                self.findings.note(|| {
                    format!(
                        "{at} a process begins; its clock says {}; {} remembered",
                        now.wall,
                        remembered.len()
                    )
                });
                self.begins(at, now.wall, config, remembered);
            }
            Observation::Dies => {
                self.findings.note(|| format!("{at} the process is killed"));
                self.services.values_mut().for_each(|watched| watched.process_dies(at));
            }
            Observation::LedgerLost => {
                self.findings.note(|| format!("{at} the ledger is lost, or a part of it"));
                self.ledger_lost = true;
            }
            Observation::Reloads { config, now } => {
                self.findings.note(|| format!("{at} another file is in force"));
                self.file_is(config, now.wall);
            }
            Observation::Records { change, now } => {
                self.findings.note(|| format!("{at}   {}", line(change)));
                self.ask(at, &change.arn, |watched, clock| watched.records(at, change, now, clock));
            }
            Observation::Calls { call, now } => {
                self.findings
                    .note(|| format!("{at}   {} -> {}", call.arn.service_name(), call.request.api_name()));
                let action = match call.request {
                    Request::Act(action) => Some(action),
                    Request::Describe | Request::ListOperations { .. } => None,
                };
                self.ask(at, &call.arn, |watched, clock| watched.calls(at, call, action, now.wall, clock));
            }
            Observation::Replies { arn, reply, acted } => self.replies(at, arn, reply, acted),
            Observation::Arrives { call, sent, operation } => {
                let (id, late) = (call.id, self.listed_late_by);
                self.ask(at, &call.arn, |watched, clock| watched.arrives(id, sent, operation, late, clock));
            }
            Observation::ByHand { arn, action_by_hand, operation } => {
                let taken = operation.map_or("", |_| " (taken)");
                self.findings
                    .note(|| format!("{at} by hand: {action_by_hand:?} of {}{taken}", arn.service_name()));
                self.services.entry(arn.clone()).or_default().people.act(at, action_by_hand, operation);
            }
            Observation::Stands { arn, status } => {
                self.findings.note(|| format!("{at}     {} is {status}", arn.service_name()));
                self.services.entry(arn.clone()).or_default().stood.stands(at, status);
            }
            Observation::Other { trouble } => self.findings.note(|| format!("{at} {}", trouble.told())),
            Observation::Stops { until } => {
                self.findings.note(|| format!("{at} the process is stopped until {until}"));
            }
            Observation::ClockSteps { by } => self.clock_steps(at, by),
            Observation::Spins => {
                self.findings.wrong(at, "the planner asks to be woken at once, over and over");
            }
        }
    }
}
