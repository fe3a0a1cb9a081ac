//! What was recorded of a service: its last row, and which occurrences have ended and may not be begun again.

use super::clock::Clock;
use super::tolerances::{NOT_NOTICED, WAITED_OUT};
use jiff::Timestamp;
use reveille::api::Action;
use reveille::planner::{Change, Ending, State};
use reveille::schedule::Transition;
use std::collections::{BTreeMap, BTreeSet};

/// The most API calls for one occurrence.
pub(crate) const MOST_ATTEMPTS: u32 = 10_000;

/// One row, as the judge remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) transition: Transition,
    pub(crate) state: State,
}

impl Row {
    fn is_open(self) -> bool {
        !self.state.is_end()
    }
}

/// What was recorded of one service.
#[derive(Debug, Default)]
pub(crate) struct Record {
    last: Option<Row>,
    /// When it was written, and the last of the process before.
    written_at: Option<Timestamp>,
    before_the_end: Option<Timestamp>,
    /// How and when occurrences ended, the last time.
    ended: BTreeMap<Transition, (Ending, Timestamp)>,
    /// Those of them that may not be begun again.
    closed: BTreeSet<Transition>,
    /// How many operations began for those that go on or may not begin again.
    operations: BTreeMap<Transition, u32>,
}

impl Record {
    pub(crate) fn last(&self) -> Option<Row> {
        self.last
    }

    /// Whether an occurrence has not ended.
    pub(crate) fn is_open(&self) -> bool {
        self.last.is_some_and(Row::is_open)
    }

    /// The last row of the process before, when it was written.
    pub(crate) fn before_the_end(&self) -> Option<Timestamp> {
        self.before_the_end
    }

    /// Whether this has ended and may not be begun again.
    pub(crate) fn is_closed(&self, transition: Transition) -> bool {
        self.closed.contains(&transition)
    }

    /// How and when this ended, the last time.
    pub(crate) fn ending(&self, transition: Transition) -> Option<(Ending, Timestamp)> {
        self.ended.get(&transition).copied()
    }

    /// Whether a pause has ended whose instant is later than this.
    pub(crate) fn slept_after(&self, at: Timestamp) -> bool {
        self.ended.keys().any(|ended| ended.action == Action::Pause && ended.at > at)
    }

    /// The later occurrence that was said to have ended well since a call left that undoes it.
    pub(crate) fn undone_by(&self, transition: Transition, sent: Timestamp) -> Option<Transition> {
        let ended_since = |(settled, (ending, at)): &(&Transition, &(Ending, Timestamp))| {
            settled.action == transition.action.opposite()
                && settled.at > transition.at
                && matches!(ending, Ending::Succeeded | Ending::Already)
                && *at >= sent
        };
        self.ended.iter().find(ended_since).map(|(settled, _)| *settled)
    }

    /// An operation begins for this; how many have by now.
    pub(crate) fn operation_begins(&mut self, transition: Transition) -> u32 {
        let begun = self.operations.entry(transition).or_default();
        *begun = begun.saturating_add(1);
        *begun
    }

    /// Another row is written; the one before, and whether it begins an occurrence.
    pub(crate) fn write(&mut self, at: Timestamp, row: Row) -> (Option<Row>, bool) {
        self.written_at = Some(at);
        let before = self.last.replace(row);
        (before, before.is_none_or(|before| before.transition != row.transition || !before.is_open()))
    }

    /// Whether a change goes on where the row before it stood.
    pub(crate) fn goes_on(&mut self, before: Option<Row>, change: &Change) -> Result<(), String> {
        let transition = Transition { at: change.scheduled, action: change.action };
        match before {
            Some(row) if row.transition == transition && row.is_open() => {
                if row.state != change.from {
                    return Err(format!("it was {}, and goes on as {}", row.state, change.from));
                }
            }
            Some(row) if row.is_open() => {
                return Err(format!("the {} of {} was left open", row.transition.action, row.transition.at));
            }
            _ => {
                if change.from != State::Due {
                    return Err(format!("it begins as {}", change.from));
                }
                // A file may say the opposite of the same instant, and another the first again.
                self.may_begin_again(Transition { action: transition.action.opposite(), ..transition });
            }
        }
        if self.is_closed(transition) {
            return Err(format!("the {} of {} goes on after its end", change.action, change.scheduled));
        }
        if change.attempt > MOST_ATTEMPTS {
            return Err(format!("{} attempts", change.attempt));
        }
        Ok(())
    }

    /// An occurrence ends.
    pub(crate) fn ends(&mut self, at: Timestamp, transition: Transition, ending: Ending, clock: Clock) {
        self.ended.insert(transition, (ending, at));
        if ending == Ending::Succeeded {
            // A process without a ledger may have to do it again, when somebody has undone it.
            self.operations.remove(&transition);
        }
        if !clock.went_far_back(at) {
            self.closed.insert(transition);
        }
    }

    /// A process dies. The occurrence whose call was written down last: the next cannot know whether it left.
    pub(crate) fn process_dies(&mut self) -> Option<Transition> {
        self.before_the_end = self.written_at;
        self.last.filter(|row| row.state == State::Calling).map(|row| row.transition)
    }

    /// A process begins with the row that the log told last.
    pub(crate) fn is_recalled(&mut self, row: Option<Row>) -> Result<(), String> {
        // Of what could not be read at the start before, the ledger may know more than the log since then.
        if row != self.last && self.last.is_some() {
            return Err(format!("the ledger says {row:?}, the log said {:?}", self.last));
        }
        self.last = row;
        // A resume that the process before could not do: perhaps somebody has mended what was in its way.
        let is_undone = |row: &Row| matches!(row.state, State::Ended(Ending::Failed | Ending::Expired));
        if let Some(row) = row.filter(is_undone).filter(|row| row.transition.action == Action::Resume) {
            self.may_begin_again(row.transition);
        }
        Ok(())
    }

    /// A process begins with a ledger that has lost something: what was open before.
    pub(crate) fn is_lost(&mut self, row: Option<Row>) -> Option<Transition> {
        let before = std::mem::replace(&mut self.last, row);
        self.closed.clear();
        before.filter(|row| row.is_open()).map(|row| row.transition)
    }

    /// What is remembered and well ahead is the work of a clock that was wrong: it is forgotten when the service is taken
    /// up, but for a resume that goes on.
    pub(crate) fn forget_what_is_ahead(&mut self, wall: Timestamp) {
        let stays = |row: &mut Row| {
            let ahead = row.transition.at.duration_since(wall);
            let goes_on = row.transition.action == Action::Resume && row.is_open() && ahead <= WAITED_OUT;
            ahead <= NOT_NOTICED || goes_on
        };
        if self.last.take_if(|row| !stays(row)).is_some() {
            self.closed.clear();
        }
    }

    /// The clock went back so far that everything is planned anew.
    pub(crate) fn forget_endings(&mut self) {
        self.closed.clear();
        self.operations.clear();
    }

    fn may_begin_again(&mut self, transition: Transition) {
        self.closed.remove(&transition);
        self.operations.remove(&transition);
    }
}
