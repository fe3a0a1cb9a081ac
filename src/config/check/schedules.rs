//! `[schedule.NAME]`.

use super::super::raw::{Named, RawSchedule, Read, Section};
use super::checker::Checker;
use super::names::{label, label_help};
use super::plan::{Planned, Timing};
use crate::schedule::{Schedule, Zone};
use crate::text::quoted;
use std::sync::Arc;
use toml::Spanned;

impl Checker<'_> {
    pub(super) fn named_schedules(&mut self, sections: Option<Vec<Named<Read<RawSchedule>>>>) {
        self.schedules_unread = sections.is_none();
        for (name, section) in sections.unwrap_or_default() {
            match section {
                Some(section) => self.named_schedule(&name, &section),
                None => drop(self.schedules.insert(name.into_inner(), None)),
            }
        }
    }

    fn named_schedule(&mut self, name: &Spanned<String>, section: &Read<RawSchedule>) {
        let label = label(name.get_ref());
        if label.is_none() {
            let message = format!("{} cannot be the name of a schedule", quoted(name.get_ref()));
            self.error(name.span(), message, label_help());
        }
        let timing = Timing::from(&section.raw);
        let planned = self.plan(&timing);
        let closed = self.closed_of(&timing);
        let zone = self.zone_for(timing.timezone, &section.span, section.faulty);
        let catch_up = section.raw.catch_up.as_ref().map(|given| self.catch_up_window(given));
        if !timing.says_when() && !section.faulty {
            let message = format!(
                "the schedule {} has neither `hours` nor `resume` nor `pause`",
                quoted(name.get_ref())
            );
            self.error(section.span.clone(), message, RawSchedule::accepts("hours"));
        }
        let schedule = match (label, planned, zone, closed) {
            (
                Some(label),
                Some(Planned { plan, places }),
                Some(Zone { zone, name: zone_name }),
                Some(closed),
            ) if !section.faulty && catch_up != Some(None) => {
                let schedule = Schedule { name: Some(label), zone, zone_name, plan, closed };
                self.look_ahead(&schedule, &places);
                Some(Arc::new(schedule))
            }
            _ => None,
        };
        self.schedules.insert(name.get_ref().clone(), schedule);
        if let Some(Some(catch_up)) = catch_up {
            self.catch_up_of_schedule.insert(name.get_ref().clone(), catch_up);
        }
        self.unused_schedules.insert(name.get_ref().clone(), name.span());
    }
}
