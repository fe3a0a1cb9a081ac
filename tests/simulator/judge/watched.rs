//! What is known of one service, and what may be said against what is done to it.

use super::{Clock, NOT_NOTICED, Row, WAITED_OUT};
use jiff::{SignedDuration, Timestamp};
use reveille::api::{Action, Cause, Now, OperationId, Refusal, ServiceStatus};
use reveille::config::{OnManualChange, Service};
use reveille::planner::{Call, CallId, Change, Ending, LastOccurrence, Severity, State};
use reveille::schedule::Transition;
use reveille::simulation::ManualAction;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// The most calls about one service in a minute: a look of a few pages, a poll a second.
const MOST_CALLS_A_MINUTE: usize = 80;

/// The most operations that may begin for one occurrence.
pub(crate) const MOST_OPERATIONS: u32 = 3;

/// The most API calls for one occurrence.
pub(crate) const MOST_ATTEMPTS: u32 = 10_000;

/// How long a call of another occurrence may still take effect, its time on the way included.
const LATE_EFFECT: SignedDuration = SignedDuration::from_secs(62);

/// A pause is owed for so long, whatever the file says of resumes.
const PAUSE_OWED: Duration = Duration::from_hours(31 * 24);

/// Who acts without a look may have looked so long ago, and may have waited for its turn since.
const OUT_OF_SIGHT: SignedDuration = SignedDuration::from_secs(75);

/// A resume is told as late by then: 20 minutes, and what a host may oversleep.
const TOLD_WITHIN: SignedDuration = SignedDuration::from_secs(20 * 60 + 45);

/// A pause that is so late is not made any more when the next resume is so near.
const LATE_PAUSE: SignedDuration = SignedDuration::from_secs(75);
const NEAR_RESUME: SignedDuration = SignedDuration::from_mins(19);

/// The most operations in an hour by which an enforced service is kept awake: a dozen corrections that succeed, or fewer
/// whose operations fail, at growing gaps.
const MOST_CORRECTIONS: usize = 20;

/// How many transitions are gone back to find a resume that was missed.
const STEPS_BACK: usize = 50;

/// Who sees nothing for so long after the instant may tell it later.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// What was decided so long ago leaves no more.
const MOST_STANDSTILL: SignedDuration = SignedDuration::from_secs(5);

/// How many acts and states are remembered.
const REMEMBERED: usize = 32;

/// One service, as the judge sees it.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// What the file says of it.
    pub(crate) service: Option<Service>,
    /// What earlier files said, the latest last.
    pub(crate) former: Vec<Service>,
    last: Option<Row>,
    /// How and when occurrences ended, the last time.
    pub(crate) ended: BTreeMap<Transition, (Ending, Timestamp)>,
    /// Those of them that may not be begun again.
    closed: BTreeSet<Transition>,
    /// A call that changes it is on its way, and for this occurrence.
    acting: Option<Transition>,
    /// Which occurrence each such call was made for.
    acts: BTreeMap<(CallId, Timestamp), Transition>,
    /// When such calls left or came back, and for which occurrence.
    activity: VecDeque<(Timestamp, Transition)>,
    begun: BTreeMap<Transition, u32>,
    pub(crate) strangers: Vec<Stranger>,
    pub(crate) hopeless: bool,
    /// A process began without a ledger: what was done by an earlier file looks to it as if a person had done it.
    pub(crate) knew_nothing: bool,
    /// Calls that change it of which nobody was told what became of them, by their occurrence.
    unknown: BTreeMap<Transition, u32>,
    /// When its last row was written, and that of the process before.
    row_at: Option<Timestamp>,
    pub(crate) row_before_the_end: Option<Timestamp>,
    recent_calls: VecDeque<Timestamp>,
    pub(crate) stood: VecDeque<(Timestamp, ServiceStatus)>,
    /// Occurrences of which an error was told.
    pub(crate) told: BTreeSet<Transition>,
    /// The first of a row of resumes of which each gave way to the next, so that the service has slept since.
    asleep_since: Option<Timestamp>,
    /// An error was told of one of them.
    told_of_the_row: bool,
    /// Operations of others that were followed as if they were ours.
    adopted: BTreeSet<OperationId>,
    /// A resume that was tried, and superseded without an error: by another, which has yet to be seen.
    pub(crate) gave_way: Option<Transition>,
    /// An error of credentials or rights was told of the occurrence that is open, or of one before it in such a row.
    told_access: bool,
    /// App Runner or the chain of credentials has said so, and nobody has been told yet.
    owes_access: bool,
    /// A resume that no process was there for; the next one has yet to tell of it.
    pub(crate) owes_word: Option<Transition>,
    /// When operations began that the schedule itself does not ask for, within the last hour.
    corrections: VecDeque<Timestamp>,
    /// What has yet to be compared with what App Runner knows.
    pub(crate) claims: Vec<Claim>,
}

