//! What is known of one service, in parts, and what each observation of it does to them.
//!
//! Whether a call is safe stands in `owed.rs`, whether an ending has a reason in `reasons.rs`, what must be true in the end
//! in `end.rs`.

use super::calls::Calls;
use super::clock::Clock;
use super::corrections::Corrections;
use super::files::Files;
use super::people::People;
use super::record::{Record, Row};
use super::stood::Stood;
use super::told::Told;
use jiff::Timestamp;
use reveille::api::{Action, Cause, Now, OperationId, Refusal};
use reveille::config::Service;
use reveille::planner::{Change, LastOccurrence, State};
use reveille::schedule::Transition;

/// One service, as the judge sees it.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    pub(crate) files: Files,
    pub(crate) record: Record,
    pub(crate) calls: Calls,
    pub(crate) people: People,
    pub(crate) stood: Stood,
    pub(crate) told: Told,
    pub(crate) corrections: Corrections,
    /// What has yet to be compared with what App Runner knows.
    pub(crate) claims: Vec<Claim>,
    /// The occurrence that is open may be given up.
    pub(crate) hopeless: bool,
    /// A process began without a ledger: what was done by an earlier file looks to it as if a person had done it.
    pub(crate) knew_nothing: bool,
}

/// What is wrong unless App Runner's own record says otherwise.
#[derive(Debug, Clone)]
pub(crate) enum Claim {
    /// It was said that this operation did it.
    Did { id: OperationId, action: Action, at: Timestamp },
    /// This was done although a person had done the opposite; wrong if that had succeeded.
    Fought { id: OperationId, at: Timestamp },
}

impl Watched {
    pub(crate) fn follow(&mut self, service: Service) {
        self.files.follow(service);
    }

    /// The file says nothing of it any more, or something else in a moment; whether it said anything.
    pub(crate) fn retire(&mut self) -> bool {
        self.told.file_changes();
        self.files.retire()
    }

    /// A process begins, and this is its row; `trusted` if the ledger has lost nothing.
    pub(crate) fn begin_process(
        &mut self,
        row: Option<&LastOccurrence>,
        wall: Timestamp,
        trusted: bool,
    ) -> Result<(), String> {
        let missed = row.filter(|_| trusted).and_then(|row| self.missed_since(row.transition, wall));
        self.told.process_begins(missed);
        let row = row.map(|row| Row { transition: row.transition, state: row.state });
        if trusted {
            self.record.is_recalled(row)?;
        } else {
            self.knew_nothing |= row.is_none();
            // What began last may be in no list yet, and nothing else tells the process of it.
            if let Some(open) = self.record.is_lost(row) {
                self.calls.is_unknown(open);
            }
        }
        if self.files.in_force().is_some() {
            self.record.forget_what_is_ahead(wall);
        }
        Ok(())
    }

    fn missed_since(&self, begun: Transition, wall: Timestamp) -> Option<Transition> {
        let missed = self.files.missed_since(begun, wall);
        missed.into_iter().find(|resume| !self.record.is_closed(*resume))
    }

    pub(crate) fn process_dies(&mut self, at: Timestamp) {
        let written = self.record.process_dies();
        self.calls.process_dies(at, written);
        self.told.process_dies();
    }

    pub(crate) fn replies(&mut self, at: Timestamp, acted: bool, refusal: Option<&Refusal>) {
        self.hopeless |= refusal.is_some_and(|refusal| is_hopeless(refusal, acted));
        if let Some(refusal) = refusal.filter(|_| self.record.is_open()) {
            self.told.is_refused(refusal);
        }
        if acted {
            self.calls.comes_back(at, refusal);
        }
    }

    /// A change is recorded.
    pub(crate) fn records(
        &mut self,
        at: Timestamp,
        change: &Change,
        now: Now,
        clock: Clock,
    ) -> Result<(), String> {
        let transition = Transition { at: change.scheduled, action: change.action };
        let (before, is_new) = self.record.write(at, Row { transition, state: change.to });
        if let Some(operation) = change.operation.as_ref().filter(|_| change.to == State::Tracking) {
            self.people.adopt(operation.clone());
        }
        self.told.tells(transition, is_new, change)?;
        self.told.gives_way(transition, clock)?;
        self.record.goes_on(before, change)?;
        let State::Ended(ending) = change.to else { return Ok(()) };
        if self.told.is_late_in_silence(transition, at, clock) {
            return Err(format!("the resume of {} is done at {at} only, and nobody was told", transition.at));
        }
        self.record.ends(at, transition, ending, clock);
        self.told.is_severe_enough(transition, ending, change)?;
        let reason = self.has_reason(at, ending, change, now, clock);
        self.hopeless = false;
        let is_void = clock.went_far_back(at) && transition.at > now.wall;
        self.told.ends(transition, ending, is_void);
        reason
    }
}

/// Whether the occurrence may be given up for this: the service is not there, or the call that changes it makes no sense. A
/// look that is refused says nothing of the service.
fn is_hopeless(refusal: &Refusal, acted: bool) -> bool {
    let Cause::Answered { code: Some(code), .. } = &refusal.cause else { return false };
    code == "ResourceNotFoundException" || (acted && code == "ValidationException")
}
