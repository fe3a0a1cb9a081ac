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
    /// Each resume of the schedule has come at least once.
    saw_the_resumes: bool,
    saw_the_year: bool,
}

impl RulePlay {
    /// Whether it came and never had anything to do.
    pub(crate) fn is_never_reached(&self) -> bool {
        let seen_enough =
            (self.saw_the_resumes && self.times >= TIMES_IN_VAIN) || (self.saw_the_year && self.times > 0);
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
    let mut playback = Playback::begin(schedule, rules, from);
    if !rules.iter().any(|(action, _)| *action == Action::Resume) {
        return playback.plays; // It is people who resume: every pause may find something to do.
    }
    let mut saw_the_year = true;
    while let Some((at, due)) = playback.next(until) {
        let Some(left) = steps.checked_sub(due.len()) else {
            saw_the_year = false;
            break;
        };
        *steps = left;
        playback.step(at, &due);
    }
    playback.end(saw_the_year)
}

/// The rules of a schedule while they are played.
struct Playback<'a> {
    schedule: &'a Schedule,
    rules: &'a [(Action, Arc<Rule>)],
    /// What was seen of each rule.
    plays: Vec<RulePlay>,
    /// When each rule happens next.
    coming: Vec<Option<Timestamp>>,
    awake: bool,
    /// Since when the service is awake and by which rule, once that was seen.
    since: Option<(Timestamp, usize)>,
    /// Whether another resume came since.
    resumed_again: bool,
}

impl<'a> Playback<'a> {
    fn begin(schedule: &'a Schedule, rules: &'a [(Action, Arc<Rule>)], from: Timestamp) -> Self {
        Self {
            schedule,
            rules,
            plays: rules.iter().map(|_| RulePlay::default()).collect(),
            coming: rules.iter().map(|(action, rule)| schedule.next_of(*action, rule, from)).collect(),
            awake: schedule.latest_at(from).is_none_or(|latest| latest.action == Action::Resume),
            since: None,
            resumed_again: false,
        }
    }

    /// The next instant at which rules happen, and which of them.
    fn next(&self, until: Timestamp) -> Option<(Timestamp, Vec<usize>)> {
        let at = self.coming.iter().flatten().min().copied().filter(|at| *at <= until)?;
        let due = self.coming.iter().enumerate().filter(|(_, coming)| **coming == Some(at));
        Some((at, due.map(|(index, _)| index).collect()))
    }

    fn step(&mut self, at: Timestamp, due: &[usize]) {
        let resumes = |index: &&usize| matches!(self.rules.get(**index), Some((Action::Resume, _)));
        let resumed_by = due.iter().find(resumes).copied();
        self.follow_awake_span(at, resumed_by);
        for index in due {
            self.note(*index, at, resumed_by.is_some());
        }
        self.awake = resumed_by.is_some();
    }

    fn end(mut self, saw_the_year: bool) -> Vec<RulePlay> {
        let resumes = self.rules.iter().zip(&self.plays).filter(|((action, _), _)| *action == Action::Resume);
        let saw_the_resumes = resumes.map(|(_, play)| play.times).all(|times| times > 0);
        for play in &mut self.plays {
            (play.saw_the_resumes, play.saw_the_year) = (saw_the_resumes, saw_the_year);
        }
        self.plays
    }

    fn follow_awake_span(&mut self, at: Timestamp, resumed_by: Option<usize>) {
        match (resumed_by, self.since) {
            (Some(index), _) if !self.awake => (self.since, self.resumed_again) = (Some((at, index)), false),
            (Some(_), _) => self.resumed_again = true,
            (None, Some((from, index)))
                if self.awake && self.resumed_again && at.duration_since(from) > LONG_AWAKE =>
            {
                if let Some(play) = self.plays.get_mut(index) {
                    play.stays_awake.get_or_insert(AwakeSpan { from, until: at });
                }
            }
            (None, _) => {}
        }
    }

    /// Notes that a rule happens, and looks up when it does next.
    fn note(&mut self, index: usize, at: Timestamp, resumed: bool) {
        let (Some((action, rule)), Some(play), Some(coming)) =
            (self.rules.get(index), self.plays.get_mut(index), self.coming.get_mut(index))
        else {
            return;
        };
        play.times = play.times.saturating_add(1);
        play.reached |= self.awake && !resumed;
        if resumed {
            play.meets_resume.get_or_insert(at);
        }
        *coming = self.schedule.next_of(*action, rule, at);
    }
}
