//! Plays rules forward to see which pauses have something to do, and which resumes none follows.

use crate::api::Action;
use crate::schedule::{Plan, Rule, Schedule};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// A pause that had nothing to do this many times is taken to never have, even if less than a year was played.
const TIMES_IN_VAIN: usize = 20;

/// A service that is resumed several times and stays awake for longer than this has days without a pause.
const LONG_AWAKE: SignedDuration = SignedDuration::from_hours(36);

/// How long a service was awake.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AwakeSpan {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// What happened to one rule while its schedule was played.
#[derive(Debug, Default)]
pub(crate) struct RulePlay {
    /// The first instant that it shares with a resume.
    pub(crate) meets_resume: Option<Timestamp>,
    /// The first time that it woke the service for long, while further resumes came and no pause.
    pub(crate) stays_awake: Option<AwakeSpan>,
    /// It came when the service was awake, and no resume was there.
    reached: bool,
    times: usize,
    saw_the_year: bool,
}

impl RulePlay {
    /// Whether it came and never had anything to do.
    pub(crate) fn is_never_reached(&self) -> bool {
        let seen_enough = self.times >= TIMES_IN_VAIN || (self.saw_the_year && self.times > 0);
        !self.reached && seen_enough
    }
}

/// Plays the rules of a schedule from one instant to another, each step of it taken from `steps`. What is seen of each
/// rule is in their order.
pub(crate) fn play_rules(
    schedule: &Schedule,
    from: Timestamp,
    until: Timestamp,
    steps: &mut usize,
) -> Vec<RulePlay> {
    let Plan::Rules(rules) = &schedule.plan else { return Vec::new() };
    let mut plays: Vec<RulePlay> = rules.iter().map(|_| RulePlay::default()).collect();
    let resumes = rules.iter().any(|(action, _)| *action == Action::Resume);
    if !resumes {
        return plays; // It is people who resume: every pause may find something to do.
    }
    let next = |(action, rule): &(Action, Arc<Rule>), after| schedule.next_of(*action, rule, after);
    let mut coming: Vec<Option<Timestamp>> = rules.iter().map(|rule| next(rule, from)).collect();
    let mut awake = schedule.asks_for(from) == Action::Resume;
    // Since when the service is awake and by which rule, once that was seen, and whether another resume came since.
    let mut since: Option<(Timestamp, usize)> = None;
    let mut resumed_again = false;
    let mut saw_the_year = false;
    loop {
        let Some(at) = coming.iter().flatten().min().copied().filter(|at| *at <= until) else {
            saw_the_year = true;
            break;
        };
        let due: Vec<usize> =
            (0..rules.len()).filter(|index| coming.get(*index) == Some(&Some(at))).collect();
        let Some(left) = steps.checked_sub(due.len()) else { break };
        *steps = left;
        let resumes = |index: &&usize| matches!(rules.get(**index), Some((Action::Resume, _)));
        let resumed_by = due.iter().find(resumes).copied();
        let resumed = resumed_by.is_some();
        match (resumed_by, since) {
            (Some(index), _) if !awake => (since, resumed_again) = (Some((at, index)), false),
            (Some(_), _) => resumed_again = true,
            (None, Some((from, index))) if awake && resumed_again && at.duration_since(from) > LONG_AWAKE => {
                if let Some(seen) = plays.get_mut(index) {
                    seen.stays_awake.get_or_insert(AwakeSpan { from, until: at });
                }
            }
            (None, _) => {}
        }
        for index in due {
            if let (Some(rule), Some(seen), Some(coming)) =
                (rules.get(index), plays.get_mut(index), coming.get_mut(index))
            {
                seen.times = seen.times.saturating_add(1);
                seen.reached |= awake && !resumed;
                if resumed {
                    seen.meets_resume.get_or_insert(at);
                }
                *coming = next(rule, at);
            }
        }
        awake = resumed;
    }
    for seen in &mut plays {
        seen.saw_the_year = saw_the_year;
    }
    plays
}