/// An operation that somebody else began.
#[derive(Debug, Clone)]
pub(crate) struct Stranger {
    pub(crate) at: Timestamp,
    pub(crate) action: Option<Action>,
    pub(crate) id: OperationId,
}

/// What is wrong unless App Runner's own record says otherwise.
#[derive(Debug, Clone)]
pub(crate) enum Claim {
    /// It was said that this operation did it.
    Did { id: OperationId, action: Action, at: Timestamp },
    /// This was done although a person had done the opposite; wrong if that had succeeded.
    Fought { id: OperationId, at: Timestamp },
}

impl Watched {
    pub(crate) fn follow(&mut self, service: Service) {
        self.service = Some(service);
    }

    /// The file says nothing of it any more, or something else in a moment; whether it said anything.
    pub(crate) fn retire(&mut self) -> bool {
        // Another file may ask for something else at once.
        self.gave_way = None;
        let Some(service) = self.service.take() else { return false };
        if self.former.last() != Some(&service) {
            self.former.push(service);
        }
        true
    }

    /// What is remembered and well ahead is the work of a clock that was wrong: it is forgotten when the service is taken
    /// up, but for a resume that goes on.
    pub(crate) fn forget_what_is_ahead(&mut self, wall: Timestamp) {
        let stays = |row: &mut Row| {
            let ahead = row.transition.at.duration_since(wall);
            let goes_on =
                row.transition.action == Action::Resume && !row.state.is_end() && ahead <= WAITED_OUT;
            ahead <= NOT_NOTICED || goes_on
        };
        if self.last.take_if(|row| !stays(row)).is_some() {
            self.closed.clear();
        }
    }

    pub(crate) fn begin_process(
        &mut self,
        row: Option<&LastOccurrence>,
        wall: Timestamp,
        trusted: bool,
    ) -> Result<(), String> {
        (self.told_access, self.owes_access) = (false, false);
        self.owes_word = row.filter(|_| trusted).and_then(|row| self.missed(row.transition, wall));
        let row = row.map(|row| Row { transition: row.transition, state: row.state });
        // Of what could not be read at the start before, the ledger may know more than the log since then.
        let agrees = row == self.last || self.last.is_none();
        if !trusted {
            self.knew_nothing |= row.is_none();
            // What began last may be in no list yet, and nothing else tells the process of it.
            if let Some(open) = std::mem::replace(&mut self.last, row).filter(|last| !last.state.is_end()) {
                self.is_unknown(open.transition);
            }
            self.closed.clear();
            if self.service.is_some() {
                self.forget_what_is_ahead(wall);
            }
            return Ok(());
        }
        if !agrees {
            return Err(format!("the ledger says {row:?}, the log said {:?}", self.last));
        }
        self.last = row;
        self.may_be_tried_again(row);
        if self.service.is_some() {
            self.forget_what_is_ahead(wall);
        }
        Ok(())
    }

    /// A resume that the process before could not do: perhaps somebody has mended what was in its way.
    fn may_be_tried_again(&mut self, row: Option<Row>) {
        let is_undone = |row: &Row| matches!(row.state, State::Ended(Ending::Failed | Ending::Expired));
        if let Some(row) = row.filter(is_undone).filter(|row| row.transition.action == Action::Resume) {
            self.closed.remove(&row.transition);
            self.begun.remove(&row.transition);
        }
    }

    pub(crate) fn process_dies(&mut self, at: Timestamp) {
        self.row_before_the_end = self.row_at;
        // The next process cannot know whether the call left that was written down.
        if let Some(row) = self.last.filter(|row| row.state == State::Calling) {
            self.is_active(at, row.transition);
        }
        if let Some(transition) = self.acting.take() {
            self.is_unknown(transition);
        }
        self.owes_word = None;
    }

