//! The rows of a drawing: who shares one, and in which order they stand.

use super::closed::{Closed, closed_days};
use super::grid::Grid;
use crate::config::{Config, Service};
use crate::schedule::Schedule;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Up to so many services have a row each. More are folded to a row for each schedule, and where there are more
/// schedules than this, to a row for each zone.
pub const MOST_ROWS: usize = 60;

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// One service: its label is the service's.
    Service,
    /// The services of a schedule, or all in one zone that bring rules of their own.
    Schedule,
    /// The services in a zone.
    Zone,
}

/// A stretch of time of one row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cell {
    /// Milliseconds for which its services were awake, added up.
    pub awake: u64,
    /// Milliseconds for which resumes were under way, added up.
    pub resuming: u64,
    /// How many occurrences failed, or came too late.
    pub failed: u32,
}

/// One row: a service, or all the services of a schedule or a zone.
#[derive(Debug)]
pub struct Row {
    /// What stands to the left of it, with the number of services where there are several.
    pub name: String,
    /// The zone in which its days are counted.
    pub zone: TimeZone,
    /// The name of that zone, as in the file.
    pub zone_name: Arc<str>,
    /// How many services it stands for.
    pub services: u64,
    /// How its time is divided.
    pub grid: Arc<Grid>,
    /// The time, from the beginning.
    pub cells: Vec<Cell>,
    /// The dates on which its schedules are closed, in order.
    pub closed: Vec<Closed>,
}

/// The rows of a file's services.
pub(super) struct Rows {
    pub(super) fold: Fold,
    pub(super) rows: Vec<Row>,
    /// The row of each service, in the order of the file.
    pub(super) of_services: Vec<usize>,
}

impl Rows {
    pub(super) fn of(config: &Config, from: Timestamp, until: Timestamp) -> Self {
        let fold = fold(&config.services);
        let mut rows: Vec<Row> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut of_services = Vec::with_capacity(config.services.len());
        let mut schedules: Vec<Vec<&Schedule>> = Vec::new();
        // The addresses tell schedules apart; their order reaches nothing.
        let mut seen: BTreeSet<(usize, *const Schedule)> = BTreeSet::new();
        let mut grids: BTreeMap<&str, Arc<Grid>> = BTreeMap::new();
        for service in &config.services {
            let row = *known.entry(key(service, fold)).or_insert(rows.len());
            if row == rows.len() {
                let grid = grids
                    .entry(service.schedule.time_zone_name())
                    .or_insert_with(|| Arc::new(Grid::new(from, until, service.schedule.time_zone())));
                rows.push(Row::of(service, fold, Arc::clone(grid)));
                schedules.push(Vec::new());
            }
            if let Some(row) = rows.get_mut(row) {
                row.services += 1;
            }
            of_services.push(row);
            if seen.insert((row, Arc::as_ptr(&service.schedule)))
                && let Some(schedules) = schedules.get_mut(row)
            {
                schedules.push(&service.schedule);
            }
        }
        for (row, schedules) in rows.iter_mut().zip(&schedules) {
            row.closed = closed_days(schedules, from, until);
            if fold != Fold::Service {
                row.name = row.counted(fold);
            }
        }
        Self { fold, rows, of_services }
    }
}

impl Row {
    fn of(service: &Service, fold: Fold, grid: Arc<Grid>) -> Self {
        let schedule = &service.schedule;
        let name = match fold {
            Fold::Service => service.name.to_string(),
            Fold::Schedule => schedule.name().unwrap_or("rules of their own").to_owned(),
            Fold::Zone => String::new(),
        };
        Self {
            name,
            zone: schedule.time_zone().clone(),
            zone_name: schedule.time_zone_name().into(),
            services: 0,
            cells: vec![Cell::default(); grid.cells()],
            grid,
            closed: Vec::new(),
        }
    }

    /// The label with the number of services.
    fn counted(&self, fold: Fold) -> String {
        match (fold, self.services) {
            (Fold::Zone, 1) => "1 service".to_owned(),
            (Fold::Zone, count) => format!("{count} services"),
            (Fold::Service | Fold::Schedule, count) => format!("{} ({count})", self.name),
        }
    }
}

/// The rows of each zone: zones in the order in which they first appear, and rows in theirs.
pub(super) fn by_zone(rows: &[Row]) -> Vec<Vec<&Row>> {
    let mut zones: Vec<Vec<&Row>> = Vec::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let zone = *known.entry(&row.zone_name).or_insert(zones.len());
        match zones.get_mut(zone) {
            Some(zone) => zone.push(row),
            None => zones.push(vec![row]),
        }
    }
    zones
}

fn fold(services: &[Service]) -> Fold {
    if services.len() <= MOST_ROWS {
        return Fold::Service;
    }
    let schedules: BTreeSet<String> = services.iter().map(|service| key(service, Fold::Schedule)).collect();
    if schedules.len() <= MOST_ROWS { Fold::Schedule } else { Fold::Zone }
}

/// Services with the same key share a row.
fn key(service: &Service, fold: Fold) -> String {
    let zone = service.schedule.time_zone_name();
    match fold {
        Fold::Service => service.arn.to_string(),
        Fold::Schedule => {
            service.schedule.name().map_or_else(|| format!("in {zone}"), |name| format!("by {name}"))
        }
        Fold::Zone => zone.to_owned(),
    }
}
