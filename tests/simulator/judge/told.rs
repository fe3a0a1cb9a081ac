//! No silence: who was told what, and who has yet to be told.

use super::clock::Clock;
use super::tolerances::{SEEN_WITHIN, TOLD_WITHIN};
use jiff::Timestamp;
use reveille::api::{Action, Cause, Refusal};
use reveille::planner::{Change, Ending, Severity, State};
use reveille::schedule::Transition;
use std::collections::BTreeSet;

/// What was told of one service, and what has yet to be.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Occurrences of which an error was told.
    errors: BTreeSet<Transition>,
    row: SleptRow,
    access: Access,
    /// A resume that was tried, and superseded without an error: by another, which has yet to be seen.
    gave_way: Option<Transition>,
    /// A resume that no process was there for; the next one has yet to tell of it.
    missed: Option<Transition>,
}

/// A row of resumes of which each gave way to the next.
#[derive(Debug, Default)]
struct SleptRow {
    /// The first of them: the service has slept since.
    since: Option<Timestamp>,
    /// An error was told of one of them.
    is_told: bool,
}

/// Credentials or rights that are missing.
#[derive(Debug, Default)]
struct Access {
    /// An error was told of the occurrence that is open, or of one before it in a row.
    is_told: bool,
    /// App Runner or the chain of credentials has said so, and nobody has been told yet.
    is_owed: bool,
}

impl Told {
    /// A process begins; it owes word of this resume.
    pub(crate) fn process_begins(&mut self, missed: Option<Transition>) {
        self.access = Access::default();
        self.missed = missed;
    }

    pub(crate) fn process_dies(&mut self) {
        self.missed = None;
    }

    /// Another file may ask for something else at once.
    pub(crate) fn file_changes(&mut self) {
        self.gave_way = None;
    }

    /// The resume that no process was there for, while nobody was told.
    pub(crate) fn owes_word(&self) -> Result<(), String> {
        let missed =
            |missed: Transition| format!("nobody was told that the resume of {} was missed", missed.at);
        self.missed.map_or(Ok(()), |resume| Err(missed(resume)))
    }

    /// A call leaves: whether everybody was told who was to be told before.
    pub(crate) fn call_leaves(&mut self) -> Result<(), String> {
        self.owes_word()?;
        if std::mem::take(&mut self.access.is_owed) {
            return Err("nobody was told at once that access is missing".to_owned());
        }
        Ok(())
    }

    /// A call is refused while an occurrence is open.
    pub(crate) fn is_refused(&mut self, refusal: &Refusal) {
        self.access.is_owed |= !self.access.is_told && is_access(refusal);
    }

    /// A change tells of an occurrence, each thing once. A resume that succeeds another which was not done continues it.
    pub(crate) fn tells(
        &mut self,
        transition: Transition,
        is_new: bool,
        change: &Change,
    ) -> Result<(), String> {
        self.missed.take_if(|missed| *missed == transition);
        let continues = self.row.since.is_some() && transition.action == Action::Resume;
        if is_new && !continues {
            self.row = SleptRow::default();
            self.access.is_told = false;
        }
        if change.severity != Severity::Error {
            return Ok(());
        }
        self.access.is_owed = false;
        self.errors.insert(transition);
        self.row.is_told = true;
        let is_access = change.to == State::BackingOff && change.retry_in.is_some();
        if is_access && std::mem::replace(&mut self.access.is_told, true) {
            return Err("that access is missing is told as an error for the second time".to_owned());
        }
        Ok(())
    }

    /// Whether a resume that was tried gave way to this, a pause, and that was no error.
    pub(crate) fn gives_way(&mut self, transition: Transition, clock: Clock) -> Result<(), String> {
        let gave_way = self.gave_way.take().filter(|_| !clock.was_set_back);
        if let Some(resume) = gave_way.filter(|_| transition.action == Action::Pause) {
            return Err(format!("the resume of {} gave way to a pause, and that is no error", resume.at));
        }
        Ok(())
    }

    /// Whether somebody learns of a resume that was given up although it could be tried. Where another takes its place, it
    /// is enough that somebody learns of that one.
    pub(crate) fn is_severe_enough(
        &mut self,
        transition: Transition,
        ending: Ending,
        change: &Change,
    ) -> Result<(), String> {
        if transition.action == Action::Pause || change.severity == Severity::Error {
            return Ok(());
        }
        match ending {
            Ending::Failed | Ending::Expired => {
                Err(format!("the resume of {} is {}, and that is no error", change.scheduled, change.to))
            }
            Ending::Superseded => {
                let is_tried = matches!(change.from, State::Calling | State::BackingOff | State::Waiting);
                self.gave_way = Some(transition).filter(|_| is_tried);
                Ok(())
            }
            Ending::Succeeded | Ending::Already | Ending::OverriddenByUser => Ok(()),
        }
    }

    /// A resume that another has superseded leaves the service asleep since its instant. Where the clock was set back all is
    /// planned anew: it is told anew too, and who was to be told of what is void need not be.
    pub(crate) fn ends(&mut self, transition: Transition, ending: Ending, is_void: bool) {
        if is_void {
            self.access = Access::default();
        }
        if ending == Ending::Superseded && transition.action == Action::Resume && !is_void {
            self.row.since.get_or_insert(transition.at);
        } else {
            self.row.since = None;
        }
    }

    /// Whether a resume took longer than it may without an error, and nothing kept the planner from seeing that.
    pub(crate) fn is_late_in_silence(&self, transition: Transition, at: Timestamp, clock: Clock) -> bool {
        let first = self.row.since.unwrap_or(transition.at);
        let after = |duration| first.saturating_add(duration).unwrap_or(Timestamp::MAX);
        let saw_it = clock.undisturbed_since < after(SEEN_WITHIN) && clock.was_right_before(first);
        transition.action == Action::Resume
            && at > after(TOLD_WITHIN)
            && saw_it
            && !self.errors.contains(&transition)
            && !(self.row.since.is_some() && self.row.is_told)
    }
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
