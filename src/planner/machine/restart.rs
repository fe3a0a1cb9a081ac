//! What a process takes up from the one before, and leaves to the one after: its latest occurrence, and its calls that may
//! still take effect.

use super::clocks::is_woken_early;
use super::{Machine, Turn};
use crate::api::{Action, Now, wall_since};
use crate::planner::change::{Ending, State};
use crate::planner::last_occurrence::LastOccurrence;
use crate::planner::occurrence::{Attempts, Doubts, Following, Occurrence, Step};
use crate::planner::tolerances::{CLOCK_WENT_BACK, TAKES_EFFECT_WITHIN};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// How far back a transition is looked for that was missed: rules that fire every few minutes hide none of the day before.
const MOST_STEPS_BACK: u32 = 200;

const JUST_BEFORE: SignedDuration = SignedDuration::from_nanos(1);

impl Machine {
    /// Takes up what is remembered of the latest occurrence: its operation is followed on; for the rest, what has
    /// become of it meanwhile is looked at before anything is called.
    ///
    /// An occurrence whose instant is well ahead is the work of a clock that was wrong, as in
    /// [`Machine::clock_went_back`].
    pub(in crate::planner) fn remember(&mut self, remembered: &LastOccurrence, turn: &mut Turn<'_>) {
        if let Some(operation) = remembered.operation.clone() {
            self.ours.add(operation);
        }
        let transition = remembered.transition;
        let ahead = wall_since(transition.at, turn.now.wall);
        let is_ahead = ahead > CLOCK_WENT_BACK;
        if is_ahead && !is_woken_early(transition, ahead) {
            return;
        }
        let is_settled_early = is_ahead && remembered.state.is_end();
        let settled =
            if is_settled_early { self.settled_before_its_time(transition, turn) } else { Some(transition) };
        self.begun.set(settled);
        let is_undone = matches!(remembered.state, State::Ended(Ending::Failed | Ending::Expired));
        if is_undone && transition.action == Action::Resume {
            self.begun.try_again(transition);
        }
        self.remember_calls(remembered, turn.now);
        if !remembered.state.is_end() {
            self.owed = Some(Box::new(self.remembered_occurrence(remembered, turn.now)));
        }
    }

    /// The calls of the process before that may still take effect.
    fn remember_calls(&mut self, remembered: &LastOccurrence, now: Now) {
        let (action, written) = (remembered.transition.action, remembered.at);
        let is_unsure = remembered.unsure_since.is_some();
        if is_unsure {
            self.ours.ends_unseen(written);
        }
        if remembered.followed().is_none() && (remembered.state == State::Calling || is_unsure) {
            self.ours.lost(action, written, now);
        }
        if !remembered.state.is_end() {
            // The row replaced that of the occurrence before, whose call may have been lost as late as this row was written.
            self.ours.lost(action.opposite(), written, now);
        }
    }

    /// The occurrence that the process before has left open.
    fn remembered_occurrence(&self, remembered: &LastOccurrence, now: Now) -> Occurrence {
        let LastOccurrence { transition, state, at: written, .. } = *remembered;
        let followed = remembered.followed();
        let unsure_since = remembered.unsure_since.filter(|_| followed.is_none());
        let step = followed.map_or(Step::Describe, |(operation, since)| {
            let age = wall_since(now.wall, since);
            Step::Follow(Following::begin(operation.clone(), age, now.elapsed))
        });
        let mut doubts = Doubts::remembered(transition.at, unsure_since, written, state == State::Waiting);
        // It may have waited for an earlier call of ours of which this process knows nothing.
        if matches!(state, State::Waiting | State::BackingOff) {
            doubts.manual_changes_count_from(written.saturating_add(TAKES_EFFECT_WITHIN).unwrap_or(written));
        }
        Occurrence {
            state,
            attempts: Attempts::remembered(remembered.attempts, remembered.failed_operations),
            doubts,
            ..Occurrence::new(transition, self.service.catch_up, step, now.wall)
        }
    }

    /// The process was down at a transition that another has followed since. It is begun, so that it is told as superseded
    /// by what [`Machine::plan`] begins next: no service stays paused through its hours unreported. Of several that were
    /// missed this is the latest of its kind; a month's absence is not a month of lines.
    pub(in crate::planner) fn begin_what_was_missed(&mut self, turn: &mut Turn<'_>) {
        let Some(begun) = self.begun.latest() else { return };
        let schedule = Arc::clone(&self.service.schedule);
        let Some(latest) = turn.transition_cache.latest_at(&schedule, turn.now.wall) else { return };
        let mut missed = latest;
        for _ in 0..MOST_STEPS_BACK {
            let before = missed.at.saturating_sub(JUST_BEFORE).unwrap_or(missed.at);
            match turn.transition_cache.latest_at(&schedule, before).filter(|before| before.at > begun.at) {
                Some(found) => missed = found,
                None => return,
            }
            if missed.action != latest.action {
                self.begin(missed, turn);
                if let Some(owed) = &mut self.owed {
                    owed.last_error = Some("the process was down".to_owned());
                }
                return;
            }
        }
    }

    /// What is worth remembering of a service that has left the file and is gone, for when it comes back; once.
    pub(in crate::planner) fn retire(&mut self, wall: Timestamp) -> Option<LastOccurrence> {
        let transition = self.begun.latest()?;
        self.begun.set(None);
        Some(LastOccurrence {
            arn: self.service.arn.clone(),
            transition,
            // How it ended has been told; all that matters is that it has.
            state: State::Ended(Ending::Succeeded),
            operation: self.ours.take_latest(),
            attempts: 0,
            failed_operations: 0,
            unsure_since: self.ours.acted_unseen(),
            at: self.ours.acted_unseen().unwrap_or(wall),
        })
    }
}
