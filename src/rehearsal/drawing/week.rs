//! The states of the services over time, in cells, and the counts below.

use super::failures::{Failure, Failures};
use super::fault_counts::FaultCount;
use super::rows::{Fold, Row, Rows};
use crate::api::{Action, Request, ServiceArn, ServiceStatus};
use crate::config::Config;
use crate::planner::{Change, Ending, State};
use crate::simulation::{Happening, ManualAction, Observation, Observer};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What a service is doing, as a drawing shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ServiceState {
    Asleep,
    /// It answers, or is on its way to sleep.
    Awake,
    /// It is on its way to being awake.
    Resuming,
}

/// Counts what happens in a world, from an instant until another.
#[derive(Debug)]
pub struct Week {
    /// The first instant that is counted.
    pub from: Timestamp,
    /// The instant up to which is counted.
    pub until: Timestamp,
    /// What a row stands for.
    pub fold: Fold,
    /// What is drawn, in the order from top to bottom.
    pub rows: Vec<Row>,
    /// How many occurrences ended in each way.
    pub endings: BTreeMap<Ending, u64>,
    /// How many API calls left the daemon.
    pub calls: u64,
    /// Attempts that failed and were made again.
    pub retries: u64,
    /// Milliseconds for which services were awake, added up.
    pub awake: u64,
    /// How many services there are.
    pub services: u64,
    /// What failed, or came too late.
    pub failures: Failures,
    /// What was done to the world, by its words for people.
    pub fault_counts: BTreeMap<&'static str, FaultCount>,
    tracks: BTreeMap<ServiceArn, ServiceTrack>,
}

#[derive(Debug)]
struct ServiceTrack {
    row: usize,
    state: ServiceState,
    since: Timestamp,
    /// What asked for the change that is under way.
    action: Option<Action>,
}

impl Week {
    /// Rows for the services of a file.
    pub fn new(config: &Config, from: Timestamp, until: Timestamp) -> Self {
        let Rows { fold, rows, of_services } = Rows::of(config, from, until);
        let track = |row| ServiceTrack { row, state: ServiceState::Asleep, since: from, action: None };
        let services = config.services.iter().zip(of_services);
        let tracks = services.map(|(service, row)| (service.arn.clone(), track(row))).collect();
        Self {
            from,
            until,
            fold,
            rows,
            endings: BTreeMap::new(),
            calls: 0,
            retries: 0,
            awake: 0,
            services: u64::try_from(config.services.len()).unwrap_or(u64::MAX),
            failures: Failures::default(),
            fault_counts: BTreeMap::new(),
            tracks,
        }
    }

    /// Counts what will be done to the world.
    pub fn count_faults(&mut self, happenings: &[Happening]) {
        for happening in happenings {
            let (word, count) = FaultCount::of(&happening.trouble);
            self.fault_counts.entry(word).or_default().add(count);
        }
    }

    /// How long it is, in milliseconds; never 0.
    pub fn length(&self) -> u64 {
        self.millis(self.until).max(1)
    }

    /// The time is over: what goes on is counted up to here.
    pub fn close(&mut self) {
        let arns: Vec<ServiceArn> = self.tracks.keys().cloned().collect();
        for arn in arns {
            let state = self.tracks.get(&arn).map(|track| track.state);
            self.becomes(&arn, state.unwrap_or(ServiceState::Asleep), self.until);
        }
    }

    fn becomes(&mut self, arn: &ServiceArn, state: ServiceState, at: Timestamp) {
        let Some(track) = self.tracks.get_mut(arn) else { return };
        let (before, since) = (track.state, track.since);
        let row = track.row;
        track.state = state;
        track.since = at;
        if before != ServiceState::Asleep {
            self.fill(row, before, since, at.min(self.until));
        }
    }

    /// Fills the cells between two instants.
    fn fill(&mut self, row: usize, state: ServiceState, from: Timestamp, to: Timestamp) {
        let (begin, end) = (self.millis(from), self.millis(to));
        if state == ServiceState::Awake {
            self.awake += end.saturating_sub(begin);
        }
        let Some(row) = self.rows.get_mut(row) else { return };
        for index in row.grid.cell_at(begin)..=row.grid.cell_at(end) {
            let Some(cell) = row.cells.get_mut(index) else { break };
            let bounds = row.grid.bounds(index);
            let part = bounds.end.min(end).saturating_sub(bounds.start.max(begin));
            match state {
                ServiceState::Awake => cell.awake += part,
                ServiceState::Resuming => cell.resuming += part,
                ServiceState::Asleep => {}
            }
        }
    }

    /// Milliseconds since the beginning.
    pub(super) fn millis(&self, at: Timestamp) -> u64 {
        u64::try_from(at.duration_since(self.from).as_millis()).unwrap_or(0)
    }

    fn records(&mut self, at: Timestamp, change: &Change) {
        match change.to {
            State::BackingOff => self.retries += 1,
            State::Ended(ending) => {
                *self.endings.entry(ending).or_default() += 1;
                let lost = ending == Ending::Superseded && change.action == Action::Resume;
                if lost || matches!(ending, Ending::Failed | Ending::Expired) {
                    self.fails(change, ending, at);
                }
            }
            State::Due | State::Calling | State::Tracking | State::Waiting => {}
        }
    }

    fn fails(&mut self, change: &Change, ending: Ending, at: Timestamp) {
        let millis = self.millis(at);
        let Some(number) = self.tracks.get(&change.arn).map(|track| track.row) else { return };
        let Some(row) = self.rows.get_mut(number) else { return };
        let index = row.grid.cell_at(millis);
        if let Some(cell) = row.cells.get_mut(index) {
            cell.failed += 1;
        }
        let failure = Failure {
            service: change.service.to_string(),
            zone: row.zone.clone(),
            at,
            action: change.action,
            scheduled: change.scheduled,
            ending,
            why: change.error.clone().unwrap_or_default(),
        };
        self.failures.add(failure, number);
    }

    fn asked(&mut self, arn: &ServiceArn, action: Option<Action>) {
        if let Some(track) = self.tracks.get_mut(arn) {
            track.action = action;
        }
    }

    fn enters(&mut self, arn: &ServiceArn, status: &ServiceStatus, at: Timestamp) {
        let Some(track) = self.tracks.get(arn) else { return };
        let state = match (status, track.action) {
            (ServiceStatus::Running, _) => ServiceState::Awake,
            (ServiceStatus::OperationInProgress, Some(Action::Resume)) => ServiceState::Resuming,
            (ServiceStatus::OperationInProgress, _) => track.state,
            _ => ServiceState::Asleep,
        };
        self.becomes(arn, state, at);
    }
}

impl Observer for Week {
    fn see(&mut self, at: Timestamp, observation: Observation<'_>) {
        match observation {
            Observation::Records { change, .. } => self.records(at, change),
            Observation::Calls { .. } => self.calls += 1,
            Observation::Arrives { call, operation: Some(_), .. } => {
                if let Request::Act(action) = call.request {
                    self.asked(&call.arn, Some(action));
                }
            }
            Observation::ByHand { arn, action_by_hand, .. } => {
                let action = match action_by_hand {
                    ManualAction::Resume => Some(Action::Resume),
                    ManualAction::Pause => Some(Action::Pause),
                    ManualAction::Deploy | ManualAction::Delete | ManualAction::Maintain(_) => None,
                };
                self.asked(arn, action);
            }
            Observation::Stands { arn, status } => self.enters(arn, status, at),
            _ => {}
        }
    }
}
