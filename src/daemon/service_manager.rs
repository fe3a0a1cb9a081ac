//! The service manager: tells whoever started the process, as systemd wants it, how the daemon is doing.
//!
//! Where nobody asked to be told (no `NOTIFY_SOCKET`), every call does nothing. The watchdog is fed from the turns of
//! the main loop and from nowhere else, so that a loop that hangs is seen, and its process replaced.

use crate::clock::Clock;
use crate::planner::{Elapsed, NextDeadline, Planner, Why};
use sd_notify::NotifyState;
use std::time::Duration;
use tokio::time::sleep_until;

/// How often the turns of the loop are told of, at most: people and watchdogs read no faster, and a burst of ten
/// thousand turns must not become ten thousand messages.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// The longest status, in characters. systemd takes messages of 4096 bytes, and drops longer ones whole.
const LONGEST_STATUS: usize = 500;

/// Whoever started the process and wants to hear of it.
#[derive(Debug)]
pub(crate) struct ServiceManager {
    line: Line,
    watchdog_interval: Option<Duration>,
    /// What it was told last.
    status: String,
    told_at: Elapsed,
    reload: Reload,
}

/// How far a reload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reload {
    None,
    /// RELOADING was said.
    Begun,
    /// The file was read; READY is owed.
    Over,
}

impl ServiceManager {
    /// The one that the environment names, if any.
    #[expect(
        clippy::disallowed_methods,
        reason = "systemd says in the environment where it wants to be told"
    )]
    pub(crate) fn from_environment() -> Self {
        let is_wanted = std::env::var_os("NOTIFY_SOCKET").is_some();
        let watchdog = sd_notify::watchdog_enabled().filter(|_| is_wanted);
        Self {
            line: Line { is_wanted, is_broken: false },
            // Half of what it allows, so that a sign that comes late is still in time.
            watchdog_interval: watchdog.and_then(|limit| limit.checked_div(2)).filter(|half| !half.is_zero()),
            status: String::new(),
            told_at: Elapsed::default(),
            reload: Reload::None,
        }
    }

    /// The daemon has planned what is owed and what comes next.
    pub(crate) fn ready(&mut self, status: &str) {
        self.status = one_line(status);
        self.line.tell(&[NotifyState::Ready, NotifyState::Status(&self.status)]);
    }

    /// The file is to be read again. [`Self::reloaded`] has to follow, also when the file is refused.
    pub(crate) fn reloading(&mut self) {
        if self.reload == Reload::Begun {
            return;
        }
        self.reload = Reload::Begun;
        // The instant is what `Type=notify-reload` tells an old reload from a new one by.
        match NotifyState::monotonic_usec_now() {
            Ok(instant) => self.line.tell(&[NotifyState::Reloading, instant]),
            Err(_) => self.line.tell(&[NotifyState::Reloading]),
        }
    }

    /// The file was read, because somebody asked or because it changed. What came of it is in force, and told, when
    /// this turn is over.
    pub(crate) fn reloaded(&mut self) {
        self.reloading();
        self.reload = Reload::Over;
    }

    /// The daemon was told to stop.
    pub(crate) fn stopping(&mut self) {
        "stopping: no new calls, replies in flight are awaited".clone_into(&mut self.status);
        self.line.tell(&[NotifyState::Stopping, NotifyState::Status(&self.status)]);
    }

    /// A turn of the loop is over: feeds the watchdog and refreshes the status, but not more often than is of use.
    ///
    /// The status is only asked for when it will be sent.
    pub(crate) fn turned(&mut self, now: Elapsed, status: impl FnOnce() -> String) {
        if self.reload == Reload::Over {
            self.reload = Reload::None;
            self.ready(&status());
            return;
        }
        let gap = self.watchdog_interval.map_or(TOLD_EVERY, |interval| interval.min(TOLD_EVERY));
        if self.line.is_wanted && now.since(self.told_at) >= gap {
            self.told_at = now;
            self.alive();
            self.status(&status());
        }
    }

    /// Waits until the watchdog wants a sign of life; for ever where there is none. Nothing is lost if this future is
    /// dropped.
    pub(crate) async fn wants_a_sign(&self, clock: Clock) {
        match self.watchdog_interval() {
            Some(interval) => sleep_until(clock.instant(self.told_at.after(interval))).await,
            None => std::future::pending().await,
        }
    }

    /// How often the watchdog wants a sign of life, at least.
    pub(crate) fn watchdog_interval(&self) -> Option<Duration> {
        self.watchdog_interval
    }

    /// Feeds the watchdog.
    fn alive(&mut self) {
        if self.watchdog_interval.is_some() {
            self.line.tell(&[NotifyState::Watchdog]);
        }
    }

    /// Says in one line what the daemon waits for. What was said already is not said again.
    fn status(&mut self, text: &str) {
        let status = one_line(text);
        if status != self.status {
            self.line.tell(&[NotifyState::Status(&status)]);
            self.status = status;
        }
    }
}

/// The way to the service manager.
#[derive(Debug)]
struct Line {
    /// Whether somebody is at the other end.
    is_wanted: bool,
    is_broken: bool,
}