    /// The latest resume between what was begun last and the pause that is due now, where the file is the same.
    fn missed(&self, begun: Transition, wall: Timestamp) -> Option<Transition> {
        let service = self.service.as_ref().filter(|service| self.former.last() == Some(*service))?;
        let before = |at: Timestamp| {
            let just_before = at.saturating_sub(SignedDuration::from_nanos(1)).ok()?;
            service.schedule.latest_at(just_before)
        };
        let latest = service.schedule.latest_at(wall).filter(|latest| latest.action == Action::Pause)?;
        let back = std::iter::successors(Some(latest), |later| before(later.at)).take(STEPS_BACK);
        let mut back = back.take_while(|earlier| earlier.at > begun.at);
        back.find(|earlier| earlier.action == Action::Resume && !self.closed.contains(earlier))
    }

    fn is_unknown(&mut self, transition: Transition) {
        let unknown = self.unknown.entry(transition).or_default();
        *unknown = unknown.saturating_add(1);
    }

    /// The clock went back so far that everything is planned anew.
    pub(crate) fn forget_endings(&mut self) {
        self.closed.clear();
        self.begun.clear();
    }

    pub(crate) fn stands(&mut self, at: Timestamp, status: &ServiceStatus) {
        if self.stood.len() >= REMEMBERED {
            self.stood.pop_front();
        }
        self.stood.push_back((at, status.clone()));
    }

    pub(crate) fn by_hand(
        &mut self,
        at: Timestamp,
        action_by_hand: ManualAction,
        operation: Option<&OperationId>,
    ) {
        let action = match action_by_hand {
            ManualAction::Resume => Some(Action::Resume),
            ManualAction::Pause => Some(Action::Pause),
            ManualAction::Deploy | ManualAction::Delete | ManualAction::Maintain(_) => None,
        };
        if let Some(id) = operation {
            self.strangers.push(Stranger { at, action, id: id.clone() });
        }
    }

    pub(crate) fn replies(&mut self, at: Timestamp, acted: bool, refusal: Option<&Refusal>) {
        self.hopeless |= refusal.is_some_and(|refusal| is_hopeless(refusal, acted));
        let is_open = self.last.is_some_and(|row| !row.state.is_end());
        self.owes_access |= is_open && !self.told_access && refusal.is_some_and(is_access);
        let Some(transition) = self.acting.take_if(|_| acted) else { return };
        if refusal.is_some_and(leaves_in_doubt) {
            self.is_unknown(transition);
        }
        self.is_active(at, transition);
    }

    fn is_active(&mut self, at: Timestamp, transition: Transition) {
        if self.activity.len() >= REMEMBERED {
            self.activity.pop_front();
        }
        self.activity.push_back((at, transition));
    }

    /// A call leaves; `action` if it changes the service.
    pub(crate) fn calls(
        &mut self,
        at: Timestamp,
        call: &Call,
        action: Option<Action>,
        now: Now,
        clock: Clock,
    ) -> Result<(), String> {
        if let Some(missed) = self.owes_word {
            return Err(format!("nobody was told that the resume of {} was missed", missed.at));
        }
        if std::mem::take(&mut self.owes_access) {
            return Err("nobody was told at once that access is missing".to_owned());
        }
        self.recent_calls.push_back(at);
        while self.recent_calls.front().is_some_and(|first| at.duration_since(*first).as_secs() >= 60) {
            self.recent_calls.pop_front();
        }
        if self.recent_calls.len() > MOST_CALLS_A_MINUTE {
            return Err(format!("{} calls within a minute", self.recent_calls.len()));
        }
        let Some(action) = action else { return Ok(()) };
        if self.acting.is_some() {
            return Err(format!("a second call to {action} while one is on its way"));
        }
        let Some(row) = self.last else { return Err(format!("a call to {action} without a row before it")) };
        if row.state != State::Calling || row.transition.action != action {
            return Err(format!("a call to {action}, but the row before it is {row:?}"));
        }
        self.acting = Some(row.transition);
        self.acts.insert((call.id, at), row.transition);
        self.is_active(at, row.transition);
        let stood_still = now.wall.duration_since(call.decided.wall).abs();
        if stood_still > MOST_STANDSTILL {
            return Err(format!("a call to {action} leaves that was decided {stood_still:#} before"));
        }
        self.is_owed(row.transition, call.decided.wall, clock)
    }

