//! What a schedule comes to over some weeks, in a few figures in which a slip shows: hours the wrong way round, a pause
//! that was forgotten.

use super::timetable::Schedule;
use super::transition::Transition;
use crate::api::Action;
use jiff::{SignedDuration, Timestamp};

/// The most transitions that are looked at: of a rule for every minute, those of a week.
const MOST_TRANSITIONS: usize = 20_000;

/// How many transitions are looked at to find the next one of a kind.
const MOST_BEFORE_THE_NEXT: usize = 1000;

/// What a schedule comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How long a span was looked at: as long as was asked for, unless there are very many transitions in it.
    pub span: SignedDuration,
    /// For how much of the span services are to be awake.
    pub awake: SignedDuration,
    /// The longest time awake without a break in the span.
    pub longest: SignedDuration,
    /// The first resume after its beginning, in the span or behind it.
    pub next_resume: Option<Timestamp>,
    /// The first pause after its beginning, in the span or behind it.
    pub next_pause: Option<Timestamp>,
}

impl Summary {
    /// Looks at a schedule from an instant on, for so long.
    pub fn of(schedule: &Schedule, from: Timestamp, span: SignedDuration) -> Self {
        let end = from.saturating_add(span).unwrap_or(from);
        let next = |action| {
            let next = schedule.after(from).take(MOST_BEFORE_THE_NEXT).find(|next| next.action == action);
            next.map(|next| next.at)
        };
        let mut awake = Awake::since(schedule.latest_at(from), from);
        let mut seen = from;
        for transition in schedule.after(from).take_while(|next| next.at < end).take(MOST_TRANSITIONS) {
            awake.meet(transition);
            seen = transition.at;
        }
        let was_cut = schedule.next_after(seen).is_some_and(|next| next.at < end);
        let end = if was_cut { seen } else { end };
        awake.end(end);
        Self {
            span: end.duration_since(from),
            awake: awake.all,
            longest: awake.longest,
            next_resume: next(Action::Resume),
            next_pause: next(Action::Pause),
        }
    }

    /// How much of the span services are to be awake, in percent.
    pub fn percent_awake(&self) -> u64 {
        let seconds = |time: SignedDuration| u64::try_from(time.as_secs()).unwrap_or(0);
        let (awake, span) = (seconds(self.awake), seconds(self.span).max(1));
        awake.saturating_mul(100).saturating_add(span / 2).div_euclid(span)
    }

    /// For how long services are to be awake in a week of the span, on average.
    pub fn awake_a_week(&self) -> SignedDuration {
        let week = SignedDuration::from_hours(7 * 24);
        let (awake, span) = (self.awake.as_secs_f64(), self.span.as_secs_f64().max(1.0));
        SignedDuration::try_from_secs_f64(awake / span * week.as_secs_f64()).unwrap_or_default()
    }
}

/// The time awake, while a schedule's transitions go by.
struct Awake {
    since: Option<Timestamp>,
    all: SignedDuration,
    longest: SignedDuration,
}

impl Awake {
    fn since(latest: Option<Transition>, from: Timestamp) -> Self {
        let is_awake = latest.is_some_and(|latest| latest.action == Action::Resume);
        Self { since: is_awake.then_some(from), all: SignedDuration::ZERO, longest: SignedDuration::ZERO }
    }

    fn meet(&mut self, transition: Transition) {
        match transition.action {
            Action::Resume => drop(self.since.get_or_insert(transition.at)),
            Action::Pause => self.end(transition.at),
        }
    }

    fn end(&mut self, at: Timestamp) {
        let Some(since) = self.since.take() else { return };
        let stretch = at.duration_since(since);
        self.all = self.all.saturating_add(stretch);
        self.longest = self.longest.max(stretch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    /// Monday, 30 November 2026, 00:00 in UTC.
    const MONDAY: Timestamp = Timestamp::constant(1_795_996_800, 0);

    fn summary(rules: &str, weeks: i64) -> Summary {
        let file = format!(
            "timezone = \"UTC\"\n[closed-days]\nholiday = \"2026-12-01\"\n[[service]]\n{rules}\n\
             arn = \"arn:aws:apprunner:us-east-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa\"\n"
        );
        let config = parse(&file).unwrap_or_else(|problems| panic!("{problems:?}"));
        let schedule = &config.services.first().unwrap().schedule;
        Summary::of(schedule, MONDAY, SignedDuration::from_hours(weeks * 7 * 24))
    }

    fn hours(time: SignedDuration) -> i64 {
        time.as_hours()
    }

    #[test]
    fn working_hours_are_counted_without_closed_days() {
        let office = summary("hours = \"Mon-Fri 08:00-18:00\"", 1);
        assert_eq!(
            (hours(office.awake_a_week()), office.percent_awake(), hours(office.longest)),
            (50, 30, 10)
        );
        assert_eq!(hours(summary("hours = \"Mon-Fri 08:00-18:00\"\nclosed = \"holiday\"", 1).awake), 40);
        assert_eq!(office.next_resume.unwrap().to_string(), "2026-11-30T08:00:00Z");
        assert_eq!(office.next_pause.unwrap().to_string(), "2026-11-30T18:00:00Z");
    }

    #[test]
    fn hours_the_wrong_way_round_and_a_forgotten_pause_show() {
        let reversed = summary("hours = \"Mon-Fri 18:00-08:00\"", 4);
        assert_eq!((hours(reversed.awake_a_week()), hours(reversed.longest)), (70, 14));
        let forgotten = summary("resume = \"0 8 * * *\"", 1);
        assert_eq!((forgotten.percent_awake(), forgotten.next_pause), (100, None));
        let friday = summary("resume = \"0 8 * * MON-FRI\"\npause = \"0 18 * * MON-THU\"", 2);
        assert_eq!(hours(friday.longest), 10 + 3 * 24, "from Friday morning to Monday evening");
    }

    #[test]
    fn very_many_transitions_shorten_the_span_and_keep_the_share() {
        let busy = summary("resume = \"*/2 * * * *\"\npause = \"1-59/2 * * * *\"", 4);
        assert_eq!(hours(busy.span), 20_000 / 60);
        assert_eq!((busy.percent_awake(), busy.longest.as_mins()), (50, 1));
    }

    #[test]
    fn what_comes_behind_the_span_is_found() {
        let monthly = summary("resume = \"0 6 1 3 *\"\npause = \"0 20 1 3 *\"", 1);
        assert_eq!((hours(monthly.awake), monthly.next_resume.is_some()), (0, true));
    }
}
