//! A rehearsal: a file, played from an instant on, with as much trouble as is asked for.

use super::nature::Nature;
use super::observer::Observer;
use super::plan;
use super::trouble::{Deed, Happening, Trouble};
use super::world::World;
use crate::emulator::Effect;
use crate::schedule::Config;
use jiff::Timestamp;
use std::time::Duration;

/// How much goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// Nothing.
    None,
    /// What happens in an ordinary week: a throttled call, a lost reply, a deployment, maintenance, a failed operation.
    Some,
    /// What happens in a very bad one: outages, crashes, clocks that step, people who pull in another direction.
    Storm,
}

/// What is to be played.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// The file.
    pub config: Config,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// How fast things go.
    pub nature: Nature,
    /// How much goes wrong.
    pub faults: Faults,
    /// What everything random comes from.
    pub seed: u64,
}

/// One stretch of a rehearsal, after which its progress is told.
const STRETCH: Duration = Duration::from_hours(1);

impl Rehearsal {
    /// Plays it. The daemon in it has been running before: what was due before the beginning is settled. After each
    /// hour, `progress` is told how far the rehearsal is, and whether it is to go on.
    pub fn play<O: Observer>(self, observer: O, mut progress: impl FnMut(&O, Timestamp) -> bool) -> O {
        let Self { config, from, until, nature, faults, seed } = self;
        let happenings = troubles(&config, from, until, faults, seed);
        let mut world = World::new(config, nature, from, seed, observer);
        world.put_services();
        world.settle_the_past();
        for Happening { at, trouble } in happenings {
            world.let_happen(at, trouble);
        }
        world.start();
        while world.now() < until {
            let next = world.now().saturating_add(STRETCH).unwrap_or(until).min(until);
            world.run_until(next);
            if !progress(&world.observer, next) {
                break;
            }
        }
        world.observer
    }
}

/// What goes wrong, and when.
fn troubles(config: &Config, from: Timestamp, until: Timestamp, faults: Faults, seed: u64) -> Vec<Happening> {
    let a_day = match faults {
        Faults::None => return Vec::new(),
        Faults::Some => 2,
        Faults::Storm => 12,
    };
    // Another sequence than the world's own.
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x9e37_79b9_7f4a_7c15);
    let days = until.duration_since(from).as_hours().div_euclid(24).max(1);
    let days = usize::try_from(days).unwrap_or(1);
    let crowd = config.services.len().div_euclid(20).saturating_add(1);
    let count = days.saturating_mul(a_day).saturating_mul(crowd);
    let moments = plan::moments(config, from, until);
    let made = (0..count).filter_map(|_| {
        let at = plan::moment(&mut rng, &moments, from, until);
        let trouble = plan::trouble(&mut rng, config).ok()?;
        suits(&trouble, faults).then_some(Happening { at, trouble })
    });
    let mut happenings: Vec<Happening> = made.collect();
    happenings.sort_by_key(|happening| happening.at);
    happenings
}

/// Whether it belongs into a rehearsal with so much trouble. The file stays, and so do the services.
fn suits(trouble: &Trouble, faults: Faults) -> bool {
    match trouble {
        Trouble::Reload(_) | Trouble::ByHand { deed: Deed::Delete, .. } => false,
        // An operation without an end is no matter of an ordinary week.
        Trouble::Fault(fault) => {
            faults == Faults::Storm || (fault.calls <= 3 && fault.effect != Effect::OperationNeverEnds)
        }
        Trouble::ByHand { deed: Deed::Deploy | Deed::Maintain(_), .. } => true,
        Trouble::ByHand { .. }
        | Trouble::NoNetwork(_)
        | Trouble::NoCredentials(_)
        | Trouble::Step(_)
        | Trouble::Drift { .. }
        | Trouble::Freeze(_)
        | Trouble::Crash { .. }
        | Trouble::LedgerFails(_) => faults == Faults::Storm,
    }
}
