//! The calls about a service: their pace, those that are on their way, and those of which nobody learnt what they did.

use super::tolerances::LATE_EFFECT;
use jiff::Timestamp;
use reveille::api::{Cause, Refusal};
use reveille::planner::CallId;
use reveille::schedule::Transition;
use std::collections::{BTreeMap, VecDeque};

/// The most calls about one service in a minute: a look of a few pages, a poll a second.
const MOST_CALLS_A_MINUTE: usize = 80;

/// How many times are remembered at which a call left or came back.
const REMEMBERED: usize = 32;

/// The calls about one service.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// When calls left within the last minute.
    recent: VecDeque<Timestamp>,
    /// A call that changes it is on its way, and for this occurrence.
    acting: Option<Transition>,
    /// Which occurrence each such call was made for.
    acts: BTreeMap<(CallId, Timestamp), Transition>,
    /// When such calls left or came back, and for which occurrence.
    activity: VecDeque<(Timestamp, Transition)>,
    /// Such calls of which nobody was told what became of them, by their occurrence.
    unknown: BTreeMap<Transition, u32>,
}

impl Calls {
    /// A call leaves; whether they keep their pace.
    pub(crate) fn leaves(&mut self, at: Timestamp) -> Result<(), String> {
        self.recent.push_back(at);
        while self.recent.front().is_some_and(|first| at.duration_since(*first).as_secs() >= 60) {
            self.recent.pop_front();
        }
        if self.recent.len() > MOST_CALLS_A_MINUTE {
            return Err(format!("{} calls within a minute", self.recent.len()));
        }
        Ok(())
    }

    /// Whether a call that changes the service is on its way.
    pub(crate) fn is_acting(&self) -> bool {
        self.acting.is_some()
    }

    /// A call that changes the service leaves.
    pub(crate) fn acts(&mut self, at: Timestamp, id: CallId, transition: Transition) {
        self.acting = Some(transition);
        self.acts.insert((id, at), transition);
        self.is_active(at, transition);
    }

    /// Such a call arrives; which occurrence it was made for.
    pub(crate) fn arrives(&mut self, id: CallId, sent: Timestamp) -> Option<Transition> {
        self.acts.remove(&(id, sent))
    }

    /// Such a call comes back.
    pub(crate) fn comes_back(&mut self, at: Timestamp, refusal: Option<&Refusal>) {
        let Some(transition) = self.acting.take() else { return };
        if refusal.is_some_and(leaves_in_doubt) {
            self.is_unknown(transition);
        }
        self.is_active(at, transition);
    }

    /// The process dies, and perhaps with it a call for this that was written down.
    pub(crate) fn process_dies(&mut self, at: Timestamp, written: Option<Transition>) {
        if let Some(transition) = written {
            self.is_active(at, transition);
        }
        if let Some(transition) = self.acting.take() {
            self.is_unknown(transition);
        }
    }

    /// Nobody was told what became of a call for this.
    pub(crate) fn is_unknown(&mut self, transition: Transition) {
        let unknown = self.unknown.entry(transition).or_default();
        *unknown = unknown.saturating_add(1);
    }

    /// How many calls for this there are of which nobody was told what became of them.
    pub(crate) fn unknown(&self, transition: Transition) -> u32 {
        self.unknown.get(&transition).copied().unwrap_or(0)
    }

    /// The same for all occurrences.
    pub(crate) fn all_unknown(&self) -> u32 {
        self.unknown.values().sum()
    }

    /// Whether what began at this instant may be the work of a call for another occurrence than this.
    pub(crate) fn may_have_begun(&self, at: Timestamp, transition: Transition) -> bool {
        self.activity.iter().any(|(active, of)| {
            let before = at.duration_since(*active);
            *of != transition && before < LATE_EFFECT && !before.is_negative()
        })
    }

    fn is_active(&mut self, at: Timestamp, transition: Transition) {
        if self.activity.len() >= REMEMBERED {
            self.activity.pop_front();
        }
        self.activity.push_back((at, transition));
    }
}

/// Whether nobody can tell from this what App Runner did: only a refusal in its own words says that it did nothing.
fn leaves_in_doubt(refusal: &Refusal) -> bool {
    match &refusal.cause {
        Cause::NotSent | Cause::NoCredentials => false,
        Cause::Answered { code, http_status } => code.is_none() || (500..600).contains(http_status),
        Cause::NoReply | Cause::Unreadable => true,
    }
}
