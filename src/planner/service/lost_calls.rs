//! Calls of ours that may still take effect, or have, although nobody knows what became of them.

use crate::api::{Action, Elapsed, Now, wall_since};
use crate::planner::tolerances::{CLOCKS_DIFFER, TAKES_EFFECT_WITHIN};
use jiff::Timestamp;
use std::collections::VecDeque;

/// The most lost calls for one action that are remembered of a service, the latest of them. Those for the other action
/// are not pushed out: a pause that may still take effect matters most while resumes are lost in a row.
const MOST_REMEMBERED: usize = 8;

/// Calls without a known outcome.
///
/// They belong to the service and not to an occurrence: a call outlives the occurrence that it was made for.
#[derive(Debug, Default)]
pub(super) struct LostCalls(VecDeque<LateCall>);

#[derive(Debug)]
struct LateCall {
    action: Action,
    /// When it left, by the wall clock.
    sent: Timestamp,
    /// Until when it may take effect.
    until: Elapsed,
}

impl LostCalls {
    #[cfg(test)]
    pub(super) const fn none() -> Self {
        Self(VecDeque::new())
    }

    /// Nobody knows what becomes of a call that left at this wall time.
    pub(super) fn lost(&mut self, action: Action, sent: Timestamp, now: Now) {
        let left = TAKES_EFFECT_WITHIN.saturating_sub(wall_since(now.wall, sent));
        let of_the_same = || self.0.iter().enumerate().filter(|(_, call)| call.action == action);
        if of_the_same().count() >= MOST_REMEMBERED
            && let Some((oldest, _)) = of_the_same().next()
        {
            self.0.remove(oldest);
        }
        self.0.push_back(LateCall { action, sent, until: now.elapsed.after(left) });
    }

    /// Until when a call for this may still take effect, if one may.
    pub(super) fn until(&self, action: Action, now: Elapsed) -> Option<Elapsed> {
        let open = self.0.iter().filter(|call| call.action == action && call.until > now);
        open.map(|call| call.until).max()
    }

    /// Whether an operation for this that began then may be the work of one of them.
    pub(super) fn may_have_begun(&self, action: Action, started_at: Timestamp) -> bool {
        self.0.iter().any(|call| {
            call.action == action
                && wall_since(started_at, call.sent) <= TAKES_EFFECT_WITHIN
                && wall_since(call.sent, started_at) <= CLOCKS_DIFFER
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use std::time::Duration;

    const SENT: Timestamp = Timestamp::constant(1_783_317_600, 0);

    fn at(seconds: i64) -> Now {
        let elapsed = Elapsed(Duration::from_secs(1000 + seconds.unsigned_abs()));
        Now { wall: SENT + seconds.seconds(), elapsed }
    }

    #[test]
    fn of_several_lost_calls_the_last_that_may_take_effect_counts() {
        let mut calls = LostCalls::default();
        calls.lost(Action::Pause, SENT + 20.seconds(), at(35));
        calls.lost(Action::Pause, SENT, at(40));
        assert_eq!(calls.until(Action::Pause, at(79).elapsed), Some(at(80).elapsed));
        assert_eq!(calls.until(Action::Pause, at(80).elapsed), None);
        assert_eq!(calls.until(Action::Resume, at(1).elapsed), None, "a lost pause says nothing of resumes");
    }

    #[test]
    fn however_many_resumes_are_lost_a_lost_pause_is_not_forgotten() {
        let mut calls = LostCalls::default();
        calls.lost(Action::Pause, SENT, at(15));
        for seconds in 0..100 {
            calls.lost(Action::Resume, SENT + seconds.seconds(), at(seconds));
        }
        assert!(calls.may_have_begun(Action::Pause, SENT + 30.seconds()));
        assert_eq!(calls.0.len(), 1 + MOST_REMEMBERED);
    }

    #[test]
    fn an_operation_that_began_when_a_lost_call_may_have_arrived_may_be_its_work() {
        let mut calls = LostCalls::default();
        calls.lost(Action::Pause, SENT, at(15));
        for (seconds, may) in [(-3, false), (-2, true), (0, true), (60, true), (61, false)] {
            let began = SENT + i64::from(seconds).seconds();
            assert_eq!(calls.may_have_begun(Action::Pause, began), may, "{seconds} s");
            assert!(!calls.may_have_begun(Action::Resume, began));
        }
    }
}