    /// Whether this may be done now, by the file that is in force.
    fn is_owed(&self, transition: Transition, wall: Timestamp, clock: Clock) -> Result<(), String> {
        let what = format!("the {} of {} is called at {wall}", transition.action, transition.at);
        if self.closed.contains(&transition) {
            return Err(format!("{what}, but it has ended"));
        }
        let early = transition.at.duration_since(wall);
        let waited_out = clock.was_set_back && early <= WAITED_OUT;
        if early.is_positive() && !waited_out {
            return Err(format!("{what}, before its instant"));
        }
        let Some(service) = self.service.as_ref().or(self.former.last()) else {
            return Err(format!("{what}, but the service is in no file"));
        };
        let window = window(service, transition.action);
        if wall.duration_since(transition.at).unsigned_abs() >= window && !early.is_positive() {
            return Err(format!("{what}, after its window of {window:?}"));
        }
        if let Some(next) = self.morning_it_delays(transition, wall) {
            return Err(format!("{what}, so late that the resume of {} has to wait for it", next.at));
        }
        let latest = service.schedule.latest_at(wall.max(transition.at));
        match latest {
            Some(latest) if latest == transition => Ok(()),
            Some(latest) if latest.at > transition.at && self.service.is_some() => {
                Err(format!("{what}, but the {} of {} came first", latest.action, latest.at))
            }
            _ if self.was_asked_for(transition) => Ok(()),
            _ => Err(format!("{what}, but no schedule asks for it")),
        }
    }

    /// The next resume, where this is a pause that is late and near to it, by the file in force.
    fn morning_it_delays(&self, transition: Transition, wall: Timestamp) -> Option<Transition> {
        let service = self.service.as_ref().filter(|_| transition.action == Action::Pause)?;
        let next = service.schedule.after(wall.max(transition.at)).next()?;
        let is_late = wall.duration_since(transition.at) > LATE_PAUSE;
        let is_near = next.at.duration_since(wall) < NEAR_RESUME;
        (is_late && is_near && next.action == Action::Resume).then_some(next)
    }

    /// Whether an earlier file asked for it, or the schedule is enforced.
    fn was_asked_for(&self, transition: Transition) -> bool {
        let of = |service: &Service| {
            let latest = service.schedule.latest_at(transition.at);
            let enforced =
                service.on_manual_change == OnManualChange::Enforce && transition.action == Action::Resume;
            latest == Some(transition) || enforced || self.is_awake_again(transition, latest)
        };
        self.service.iter().chain(&self.former).any(of)
    }

    /// Whether the hours of a file last on beyond a pause that a file before asked for.
    fn is_awake_again(&self, transition: Transition, latest: Option<Transition>) -> bool {
        let slept = |(ended, _): (&Transition, _)| {
            ended.action == Action::Pause && latest.is_some_and(|latest| ended.at > latest.at)
        };
        transition.action == Action::Resume
            && latest.is_some_and(|latest| latest.action == Action::Resume)
            && self.ended.iter().any(slept)
    }

    /// A call that changes the service has reached App Runner, and this began.
    pub(crate) fn arrives(
        &mut self,
        id: CallId,
        sent: Timestamp,
        operation: Option<&OperationId>,
        listed_late_by: Duration,
        clock: Clock,
    ) -> Result<(), String> {
        let Some(transition) = self.acts.remove(&(id, sent)) else {
            return Err("a call arrives that never left".to_owned());
        };
        if operation.is_none() {
            return Ok(());
        }
        if let Some(settled) = self.undoes(transition, sent, clock) {
            return Err(format!(
                "the {} of {}, which left at {sent}, undoes the {} of {}, which had ended well",
                transition.action, transition.at, settled.action, settled.at
            ));
        }
        if let Some(stranger) = self.fought(transition, sent, listed_late_by, clock) {
            let claim = Claim::Fought { id: stranger.id.clone(), at: sent };
            self.claims.push(claim);
        }
        self.corrects(transition, sent)?;
        let begun = self.begun.entry(transition).or_default();
        *begun = begun.saturating_add(1);
        // What was given up may arrive late, be listed late, and end before anybody looks.
        let unseen = self.unknown.get(&transition).copied().unwrap_or(0);
        // By a clock that is ahead, they began before the instant, and nobody can tell whose they are.
        let clock_was_right = clock.right_since.is_some_and(|since| since < transition.at);
        if *begun > MOST_OPERATIONS.saturating_add(unseen) && clock_was_right {
            return Err(format!(
                "operation number {begun} for the {} of {}",
                transition.action, transition.at
            ));
        }
        Ok(())
    }

