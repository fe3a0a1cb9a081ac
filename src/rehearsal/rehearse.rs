//! A rehearsal: a file, played from an instant on, with as much trouble as is asked for.

use crate::config::Config;
use crate::emulator::{Effect, Fault};
use crate::simulation::{Happening, ManualAction, Observer, Timing, Trouble, World, chance};
use jiff::Timestamp;
use std::time::Duration;

/// How much goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// Nothing goes wrong: every call is taken, and every operation succeeds.
    None,
    /// What happens in an ordinary week: throttled calls, errors of the server, lost replies, a deployment or two. It
    /// loses no morning.
    Some,
    /// What happens in a very bad one: outages, crashes, clocks that step, people who pull in another direction.
    Storm,
}

/// What is to be played.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// The checked file whose schedules are played.
    pub config: Config,
    /// The instant at which the daemon of the rehearsal starts.
    pub from: Timestamp,
    /// The instant at which the rehearsal ends; nothing is played after it.
    pub until: Timestamp,
    /// How fast things go.
    pub timing: Timing,
    /// How much goes wrong.
    pub faults: Faults,
    /// What everything random comes from.
    pub seed: u64,
}

/// One step of a rehearsal, after which its progress is reported.
const STRETCH: Duration = Duration::from_hours(1);

impl Rehearsal {
    /// What will be done to the world, in order.
    pub fn happenings(&self) -> Vec<Happening> {
        troubles(&self.config, self.from, self.until, self.faults, self.seed)
    }

    /// Plays it. The daemon in it has been running before: what was due before the beginning is settled. After each
    /// hour, `progress` gets how far the rehearsal is, and returns whether it is to go on.
    pub fn play<O: Observer>(self, observer: O, mut progress: impl FnMut(&O, Timestamp) -> bool) -> O {
        let happenings = self.happenings();
        let Self { config, from, until, timing, seed, .. } = self;
        let mut world = World::new(config, timing, from, seed, observer);
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

/// How much trouble a day of a storm has, and an ordinary week, for each twenty services.
const STORM_A_DAY: usize = 12;
const ORDINARY_A_WEEK: usize = 12;

/// The most deployments of an ordinary week, for each twenty services.
const MOST_DEPLOYMENTS: usize = 2;

/// What goes wrong, and when.
fn troubles(config: &Config, from: Timestamp, until: Timestamp, faults: Faults, seed: u64) -> Vec<Happening> {
    // Another sequence than the world's own.
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x9e37_79b9_7f4a_7c15);
    let days = until.duration_since(from).as_hours().div_euclid(24).max(1);
    let days = usize::try_from(days).unwrap_or(1);
    let crowd = config.services.len().div_euclid(20).saturating_add(1);
    let moments = chance::moments(config, from, until);
    let mut happenings: Vec<Happening> = Vec::new();
    let mut happen = |rng: &mut fastrand::Rng, trouble| {
        happenings.push(Happening { at: chance::moment(rng, &moments, from, until), trouble });
    };
    match faults {
        Faults::None => {}
        Faults::Some => {
            let weeks = days.div_ceil(7).saturating_mul(crowd);
            for _ in 0..days.saturating_mul(ORDINARY_A_WEEK).div_ceil(7).saturating_mul(crowd) {
                let trouble = Trouble::Fault(ordinary_fault(&mut rng));
                happen(&mut rng, trouble);
            }
            for _ in 0..rng.usize(weeks..=weeks.saturating_mul(MOST_DEPLOYMENTS)) {
                if let Some(service) = config.services.get(rng.usize(..config.services.len().max(1))) {
                    let trouble =
                        Trouble::ByHand { arn: service.arn.clone(), action_by_hand: ManualAction::Deploy };
                    happen(&mut rng, trouble);
                }
            }
        }
        Faults::Storm => {
            for _ in 0..days.saturating_mul(STORM_A_DAY).saturating_mul(crowd) {
                let kind = chance::kind(&mut rng);
                let Ok(trouble) = chance::trouble(&mut rng, kind, config, None) else { continue };
                if suits_a_storm(&trouble) {
                    happen(&mut rng, trouble);
                }
            }
        }
    }
    happenings.sort_by_key(|happening| happening.at);
    happenings
}

/// A deleted service would leave the rest of its row empty.
fn suits_a_storm(trouble: &Trouble) -> bool {
    !matches!(trouble, Trouble::ByHand { action_by_hand: ManualAction::Delete, .. })
}

/// What every client of a healthy API meets, and what goes away by itself: nothing that refuses a call for good.
fn ordinary_fault(rng: &mut fastrand::Rng) -> Fault {
    let error = |code: &str| Effect::Error {
        code: code.to_owned(),
        http_status: None,
        message: None,
        applied: false,
    };
    let effect = match rng.u8(..10) {
        0..=3 => error("ThrottlingException"),
        4 => error("InternalServiceErrorException"),
        5 => Effect::Status { http_status: 503, applied: None },
        6 => Effect::Delay { millis: rng.u64(..5_000) },
        7 => Effect::ConnectionClosed,
        _ => Effect::ReplyLost,
    };
    Fault { operation: None, arn: None, calls: rng.u32(1..=3), effect }
}
