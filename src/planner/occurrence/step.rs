//! What an occurrence does next: the call that comes, and how far it has come with it.

use crate::api::{Elapsed, Operation, OperationId, Outcome, ServiceStatus};
use std::time::Duration;

/// The most pages of operations that one look reads: with 20 a page, 200 operations back.
pub(in crate::planner) const MOST_PAGES: u32 = 10;

/// What an occurrence does next.
#[derive(Debug)]
pub(in crate::planner) enum Step {
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
pub(in crate::planner) struct Listing {
    pub(in crate::planner) status: ServiceStatus,
    pub(in crate::planner) seen: Vec<Operation>,
    pub(in crate::planner) page: Option<String>,
    pub(in crate::planner) pages: u32,
}

/// An operation that is followed to its end.
#[derive(Debug)]
pub(in crate::planner) struct Following {
    pub(in crate::planner) operation: OperationId,
    /// When its following began, on the clock that is never stepped.
    since: Elapsed,
    /// How old it was then: it may have begun before the process did.
    older_by: Duration,
    /// Looks that have ended without an end of the operation.
    pub(in crate::planner) polls: u32,
    pub(in crate::planner) page: Option<String>,
    pub(in crate::planner) pages: u32,
    /// It has been seen in the list at least once.
    pub(in crate::planner) listed: bool,
}

impl Step {
    /// The operation that is followed, if one is.
    pub(in crate::planner) fn operation(&self) -> Option<&OperationId> {
        match self {
            Self::Follow(following) => Some(&following.operation),
            Self::Confirm(operation) => Some(operation),
            Self::Act | Self::Describe | Self::List(_) => None,
        }
    }

    /// Whether the look that is going on has found an operation that goes on.
    pub(in crate::planner) fn sees_work(&self) -> bool {
        let Self::List(listing) = self else { return false };
        listing.seen.first().is_some_and(|newest| newest.outcome() == Outcome::GoesOn)
    }

    /// What was answered is old: nothing is done without another look.
    pub(in crate::planner) fn look_again(&mut self) {
        match self {
            Self::Act => *self = Self::Describe,
            Self::Describe | Self::Confirm(_) | Self::List(_) | Self::Follow(_) => self.start_over(),
        }
    }

    /// After a failure a look begins anew and a poll begins at the first page: tokens may have grown stale.
    pub(in crate::planner) fn start_over(&mut self) {
        match self {
            Self::List(_) => *self = Self::Describe,
            Self::Follow(following) => following.back_to_first_page(),
            Self::Act | Self::Describe | Self::Confirm(_) => {}
        }
    }
}

impl Listing {
    pub(in crate::planner) fn begin(status: ServiceStatus) -> Self {
        Self { status, seen: Vec::new(), page: None, pages: 0 }
    }
}

impl Following {
    /// Begins to follow an operation that is so old already.
    pub(in crate::planner) fn begin(operation: OperationId, age: Duration, now: Elapsed) -> Self {
        Self { operation, since: now, older_by: age, polls: 0, page: None, pages: 0, listed: false }
    }

    /// How old the operation is.
    pub(in crate::planner) fn age(&self, now: Elapsed) -> Duration {
        now.since(self.since).saturating_add(self.older_by)
    }

    /// The next look begins at the first page.
    pub(in crate::planner) fn back_to_first_page(&mut self) {
        self.page = None;
        self.pages = 0;
    }
}