impl Line {
    /// Sends these as one message. A message that cannot be sent is lost: the next one says the same or more.
    fn tell(&mut self, states: &[NotifyState<'_>]) {
        if !self.is_wanted {
            return;
        }
        let outcome = sd_notify::notify(states);
        let was_broken = std::mem::replace(&mut self.is_broken, outcome.is_err());
        if let Err(error) = outcome
            && !was_broken
        {
            tracing::warn!(
                %error,
                "the service manager cannot be told how the daemon is; it may restart it, though all is well: \
                 see whether NOTIFY_SOCKET names a socket that this user can write to"
            );
        }
    }
}

/// What the status says while the daemon runs: what comes next, and how much is not settled yet.
pub(crate) fn outlook(planner: &Planner) -> String {
    line_of(planner.next_deadline(), planner.owed())
}

fn line_of(next: NextDeadline, owed: usize) -> String {
    match next.wall {
        Some((at, Why::Transition)) => format!("next transition at {at}; {owed} owed"),
        Some((at, _)) => format!("next look at {at}; {owed} owed"),
        None => format!("no transition ahead; {owed} owed"),
    }
}

/// The text without line breaks, which would begin another message, and not longer than is taken.
fn one_line(text: &str) -> String {
    text.chars().take(LONGEST_STATUS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;
    use std::process::{Command, Output};

    /// Names the part that a test plays when it runs itself as a child: the environment is the process's.
    const CHILD: &str = "daemon::service_manager::tests::child_that_tells_all";

    /// How the child ends and what it has said, when these are its environment and its socket.
    fn told(watchdog: &[(&str, &str)], has_socket: bool) -> (Output, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", CHILD, "--ignored", "--nocapture"]);
        child.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC").env_remove("WATCHDOG_PID");
        child.envs(watchdog.iter().copied());
        if has_socket {
            child.env("NOTIFY_SOCKET", &path);
        }
        let ended = child.output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
        let mut messages = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(length) = socket.recv(&mut buffer) {
            messages.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
        }
        (ended, messages)
    }

    #[test]
    fn the_service_manager_hears_what_changes_and_the_watchdog_what_turns() {
        let (_, mut messages) = told(&[("WATCHDOG_USEC", "10000000")], true);
        let reload = messages.remove(3);
        let instant = reload.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().trim_end();
        assert!(instant.parse::<u64>().unwrap() > 0, "{reload}");
        let expected = [
            "READY=1\nSTATUS=begun READY=1\n",
            "WATCHDOG=1\n",
            "STATUS=two\n",
            "READY=1\nSTATUS=two\n",
            "WATCHDOG=1\n",
            "STOPPING=1\nSTATUS=stopping: no new calls, replies in flight are awaited\n",
        ];
        assert_eq!(messages, expected);
    }

    #[test]
    fn where_nobody_listens_nothing_is_said() {
        let (_, messages) = told(&[("WATCHDOG_USEC", "10000000")], false);
        assert_eq!(messages, [""; 0]);
    }

    #[test]
    fn the_watchdog_of_another_process_is_not_fed() {
        let (_, messages) = told(&[("WATCHDOG_USEC", "10000000"), ("WATCHDOG_PID", "1")], true);
        assert!(messages.len() == 5 && !messages.concat().contains("WATCHDOG"), "{messages:?}");
    }

    #[test]
    #[ignore = "runs as the child of another test"]
    fn child_that_tells_all() {
        let at = |milliseconds| Elapsed(Duration::from_millis(milliseconds));
        let mut manager = ServiceManager::from_environment();
        if let Some(interval) = manager.watchdog_interval() {
            assert_eq!(interval, Duration::from_secs(5), "half of what it allows");
        }
        manager.ready("begun\nREADY=1");
        manager.turned(at(999), || unreachable!("told of a moment ago"));
        manager.turned(at(1000), || "two".to_owned());
        manager.turned(at(1500), || unreachable!("told of a moment ago"));
        manager.reloading();
        manager.turned(at(1600), || unreachable!("the file is being read"));
        manager.reloading();
        manager.reloaded();
        manager.turned(at(1700), || "two".to_owned());
        manager.turned(at(2000), || "two".to_owned());
        manager.stopping();
    }

    #[tokio::test(start_paused = true)]
    async fn the_loop_is_woken_for_the_watchdog_and_without_one_never() {
        let clock = Clock::new();
        let mut manager = ServiceManager::from_environment();
        manager.watchdog_interval = Some(Duration::from_secs(5));
        manager.told_at = Elapsed(Duration::from_secs(2));
        manager.wants_a_sign(clock).await;
        assert_eq!(clock.now().elapsed, Elapsed(Duration::from_secs(7)));

        manager.watchdog_interval = None;
        let a_day = Duration::from_secs(86_400);
        assert!(tokio::time::timeout(a_day, manager.wants_a_sign(clock)).await.is_err());
    }

    #[test]
    fn the_status_says_what_comes_next_and_what_is_owed() {
        let at = "2026-11-23T17:30:00Z".parse().unwrap();
        let cases = [
            (Some((at, Why::Transition)), "next transition at 2026-11-23T17:30:00Z; 2 owed"),
            (Some((at, Why::CatchUpCloses)), "next look at 2026-11-23T17:30:00Z; 2 owed"),
            (None, "no transition ahead; 2 owed"),
        ];
        for (wall, expected) in cases {
            assert_eq!(line_of(NextDeadline { wall, elapsed: None }, 2), expected);
        }
    }
}