    /// An operation began for this. Those that no schedule asks for keep an enforced service awake, and cost money.
    fn corrects(&mut self, transition: Transition, sent: Timestamp) -> Result<(), String> {
        let asks = |service: &Service| service.schedule.latest_at(transition.at) == Some(transition);
        if self.service.iter().chain(&self.former).any(asks) {
            return Ok(());
        }
        self.corrections.push_back(sent);
        while self.corrections.front().is_some_and(|first| sent.duration_since(*first).as_hours() >= 1) {
            self.corrections.pop_front();
        }
        let count = self.corrections.len();
        // What a lost reply began cannot be counted by anybody who decides.
        let unseen: u32 = self.unknown.values().sum();
        if count > MOST_CORRECTIONS.saturating_add(usize::try_from(unseen).unwrap_or(usize::MAX)) {
            return Err(format!("{count} operations within an hour to keep it awake"));
        }
        Ok(())
    }

    /// The later occurrence that was said to have ended well while this call, which undoes it, was on its way.
    fn undoes(&self, transition: Transition, sent: Timestamp, clock: Clock) -> Option<Transition> {
        let ended_since = |(settled, (ending, at)): &(&Transition, &(Ending, Timestamp))| {
            settled.action == transition.action.opposite()
                && settled.at > transition.at
                && matches!(ending, Ending::Succeeded | Ending::Already)
                && *at >= sent
        };
        let was_right = clock.right_since.is_some_and(|since| since < transition.at);
        let found = self.ended.iter().find(ended_since).map(|(settled, _)| *settled);
        found.filter(|_| was_right && !self.knew_nothing)
    }

    /// The person against whom this is done, if there is one who should have been seen.
    fn fought(
        &self,
        transition: Transition,
        sent: Timestamp,
        listed_late_by: Duration,
        clock: Clock,
    ) -> Option<&Stranger> {
        let instant = transition.at;
        let respects = |service: &Service| service.on_manual_change == OnManualChange::Respect;
        if !self.service.iter().chain(&self.former).all(respects) {
            return None;
        }
        if clock.right_since.is_none_or(|since| since > instant) {
            return None;
        }
        let stranger = self.strangers.iter().rev().find(|stranger| stranger.action.is_some())?;
        let is_against = stranger.action == Some(transition.action.opposite());
        let late = SignedDuration::try_from(listed_late_by).unwrap_or_default();
        let was_seen = sent.duration_since(stranger.at) > OUT_OF_SIGHT.saturating_add(late);
        let is_after = stranger.at.duration_since(instant) > SignedDuration::from_secs(22);
        let stirred = |(at, of): &(Timestamp, Transition)| {
            let before = stranger.at.duration_since(*at);
            *of != transition && before < LATE_EFFECT && !before.is_negative()
        };
        // Whoever begins anew does not know which calls of ours were on their way before.
        let was_unknown = self.row_before_the_end.is_some_and(|row| {
            let before = stranger.at.duration_since(row);
            before < LATE_EFFECT
        });
        let may_be_ours = was_unknown || self.activity.iter().any(stirred);
        let was_adopted = self.adopted.contains(&stranger.id);
        (is_against && was_seen && is_after && !may_be_ours && !was_adopted).then_some(stranger)
    }

    /// A change is recorded.
    pub(crate) fn records(
        &mut self,
        at: Timestamp,
        change: &Change,
        now: Now,
        clock: Clock,
    ) -> Result<(), String> {
        let transition = Transition { at: change.scheduled, action: change.action };
        self.row_at = Some(at);
        if self.owes_word == Some(transition) {
            self.owes_word = None;
        }
        let before = self.last.replace(Row { transition, state: change.to });
        if let Some(operation) = change.operation.as_ref().filter(|_| change.to == State::Tracking) {
            self.adopted.insert(operation.clone());
        }
        let is_new = before.is_none_or(|row| row.transition != transition || row.state.is_end());
        self.tells(transition, is_new, change)?;
        let gave_way = self.gave_way.take().filter(|_| !clock.was_set_back);
        if let Some(resume) = gave_way.filter(|_| transition.action == Action::Pause) {
            return Err(format!("the resume of {} gave way to a pause, and that is no error", resume.at));
        }
        match before {
            Some(row) if row.transition == transition && !row.state.is_end() => {
                if row.state != change.from {
                    return Err(format!("it was {}, and goes on as {}", row.state, change.from));
                }
            }
            Some(row) if !row.state.is_end() => {
                return Err(format!("the {} of {} was left open", row.transition.action, row.transition.at));
            }
            _ => {
                if change.from != State::Due {
                    return Err(format!("it begins as {}", change.from));
                }
                // A file may say the opposite of the same instant, and another the first again.
                let opposite = Transition { action: transition.action.opposite(), ..transition };
                self.closed.remove(&opposite);
                self.begun.remove(&opposite);
            }
        }
        if self.closed.contains(&transition) {
            return Err(format!("the {} of {} goes on after its end", change.action, change.scheduled));
        }
        if change.attempt > MOST_ATTEMPTS {
            return Err(format!("{} attempts", change.attempt));
        }
        let State::Ended(ending) = change.to else { return Ok(()) };
        if self.is_late_in_silence(transition, at, clock) {
            return Err(format!("the resume of {} is done at {at} only, and nobody was told", transition.at));
        }
        self.ended.insert(transition, (ending, at));
        if ending == Ending::Succeeded {
            // A process without a ledger may have to do it again, when somebody has undone it.
            self.begun.remove(&transition);
        }
        if !clock.went_far_back(at) {
            self.closed.insert(transition);
        }
        self.is_severe_enough(transition, ending, change)?;
        let reason = self.has_reason(at, ending, change, now, clock);
        self.hopeless = false;
        let is_void = clock.went_far_back(at) && transition.at > now.wall;
        self.sleeps_on(transition, ending, is_void);
        reason
    }

