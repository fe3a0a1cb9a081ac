//! The transitions of all services, in order.

use crate::api::Action;
use crate::cli::beginning::Beginning;
use crate::config::Service;
use crate::schedule::{Note, Schedule, Transition};
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

/// A coming transition of one service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occurrence<'a> {
    pub(super) at: Timestamp,
    pub(super) action: Action,
    pub(super) service: &'a Service,
}

impl Occurrence<'_> {
    pub(super) fn notes(&self) -> Vec<String> {
        let notes = self.service.schedule.notes(Transition { at: self.at, action: self.action });
        notes.iter().map(Note::to_string).collect()
    }
}

/// The transitions of all services in order; those at one instant in the order of the file.
///
/// The heap holds schedules, not services: many services share one, and it is asked once for all of them.
pub(super) struct Coming<'a> {
    services: &'a [Service],
    /// The different schedules, each with its services' places in the file.
    schedules: Vec<(&'a Schedule, Vec<usize>)>,
    /// The next transition of each schedule.
    heap: BinaryHeap<Reverse<(Timestamp, usize, Action)>>,
    /// What is due at the instant that the heap has come to.
    due: VecDeque<Occurrence<'a>>,
}

impl<'a> Coming<'a> {
    pub(super) fn from(services: &'a [Service], from: Beginning) -> Self {
        let mut schedules: Vec<(&Schedule, Vec<usize>)> = Vec::new();
        // The addresses tell schedules apart; their order reaches nothing.
        let mut known: BTreeMap<*const Schedule, usize> = BTreeMap::new();
        for (place, service) in services.iter().enumerate() {
            let index = *known.entry(Arc::as_ptr(&service.schedule)).or_insert(schedules.len());
            match schedules.get_mut(index) {
                Some((_, places)) => places.push(place),
                None => schedules.push((&service.schedule, vec![place])),
            }
        }
        let first = schedules.iter().enumerate();
        let heap = first
            .filter_map(|(index, (schedule, _))| entry(schedule, index, after(from, schedule)))
            .collect();
        Self { services, schedules, heap, due: VecDeque::new() }
    }

    /// Takes every schedule that has a transition at the earliest instant.
    fn advance(&mut self) -> Option<()> {
        let Reverse((at, ..)) = *self.heap.peek()?;
        let mut due: Vec<(usize, Action)> = Vec::new();
        while let Some(Reverse((next, index, action))) = self.heap.peek().copied()
            && next == at
        {
            self.heap.pop();
            if let Some((schedule, places)) = self.schedules.get(index) {
                due.extend(places.iter().map(|place| (*place, action)));
                self.heap.extend(entry(schedule, index, at));
            }
        }
        due.sort_unstable_by_key(|(place, _)| *place);
        let occurrences = due.into_iter().filter_map(|(place, action)| {
            self.services.get(place).map(|service| Occurrence { at, action, service })
        });
        self.due.extend(occurrences);
        Some(())
    }
}

/// The instant after which a schedule's transitions come. A date has those of its first moment, too.
fn after(from: Beginning, schedule: &Schedule) -> Timestamp {
    let begins = from.instant(schedule.time_zone());
    match from {
        Beginning::Instant(_) => begins,
        Beginning::Day(_) => begins.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(begins),
    }
}

fn entry(schedule: &Schedule, index: usize, after: Timestamp) -> Option<Reverse<(Timestamp, usize, Action)>> {
    schedule.next_after(after).map(|next| Reverse((next.at, index, next.action)))
}

impl<'a> Iterator for Coming<'a> {
    type Item = Occurrence<'a>;

    fn next(&mut self) -> Option<Occurrence<'a>> {
        if self.due.is_empty() {
            self.advance()?;
        }
        self.due.pop_front()
    }
}
