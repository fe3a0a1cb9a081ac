//! One occurrence that is owed: a service's copy of a transition, from its instant to its end.

use super::call::{Operation, OperationId, Outcome, ServiceStatus};
use super::change::State;
use super::now::{Elapsed, Now, wall_since};
use crate::schedule::Transition;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Who acts later than this after the instant, and later than this after a look, looks first: somebody may have acted
/// meanwhile.
pub(super) const LOOK_WHEN_LATER_THAN: Duration = Duration::from_secs(60);

/// How long a call of an earlier occurrence may still take effect: its timeout, and the clocks' difference.
///
/// An opposite operation that begins within this time may be our own, so it is not taken for a person's: a morning
/// is worth more than a person's change of mind within seconds.
const LATE_EFFECT: SignedDuration = SignedDuration::from_secs(20);

/// How far App Runner's clock and ours may differ when an operation is matched with a call of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// An occurrence that has not ended.
#[derive(Debug)]
pub(super) struct Owed {
    pub(super) transition: Transition,
    /// When its catch-up window closes.
    pub(super) closes: Timestamp,
    pub(super) state: State,
    pub(super) step: Step,
    /// API calls made for it.
    pub(super) attempts: u32,
    /// Attempts in a row that failed.
    pub(super) failures: u32,
    /// Operations for it that failed.
    pub(super) failed_operations: u32,
    /// What App Runner refused it with, to be told with the next change.
    pub(super) refused_with: Option<String>,
    /// A call whose outcome nobody knows left at this instant.
    pub(super) unsure_since: Option<Timestamp>,
    /// When a call that changes the service last left for it, as far as is known.
    pub(super) acted_at: Option<Timestamp>,
    /// An operation of ours seems to be under way that is in no list yet.
    pub(super) unlisted: bool,
    /// From when on an opposite operation is a person's doing.
    pub(super) strangers_from: Timestamp,
    /// Since when the service has been busy with something else.
    pub(super) waiting_since: Option<Elapsed>,
    /// Looks at a busy service, for the pace.
    pub(super) waits: u32,
    /// When App Runner last said how the service stands.
    pub(super) seen_at: Option<Elapsed>,
    /// Somebody has been told of a trouble that only a person can mend.
    pub(super) told: bool,
}

/// What an occurrence does next.
#[derive(Debug)]
pub(super) enum Step {
    /// Make the call that changes the service.
    Act,
    /// Look: which state is the service in?
    Describe,
    /// Look on: what has been done to it?
    List(Listing),
    /// Ask how far the operation is.
    Follow(Following),
}

/// A look that goes through the pages of operations.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) status: ServiceStatus,
    pub(super) seen: Vec<Operation>,
    pub(super) page: Option<String>,
    pub(super) pages: u32,
}

/// An operation that is followed to its end.
#[derive(Debug)]
pub(super) struct Following {
    pub(super) operation: OperationId,
    /// When it began, on the clock that is never stepped.
    pub(super) since: Elapsed,
    /// Looks that have ended without an end of the operation.
    pub(super) polls: u32,
    pub(super) page: Option<String>,
    pub(super) pages: u32,
    /// It has been seen in the list at least once.
    pub(super) listed: bool,
    /// Somebody has been told that it takes too long.
    pub(super) overdue: bool,
}

impl Owed {
    pub(super) fn new(transition: Transition, catch_up: Duration, step: Step) -> Self {
        Self {
            transition,
            closes: window_closes(transition, catch_up),
            state: State::Due,
            step,
            attempts: 0,
            failures: 0,
            failed_operations: 0,
            refused_with: None,
            unsure_since: None,
            acted_at: None,
            unlisted: false,
            strangers_from: late_effect_of(transition.at),
            waiting_since: None,
            waits: 0,
            seen_at: None,
            told: false,
        }
    }

    /// A call of an earlier occurrence left, or came back, at this instant: what it begins is nobody's will.
    pub(super) fn spare_operations_from(&mut self, wall: Timestamp) {
        self.strangers_from = self.strangers_from.max(late_effect_of(wall));
    }

    /// The file gives it another window.
    pub(super) fn catch_up_within(&mut self, catch_up: Duration) {
        self.closes = window_closes(self.transition, catch_up);
    }

    /// The operation that is followed, if one is.
    pub(super) fn operation(&self) -> Option<&OperationId> {
        match &self.step {
            Step::Follow(following) => Some(&following.operation),
            Step::Act | Step::Describe | Step::List(_) => None,
        }
    }

    /// Whether the look that is going on has found an operation that goes on.
    pub(super) fn sees_work(&self) -> bool {
        let Step::List(listing) = &self.step else { return false };
        listing.seen.first().is_some_and(|newest| newest.outcome() == Outcome::GoesOn)
    }

    /// Whether it is so long ago that anybody saw how the service stands that somebody may have changed it.
    pub(super) fn has_lost_sight(&self, now: Now) -> bool {
        wall_since(now.wall, self.transition.at) > LOOK_WHEN_LATER_THAN
            && self.seen_at.is_none_or(|seen| now.elapsed.since(seen) > LOOK_WHEN_LATER_THAN)
    }

    /// A call leaves at this instant, and nobody knows what will become of it.
    pub(super) fn be_unsure(&mut self, sent: Timestamp) {
        self.acted_at = Some(sent);
        let since = sent.saturating_sub(CLOCK_SKEW).unwrap_or(sent);
        self.unsure_since.get_or_insert(since);
    }

    /// What was answered is old: nothing is done without another look.
    pub(super) fn look_again(&mut self) {
        match &self.step {
            Step::Act => self.step = Step::Describe,
            Step::Describe | Step::List(_) | Step::Follow(_) => self.start_over(),
        }
    }

    /// After a failure a look begins anew and a poll begins at the first page: tokens may have grown stale.
    pub(super) fn start_over(&mut self) {
        match &mut self.step {
            Step::List(_) => self.step = Step::Describe,
            Step::Follow(following) => {
                following.page = None;
                following.pages = 0;
            }
            Step::Act | Step::Describe => {}
        }
    }
}

fn window_closes(transition: Transition, catch_up: Duration) -> Timestamp {
    transition.at.saturating_add(catch_up).unwrap_or(Timestamp::MAX)
}

fn late_effect_of(wall: Timestamp) -> Timestamp {
    wall.saturating_add(LATE_EFFECT).unwrap_or(wall)
}

impl Listing {
    pub(super) fn begin(status: ServiceStatus) -> Self {
        Self { status, seen: Vec::new(), page: None, pages: 0 }
    }
}

impl Following {
    pub(super) fn begin(operation: OperationId, since: Elapsed) -> Self {
        Self { operation, since, polls: 0, page: None, pages: 0, listed: false, overdue: false }
    }
}
