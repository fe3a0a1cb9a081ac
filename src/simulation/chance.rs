//! What goes wrong, and when: chosen at random, for those who make a simulation hard.

use super::pick;
use super::timing::part_of;
use super::trouble::{Boundary, LedgerLoss, ManualAction, Trouble};
use crate::api::ServiceArn;
use crate::config::{Config, Service};
use crate::emulator::{ApiOperation, Effect, Fault, OperationEnd};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;

/// Makes another version of the file.
pub type Edit<'a> = dyn FnMut(&mut fastrand::Rng) -> Result<Config, String> + 'a;

/// The instants around which trouble matters most.
pub fn moments(config: &Config, start: Timestamp, recovery: Timestamp) -> Vec<Timestamp> {
    const MOST: usize = 60;
    let of = |service: &Service| {
        service.schedule.after(start).map(|next| next.at).take_while(|at| *at < recovery).take(MOST).collect()
    };
    config.services.iter().flat_map(|service| -> Vec<Timestamp> { of(service) }).collect()
}

/// When something happens: mostly near a transition, in the minutes in which everything is on its way.
pub fn moment(
    rng: &mut fastrand::Rng,
    moments: &[Timestamp],
    start: Timestamp,
    recovery: Timestamp,
) -> Timestamp {
    let whole = Duration::try_from(recovery.duration_since(start)).unwrap_or_default();
    let anywhere = later(start, part_of(whole, rng));
    let Some(near) = pick(rng, moments).filter(|_| rng.u8(..4) > 0) else { return anywhere };
    let spread = Duration::from_secs(pick(rng, &[2, 60, 600, 3_600]).unwrap_or(60));
    let before = near.saturating_sub(spread.checked_div(4).unwrap_or_default()).unwrap_or(near);
    later(before, part_of(spread, rng)).clamp(start, recovery)
}

/// Kinds of trouble: a process that is stopped, and an edit; those above are crashes.
const STALL: u8 = 17;
const EDIT: u8 = 18;
const KINDS: u8 = 22;

/// A kind of trouble.
pub fn kind(rng: &mut fastrand::Rng) -> u8 {
    rng.u8(..KINDS)
}

/// Something of this kind that goes wrong for one of the services, or for all.
///
/// # Errors
///
/// When the edit fails.
pub fn trouble(
    rng: &mut fastrand::Rng,
    kind: u8,
    config: &Config,
    edit: Option<&mut Edit<'_>>,
) -> Result<Trouble, String> {
    let arns: Vec<ServiceArn> = config.services.iter().map(|service| service.arn.clone()).collect();
    let arn = pick(rng, &arns);
    let edited = match edit {
        Some(edit) if kind == EDIT || (kind > STALL && rng.u8(..3) == 0) => Some(Arc::new(edit(rng)?)),
        _ => None,
    };
    Ok(match (kind, arn) {
        (0..=7, arn) => Trouble::Fault(fault(rng, arn)),
        (8, _) => Trouble::NoNetwork(length(rng)),
        (9, _) => Trouble::NoCredentials(length(rng)),
        (10..=12, Some(arn)) => Trouble::ByHand { arn, action_by_hand: action_by_hand(rng) },
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
    let ledger = if rng.u8(..4) == 0 { LedgerLoss::Whole } else { LedgerLoss::None };
    Trouble::Crash { boundary, down, ledger, edited }
}

/// From milliseconds to hours, over seven decades, the short ones as likely as the long ones.
pub fn length(rng: &mut fastrand::Rng) -> Duration {
    let most = pick(rng, &[30, 300, 2_000, 30_000, 300_000, 3_600_000, 36_000_000]).unwrap_or(30_000);
    part_of(Duration::from_millis(most), rng)
}

fn step(rng: &mut fastrand::Rng) -> SignedDuration {
    let by = SignedDuration::try_from(length(rng)).unwrap_or_default();
    if rng.bool() { by } else { SignedDuration::ZERO.saturating_sub(by) }
}

fn action_by_hand(rng: &mut fastrand::Rng) -> ManualAction {
    match rng.u8(..12) {
        0..=2 => ManualAction::Resume,
        3..=5 => ManualAction::Pause,
        6 | 7 => ManualAction::Deploy,
        8 => ManualAction::Delete,
        _ => ManualAction::Maintain(length(rng)),
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

/// An instant that is so much later.
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}
