//! One occurrence that is owed: a service's copy of a transition, from its instant to its end.

use super::change::State;
use super::told::{Alert, Told};
use crate::api::{Action, Elapsed, Now, Operation, OperationId, Outcome, ServiceStatus, wall_since};
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

/// How long a pause is owed at the most. Until the next transition asks for something else, the schedule asks for sleep;
/// what was due longer ago says little about what people want now.
const LONGEST_PAUSE_OWED: Duration = Duration::from_hours(31 * 24);

/// A resume that is not done so long after its instant is a late morning: somebody is told, whatever the cause.
const LATE_AFTER: Duration = Duration::from_mins(20);

/// Who learns of a resume only when it is late already sees first whether the service is awake after all.
const FOUND_LATE_AFTER: Duration = Duration::from_mins(2);

/// An occurrence that has not ended.
#[derive(Debug)]
pub(super) struct Occurrence {
    pub(super) transition: Transition,
    /// When its catch-up window closes.
    pub(super) closes: Timestamp,
    pub(super) state: State,
    pub(super) step: Step,
    /// Calls to act that were made for it.
    pub(super) attempts: u32,
    /// All API calls that were made for it, looks among them.
    pub(super) calls: u32,
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
    /// An operation of ours succeeded, and the service was not in its state.
    pub(super) unconfirmed: Option<OperationId>,
    /// What went wrong last.
    pub(super) last_error: Option<String>,
    /// Since when a resume has been owed: its instant, or that of the first of several in a row of which none was done.
    pub(super) owed_since: Timestamp,
    /// From when on a resume counts as late, by the wall clock.
    pub(super) late_from: Timestamp,
    pub(super) told: Told,
    /// Its catch-up window had closed before anybody looked: it is looked at, and not done.
    pub(super) is_only_looked_at: bool,
}

/// What an occurrence does next.
#[derive(Debug)]
pub(super) enum Step {
    /// Make the call that changes the service.
    Act,
    /// Look: which state is the service in?
    Describe,
    /// An operation of ours succeeded: is the service in the state that it should bring?
    Confirm(OperationId),
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
    /// When its following began, on the clock that is never stepped.
    since: Elapsed,
    /// How old it was then: it may have begun before the process did.
    older_by: Duration,
    /// Looks that have ended without an end of the operation.
    pub(super) polls: u32,
    pub(super) page: Option<String>,
    pub(super) pages: u32,
    /// It has been seen in the list at least once.
    pub(super) listed: bool,
}

impl Occurrence {
    /// One that is taken up at this wall time.
    pub(super) fn new(transition: Transition, catch_up: Duration, step: Step, wall: Timestamp) -> Self {
        Self {
            transition,
            closes: window_closes(transition, catch_up),
            state: State::Due,
            step,
            attempts: 0,
            calls: 0,
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
            unconfirmed: None,
            last_error: None,
            owed_since: transition.at,
            late_from: late_from(transition.at, wall),
            told: Told::default(),
            is_only_looked_at: false,
        }
    }

    /// Nothing is known of it, and its catch-up window has closed: whether it was done is to be seen, no more.
    pub(super) fn look_only(&mut self) {
        self.is_only_looked_at = true;
        self.closes = Timestamp::MAX;
    }

    /// A call of an earlier occurrence left, or came back, at this instant: what it begins is nobody's will.
    pub(super) fn spare_operations_from(&mut self, wall: Timestamp) {
        self.strangers_from = self.strangers_from.max(late_effect_of(wall));
    }

    /// Nobody has seen for a while how the service stands: a look comes before the word that it is late.
    pub(super) fn may_be_awake_at(&mut self, wall: Timestamp) {
        self.late_from = late_from(self.owed_since, wall);
    }

    /// It takes the place of one that was not done. A resume that another succeeds has left the service asleep since: it
    /// is as late as that one, and what was told of that one is not told again.
    pub(super) fn succeed(&mut self, before: &Self) {
        if (self.transition.action, before.transition.action) == (Action::Resume, Action::Resume) {
            self.owed_since = before.owed_since;
            self.late_from = before.late_from;
            self.told = before.told;
        }
    }

    /// When somebody is to be told that it is late, if they have not been.
    pub(super) fn tells_late_at(&self) -> Option<Timestamp> {
        let waits = self.transition.action == Action::Resume && !self.told.has(Alert::Late);
        waits.then_some(self.late_from)
    }

    /// The file gives it another window.
    pub(super) fn catch_up_within(&mut self, catch_up: Duration) {
        if !self.is_only_looked_at {
            self.closes = window_closes(self.transition, catch_up);
        }
    }

    /// The operation that is followed, if one is.
    pub(super) fn operation(&self) -> Option<&OperationId> {
        match &self.step {
            Step::Follow(following) => Some(&following.operation),
            Step::Confirm(operation) => Some(operation),
            Step::Act | Step::Describe | Step::List(_) => None,
        }
    }

    /// Whether no call can have had an effect that is still to be seen.
    pub(super) fn has_begun_nothing(&self) -> bool {
        self.operation().is_none() && self.unsure_since.is_none() && !self.unlisted
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

    /// What the next process has to look into, should this one end now, and since when: a call without an outcome, or an
    /// operation that is followed.
    pub(super) fn in_doubt_since(&self, now: Now) -> Option<Timestamp> {
        let Step::Follow(following) = &self.step else {
            let confirms = self.state == State::BackingOff && self.operation().is_some();
            let confirms_since = confirms.then(|| self.acted_at.unwrap_or(self.transition.at));
            return self.unsure_since.or(confirms_since);
        };
        let age = SignedDuration::try_from(following.age(now.elapsed)).unwrap_or_default();
        Some(now.wall.saturating_sub(age).unwrap_or(now.wall))
    }

    /// What was answered is old: nothing is done without another look.
    pub(super) fn look_again(&mut self) {
        match &self.step {
            Step::Act => self.step = Step::Describe,
            Step::Describe | Step::Confirm(_) | Step::List(_) | Step::Follow(_) => self.start_over(),
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
            Step::Act | Step::Describe | Step::Confirm(_) => {}
        }
    }
}

/// A resume is worth doing for so long; a pause, for as long as nothing else is asked for.
pub(super) fn window_closes(transition: Transition, catch_up: Duration) -> Timestamp {
    let window = match transition.action {
        Action::Resume => catch_up,
        Action::Pause => catch_up.max(LONGEST_PAUSE_OWED),
    };
    transition.at.saturating_add(window).unwrap_or(Timestamp::MAX)
}

fn late_from(instant: Timestamp, taken_up: Timestamp) -> Timestamp {
    let late = instant.saturating_add(LATE_AFTER).unwrap_or(Timestamp::MAX);
    late.max(taken_up.saturating_add(FOUND_LATE_AFTER).unwrap_or(Timestamp::MAX))
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
    /// Begins to follow an operation that is so old already.
    pub(super) fn begin(operation: OperationId, age: Duration, now: Elapsed) -> Self {
        Self { operation, since: now, older_by: age, polls: 0, page: None, pages: 0, listed: false }
    }

    /// How old the operation is.
    pub(super) fn age(&self, now: Elapsed) -> Duration {
        now.since(self.since).saturating_add(self.older_by)
    }
}
