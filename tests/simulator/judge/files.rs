//! What the files say of a service: the one in force, and those before it.

use super::tolerances::{IN_GOOD_TIME, LATE_PAUSE, MAY_BE_LEFT_OUT, NEAR_RESUME};
use jiff::{SignedDuration, Timestamp};
use reveille::api::{Action, Now};
use reveille::config::{OnManualChange, Service};
use reveille::schedule::Transition;
use std::time::Duration;

/// A pause is owed for so long, whatever the file says of resumes.
const PAUSE_OWED: Duration = Duration::from_hours(31 * 24);

/// How many transitions are gone back to find a resume that was missed.
const STEPS_BACK: usize = 50;

/// What files say of one service.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// The file in force, if it has the service.
    in_force: Option<Service>,
    /// Earlier files, the latest last.
    former: Vec<Service>,
}

impl Files {
    /// A file comes into force that has the service.
    pub(crate) fn follow(&mut self, service: Service) {
        self.in_force = Some(service);
    }

    /// The file is in force no more; whether it had the service.
    pub(crate) fn retire(&mut self) -> bool {
        let Some(service) = self.in_force.take() else { return false };
        if self.former.last() != Some(&service) {
            self.former.push(service);
        }
        true
    }

    /// What the file in force says, if it has the service.
    pub(crate) fn in_force(&self) -> Option<&Service> {
        self.in_force.as_ref()
    }

    /// Whether there were others before.
    pub(crate) fn were_edited(&self) -> bool {
        !self.former.is_empty()
    }

    /// The latest that has the service.
    pub(crate) fn latest(&self) -> Option<&Service> {
        self.in_force.as_ref().or(self.former.last())
    }

    /// Whether one of them is like this.
    pub(crate) fn any(&self, is: impl Fn(&Service) -> bool) -> bool {
        self.in_force.iter().chain(&self.former).any(is)
    }

    /// Whether the schedule of one of them has this transition.
    pub(crate) fn have(&self, transition: Transition) -> bool {
        self.any(|service| service.schedule.latest_at(transition.at) == Some(transition))
    }

    /// Whether people's changes were always left alone.
    pub(crate) fn respect_people(&self) -> bool {
        !self.any(|service| service.on_manual_change == OnManualChange::Enforce)
    }

    /// The resumes between this transition and the pause that is due now, the latest first, where the file is the same.
    pub(crate) fn missed_since(&self, begun: Transition, wall: Timestamp) -> Vec<Transition> {
        let unchanged = self.in_force.as_ref().filter(|service| self.former.last() == Some(*service));
        let Some(service) = unchanged else { return Vec::new() };
        let latest = service.schedule.latest_at(wall).filter(|latest| latest.action == Action::Pause);
        let back = std::iter::successors(latest, |later| latest_before(service, later.at)).take(STEPS_BACK);
        let back = back.take_while(|earlier| earlier.at > begun.at);
        back.filter(|earlier| earlier.action == Action::Resume).collect()
    }

    /// The next resume, where this is a pause that is late and near to it, by the file in force.
    pub(crate) fn morning_delayed_by(&self, transition: Transition, wall: Timestamp) -> Option<Transition> {
        let service = self.in_force.as_ref().filter(|_| transition.action == Action::Pause)?;
        let next = service.schedule.after(wall.max(transition.at)).next()?;
        let is_late = wall.duration_since(transition.at) > LATE_PAUSE;
        let is_near = next.at.duration_since(wall) < NEAR_RESUME;
        (is_late && is_near && next.action == Action::Resume).then_some(next)
    }

    /// Whether something else is asked for instead of this by now.
    pub(crate) fn ask_for_another(&self, transition: Transition, now: Now) -> bool {
        let of = |service: &Service| {
            let enforced = service.on_manual_change == OnManualChange::Enforce;
            let latest = service.schedule.latest_at(now.wall);
            // The hours of another file last on beyond the end that was due.
            let lasts_on = transition.action == Action::Pause
                && latest.is_some_and(|latest| latest.action == Action::Resume);
            let is_later = latest.is_some_and(|latest| latest.at >= transition.at && latest != transition);
            enforced || lasts_on || is_later
        };
        // A pause of a service that has left the file is left undone.
        let has_left = self.in_force.is_none() && transition.action == Action::Pause;
        has_left || self.in_force.as_ref().is_some_and(of)
    }

    /// Whether this is not worth doing any more.
    pub(crate) fn window_has_closed(&self, transition: Transition, now: Now) -> bool {
        let Some(service) = self.latest() else { return false };
        let late = now.wall.duration_since(transition.at);
        let next = || service.schedule.after(now.wall.max(transition.at)).next();
        let would_delay = transition.action == Action::Pause
            && late >= MAY_BE_LEFT_OUT
            && next().is_some_and(|next| {
                next.action == Action::Resume && next.at.duration_since(now.wall) <= IN_GOOD_TIME
            });
        !late.is_negative() && (would_delay || late.unsigned_abs() >= window(service, transition.action))
    }
}

/// The latest transition before an instant.
pub(crate) fn latest_before(service: &Service, at: Timestamp) -> Option<Transition> {
    let just_before = at.saturating_sub(SignedDuration::from_nanos(1)).ok()?;
    service.schedule.latest_at(just_before)
}

/// How long a transition is worth doing.
pub(crate) fn window(service: &Service, action: Action) -> Duration {
    match action {
        Action::Resume => service.catch_up,
        Action::Pause => service.catch_up.max(PAUSE_OWED),
    }
}
