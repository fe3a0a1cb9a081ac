//! A whole run of the simulator, made from one seed: services, days, and everything that happens to them.

use super::nature::{Nature, part_of};
use super::trouble::{Boundary, Deed, Fortune, Happening, Trouble};
use crate::emulator::{Already, ApiOperation, Effect, Fault, OperationEnd};
use crate::schedule::{self, Config, ServiceArn};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// The most services of a run.
const MOST_SERVICES: usize = 5;

/// The most days of trouble.
const MOST_DAYS: u32 = 3;

/// The most things that happen in a run.
const MOST_HAPPENINGS: usize = 24;

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
        let file = file(rng, MOST_SERVICES);
        let config = read(&file)?;
        let start = pick(rng, &BEGINNINGS).unwrap_or(Timestamp::UNIX_EPOCH);
        let start = later(start, part_of(Duration::from_hours(24), rng));
        let nature = nature(rng);
        let days = rng.u32(1..=MOST_DAYS);
        let peace = later(start, Duration::from_hours(u64::from(days).saturating_mul(24)));
        let moments = moments(&config, start, peace);
        let mut happenings = Vec::new();
        for _ in 0..rng.usize(..=MOST_HAPPENINGS) {
            let at = moment(rng, &moments, start, peace);
            happenings.push(Happening { at, trouble: trouble(rng, &config)? });
        }
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
                if let Trouble::Reload(config) = &mut happening.trouble {
                    Arc::make_mut(config).services.truncate(cut.services);
                }
                happening
            })
            .collect();
        plan
    }
}

fn read(file: &str) -> Result<Config, String> {
    schedule::parse(file).map_err(|problems| problems.render("made-up.toml", file))
}

/// A file with up to so many services, each with rules of its own or of a schedule that it shares.
fn file(rng: &mut fastrand::Rng, most: usize) -> String {
    const ZONES: [&str; 6] = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "America/St_Johns",
    ];
    let zone = pick(rng, &ZONES).unwrap_or("UTC");
    let (rate, in_flight) = (rng.u32(1..=10), rng.u32(1..=16));
    let mut file = format!(
        "timezone = \"{zone}\"\n[limits]\ncalls-per-second = {rate}\ncalls-in-flight = {in_flight}\n\
         [schedule.shared]\n{}",
        rules(rng)
    );
    for number in 0..rng.usize(1..=most) {
        // A service that leaves the file may come back: the numbers are the same in every file.
        write!(file, "[[service]]\narn = \"{}\"\n", arn_text(number)).ok();
        if rng.bool() {
            file.push_str("schedule = \"shared\"\n");
        } else {
            file.push_str(&rules(rng));
        }
        if let Some(window) = pick(rng, &["12h", "12h", "2h", "30m", "10m"]) {
            writeln!(file, "catch-up = \"{window}\"").ok();
        }
        if rng.u8(..4) == 0 {
            file.push_str("on-manual-change = \"enforce\"\n");
        }
    }
    file
}

fn arn_text(number: usize) -> String {
    let region = if number.is_multiple_of(2) { "eu-central-1" } else { "us-east-1" };
    format!("arn:aws:apprunner:{region}:123456789012:service/service-{number}/{number:032x}")
}

/// Rules as people write them, and some that nobody should.
fn rules(rng: &mut fastrand::Rng) -> String {
    let minute = pick(rng, &[0, 0, 15, 30, 59]).unwrap_or(0);
    let morning = rng.u8(0..=10);
    let evening = rng.u8(12..=23);
    let days = pick(rng, &["*", "*", "MON-FRI", "MON-FRI", "SAT,SUN", "TUE"]).unwrap_or("*");
    let pause = format!("pause = \"{minute} {evening} * * {days}\"\n");
    let seconds = pick(rng, &[0, 10, 25]).unwrap_or(0);
    match rng.u8(..11) {
        0 => format!("resume = \"{minute} {morning} * * *\"\n"),
        1 => "resume = \"0 */6 * * *\"\npause = \"0 3-21/6 * * *\"\n".to_owned(),
        2 => "resume = \"0 */2 * * *\"\npause = \"40 */2 * * *\"\n".to_owned(),
        3 => format!("resume = [\"{minute} {morning} * * {days}\", \"{minute} 11 * * *\"]\n{pause}"),
        4 => format!("resume = \"{minute} 2 * * *\"\npause = \"{minute} 3 * * *\"\n"),
        5 => format!("resume = \"17 {minute} {morning} * * {days}\"\n{pause}"),
        // A pause whose call may still be on its way when the resume is due.
        10 => format!(
            "resume = \"30 {minute} {morning} * * *\"\npause = \"{seconds} {minute} {morning} * * *\"\n"
        ),
        6 => format!("resume = \"{minute} {evening} * * *\"\npause = \"{minute} {morning} * * *\"\n"),
        _ => format!("resume = \"{minute} {morning} * * {days}\"\n{pause}"),
    }
}

