//! The alarm: wakes the loop at its next deadline, never before it, whatever happens to the wall clock meanwhile.
//!
//! A timer of the runtime is exact but blind: it counts elapsed time, so it sleeps through a clock that is set and
//! through a laptop that is shut. The job scheduler is coarse but looks at the wall clock twice a second. So a wall
//! deadline that is far goes to the scheduler, as the one one-shot job that it ever holds, and the timer does the last
//! stretch to the millisecond. A cron job every full minute, the heartbeat, makes the loop plan anew.
//!
//! Nothing depends on the scheduler alone. A timer stands behind each of its jobs, so the alarm rings without it too;
//! what is then lost is only the view of a clock that was set.

use crate::api::{Elapsed, Now};
use crate::clock::Clock;
use jiff::Timestamp;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep_until, timeout};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// The heartbeat: every full minute.
const HEARTBEAT: &str = "0 * * * * *";

/// How long after the last heartbeat the alarm rings without one: half a minute of grace. A wall clock that is set back
/// silences the heartbeat until it has caught up.
const HEARTBEAT_OVERDUE: Duration = Duration::from_secs(90);

/// How long before a wall deadline its one-shot job is due.
const ONE_SHOT_AHEAD: Duration = Duration::from_secs(1);

/// A wall deadline nearer than this is left to the timer: the scheduler counts in whole seconds, so its job may come
/// two seconds sooner than asked.
const NEAR: Duration = Duration::from_secs(3);

/// The longest sleep near a deadline before the next look at the wall clock, so that a clock set in the last seconds
/// costs no more than this.
const MAX_SLEEP_NEAR: Duration = Duration::from_secs(1);

/// How long the scheduler may take to add or remove a job. Its calls wait for an answer that never comes if one of its
/// tasks has died.
const SCHEDULER_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the alarm rang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ring {
    /// One of the deadlines has come. Both are gone now: set the next.
    Deadline,
    /// A minute has passed. The deadlines stand; plan anew against the wall clock.
    Heartbeat,
}

/// Rings at the deadlines it was set to, and every minute.
pub(crate) struct Alarm {
    clock: Clock,
    wall: Option<Timestamp>,
    elapsed: Option<Elapsed>,
    notifications: Arc<Notifications>,
    /// The wall deadline for which the scheduler shall hold a one-shot.
    one_shot: watch::Sender<Option<Timestamp>>,
    heartbeat_at: Elapsed,
    heartbeat_is_missing: bool,
}

impl Alarm {
    /// Starts the scheduler with its heartbeat. An alarm without deadlines rings every minute.
    ///
    /// It cannot fail: what the scheduler lacks is logged, and the alarm goes on without.
    pub(crate) async fn start(clock: Clock) -> Self {
        let (alarm, one_shot) = Self::without_scheduler(clock);
        match start_scheduler(&alarm.notifications).await {
            Ok(scheduler) => {
                let notifications = Arc::clone(&alarm.notifications);
                tokio::spawn(hold_one_shot(scheduler, clock, one_shot, notifications));
            }
            Err(error) => log_failure(&error, "start"),
        }
        alarm
    }

    /// An alarm that goes by the timer alone until somebody holds the one-shots that it wants.
    pub(super) fn without_scheduler(clock: Clock) -> (Self, watch::Receiver<Option<Timestamp>>) {
        let (one_shot, receiver) = watch::channel(None);
        let alarm = Self {
            clock,
            wall: None,
            elapsed: None,
            notifications: Arc::default(),
            one_shot,
            heartbeat_at: clock.now().elapsed,
            heartbeat_is_missing: false,
        };
        (alarm, receiver)
    }

    /// Sets both deadlines; `None` is no deadline. Setting what is set already costs nothing.
    pub(crate) fn set(&mut self, wall: Option<Timestamp>, elapsed: Option<Elapsed>) {
        self.wall = wall;
        self.elapsed = elapsed;
    }

    /// Waits for the nearer deadline, but no longer than for the heartbeat. Nothing is lost if this future is dropped.
    pub(crate) async fn rings(&mut self) -> Ring {
        loop {
            let now = self.clock.now();
            let wait = match decide(now, self.wall, self.elapsed) {
                Decision::Ring => return self.ring(),
                Decision::Wait(wait) => wait,
            };
            self.want(wait.one_shot);
            let overdue = self.heartbeat_at.after(HEARTBEAT_OVERDUE);
            let until = wait.at_most.map_or(overdue, |at_most| now.elapsed.after(at_most).min(overdue));
            tokio::select! {
                () = sleep_until(self.clock.instant(until)) => {
                    if self.clock.now().elapsed >= overdue {
                        return self.heartbeat(true);
                    }
                }
                // The job is used up: if the deadline turns out to be far still, there has to be another.
                () = self.notifications.one_shot.notified() => self.want(OneShot::None),
                () = self.notifications.heartbeat.notified() => return self.heartbeat(false),
            }
        }
    }