    /// A resume that another has superseded leaves the service asleep since its instant. Where the clock was set back all is
    /// planned anew: it is told anew too, and who was to be told of what is void need not be.
    fn sleeps_on(&mut self, transition: Transition, ending: Ending, is_void: bool) {
        if is_void {
            (self.told_access, self.owes_access) = (false, false);
        }
        if ending == Ending::Superseded && transition.action == Action::Resume && !is_void {
            self.asleep_since.get_or_insert(transition.at);
        } else {
            self.asleep_since = None;
        }
    }

    /// Who is told what, each thing once. A resume that succeeds another which was not done continues it.
    fn tells(&mut self, transition: Transition, is_new: bool, change: &Change) -> Result<(), String> {
        let continues = self.asleep_since.is_some() && transition.action == Action::Resume;
        if is_new && !continues {
            (self.asleep_since, self.told_of_the_row, self.told_access) = (None, false, false);
        }
        if change.severity != Severity::Error {
            return Ok(());
        }
        self.owes_access = false;
        self.told.insert(transition);
        self.told_of_the_row = true;
        let is_access = change.to == State::BackingOff && change.retry_in.is_some();
        if is_access && std::mem::replace(&mut self.told_access, true) {
            return Err("that access is missing is told as an error for the second time".to_owned());
        }
        Ok(())
    }

    /// Whether a resume took longer than it may without an error, and nothing kept the planner from seeing that.
    fn is_late_in_silence(&self, transition: Transition, at: Timestamp, clock: Clock) -> bool {
        let first = self.asleep_since.unwrap_or(transition.at);
        let after = |duration| first.saturating_add(duration).unwrap_or(Timestamp::MAX);
        let saw_it = clock.undisturbed_since < after(SEEN_WITHIN)
            && clock.right_since.is_some_and(|since| since < first);
        transition.action == Action::Resume
            && at > after(TOLD_WITHIN)
            && saw_it
            && !self.told.contains(&transition)
            && !(self.asleep_since.is_some() && self.told_of_the_row)
    }

    pub(crate) fn is_beyond_help(&self) -> bool {
        let beyond = |status: &ServiceStatus| {
            matches!(
                status,
                ServiceStatus::Deleted | ServiceStatus::DeleteFailed | ServiceStatus::CreateFailed
            )
        };
        self.stood.iter().any(|(_, status)| beyond(status))
    }
}

/// How long a transition is worth doing.
pub(crate) fn window(service: &Service, action: Action) -> Duration {
    match action {
        Action::Resume => service.catch_up,
        Action::Pause => service.catch_up.max(PAUSE_OWED),
    }
}

/// Whether the occurrence may be given up for this: the service is not there, or the call that changes it makes no sense. A
/// look that is refused says nothing of the service.
fn is_hopeless(refusal: &Refusal, acted: bool) -> bool {
    let Cause::Answered { code: Some(code), .. } = &refusal.cause else { return false };
    code == "ResourceNotFoundException" || (acted && code == "ValidationException")
}

/// Whether only a person can mend this.
fn is_access(refusal: &Refusal) -> bool {
    match &refusal.cause {
        Cause::NoCredentials => true,
        Cause::Answered { code: Some(code), .. } => {
            code == "AccessDeniedException" || code == "ExpiredTokenException"
        }
        _ => false,
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
