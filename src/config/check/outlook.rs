//! What a schedule that is right will do, and is perhaps not meant to: warnings from a look at the coming year.

use super::checker::Checker;
use super::gap::{Gap, LeftOut};
use super::plan::Places;
use super::play::{AwakeSpan, RulePlay, play_rules};
use crate::api::Action;
use crate::schedule::{Plan, Rule, Schedule, Week};
use crate::text::quoted;
use jiff::{SignedDuration, Timestamp};
use std::ops::Range;
use std::sync::Arc;

/// How far a look goes: a year, and the weeks by which clock changes and weekdays differ from one to the next.
const REACH: SignedDuration = SignedDuration::from_hours(400 * 24);

/// What it costs to ask one rule when it happens next: it may be rare, or closed time and again.
const STEPS_OF_A_RULE: usize = 20;

/// The most steps in a look at one schedule: enough for two transitions a day.
const MAX_STEPS_OF_ONE: usize = 1000;

fn only_pauses(rules: &[(Action, Arc<Rule>)]) -> bool {
    rules.iter().all(|(action, _)| *action == Action::Pause)
}

impl Checker<'_> {
    /// Warns of what a schedule will do. Once the steps are used up, the rest of the file is not looked at.
    pub(super) fn look_ahead(&mut self, schedule: &Schedule, places: &Places) {
        let Some(now) = self.context.now else {
            return;
        };
        match (&schedule.plan, places) {
            (Plan::Rules(_), Places::Rules(places)) => self.look_at_rules(schedule, places, now),
            (Plan::Hours(week), Places::Hours(places)) => self.look_at_hours(schedule, week, places, now),
            (Plan::Rules(_), Places::Hours(_)) | (Plan::Hours(_), Places::Rules(_)) => None,
        };
    }

    fn look_at_rules(&mut self, schedule: &Schedule, places: &[Range<usize>], now: Timestamp) -> Option<()> {
        let Plan::Rules(rules) = &schedule.plan else { return None };
        self.budget.take(rules.len().saturating_mul(STEPS_OF_A_RULE))?;
        if let Some(place) = places.first().filter(|_| only_pauses(rules)) {
            let help = "it stays paused until somebody resumes it: add `resume`, or write `hours`";
            self.warn(place, "nothing ever resumes the service after this pause", help);
        }
        let civil = schedule.zone.to_datetime(now);
        for ((action, rule), place) in rules.iter().zip(places) {
            if rule.next(civil, false).is_none() {
                let last =
                    rule.latest(civil).map_or_else(String::new, |last| format!(": its last time was {last}"));
                self.warn(
                    place,
                    format!("this rule never fires again{last}"),
                    "remove it, or give it a future time",
                );
                continue;
            }
            let open = schedule.open(*action, rule);
            if open.next(civil, false).is_none() {
                self.warn(
                    place,
                    "every time of this rule falls on a closed day",
                    "so it never resumes a service",
                );
                continue;
            }
            if !rule.follows_real_time() {
                self.warn_of_a_gap(schedule, place, now, |gap| gap.of_a_rule(schedule, *action, &open));
            }
        }
        let mut steps = MAX_STEPS_OF_ONE.min(self.budget.left());
        let plays = play_rules(schedule, now, now.saturating_add(REACH).ok()?, &mut steps);
        self.budget.take(MAX_STEPS_OF_ONE.min(self.budget.left()).saturating_sub(steps))?;
        for ((plays, (action, _)), place) in plays.iter().zip(rules).zip(places) {
            match action {
                Action::Pause => self.warn_of_a_pause(schedule, plays, place),
                Action::Resume => self.warn_of_staying_awake(schedule, plays, place),
            }
        }
        Some(())
    }

    fn warn_of_a_pause(&mut self, schedule: &Schedule, pause: &RulePlay, place: &Range<usize>) {
        let local = |at: Timestamp| schedule.zone.to_datetime(at).strftime("%a %F %R").to_string();
        match pause.meets_resume {
            Some(at) if pause.is_never_reached() => {
                let message = "this pause can never be reached: a resume happens at the same instant";
                self.warn(place, message, format!("the resume wins, as on {}", local(at)));
            }
            None if pause.is_never_reached() => {
                let message =
                    "this pause can never be reached: the service is already asleep whenever it comes";
                self.warn(place, message, "no resume lies between the pause before it and this one");
            }
            Some(at) => {
                let message = format!("a resume and this pause happen at the same instant, on {}", local(at));
                self.warn(place, message, "the resume wins, and the service stays awake");
            }
            None => {}
        }
    }

    fn warn_of_staying_awake(&mut self, schedule: &Schedule, resume: &RulePlay, place: &Range<usize>) {
        if let Some(AwakeSpan { from, until }) = resume.stays_awake {
            let local = |at: Timestamp| schedule.zone.to_datetime(at).strftime("%a %F %R").to_string();
            let message = format!("the service stays awake from {} to {}", local(from), local(until));
            let help =
                "there are more resumes in between, but no pause: pause on the same days, or resume on fewer";
            self.warn(place, message, help);
        }
    }

    fn look_at_hours(
        &mut self,
        schedule: &Schedule,
        week: &Week,
        places: &[(Week, Range<usize>)],
        now: Timestamp,
    ) -> Option<()> {
        self.budget.take(places.len().saturating_mul(STEPS_OF_A_RULE))?;
        for (alone, place) in places {
            let (whole, alone_hours) = (schedule.hours(week), schedule.hours(alone));
            self.warn_of_a_gap(schedule, place, now, |gap| {
                gap.of_a_window(&schedule.zone, alone_hours, whole)
            });
            if !schedule.closed.is_empty() {
                self.warn_of_a_long_window(schedule, alone, place, now);
            }
        }
        let (_, place) = places.first()?;
        if schedule.latest_at(now).is_none() {
            self.warn_of_no_beginning(schedule, place, now);
        }
        if schedule.closed.is_empty() {
            return None;
        }
        if week.is_always_awake() {
            let message = "hours that never begin keep the service awake on closed days too";
            self.warn(place, message, "write `daily 00:00-24:00` to pause it on them");
        } else if schedule.closed.next_open(schedule.zone.to_datetime(now).date()).is_none() {
            self.warn(place, "every coming day is closed", "so these hours never resume a service");
        }
        Some(())
    }

    /// Hours without a gap never begin, so they resume nothing.
    fn warn_of_no_beginning(&mut self, schedule: &Schedule, place: &Range<usize>, now: Timestamp) {
        let begins = schedule.after(now).take(2).find(|next| next.action == Action::Resume);
        let until = begins.map_or_else(String::new, |begins| {
            format!(" before {}", schedule.zone.to_datetime(begins.at).strftime("%a %F"))
        });
        let message = format!("these hours never begin{until}, so they never resume a paused service");
        self.warn(place, message, "`reveille resume` resumes it once");
    }

    /// A closed day takes the whole of a window that begins on it, which surprises where the window goes on for days.
    fn warn_of_a_long_window(
        &mut self,
        schedule: &Schedule,
        week: &Week,
        place: &Range<usize>,
        now: Timestamp,
    ) {
        let Some(longest) = week.longest().filter(|window| window.is_longer_than_a_day()) else {
            return;
        };
        let end = now.saturating_add(REACH).unwrap_or(now);
        let (today, end) = (schedule.zone.to_datetime(now).date(), schedule.zone.to_datetime(end).date());
        let closed = std::iter::successors(schedule.closed.next_closed(today), |day| {
            schedule.closed.next_closed(day.tomorrow().ok()?)
        });
        let mut closed = closed.take_while(|day| *day <= end);
        if week.is_always_awake() {
            return;
        }
        if let Some(day) = closed.find(|day| longest.begins_on(*day)) {
            let set = schedule.closed.set_of(day).map(|set| quoted(&set.name)).unwrap_or_default();
            let message =
                format!("{} is closed ({set}), so all of this window is skipped", day.strftime("%a %F"));
            let help =
                "to be awake on the days after it, write a window for each day, as in `daily 00:00-24:00`";
            self.warn(place, message, help);
        }
    }

    /// Warns when one of the coming clock changes leaves a local time out.
    fn warn_of_a_gap(
        &mut self,
        schedule: &Schedule,
        place: &Range<usize>,
        now: Timestamp,
        time_in: impl Fn(&Gap) -> Option<LeftOut>,
    ) {
        let end = now.saturating_add(REACH).unwrap_or(now);
        if let Some(LeftOut { time, instead }) =
            Gap::coming(&schedule.zone, now, end).find_map(|gap| time_in(&gap))
        {
            let message = format!(
                "{} does not exist on {} in {}, when the clock goes forward",
                time.strftime("%R"),
                time.strftime("%a %F"),
                schedule.zone_name
            );
            self.warn(place, message, instead);
        }
    }

    fn warn(&mut self, place: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problems.warning(place.clone(), message, help.into());
    }

    /// Warns of what no service follows. A file with errors may only seem to leave it out.
    pub(super) fn warn_of_the_unused(&mut self) {
        if self.problems.errors() > 0 {
            return;
        }
        for (name, place) in std::mem::take(&mut self.unused_schedules) {
            let message = format!("no service follows the schedule {}", quoted(&name));
            self.warn(
                &place,
                message,
                format!("write `schedule = \"{name}\"` in a `[[service]]`, or remove it"),
            );
        }
        for (name, place) in std::mem::take(&mut self.unused_closed) {
            let message = format!("no schedule has the closed days {}", quoted(&name));
            self.warn(
                &place,
                message,
                format!("write `closed = [\"{name}\"]` in a schedule, or remove them"),
            );
        }
    }
}
