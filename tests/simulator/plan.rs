//! A whole run of the simulator, made from one seed: services, days, and everything that happens to them.

use super::draft::{Draft, MOST_SERVICES};
use jiff::{SignedDuration, Timestamp};
use reveille::api::Action;
use reveille::config::{Config, Service};
use reveille::emulator::Already;
use reveille::schedule::Transition;
use reveille::simulation::{Boundary, Happening, LedgerLoss, Timing, Trouble, chance, part_of, pick};
use std::sync::Arc;
use std::time::Duration;

/// The most days of trouble.
const MOST_DAYS: u32 = 3;

/// The most things that happen in a run.
const MOST_HAPPENINGS: usize = 24;

/// The most things of one kind that happen in a row, and within how long each follows the one before.
const MOST_IN_A_ROW: u8 = 4;
const SOON: Duration = Duration::from_mins(5);

/// A pause may still be on its way when a resume comes so soon after it.
const NEAR_EDGES: SignedDuration = SignedDuration::from_secs(60);

/// Days on which runs begin: an ordinary Wednesday, and days before clocks change.
const BEGINNINGS: [Timestamp; 5] = [
    Timestamp::constant(1_772_582_400, 0), // 2026-03-04
    Timestamp::constant(1_774_656_000, 0), // 2026-03-28, before Europe's spring
    Timestamp::constant(1_772_841_600, 0), // 2026-03-07, before America's spring
    Timestamp::constant(1_792_800_000, 0), // 2026-10-24, before Europe's autumn
    Timestamp::constant(1_767_139_200, 0), // 2025-12-31
];

/// Everything about a run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What it was made from.
    pub(crate) seed: u64,
    /// The file at the beginning, as text.
    pub(crate) file: String,
    /// The same, checked.
    pub(crate) config: Config,
    /// How the world goes by itself.
    pub(crate) timing: Timing,
    /// When it begins.
    pub(crate) start: Timestamp,
    /// When all trouble ends.
    pub(crate) recovery: Timestamp,
    /// What happens.
    pub(crate) happenings: Vec<Happening>,
}

/// What is left out of a plan, to find the smallest that still fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// How many services there are, from the first.
    pub(crate) services: usize,
    /// After how many hours all faults end, at the latest.
    pub(crate) hours: u32,
    /// The numbers of the happenings that are left.
    pub(crate) happenings: Vec<usize>,
}

impl Plan {
    /// The plan of a seed. The same on every machine.
    ///
    /// # Errors
    ///
    /// When the file that was made up is wrong, which is a bug of this room.
    pub(crate) fn from_seed(seed: u64) -> Result<Self, String> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let rng = &mut rng;
        let mut draft = Draft::new(rng);
        let file = draft.text();
        let config = draft.config()?;
        let start = pick(rng, &BEGINNINGS).unwrap_or(Timestamp::UNIX_EPOCH);
        let start = chance::later(start, part_of(Duration::from_hours(24), rng));
        let timing = timing(rng);
        let days = rng.u32(1..=MOST_DAYS);
        let recovery = chance::later(start, Duration::from_hours(u64::from(days).saturating_mul(24)));
        let moments = chance::moments(&config, start, recovery);
        let mut happenings = Vec::new();
        let mut edit = |rng: &mut fastrand::Rng| {
            draft = draft.edited(rng);
            draft.config()
        };
        for _ in 0..rng.usize(..=MOST_HAPPENINGS) {
            let mut at = chance::moment(rng, &moments, start, recovery);
            let kind = chance::kind(rng);
            // What happens once may happen again before the first time is over.
            let times = if rng.u8(..4) == 0 { rng.u8(2..=MOST_IN_A_ROW) } else { 1 };
            for _ in 0..times {
                happenings
                    .push(Happening { at, trouble: chance::trouble(rng, kind, &config, Some(&mut edit))? });
                at = chance::later(at, chance::length(rng).min(SOON));
            }
        }
        happenings.extend(crashes_between_near_edges(&config, &timing, start, recovery, rng));
        happenings.retain(|happening| happening.at < recovery);
        happenings.sort_by_key(|happening| happening.at);
        Ok(Self { seed, file, config, timing, start, recovery, happenings })
    }

    /// The whole of it.
    pub(crate) fn whole(&self) -> Cut {
        let hours = self.recovery.duration_since(self.start).as_hours();
        Cut {
            services: MOST_SERVICES,
            hours: u32::try_from(hours).unwrap_or(0),
            happenings: (0..self.happenings.len()).collect(),
        }
    }

    /// What is left of it.
    #[must_use]
    pub(crate) fn cut(&self, cut: &Cut) -> Self {
        let mut plan = self.clone();
        plan.config.services.truncate(cut.services);
        let hours = Duration::from_hours(cut.hours.into());
        plan.recovery = chance::later(plan.start, hours).min(self.recovery);
        let all = std::mem::take(&mut plan.happenings).into_iter().enumerate();
        plan.happenings = all
            .filter(|(number, happening)| cut.happenings.contains(number) && happening.at < plan.recovery)
            .map(|(_, mut happening)| {
                if let Trouble::Reload(config) | Trouble::Crash { edited: Some(config), .. } =
                    &mut happening.trouble
                {
                    Arc::make_mut(config).services.truncate(cut.services);
                }
                happening
            })
            .collect();
        plan
    }
}

