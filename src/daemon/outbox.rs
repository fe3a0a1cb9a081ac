//! Write before you act: the effects of a turn wait until the intent of its calls is durable in the ledger.

use crate::api::{Elapsed, Request};
use crate::clock::Clock;
use crate::ledger::LedgerWriter;
use crate::planner::Effect;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::sleep_until;

/// A call waits no longer than this for its record: a disk that hangs must not cost a morning. Without the record the
/// next start looks first, as after any doubt.
const DURABLE_AWAITED: Duration = Duration::from_secs(1);

/// A ledger that is behind for this long is not slow: its disk hangs.
const HANGS_AFTER: Duration = Duration::from_secs(10);

/// The effects of turns, in order, each with the number of the last change that has to be durable first.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    turns: VecDeque<Held>,
    behind: Option<Behind>,
}

/// The effects of one turn.
#[derive(Debug)]
struct Held {
    number: u64,
    effects: Vec<Effect>,
    until: Elapsed,
}

/// The ledger did not answer in time. Nothing waits for it until it has handled this change.
#[derive(Debug)]
struct Behind {
    number: u64,
    since: Elapsed,
    /// It was reported as hanging.
    is_reported: bool,
}

impl Outbox {
    /// Takes the effects of a turn, whose changes end with this number.
    pub(super) fn put(&mut self, number: u64, effects: Vec<Effect>, now: Elapsed) {
        if effects.is_empty() {
            return;
        }
        // Only calls that change a service need a record that permits them. Order is kept all the same.
        let waits = self.behind.is_none() && effects.iter().any(acts);
        let until = if waits { now.after(DURABLE_AWAITED) } else { now };
        self.turns.push_back(Held { number, effects, until });
    }

    /// Waits until [`Outbox::take`] may have something to give or to report. Nothing is lost if this future is dropped.
    pub(super) async fn changed(&self, ledger: &LedgerWriter, clock: Clock) {
        if let Some(held) = self.turns.front() {
            tokio::select! {
                () = ledger.handled(held.number) => {}
                () = sleep_until(clock.instant(held.until)) => {}
            }
        } else if let Some(behind) = &self.behind {
            ledger.handled(behind.number).await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    /// The effects that may be carried out now, in order.
    pub(super) fn take(&mut self, ledger: &LedgerWriter, now: Elapsed) -> Vec<Effect> {
        if let Some(behind) = self.behind.take_if(|behind| ledger.has_handled(behind.number)) {
            let seconds = now.since(behind.since).as_secs();
            tracing::info!(seconds, "the ledger answers again; calls wait for their records as before");
        }
        let mut effects = Vec::new();
        while let Some(held) = self.turns.front() {
            let is_handled = ledger.has_handled(held.number);
            if !is_handled && now < held.until && self.behind.is_none() {
                break;
            }
            let Some(held) = self.turns.pop_front() else { break };
            if !is_handled && self.behind.is_none() && held.effects.iter().any(acts) {
                self.fall_behind(held.number, now);
            }
            effects.extend(held.effects);
        }
        effects
    }

    /// How many calls wait.
    pub(super) fn calls(&self) -> usize {
        let effects = self.turns.iter().flat_map(|held| &held.effects);
        effects.filter(|effect| matches!(effect, Effect::Call(_))).count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Reports a ledger that hangs, once.
    pub(super) fn report(&mut self, now: Elapsed) {
        let hangs = |behind: &&mut Behind| !behind.is_reported && now.since(behind.since) >= HANGS_AFTER;
        if let Some(behind) = self.behind.as_mut().filter(hangs) {
            behind.is_reported = true;
            tracing::error!(
                seconds = now.since(behind.since).as_secs(),
                "the ledger does not answer; the daemon continues without it and keeps changes in memory: check its \
                 disk"
            );
        }
    }

    fn fall_behind(&mut self, number: u64, now: Elapsed) {
        tracing::warn!(
            "the ledger did not answer within {} s; calls do not wait for it until it does",
            DURABLE_AWAITED.as_secs()
        );
        self.behind = Some(Behind { number, since: now, is_reported: false });
    }
}

/// Whether this changes a service.
fn acts(effect: &Effect) -> bool {
    matches!(effect, Effect::Call(call) if matches!(call.request, Request::Act(_)))
}
