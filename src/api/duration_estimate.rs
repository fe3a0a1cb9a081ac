//! How often to ask how far an operation is.

use std::time::Duration;

/// An operation older than this is overdue: it is reported once, and followed more slowly.
pub(crate) const OVERDUE_AFTER: Duration = Duration::from_mins(20);

/// The first look at an operation whose usual length is unknown.
const FIRST_POLL: Duration = Duration::from_secs(2);

/// The widest gap between two looks at an operation whose usual length is unknown.
const WIDEST_GAP: Duration = Duration::from_secs(15);

/// However long an operation takes, it is asked about no less often.
const LONGEST_GAP: Duration = Duration::from_secs(60);

/// Looking more often would tell nothing: operations take tens of seconds.
pub(crate) const NARROWEST_GAP: Duration = Duration::from_secs(1);

/// How long this service's operations usually take, learnt from those that were followed to their end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DurationEstimate(Option<Duration>);

impl DurationEstimate {
    /// Learns from an operation that took this long. Half old, half new: it follows a change within a few days.
    pub(crate) fn learn(&mut self, took: Duration) {
        let took = took.min(OVERDUE_AFTER);
        self.0 = Some(self.0.map_or(took, |usual| usual.saturating_add(took).mul_f64(0.5)));
    }

    /// How long to wait before look number `polls` (0 for the first).
    ///
    /// With a known estimate the first look comes just before the usual end and the gaps after it grow, so that four
    /// more see an end up to three quarters late. Without one, the gaps grow from 2 s to 15 s.
    pub(crate) fn next_poll(self, polls: u32) -> Duration {
        // Multiplied out, which is the same on every machine; `powi` need not be.
        let growth = |factor: f64| (0..polls.min(32)).fold(1.0, |growth, _| growth * factor);
        match self.0 {
            Some(usual) if polls == 0 => usual.mul_f64(0.95).max(NARROWEST_GAP),
            Some(usual) => usual.mul_f64(0.067 * growth(1.5)).clamp(NARROWEST_GAP, LONGEST_GAP),
            None => FIRST_POLL.mul_f64(growth(1.4)).min(WIDEST_GAP),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many looks it takes to see the end of an operation of this length.
    fn polls_to_see(end: Duration, estimate: DurationEstimate) -> u32 {
        let (mut asked_at, mut polls) = (Duration::ZERO, 0);
        while asked_at < end {
            asked_at += estimate.next_poll(polls);
            polls += 1;
        }
        polls
    }

    #[test]
    fn an_unknown_service_is_asked_at_growing_gaps() {
        let gaps: Vec<f64> =
            (0..8).map(|polls| DurationEstimate::default().next_poll(polls).as_secs_f64()).collect();
        assert_eq!(gaps.first(), Some(&2.0));
        assert!(gaps.windows(2).all(|pair| pair[0] <= pair[1]), "{gaps:?}");
        assert_eq!(gaps.last(), Some(&15.0));
    }

    #[test]
    fn the_first_look_comes_just_before_the_usual_end_and_the_gaps_after_it_grow_by_half() {
        let mut known = DurationEstimate::default();
        known.learn(Duration::from_secs(100));
        let gaps = |estimate: DurationEstimate| {
            (0..4).map(|polls| estimate.next_poll(polls).as_millis()).collect::<Vec<_>>()
        };
        assert_eq!(gaps(known), [95_000, 10_050, 15_075, 22_612]);
        assert_eq!(gaps(DurationEstimate::default()), [2_000, 2_800, 3_920, 5_488]);
    }

    #[test]
    fn a_known_service_needs_at_most_five_looks() {
        for usual in [20, 40, 60, 120, 300] {
            let mut estimate = DurationEstimate::default();
            estimate.learn(Duration::from_secs(usual));
            for percent in [50, 90, 100, 110, 130, 160] {
                let polls = polls_to_see(Duration::from_secs(usual * percent / 100), estimate);
                assert!((1..=5).contains(&polls), "{usual} s, {percent} %: {polls} looks");
            }
        }
    }

    #[test]
    fn an_estimate_follows_a_change() {
        let mut estimate = DurationEstimate::default();
        estimate.learn(Duration::from_secs(40));
        for _ in 0..8 {
            estimate.learn(Duration::from_secs(200));
        }
        let first = estimate.next_poll(0).as_secs();
        assert!((180..200).contains(&first), "{first}");
    }

    #[test]
    fn an_operation_that_took_hours_once_does_not_put_off_the_next_look_for_hours() {
        let mut estimate = DurationEstimate::default();
        estimate.learn(Duration::from_hours(6));
        assert!(estimate.next_poll(0) <= OVERDUE_AFTER, "{:?}", estimate.next_poll(0));
    }

    #[test]
    fn no_gap_is_ever_zero_or_endless() {
        let mut short = DurationEstimate::default();
        short.learn(Duration::ZERO);
        for polls in [0, 1, 5, 100, u32::MAX] {
            for estimate in [DurationEstimate::default(), short] {
                let gap = estimate.next_poll(polls);
                assert!((NARROWEST_GAP..=LONGEST_GAP).contains(&gap), "{polls}: {gap:?}");
            }
        }
    }
}
