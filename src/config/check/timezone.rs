//! `timezone`, at the top of the file and in its sections.

use super::super::raw::{RawTop, Read};
use super::checker::Checker;
use super::given::Given;
use crate::schedule::{Zone, Zones};
use crate::text::Diagnostic;
use std::ops::Range;
use toml::Spanned;

impl Checker<'_> {
    /// Takes the zone at the top of the file for all sections that name none.
    pub(super) fn zone_of_file(&mut self, top: &Read<RawTop>) {
        self.zone_of_file = match &top.raw.timezone {
            None if top.faulty => Given::Wrong,
            timezone => self.zone(timezone.as_ref()),
        };
    }

    /// The zone that a section names, else the one at the top of the file. There is no other.
    pub(super) fn zone_for(
        &mut self,
        own: Option<&Spanned<String>>,
        section: &Range<usize>,
        faulty: bool,
    ) -> Option<Zone> {
        let given = match self.zone(own) {
            Given::Absent => self.zone_of_file.clone(),
            given => given,
        };
        match given {
            Given::Right(zone) => Some(zone),
            Given::Absent if !faulty => {
                let help =
                    "write `timezone = \"Europe/Berlin\"` here, or at the top of the file for all schedules";
                self.error(section.clone(), "these rules have no time zone", help);
                None
            }
            Given::Absent | Given::Wrong => None,
        }
    }

    fn zone(&mut self, name: Option<&Spanned<String>>) -> Given<Zone> {
        let Some(name) = name else {
            return Given::Absent;
        };
        if let Some(zone) = self.zones.find(name.get_ref()) {
            if let Some(surprise) = zone.fixed_offset() {
                self.problems.warning(name.span(), surprise.message, surprise.help);
            }
            return Given::Right(zone);
        }
        // A near match costs a walk over all zones, so none is looked for when nobody will see it.
        let wrong =
            if self.problems.is_full() { Diagnostic::whole("") } else { Zones::explain(name.get_ref()) };
        self.refuse(name.get_ref(), name.span(), wrong);
        Given::Wrong
    }
}
