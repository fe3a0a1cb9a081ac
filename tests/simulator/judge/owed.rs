//! Safety: whether a call may leave now, and whether what it begins may begin.

use super::clock::Clock;
use super::files::window;
use super::people::Stranger;
use super::tolerances::{LATE_EFFECT, MOST_STANDSTILL, WAITED_OUT};
use super::watched::{Claim, Watched};
use jiff::{SignedDuration, Timestamp};
use reveille::api::{Action, OperationId};
use reveille::config::{OnManualChange, Service};
use reveille::planner::{Call, CallId, State};
use reveille::schedule::Transition;
use std::time::Duration;

/// The most operations that may begin for one occurrence.
pub(crate) const MOST_OPERATIONS: u32 = 3;

impl Watched {
    /// A call leaves; `action` if it changes the service.
    pub(crate) fn calls(
        &mut self,
        at: Timestamp,
        call: &Call,
        action: Option<Action>,
        wall: Timestamp,
        clock: Clock,
    ) -> Result<(), String> {
        self.told.call_leaves()?;
        self.calls.leaves(at)?;
        let Some(action) = action else { return Ok(()) };
        if self.calls.is_acting() {
            return Err(format!("a second call to {action} while one is on its way"));
        }
        let Some(row) = self.record.last() else {
            return Err(format!("a call to {action} without a row before it"));
        };
        if row.state != State::Calling || row.transition.action != action {
            return Err(format!("a call to {action}, but the row before it is {row:?}"));
        }
        self.calls.acts(at, call.id, row.transition);
        let stood_still = wall.duration_since(call.decided.wall).abs();
        if stood_still > MOST_STANDSTILL {
            return Err(format!("a call to {action} leaves that was decided {stood_still:#} before"));
        }
        let decided = call.decided.wall;
        self.is_owed(row.transition, decided, clock).map_err(|why| {
            format!("the {} of {} is called at {decided}, {why}", row.transition.action, row.transition.at)
        })
    }

    /// Whether this may be done now, by the file that is in force.
    fn is_owed(&self, transition: Transition, wall: Timestamp, clock: Clock) -> Result<(), String> {
        if self.record.is_closed(transition) {
            return Err("but it has ended".to_owned());
        }
        let early = transition.at.duration_since(wall);
        let waited_out = clock.was_set_back && early <= WAITED_OUT;
        if early.is_positive() && !waited_out {
            return Err("before its instant".to_owned());
        }
        let Some(service) = self.files.latest() else {
            return Err("but the service is in no file".to_owned());
        };
        let window = window(service, transition.action);
        if wall.duration_since(transition.at).unsigned_abs() >= window && !early.is_positive() {
            return Err(format!("after its window of {window:?}"));
        }
        if let Some(next) = self.files.morning_delayed_by(transition, wall) {
            return Err(format!("so late that the resume of {} has to wait for it", next.at));
        }
        match service.schedule.latest_at(wall.max(transition.at)) {
            Some(latest) if latest == transition => Ok(()),
            Some(latest) if latest.at > transition.at && self.files.in_force().is_some() => {
                Err(format!("but the {} of {} came first", latest.action, latest.at))
            }
            _ if self.was_asked_for(transition) => Ok(()),
            _ => Err("but no schedule asks for it".to_owned()),
        }
    }

    /// Whether an earlier file asked for it, or the schedule is enforced, or the hours of a file last on beyond a pause that
    /// a file before asked for.
    fn was_asked_for(&self, transition: Transition) -> bool {
        let lasts_on =
            |latest: Transition| latest.action == Action::Resume && self.record.slept_after(latest.at);
        self.files.any(|service: &Service| {
            let latest = service.schedule.latest_at(transition.at);
            let is_enforced = service.on_manual_change == OnManualChange::Enforce;
            latest == Some(transition)
                || (transition.action == Action::Resume && (is_enforced || latest.is_some_and(lasts_on)))
        })
    }

    /// A call that changes the service has reached App Runner, and this began.
    pub(crate) fn arrives(
        &mut self,
        id: CallId,
        sent: Timestamp,
        operation: Option<&OperationId>,
        listed_late_by: Duration,
        clock: Clock,
    ) -> Result<(), String> {
        let Some(transition) = self.calls.arrives(id, sent) else {
            return Err("a call arrives that never left".to_owned());
        };
        if operation.is_none() {
            return Ok(());
        }
        // By a clock that is ahead, an operation began before the instant, and nobody can tell whose it is.
        let clock_was_right = clock.was_right_before(transition.at);
        let undone = self.record.undone_by(transition, sent);
        if let Some(settled) = undone.filter(|_| clock_was_right && !self.knew_nothing) {
            return Err(format!(
                "the {} of {}, which left at {sent}, undoes the {} of {}, which had ended well",
                transition.action, transition.at, settled.action, settled.at
            ));
        }
        if let Some(stranger) = self.fought(transition, sent, listed_late_by, clock) {
            let claim = Claim::Fought { id: stranger.id.clone(), at: sent };
            self.claims.push(claim);
        }
        if !self.files.have(transition) {
            self.corrections.begins(sent, self.calls.all_unknown())?;
        }
        let begun = self.record.operation_begins(transition);
        // What was given up may arrive late, be listed late, and end before anybody looks.
        let most = MOST_OPERATIONS.saturating_add(self.calls.unknown(transition));
        if begun > most && clock_was_right {
            return Err(format!(
                "operation number {begun} for the {} of {}",
                transition.action, transition.at
            ));
        }
        Ok(())
    }

    /// The person against whom this is done, if there is one who should have been seen.
    fn fought(
        &self,
        transition: Transition,
        sent: Timestamp,
        listed_late_by: Duration,
        clock: Clock,
    ) -> Option<&Stranger> {
        if !self.files.respect_people() || !clock.was_right_at(transition.at) {
            return None;
        }
        let late = SignedDuration::try_from(listed_late_by).unwrap_or_default();
        let stranger = self.people.against(transition, sent, late)?;
        // Whoever begins anew does not know which calls of ours were on their way before.
        let was_unknown =
            self.record.before_the_end().is_some_and(|row| stranger.at.duration_since(row) < LATE_EFFECT);
        let may_be_ours = was_unknown || self.calls.may_have_begun(stranger.at, transition);
        (!may_be_ours).then_some(stranger)
    }
}
