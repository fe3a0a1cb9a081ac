//! One run of the simulator, and the search for the smallest one that fails.

use super::judge::tolerances::IN_GOOD_TIME;
use super::judge::{Findings, Judge};
use super::plan::{Cut, Plan};
use jiff::{SignedDuration, Timestamp};
use reveille::config::Config;
use reveille::simulation::World;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long the world runs without faults at least: every schedule that fires daily fires once.
const RECOVERY: Duration = Duration::from_hours(26);

/// How many times the end is put off because a transition is near.
const MOST_PUT_OFF: u32 = 200;

/// What came of a run.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// What was wrong.
    pub(crate) violations: Vec<String>,
    /// All that was seen, where it was asked for.
    pub(crate) trace: Vec<String>,
    /// The kinds of trouble that were seen, and how occurrences ended.
    pub(crate) tried: BTreeSet<String>,
}

/// Plays a plan to its end, and judges it.
pub(crate) fn play(plan: &Plan) -> Outcome {
    play_and_tell(plan, false)
}

/// The same; with `traces`, all that is seen is told.
pub(crate) fn play_and_tell(plan: &Plan, traces: bool) -> Outcome {
    let judge = Judge::new(plan.timing.listed_late_by, traces);
    let mut world = World::new(plan.config.clone(), plan.timing.clone(), plan.start, plan.seed, judge);
    world.put_services();
    for happening in &plan.happenings {
        world.let_happen(happening.at, happening.trouble.clone());
    }
    world.start();
    world.run_until(plan.recovery);
    while let Some(until) = world.stands_still_until() {
        world.run_until(until);
    }
    world.end_all_faults();
    let recovery = world.now();
    let end = quiet_end(world.config(), recovery);
    world.run_until(end);
    Judge::judge_the_end(&mut world, recovery);
    let Judge { findings: Findings { violations, trace, .. }, tried, .. } = world.observer;
    Outcome { violations, trace, tried: tried.kinds }
}

/// An instant at which nothing has been due for a while, for it is judged what has ended.
fn quiet_end(config: &Config, recovery: Timestamp) -> Timestamp {
    let mut end = recovery.saturating_add(RECOVERY).unwrap_or(recovery);
    for _ in 0..MOST_PUT_OFF {
        let latest = config.services.iter().filter_map(|service| service.schedule.latest_at(end)).max();
        let quiet = latest.is_none_or(|latest| end.duration_since(latest.at) > IN_GOOD_TIME);
        if quiet {
            return end;
        }
        end = end.saturating_add(SignedDuration::from_mins(3)).unwrap_or(end);
    }
    end
}

/// Makes a plan that fails smaller while it still fails: fewer services, fewer hours, fewer happenings.
pub(crate) fn shrink(plan: &Plan) -> Cut {
    let mut cut = plan.whole();
    let fails = |cut: &Cut| !play(&plan.cut(cut)).violations.is_empty();
    loop {
        let smaller = candidates(&cut).into_iter().find(fails);
        match smaller {
            Some(smaller) => cut = smaller,
            None => return cut,
        }
    }
}

/// The cuts that leave out one thing more, the large ones first.
fn candidates(cut: &Cut) -> Vec<Cut> {
    let mut candidates = Vec::new();
    for hours in [cut.hours.div_euclid(2), cut.hours.saturating_sub(1)] {
        if (1..cut.hours).contains(&hours) {
            candidates.push(Cut { hours, ..cut.clone() });
        }
    }
    if cut.services > 1 {
        candidates.push(Cut { services: cut.services.saturating_sub(1), ..cut.clone() });
    }
    let all = &cut.happenings;
    let half = all.len().div_ceil(2);
    for part in [all.get(..half), all.get(half..)].into_iter().flatten() {
        if !part.is_empty() && part.len() < all.len() {
            candidates.push(Cut { happenings: part.to_vec(), ..cut.clone() });
        }
    }
    for left_out in all {
        let happenings = all.iter().copied().filter(|number| number != left_out).collect();
        candidates.push(Cut { happenings, ..cut.clone() });
    }
    candidates
}