    fn ring(&mut self) -> Ring {
        self.set(None, None);
        Ring::Deadline
    }

    fn heartbeat(&mut self, is_missing: bool) -> Ring {
        if is_missing && !self.heartbeat_is_missing {
            tracing::warn!(
                "the heartbeat is overdue: the wall clock was set back, or the job scheduler has stopped; the alarm \
                 continues on the monotonic clock"
            );
        }
        self.heartbeat_is_missing = is_missing;
        self.heartbeat_at = self.clock.now().elapsed;
        Ring::Heartbeat
    }

    /// Tells the scheduler's task which one-shot to hold.
    fn want(&self, one_shot: OneShot) {
        let wanted = match one_shot {
            OneShot::AsItIs => return,
            OneShot::None => None,
            OneShot::For(deadline) => Some(deadline),
        };
        self.one_shot.send_if_modified(|held| std::mem::replace(held, wanted) != wanted);
    }
}

/// What the scheduler's jobs notify. A notification that is not awaited yet is kept, but counts once.
#[derive(Default)]
struct Notifications {
    one_shot: Notify,
    heartbeat: Notify,
}

/// What to do at this moment.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    /// A deadline has come.
    Ring,
    /// None has come yet.
    Wait(Wait),
}

/// How to wait until the next look at the clocks.
#[derive(Debug, PartialEq, Eq)]
struct Wait {
    /// How long at most by the timer; `None` is without a limit.
    at_most: Option<Duration>,
    /// What the scheduler is to hold meanwhile.
    one_shot: OneShot,
}

/// The scheduler's one-shot job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OneShot {
    /// Whichever it holds, if any.
    AsItIs,
    None,
    /// One that is due a second before this wall deadline.
    For(Timestamp),
}

/// Decides how to wait for two deadlines.
fn decide(now: Now, wall: Option<Timestamp>, elapsed: Option<Elapsed>) -> Decision {
    let wall_left = wall.map(|deadline| (deadline, left_until(deadline, now.wall)));
    let elapsed_left = elapsed.map(|deadline| deadline.since(now.elapsed));
    if elapsed_left == Some(Duration::ZERO) || matches!(wall_left, Some((_, Duration::ZERO))) {
        return Decision::Ring;
    }
    let (by_wall, one_shot) = match wall_left {
        None => (None, OneShot::None),
        Some((_, left)) if left <= NEAR => (Some(left.min(MAX_SLEEP_NEAR)), OneShot::AsItIs),
        Some((deadline, left)) => (Some(left.saturating_sub(ONE_SHOT_AHEAD)), OneShot::For(deadline)),
    };
    Decision::Wait(Wait { at_most: by_wall.into_iter().chain(elapsed_left).min(), one_shot })
}

/// How far ahead of `now` the deadline is; zero when it has come.
fn left_until(deadline: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(deadline.duration_since(now)).unwrap_or(Duration::ZERO)
}

/// A scheduler that runs and holds the heartbeat.
async fn start_scheduler(notifications: &Arc<Notifications>) -> Result<JobScheduler, SchedulerError> {
    let scheduler = with_timeout(JobScheduler::new()).await?;
    let notifications = Arc::clone(notifications);
    let heartbeat = Job::new(HEARTBEAT, move |_, _| notifications.heartbeat.notify_one())?;
    with_timeout(scheduler.add(heartbeat)).await?;
    with_timeout(scheduler.start()).await?;
    Ok(scheduler)
}

/// The task that owns the scheduler: replaces its one-shot whenever another is wanted, until the alarm is dropped.
///
/// The loop never waits for it, and a wish that is replaced before it is granted costs nothing.
async fn hold_one_shot(
    mut scheduler: JobScheduler,
    clock: Clock,
    mut wanted: watch::Receiver<Option<Timestamp>>,
    notifications: Arc<Notifications>,
) {
    let mut held: Option<Job> = None;
    while wanted.changed().await.is_ok() {
        let deadline = *wanted.borrow_and_update();
        if let Some(old) = held.take()
            && let Err(error) = with_timeout(scheduler.remove(&old.guid())).await
        {
            log_failure(&error, "remove a job");
        }
        if let Some(deadline) = deadline {
            match add_one_shot(&scheduler, left_until(deadline, clock.now().wall), &notifications).await {
                Ok(job) => held = Some(job),
                Err(error) => log_failure(&error, "add a job"),
            }
        }
    }
    if let Err(error) = with_timeout(scheduler.shutdown()).await {
        log_failure(&error, "stop");
    }
}

