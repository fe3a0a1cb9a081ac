//! A whole run of the simulator, made from one seed: services, days, and everything that happens to them.

use super::draft::{Draft, MOST_SERVICES};
use super::nature::{Nature, part_of};
use super::pick;
use super::trouble::{Boundary, Deed, Fortune, Happening, Trouble};
use crate::emulator::{Already, ApiOperation, Effect, Fault, OperationEnd};
use crate::schedule::{self, Action, Config, ServiceArn, Transition};
use jiff::{SignedDuration, Timestamp};
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
pub struct Plan {
    /// What it was made from.
    pub seed: u64,
    /// The file at the beginning, as text.
    pub file: String,
    /// The same, checked.
    pub config: Config,
    /// How the world goes by itself.
    pub nature: Nature,
    /// When it begins.
    pub start: Timestamp,
    /// When all trouble ends.
    pub peace: Timestamp,
    /// What happens.
    pub happenings: Vec<Happening>,
}

/// What is left out of a plan, to find the smallest that still fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// How many services there are, from the first.
    pub services: usize,
    /// After how many hours peace comes, at the latest.
    pub hours: u32,
    /// The numbers of the happenings that are left.
    pub happenings: Vec<usize>,
}

impl Plan {
    /// The plan of a seed. The same on every machine.
    ///
    /// # Errors
    ///
    /// When the file that was made up is wrong, which is a bug of this room.
    pub fn from_seed(seed: u64) -> Result<Self, String> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let rng = &mut rng;
        let mut draft = Draft::new(rng);
        let file = draft.text();
        let config = draft.config()?;
        let start = pick(rng, &BEGINNINGS).unwrap_or(Timestamp::UNIX_EPOCH);
        let start = later(start, part_of(Duration::from_hours(24), rng));
        let nature = nature(rng);
        let days = rng.u32(1..=MOST_DAYS);
        let peace = later(start, Duration::from_hours(u64::from(days).saturating_mul(24)));
        let moments = moments(&config, start, peace);
        let mut happenings = Vec::new();
        for _ in 0..rng.usize(..=MOST_HAPPENINGS) {
            let mut at = moment(rng, &moments, start, peace);
            let kind = kind(rng);
            // What happens once may happen again before the first time is over.
            let times = if rng.u8(..4) == 0 { rng.u8(2..=MOST_IN_A_ROW) } else { 1 };
            for _ in 0..times {
                happenings.push(Happening { at, trouble: trouble(rng, kind, &config, Some(&mut draft))? });
                at = later(at, length(rng).min(SOON));
            }
        }
        happenings.extend(crashes_between_near_edges(&config, &nature, start, peace, rng));
        happenings.retain(|happening| happening.at < peace);
        happenings.sort_by_key(|happening| happening.at);
        Ok(Self { seed, file, config, nature, start, peace, happenings })
    }

    /// The whole of it.
    pub fn whole(&self) -> Cut {
        let hours = self.peace.duration_since(self.start).as_hours();
        Cut {
            services: MOST_SERVICES,
            hours: u32::try_from(hours).unwrap_or(0),
            happenings: (0..self.happenings.len()).collect(),
        }
    }

    /// What is left of it.
    #[must_use]
    pub fn cut(&self, cut: &Cut) -> Self {
        let mut plan = self.clone();
        plan.config.services.truncate(cut.services);
        let hours = Duration::from_hours(cut.hours.into());
        plan.peace = later(plan.start, hours).min(self.peace);
        let all = std::mem::take(&mut plan.happenings).into_iter().enumerate();
        plan.happenings = all
            .filter(|(number, happening)| cut.happenings.contains(number) && happening.at < plan.peace)
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

fn nature(rng: &mut fastrand::Rng) -> Nature {
    let (seconds, millis) = (Duration::from_secs, Duration::from_millis);
    let shortest = pick(rng, &[0, 10, 1_000, 20_000, 60_000]).unwrap_or(1_000);
    let longest = pick(rng, &[20, 1_000, 30_000, 90_000, 300_000]).unwrap_or(1_000);
    Nature {
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
    nature: &Nature,
    start: Timestamp,
    peace: Timestamp,
    rng: &mut fastrand::Rng,
) -> Vec<Happening> {
    const MOST: usize = 40;
    let of = |service: &schedule::Service| {
        let transitions: Vec<Transition> = service.schedule.after(start).take(MOST).collect();
        let near = transitions.windows(2).filter_map(|pair| {
            let [pause, resume] = pair else { return None };
            let is_near = resume.at.duration_since(pause.at) <= NEAR_EDGES;
            (is_near && pause.action == Action::Pause && resume.at < peace).then_some(resume.at)
        });
        near.collect::<Vec<_>>()
    };
    let edges = config.services.iter().flat_map(of).collect::<Vec<_>>();
    let one_in = if nature.lost_per_mille > 0 { 2 } else { 6 };
    let mut crashes = Vec::new();
    for edge in edges {
        if rng.u8(..one_in) == 0 {
            let boundary = Boundary::AfterCalls(rng.usize(..3));
            let down = part_of(Duration::from_secs(10), rng);
            let trouble = Trouble::Crash { boundary, down, ledger: Fortune::Kept, edited: None };
            crashes.push(Happening { at: later(edge, part_of(Duration::from_secs(30), rng)), trouble });
        }
    }
    crashes
}

/// The instants around which trouble matters most.
pub(super) fn moments(config: &Config, start: Timestamp, peace: Timestamp) -> Vec<Timestamp> {
    const MOST: usize = 60;
    let of = |service: &schedule::Service| {
        service.schedule.after(start).map(|next| next.at).take_while(|at| *at < peace).take(MOST).collect()
    };
    config.services.iter().flat_map(|service| -> Vec<Timestamp> { of(service) }).collect()
}

/// When something happens: mostly near a transition, in the minutes in which everything is on its way.
pub(super) fn moment(
    rng: &mut fastrand::Rng,
    moments: &[Timestamp],
    start: Timestamp,
    peace: Timestamp,
) -> Timestamp {
    let whole = Duration::try_from(peace.duration_since(start)).unwrap_or_default();
    let anywhere = later(start, part_of(whole, rng));
    let Some(near) = pick(rng, moments).filter(|_| rng.u8(..4) > 0) else { return anywhere };
    let spread = Duration::from_secs(pick(rng, &[2, 60, 600, 3_600]).unwrap_or(60));
    let before = near.saturating_sub(spread.checked_div(4).unwrap_or_default()).unwrap_or(near);
    later(before, part_of(spread, rng)).clamp(start, peace)
}

/// Kinds of trouble: a process that is stopped, and an edit; those above are crashes.
const STALL: u8 = 17;
const EDIT: u8 = 18;
const KINDS: u8 = 22;

/// A kind of trouble.
pub(super) fn kind(rng: &mut fastrand::Rng) -> u8 {
    rng.u8(..KINDS)
}

/// Something of this kind that goes wrong for one of the services, or for all.
///
/// # Errors
///
/// When an edit of the draft makes a file that is wrong, which is a bug of this room.
pub(super) fn trouble(
    rng: &mut fastrand::Rng,
    kind: u8,
    config: &Config,
    draft: Option<&mut Draft>,
) -> Result<Trouble, String> {
    let arns: Vec<ServiceArn> = config.services.iter().map(|service| service.arn.clone()).collect();
    let arn = pick(rng, &arns);
    let edited = match draft {
        Some(draft) if kind == EDIT || (kind > STALL && rng.u8(..3) == 0) => {
            *draft = draft.edited(rng);
            Some(Arc::new(draft.config()?))
        }
        _ => None,
    };
    Ok(match (kind, arn) {
        (0..=7, arn) => Trouble::Fault(fault(rng, arn)),
        (8, _) => Trouble::NoNetwork(length(rng)),
        (9, _) => Trouble::NoCredentials(length(rng)),
        (10..=12, Some(arn)) => Trouble::ByHand { arn, deed: deed(rng) },
        (13, _) => Trouble::Step(step(rng)),
        (14, _) => Trouble::Drift { by: SignedDuration::from_millis(rng.i64(-300..=300)), times: 60 },
        (15, _) => Trouble::Freeze(length(rng)),
        (16, _) => Trouble::LedgerFails(length(rng)),
        (STALL, _) => Trouble::Stall(length(rng)),
        (EDIT, _) if let Some(config) = edited => Trouble::Reload(config),
        _ => crash(rng, edited),
    })
}

/// The process is killed; the next one may find the file edited.
fn crash(rng: &mut fastrand::Rng, edited: Option<Arc<Config>>) -> Trouble {
    let boundary = match rng.usize(..4) {
        0 => Boundary::BeforeTheCommit,
        calls => Boundary::AfterCalls(calls.saturating_sub(1)),
    };
    let downs = [Duration::ZERO, Duration::from_secs(5), length(rng)];
    let down = pick(rng, &downs).unwrap_or_default();
    let ledger = if rng.u8(..4) == 0 { Fortune::Lost } else { Fortune::Kept };
    Trouble::Crash { boundary, down, ledger, edited }
}

/// From milliseconds to hours, over seven decades, the short ones as likely as the long ones.
fn length(rng: &mut fastrand::Rng) -> Duration {
    let most = pick(rng, &[30, 300, 2_000, 30_000, 300_000, 3_600_000, 36_000_000]).unwrap_or(30_000);
    part_of(Duration::from_millis(most), rng)
}

fn step(rng: &mut fastrand::Rng) -> SignedDuration {
    let by = SignedDuration::try_from(length(rng)).unwrap_or_default();
    if rng.bool() { by } else { SignedDuration::ZERO.saturating_sub(by) }
}

fn deed(rng: &mut fastrand::Rng) -> Deed {
    match rng.u8(..12) {
        0..=2 => Deed::Resume,
        3..=5 => Deed::Pause,
        6 | 7 => Deed::Deploy,
        8 => Deed::Delete,
        _ => Deed::Maintain(length(rng)),
    }
}

/// A fault of any kind that the emulator has, for a burst of calls.
fn fault(rng: &mut fastrand::Rng, arn: Option<ServiceArn>) -> Fault {
    const OPERATIONS: [ApiOperation; 4] = [
        ApiOperation::ResumeService,
        ApiOperation::PauseService,
        ApiOperation::DescribeService,
        ApiOperation::ListOperations,
    ];
    let effect = effect(rng);
    let begins = matches!(
        effect,
        Effect::NoOperationId
            | Effect::OperationEnds(_)
            | Effect::OperationNeverEnds
            | Effect::OperationSays(_)
    );
    let operation = pick(rng, &OPERATIONS).filter(|operation| !begins || operation.begins_operation());
    let calls = pick(rng, &[1, 1, 2, 3, 10, 60]).unwrap_or(1);
    Fault { operation, arn: arn.filter(|_| rng.bool()), calls, effect }
}

fn effect(rng: &mut fastrand::Rng) -> Effect {
    const CODES: [&str; 9] = [
        "ThrottlingException",
        "TooManyRequestsException",
        "InternalServiceErrorException",
        "InvalidStateException",
        "AccessDeniedException",
        "ExpiredTokenException",
        "ResourceNotFoundException",
        "ValidationException",
        "BrandNewException",
    ];
    let applied = || [None, Some(true), Some(false)];
    match rng.u8(..16) {
        0 | 1 => Effect::Delay { millis: rng.u64(..20_000) },
        2..=5 => Effect::Error {
            code: pick(rng, &CODES).unwrap_or_default().to_owned(),
            http_status: None,
            message: None,
            applied: false,
        },
        6 => Effect::Error {
            code: "InternalServiceErrorException".to_owned(),
            http_status: None,
            message: None,
            applied: true,
        },
        7 => Effect::Status { http_status: any_status(rng), applied: None },
        8 => Effect::NotJson { http_status: any_status(rng), applied: pick(rng, &applied()).flatten() },
        9 | 10 => Effect::ReplyLost,
        11 => Effect::ConnectionClosed,
        12 => Effect::NoOperationId,
        13 | 14 => Effect::OperationEnds(
            pick(
                rng,
                &[
                    OperationEnd::Failed,
                    OperationEnd::RollbackSucceeded,
                    OperationEnd::RollbackFailed,
                    OperationEnd::SucceededInVain,
                ],
            )
            .unwrap_or(OperationEnd::Failed),
        ),
        _ if rng.bool() => Effect::OperationNeverEnds,
        _ => Effect::OperationSays("COMPLETING".to_owned()),
    }
}

/// Any status that AWS, or a proxy on the way, may give.
fn any_status(rng: &mut fastrand::Rng) -> u16 {
    match rng.u8(..4) {
        0 => 200,
        1 => rng.u16(400..500),
        _ => rng.u16(500..600),
    }
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}
