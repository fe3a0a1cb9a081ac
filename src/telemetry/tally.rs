//! How often each state was entered.

use crate::planner::{Change, Ending, Severity, State};
use std::collections::BTreeMap;

/// Counts the changes of occurrences by the state that they lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    entered: BTreeMap<State, u64>,
    /// Occurrences that ended with an error.
    bad: u64,
}

impl Tally {
    /// Counts the state that a change leads to, and whether it ends an occurrence with an error.
    pub fn count(&mut self, change: &Change) {
        if !change.is_late_notice() {
            let count = self.entered.entry(change.to).or_default();
            *count = count.saturating_add(1);
        }
        if change.to.is_end() && change.severity == Severity::Error {
            self.bad = self.bad.saturating_add(1);
        }
    }

    /// How often this state was entered.
    pub fn of(&self, state: State) -> u64 {
        self.entered.get(&state).copied().unwrap_or_default()
    }

    /// How the occurrences ended, for people.
    pub fn summary(&self) -> String {
        let words = |(state, count): (&State, &u64)| match state {
            State::Ended(Ending::Already) => Some(format!("{count} not needed")),
            State::Ended(Ending::OverriddenByUser) => Some(format!("{count} overridden by a user")),
            State::Ended(_) => Some(format!("{count} {state}")),
            State::Due | State::Calling | State::Tracking | State::BackingOff | State::Waiting => None,
        };
        let endings: Vec<String> = self.entered.iter().filter_map(words).collect();
        let ended = self.entered.iter().filter(|(state, _)| state.is_end());
        match ended.fold(0_u64, |sum, (_, count)| sum.saturating_add(*count)) {
            0 => "summary: no resume or pause has ended yet".to_owned(),
            1 => format!("summary: 1 resume or pause ended: {}", endings.join(", ")),
            sum => format!("summary: {sum} resumes and pauses ended: {}", endings.join(", ")),
        }
    }

    /// Whether every occurrence that ended did so as people wish: none failed, none came too late, and no resume was
    /// given up for the pause after it.
    pub fn is_good(&self) -> bool {
        self.bad == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Action;
    use jiff::Timestamp;

    fn ended(action: Action, how: Ending, severity: Severity) -> Change {
        Change {
            arn: "arn:aws:apprunner:eu-west-1:123456789012:service/checkout/8fe1e10304f84fd2b0df550fe98a71fa"
                .parse()
                .unwrap(),
            service: "checkout".into(),
            action,
            scheduled: Timestamp::UNIX_EPOCH,
            from: State::Due,
            to: State::Ended(how),
            severity,
            operation: None,
            attempt: 1,
            failed_operations: 0,
            unsure_since: None,
            error: None,
            retry_in: None,
            late: None,
        }
    }

    #[test]
    fn what_failed_came_too_late_or_was_given_up_for_the_pause_after_it_spoils_the_whole() {
        use Action::{Pause, Resume};
        use Severity::{Error, Info, Warn};
        let cases = [
            (Resume, Ending::Succeeded, Info, true),
            (Resume, Ending::Already, Info, true),
            (Resume, Ending::OverriddenByUser, Info, true),
            (Pause, Ending::Superseded, Warn, true),
            (Resume, Ending::Superseded, Error, false),
            (Resume, Ending::Expired, Error, false),
            (Pause, Ending::Failed, Error, false),
        ];
        for (action, how, severity, is_good) in cases {
            let mut tally = Tally::default();
            tally.count(&ended(Pause, Ending::Succeeded, Info));
            tally.count(&ended(action, how, severity));
            assert_eq!(tally.is_good(), is_good, "{action} {how:?}");
        }
    }

    #[test]
    fn an_error_that_ends_nothing_is_not_a_failure_yet() {
        let mut tally = Tally::default();
        let late = ended(Action::Resume, Ending::Succeeded, Severity::Error);
        tally.count(&Change { to: State::Waiting, ..late });
        assert!(tally.is_good());
    }

    #[test]
    fn the_summary_of_nothing_one_and_many_says_how_they_ended() {
        use Ending::{Already, Expired, Failed, OverriddenByUser, Succeeded, Superseded};
        let tally = |states: &[State]| {
            let mut tally = Tally::default();
            for to in states {
                let change = ended(Action::Resume, Succeeded, Severity::Info);
                tally.count(&Change { to: *to, ..change });
            }
            tally
        };
        let on_the_way = [State::Due, State::Calling, State::Tracking, State::BackingOff, State::Waiting];
        assert_eq!(tally(&on_the_way).summary(), "summary: no resume or pause has ended yet");
        let one = tally(&[State::Calling, State::Ended(Succeeded)]);
        assert_eq!(one.summary(), "summary: 1 resume or pause ended: 1 succeeded");
        let endings = [Succeeded, Already, Superseded, Expired, OverriddenByUser, Failed, Succeeded];
        assert_eq!(
            tally(&endings.map(State::Ended)).summary(),
            "summary: 7 resumes and pauses ended: 2 succeeded, 1 not needed, 1 superseded, 1 expired, \
             1 overridden by a user, 1 failed"
        );
    }
}