fn timing(rng: &mut fastrand::Rng) -> Timing {
    let (seconds, millis) = (Duration::from_secs, Duration::from_millis);
    let shortest = pick(rng, &[0, 10, 1_000, 20_000, 60_000]).unwrap_or(1_000);
    let longest = pick(rng, &[20, 1_000, 30_000, 90_000, 300_000]).unwrap_or(1_000);
    Timing {
        operation: (millis(shortest), millis(longest.max(shortest))),
        stuck_per_mille: pick(rng, &[0, 0, 30]).unwrap_or(0),
        stuck_for: pick(rng, &[Duration::from_mins(30), Duration::from_hours(6)]).unwrap_or_default(),
        way: pick(rng, &[Duration::ZERO, Duration::from_millis(200), seconds(8)]).unwrap_or_default(),
        lost_per_mille: pick(rng, &[0, 0, 20, 150]).unwrap_or(0),
        oversleeps: pick(rng, &[Duration::ZERO, Duration::from_millis(5), seconds(30)]).unwrap_or_default(),
        listed_late_by: seconds(pick(rng, &[0, 0, 3, 60, 100]).unwrap_or(0)),
        already: if rng.bool() { Already::Refuses } else { Already::Accepts },
    }
}

/// Crashes while a pause may still be on its way and the resume after it has begun: the next process learns of the resume
/// from the ledger, and of the pause from nobody. So rare by chance that they are made; most where calls are often lost.
fn crashes_between_near_edges(
    config: &Config,
    timing: &Timing,
    start: Timestamp,
    recovery: Timestamp,
    rng: &mut fastrand::Rng,
) -> Vec<Happening> {
    const MOST: usize = 40;
    let of = |service: &Service| {
        let transitions: Vec<Transition> = service.schedule.after(start).take(MOST).collect();
        let near = transitions.windows(2).filter_map(|pair| {
            let [pause, resume] = pair else { return None };
            let is_near = resume.at.duration_since(pause.at) <= NEAR_EDGES;
            (is_near && pause.action == Action::Pause && resume.at < recovery).then_some(resume.at)
        });
        near.collect::<Vec<_>>()
    };
    let edges = config.services.iter().flat_map(of).collect::<Vec<_>>();
    let one_in = if timing.lost_per_mille > 0 { 2 } else { 6 };
    let mut crashes = Vec::new();
    for edge in edges {
        if rng.u8(..one_in) == 0 {
            let boundary = Boundary::AfterCalls(rng.usize(..3));
            let down = part_of(Duration::from_secs(10), rng);
            let trouble = Trouble::Crash { boundary, down, ledger: LedgerLoss::None, edited: None };
            crashes
                .push(Happening { at: chance::later(edge, part_of(Duration::from_secs(30), rng)), trouble });
        }
    }
    crashes
}
