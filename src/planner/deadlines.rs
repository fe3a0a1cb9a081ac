//! The one queue of deadlines on a clock.

use super::event::ServiceIndex;
use std::collections::BTreeSet;

/// Who wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    Service(ServiceIndex),
    RateLimiter(usize),
}

/// Who wants to be woken when, on one clock; `T` is that clock's instant.
///
/// An owner has at most one deadline. It says what it wanted before and what it wants now, so nothing stale is kept.
#[derive(Debug)]
pub(super) struct Deadlines<T>(BTreeSet<(T, Owner)>);

impl<T> Default for Deadlines<T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: Ord + Copy> Deadlines<T> {
    /// Moves an owner's deadline.
    pub(super) fn move_to(&mut self, owner: Owner, before: Option<T>, after: Option<T>) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.0.remove(&(before, owner));
        }
        if let Some(after) = after {
            self.0.insert((after, owner));
        }
    }

    pub(super) fn first(&self) -> Option<(T, Owner)> {
        self.0.first().copied()
    }
}
