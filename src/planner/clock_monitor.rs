//! What the two clocks say together: that the wall clock was set back, or that time went by which nobody saw.

use super::tolerances::{CLOCK_WENT_BACK, STALE_AFTER};
use crate::api::{Elapsed, Now, wall_since};
use jiff::Timestamp;
use std::time::Duration;

/// The readings so far.
#[derive(Debug, Default)]
pub(super) struct ClockMonitor {
    last: Option<Now>,
    /// The latest that the wall clock has shown, since that it was set back was last noticed.
    latest_wall: Option<Timestamp>,
}

/// What a reading tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClockEvent {
    /// The wall clock went on as the other one did.
    Nothing,
    /// The wall clock was set back by so much.
    SetBack(Duration),
    /// The host slept, the process was stopped, or the clock was set ahead: what was seen before may be old.
    Unseen,
}

impl ClockMonitor {
    /// Takes in a reading. `due` is when the planner wanted to be woken.
    pub(super) fn read(&mut self, now: Now, due: Option<Elapsed>) -> ClockEvent {
        let last = self.last.replace(now).unwrap_or(now);
        let latest = self.latest_wall.unwrap_or(now.wall).max(last.wall);
        let back = wall_since(latest, now.wall);
        if back > CLOCK_WENT_BACK {
            self.latest_wall = Some(now.wall);
            return ClockEvent::SetBack(back);
        }
        self.latest_wall = Some(latest.max(now.wall));
        let ran = now.elapsed.since(last.elapsed);
        let slept = wall_since(now.wall, last.wall).saturating_sub(ran);
        let overslept = due.map_or(Duration::ZERO, |due| now.elapsed.since(due));
        if slept.max(overslept) > STALE_AFTER { ClockEvent::Unseen } else { ClockEvent::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    const START: Timestamp = Timestamp::constant(1_783_317_600, 0);

    /// What the watch says when, after a reading at the start, the wall clock and the other have gone so many seconds.
    fn tells(wall: i64, elapsed: u64, due: Option<u64>) -> ClockEvent {
        let mut watch = ClockMonitor::default();
        let at = |wall: i64, elapsed: u64| Now {
            wall: START.checked_add(wall.seconds()).unwrap_or(START),
            elapsed: Elapsed(Duration::from_secs(elapsed)),
        };
        assert_eq!(watch.read(at(0, 0), None), ClockEvent::Nothing);
        watch.read(at(wall, elapsed), due.map(|due| Elapsed(Duration::from_secs(due))))
    }

    #[test]
    fn a_night_without_a_deadline_is_no_news() {
        assert_eq!(tells(50_000, 50_000, None), ClockEvent::Nothing);
        assert_eq!(tells(50_000, 50_000, Some(49_999)), ClockEvent::Nothing);
    }

    #[test]
    fn a_host_that_slept_and_a_process_that_was_stopped_have_not_seen_what_happened() {
        assert_eq!(tells(3_600, 10, None), ClockEvent::Unseen);
        assert_eq!(tells(3_600, 3_600, Some(30)), ClockEvent::Unseen);
        assert_eq!(tells(61, 1, None), ClockEvent::Nothing);
    }

    #[test]
    fn a_small_step_back_is_waited_out_and_a_large_one_is_noticed() {
        assert_eq!(tells(-60, 1, None), ClockEvent::Nothing);
        assert_eq!(tells(-61, 1, None), ClockEvent::SetBack(Duration::from_secs(61)));
    }

    #[test]
    fn small_steps_back_in_a_row_add_up() {
        let mut watch = ClockMonitor::default();
        let mut read = |wall: i64| {
            let wall = START + wall.seconds();
            watch.read(Now { wall, elapsed: Elapsed(Duration::from_secs(100)) }, None)
        };
        assert_eq!(read(0), ClockEvent::Nothing);
        assert_eq!(read(-25), ClockEvent::Nothing);
        assert_eq!(read(-50), ClockEvent::Nothing);
        assert_eq!(read(-75), ClockEvent::SetBack(Duration::from_secs(75)));
        assert_eq!(read(-100), ClockEvent::Nothing, "counted from what was noticed last");
    }
}
