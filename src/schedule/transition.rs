//! A transition: one instant at which a schedule asks for an action.

use crate::api::Action;
use jiff::Timestamp;

/// One instant at which a schedule asks for an action.
///
/// Ordered by instant; at the same instant a resume counts as the later one, so it wins: a morning is worth more than
/// a night's savings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Transition {
    /// When the action is to happen.
    pub at: Timestamp,
    /// What is asked for.
    pub action: Action,
}
