//! What a person at a terminal reads of a change: one short line, worded from the change itself.

use crate::api::Action;
use crate::planner::{Change, Ending, Severity, State};
use crate::text::{columns, cut, humane};
use std::time::Duration;

/// A call that leaves this long after its instant is called late.
const WORTH_TELLING: Duration = Duration::from_secs(60);

/// No cause is cut shorter than this, however narrow the terminal is.
const NARROWEST_CAUSE: usize = 20;

/// What happened, in parts: a cause may be long, and is what is cut.
#[derive(Debug, Default)]
pub(super) struct Short {
    what: String,
    cause: String,
    after: String,
    /// What is left out where there is no room for it.
    aside: String,
}

impl Short {
    /// The words of a change. `took` is how long the action has been going on.
    pub(super) fn of(change: &Change, took: Option<Duration>) -> Self {
        let action = change.action;
        let goes_on = change.from == change.to;
        let what = match change.to {
            _ if goes_on && change.severity == Severity::Error => format!("{action} is late"),
            State::Due => format!("{action} is due"),
            State::Calling => match change.late.filter(|late| *late >= WORTH_TELLING) {
                Some(late) => format!("{action} sent, {} late", humane(late)),
                None => format!("{action} sent"),
            },
            State::Tracking if goes_on => format!("{action} still in progress"),
            State::Tracking => format!("{action} in progress"),
            State::BackingOff if goes_on => format!("{action} failed again"),
            State::BackingOff | State::Ended(Ending::Failed) => format!("{action} failed"),
            State::Waiting => format!("{action} waits"),
            State::Ended(Ending::Succeeded) => match took {
                Some(took) => format!("{} in {}", past_participle(action), humane(took)),
                None => past_participle(action).to_owned(),
            },
            State::Ended(Ending::Already) => already(action).to_owned(),
            State::Ended(Ending::Superseded) => format!("{action} superseded"),
            State::Ended(Ending::Expired) => format!("{action} missed"),
            State::Ended(Ending::OverriddenByUser) => format!("{action} overridden by a user"),
        };
        let after = change.retry_in.map(|retry_in| format!(", again in {}", humane(retry_in)));
        Self {
            what,
            cause: change.error.clone().unwrap_or_default(),
            after: after.unwrap_or_default(),
            aside: String::new(),
        }
    }

    /// The words of a change that a dry run only plays, worded so that it does not read as done.
    pub(super) fn of_a_dry_run(change: &Change) -> Self {
        let action = change.action;
        let short = Self::of(change, None);
        let what = match change.to {
            State::Calling => format!("{action} would be sent"),
            State::Tracking if change.from != change.to => format!("{action} would begin"),
            State::Ended(Ending::Succeeded) => format!("would be {}", past_participle(action)),
            _ => short.what,
        };
        Self { what: format!("dry run: {what}"), ..short }
    }

    /// Words that are not cut, and what may be left out.
    pub(super) fn whole(what: String, aside: String) -> Self {
        Self { what, aside, ..Self::default() }
    }

    /// The same with each of its texts told in another way.
    pub(super) fn told(self, tell: impl Fn(&str) -> String) -> Self {
        let Self { what, cause, after, aside } = self;
        Self { what: tell(&what), cause: tell(&cause), after, aside: tell(&aside) }
    }

    /// The words, in so many columns where that can be had by cutting the cause, or by leaving out what may be. Where
    /// somebody has to act, an aside is not left out, and of an error nothing is.
    pub(super) fn fit(&self, most: usize, sign: Sign) -> String {
        let most = if sign == Sign::Error { usize::MAX } else { most };
        if self.cause.is_empty() {
            let short = format!("{}{}", self.what, self.after);
            let whole = format!("{short}{}", self.aside);
            return if sign == Sign::Warning || columns(&whole) <= most { whole } else { short };
        }
        let taken = columns(&self.what).saturating_add(columns(&self.after)).saturating_add(2);
        let cause = cut(&self.cause, most.saturating_sub(taken).max(NARROWEST_CAUSE));
        format!("{}: {cause}{}", self.what, self.after)
    }
}

/// A message with its cause, which may begin with the very words of the message: these are said once.
pub(super) fn with_cause(message: &str, cause: &str) -> String {
    if cause.is_empty() {
        return message.to_owned();
    }
    let (begins, rest) = cause.split_at(cause.find([':', ';']).unwrap_or(cause.len()));
    let rest = rest.trim_start_matches([':', ';', ' ']);
    let is_same = message.strip_prefix(begins).is_some_and(|more| !more.starts_with(char::is_alphanumeric));
    match (is_same, rest) {
        (false, _) => format!("{message}: {cause}"),
        (true, "") => message.to_owned(),
        (true, rest) => format!("{message}: {rest}"),
    }
}

/// The sign before a change: how it went, at a glance. In a dry run nothing went well.
pub(super) fn sign(change: &Change, is_dry_run: bool) -> Sign {
    match (change.severity, change.to) {
        (Severity::Error, _) => Sign::Error,
        (Severity::Warn, _) => Sign::Warning,
        (Severity::Info, State::Ended(Ending::Succeeded | Ending::Already)) if !is_dry_run => Sign::Good,
        (Severity::Info, _) => Sign::Plain,
    }
}

/// How something went, as it is shown at the beginning of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Good,
    Plain,
    Warning,
    Error,
}

impl Sign {
    /// The sign, and the terminal's own colour for it.
    pub(super) fn shape(self) -> (char, &'static str) {
        match self {
            Self::Good => ('✓', "32"),
            Self::Plain => ('·', "2"),
            Self::Warning => ('!', "33"),
            Self::Error => ('✗', "31"),
        }
    }
}

fn past_participle(action: Action) -> &'static str {
    match action {
        Action::Resume => "resumed",
        Action::Pause => "paused",
    }
}

fn already(action: Action) -> &'static str {
    match action {
        Action::Resume => "already running",
        Action::Pause => "already paused",
    }
}