async fn add_one_shot(
    scheduler: &JobScheduler,
    left: Duration,
    notifications: &Arc<Notifications>,
) -> Result<Job, SchedulerError> {
    let notifications = Arc::clone(notifications);
    let ahead = left.saturating_sub(ONE_SHOT_AHEAD);
    let job = Job::new_one_shot(ahead, move |_, _| notifications.one_shot.notify_one())?;
    with_timeout(scheduler.add(job.clone())).await?;
    Ok(job)
}

/// What the scheduler could not do.
#[derive(Debug, thiserror::Error)]
enum SchedulerError {
    #[error("it says {0}")]
    Reported(#[from] JobSchedulerError),
    #[error("it did not answer within {SCHEDULER_TIMEOUT:?}")]
    TimedOut,
}

/// Waits for the scheduler, within bounds.
async fn with_timeout<T>(
    answer: impl Future<Output = Result<T, JobSchedulerError>> + Send,
) -> Result<T, SchedulerError> {
    timeout(SCHEDULER_TIMEOUT, answer)
        .await
        .map_err(|_| SchedulerError::TimedOut)?
        .map_err(SchedulerError::Reported)
}

fn log_failure(error: &SchedulerError, what: &'static str) {
    tracing::warn!(%error, "the job scheduler could not {what}; the alarm continues without it, on the monotonic \
                            clock");
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::task::yield_now;
    use tokio::time::sleep;

    const SECOND: Duration = Duration::from_secs(1);

    fn now(wall: &str, elapsed_seconds: u64) -> Now {
        Now { wall: wall.parse().unwrap(), elapsed: Elapsed(Duration::from_secs(elapsed_seconds)) }
    }

    fn wait(at_most: Option<Duration>, one_shot: OneShot) -> Decision {
        Decision::Wait(Wait { at_most, one_shot })
    }

    #[test]
    fn the_nearer_deadline_decides_and_a_far_wall_deadline_goes_to_the_scheduler() {
        let eight: Timestamp = "2027-03-29T06:00:00Z".parse().unwrap();
        let at = |elapsed_seconds: u32| Some(Elapsed(SECOND * elapsed_seconds));
        let cases = [
            ("no deadline", "2027-03-29T05:00:00Z", None, None, wait(None, OneShot::None)),
            ("far", "2027-03-29T05:59:00Z", Some(eight), None, wait(Some(SECOND * 59), OneShot::For(eight))),
            (
                "just far",
                "2027-03-29T05:59:56Z",
                Some(eight),
                None,
                wait(Some(SECOND * 3), OneShot::For(eight)),
            ),
            ("just near", "2027-03-29T05:59:57Z", Some(eight), None, wait(Some(SECOND), OneShot::AsItIs)),
            (
                "the last stretch",
                "2027-03-29T05:59:59.999Z",
                Some(eight),
                None,
                wait(Some(Duration::from_millis(1)), OneShot::AsItIs),
            ),
            ("a nanosecond early", "2027-03-29T05:59:59.999999999Z", Some(eight), None, {
                wait(Some(Duration::from_nanos(1)), OneShot::AsItIs)
            }),
            ("on time", "2027-03-29T06:00:00Z", Some(eight), None, Decision::Ring),
            ("the clock jumped over it", "2027-03-29T07:00:00Z", Some(eight), None, Decision::Ring),
            ("elapsed alone", "2027-03-29T05:00:00Z", None, at(130), wait(Some(SECOND * 30), OneShot::None)),
            ("elapsed has come", "2027-03-29T05:00:00Z", Some(eight), at(100), Decision::Ring),
            ("elapsed is nearer", "2027-03-29T05:00:00Z", Some(eight), at(130), {
                wait(Some(SECOND * 30), OneShot::For(eight))
            }),
            (
                "wall is nearer",
                "2027-03-29T05:59:58.5Z",
                Some(eight),
                at(130),
                wait(Some(SECOND), OneShot::AsItIs),
            ),
        ];
        for (case, wall_now, wall, elapsed, expected) in cases {
            assert_eq!(decide(now(wall_now, 100), wall, elapsed), expected, "{case}");
        }
    }

    #[tokio::test]
    async fn a_wall_deadline_rings_once_and_never_before_it() {
        let clock = Clock::new();
        let mut alarm = Alarm::start(clock).await;
        // Far enough for the scheduler to hold a one-shot for it.
        let deadline = clock.now().wall + NEAR + SECOND;
        alarm.set(Some(deadline), None);
        while alarm.rings().await == Ring::Heartbeat {}
        assert!(clock.now().wall >= deadline);
        assert_eq!((alarm.wall, alarm.elapsed), (None, None));
    }

    #[tokio::test]
    async fn a_wall_deadline_rings_without_a_scheduler() {
        let clock = Clock::new();
        let (mut alarm, _) = Alarm::without_scheduler(clock);
        let deadline = clock.now().wall + Duration::from_millis(30);
        alarm.set(Some(deadline), None);
        assert_eq!(alarm.rings().await, Ring::Deadline);
        assert!(clock.now().wall >= deadline);
    }

    #[tokio::test(start_paused = true)]
    async fn an_elapsed_deadline_rings_on_the_monotonic_clock() {
        let clock = Clock::new();
        let (mut alarm, _) = Alarm::without_scheduler(clock);
        alarm.set(Some(Timestamp::MAX), Some(Elapsed(SECOND * 60)));
        assert_eq!(alarm.rings().await, Ring::Deadline);
        assert!(clock.now().elapsed >= Elapsed(SECOND * 60));
    }

    #[tokio::test(start_paused = true)]
    async fn the_alarm_rings_when_the_heartbeat_is_overdue() {
        let clock = Clock::new();
        let (mut alarm, _) = Alarm::without_scheduler(clock);
        for beat in 1..=3 {
            assert_eq!(alarm.rings().await, Ring::Heartbeat);
            assert!(clock.now().elapsed >= Elapsed(HEARTBEAT_OVERDUE * beat));
        }
        assert!(alarm.heartbeat_is_missing);
    }

    #[tokio::test]
    async fn a_notification_that_came_early_is_not_lost() {
        let (mut alarm, _) = Alarm::without_scheduler(Clock::new());
        alarm.notifications.heartbeat.notify_one();
        assert_eq!(alarm.rings().await, Ring::Heartbeat);
    }

    #[tokio::test]
    async fn a_one_shot_that_came_too_early_is_replaced() {
        let (mut alarm, one_shot) = Alarm::without_scheduler(Clock::new());
        alarm.set(Some(Timestamp::MAX), None);
        alarm.want(OneShot::For(Timestamp::MAX));
        let seen = one_shot.clone();
        alarm.notifications.one_shot.notify_one();
        tokio::select! {
            biased;
            _ = alarm.rings() => panic!("the deadline is far"),
            () = yield_now() => {}
        }
        assert!(seen.has_changed().unwrap());
        assert_eq!(*seen.borrow(), Some(Timestamp::MAX));
    }

    #[tokio::test]
    async fn however_often_the_deadline_moves_the_scheduler_holds_one_one_shot() {
        let notifications = Arc::default();
        let scheduler = start_scheduler(&notifications).await.unwrap();
        let jobs = Arc::clone(&scheduler.context().metadata_storage);
        let (wanted, receiver) = watch::channel(None);
        tokio::spawn(hold_one_shot(scheduler, Clock::new(), receiver, notifications));

        for days in 1..=300 {
            wanted.send_replace(Some(Clock::new().now().wall + SECOND * 86_400 * days));
            for _ in 0..days % 7 {
                yield_now().await;
            }
        }
        let last = wanted.borrow().unwrap().as_second();
        timeout(SECOND * 30, async {
            loop {
                let ticks = jobs.write().await.list_next_ticks().await.unwrap();
                let held: Vec<i64> = ticks.iter().map(|job| job.next_tick.cast_signed()).collect();
                if held.len() == 2 && held.iter().any(|tick| (last - 3..last).contains(tick)) {
                    break;
                }
                sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("the heartbeat and one one-shot for the last deadline are left");
    }

    #[tokio::test]
    async fn the_one_shot_of_the_scheduler_rings() {
        let notifications = Arc::default();
        let scheduler = start_scheduler(&notifications).await.unwrap();
        let clock = Clock::new();
        let (wanted, receiver) = watch::channel(None);
        tokio::spawn(hold_one_shot(scheduler, clock, receiver, Arc::clone(&notifications)));

        wanted.send_replace(Some(clock.now().wall + ONE_SHOT_AHEAD));
        timeout(SECOND * 30, notifications.one_shot.notified()).await.expect("the one-shot is due at once");
    }
}