fn nature(rng: &mut fastrand::Rng) -> Nature {
    let seconds = Duration::from_secs;
    let shortest = pick(rng, &[0, 1, 20, 60]).unwrap_or(1);
    let longest = pick(rng, &[1, 30, 90, 300]).unwrap_or(1);
    Nature {
        operation: (seconds(shortest), seconds(longest.max(shortest))),
        stuck_per_mille: pick(rng, &[0, 0, 30]).unwrap_or(0),
        way: pick(rng, &[Duration::ZERO, Duration::from_millis(200), seconds(8)]).unwrap_or_default(),
        lost_per_mille: pick(rng, &[0, 0, 20, 150]).unwrap_or(0),
        oversleeps: pick(rng, &[Duration::ZERO, Duration::from_millis(5), seconds(30)]).unwrap_or_default(),
        listed_late_by: seconds(pick(rng, &[0, 0, 3, 60, 100]).unwrap_or(0)),
        already: if rng.bool() { Already::Refuses } else { Already::Accepts },
    }
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

/// Something that goes wrong for one of the services, or for all.
pub(super) fn trouble(rng: &mut fastrand::Rng, config: &Config) -> Result<Trouble, String> {
    let arns: Vec<ServiceArn> = config.services.iter().map(|service| service.arn.clone()).collect();
    let arn = pick(rng, &arns);
    Ok(match (rng.u8(..21), arn) {
        (0..=7, arn) => Trouble::Fault(fault(rng, arn)),
        (8, _) => Trouble::NoNetwork(length(rng)),
        (9, _) => Trouble::NoCredentials(length(rng)),
        (10..=12, Some(arn)) => Trouble::ByHand { arn, deed: deed(rng) },
        (13, _) => Trouble::Step(step(rng)),
        (14, _) => Trouble::Drift { by: SignedDuration::from_millis(rng.i64(-300..=300)), times: 60 },
        (15, _) => Trouble::Freeze(length(rng)),
        (16, _) => Trouble::Reload(Arc::new(read(&file(rng, MOST_SERVICES))?)),
        (17, _) => Trouble::LedgerFails(length(rng)),
        (18, _) => Trouble::Stall(length(rng)),
        _ => crash(rng),
    })
}

fn crash(rng: &mut fastrand::Rng) -> Trouble {
    let boundary = match rng.usize(..4) {
        0 => Boundary::BeforeTheCommit,
        calls => Boundary::AfterCalls(calls.saturating_sub(1)),
    };
    let downs = [Duration::ZERO, Duration::from_secs(5), length(rng)];
    let down = pick(rng, &downs).unwrap_or_default();
    let ledger = if rng.u8(..4) == 0 { Fortune::Lost } else { Fortune::Kept };
    Trouble::Crash { boundary, down, ledger }
}

/// From a second to hours, the short ones as likely as the long ones.
fn length(rng: &mut fastrand::Rng) -> Duration {
    let most = pick(rng, &[2, 30, 300, 3_600, 36_000]).unwrap_or(30);
    part_of(Duration::from_secs(most), rng)
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
        7 => Effect::Status {
            http_status: pick(rng, &[200, 429, 500, 502, 503]).unwrap_or(500),
            applied: None,
        },
        8 => Effect::NotJson {
            http_status: pick(rng, &[200, 500]).unwrap_or(500),
            applied: pick(rng, &applied()).flatten(),
        },
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

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

fn pick<T: Clone>(rng: &mut fastrand::Rng, of: &[T]) -> Option<T> {
    if of.is_empty() { None } else { of.get(rng.usize(..of.len())).cloned() }
}
