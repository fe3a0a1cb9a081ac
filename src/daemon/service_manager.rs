//! Notifies the service manager (systemd) of the daemon's state.
//!
//! Without `NOTIFY_SOCKET` every call does nothing. The watchdog is fed from the turns of the main loop and from nowhere
//! else, so that a loop that hangs is noticed, and its process restarted.

use crate::api::Elapsed;
use crate::clock::Clock;
use crate::planner::{Horizon, NextDeadline, Planner, Why};
use sd_notify::NotifyState;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::sleep_until;

/// How often the turns of the loop are reported, at most: people and watchdogs read no faster, and a burst of ten
/// thousand turns must not become ten thousand messages.
const SEND_INTERVAL: Duration = Duration::from_secs(1);

/// The longest status, in characters. systemd takes messages of 4096 bytes, and drops longer ones whole.
const MAX_STATUS_CHARS: usize = 500;

/// The connection to the service manager, and what it was sent last.
#[derive(Debug)]
pub(crate) struct ServiceManager {
    socket: NotifySocket,
    watchdog_interval: Option<Duration>,
    /// The status that was sent last.
    status: String,
    sent_at: Elapsed,
    reload: Reload,
    /// `READY` could not be sent. Without it the service manager takes a start or a reload for one that hangs.
    owes_ready: bool,
}

/// How far a reload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reload {
    None,
    /// systemd has been sent `RELOADING`.
    Begun,
    /// The file was read; READY is owed.
    Over,
}

impl ServiceManager {
    /// The service manager that the environment names, if any.
    #[expect(clippy::disallowed_methods, reason = "systemd names its socket in the environment")]
    pub(crate) fn from_environment() -> Self {
        Self::new(std::env::var_os("NOTIFY_SOCKET").map(PathBuf::from), sd_notify::watchdog_enabled())
    }

    fn new(socket: Option<PathBuf>, watchdog: Option<Duration>) -> Self {
        let watchdog = watchdog.filter(|_| socket.is_some());
        Self {
            socket: NotifySocket { path: socket, is_broken: false },
            // Half of what it allows, so that a sign that comes late is still in time.
            watchdog_interval: watchdog.and_then(|limit| limit.checked_div(2)).filter(|half| !half.is_zero()),
            status: String::new(),
            sent_at: Elapsed::default(),
            reload: Reload::None,
            owes_ready: false,
        }
    }

    /// The daemon has planned what is owed and what comes next.
    pub(crate) fn ready(&mut self, status: &str) {
        self.status = one_line(status);
        self.socket.send(&[NotifyState::Ready, NotifyState::Status(&self.status)]);
        self.owes_ready = self.socket.is_broken;
    }

    /// The file is to be read again. [`Self::reloaded`] has to follow, also when the file is refused.
    pub(crate) fn reloading(&mut self) {
        if self.reload == Reload::Begun {
            return;
        }
        self.reload = Reload::Begun;
        // The instant is what `Type=notify-reload` distinguishes an old reload from a new one by.
        match NotifyState::monotonic_usec_now() {
            Ok(instant) => self.socket.send(&[NotifyState::Reloading, instant]),
            Err(_) => self.socket.send(&[NotifyState::Reloading]),
        }
    }

    /// The file was read, because somebody asked or because it changed. The result is in effect, and
    /// reported, when this turn is over.
    pub(crate) fn reloaded(&mut self) {
        self.reloading();
        self.reload = Reload::Over;
    }

    /// The daemon has been asked to stop.
    pub(crate) fn stopping(&mut self) {
        "stopping: no new calls are decided, replies are awaited".clone_into(&mut self.status);
        self.socket.send(&[NotifyState::Stopping, NotifyState::Status(&self.status)]);
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
        let gap = self.watchdog_interval.map_or(SEND_INTERVAL, |interval| interval.min(SEND_INTERVAL));
        if self.socket.path.is_some() && now.since(self.sent_at) >= gap {
            self.sent_at = now;
            self.feed_watchdog();
            match self.owes_ready {
                true => self.ready(&status()),
                false => self.status(&status()),
            }
        }
    }

    /// Waits until the watchdog wants a sign of life; forever where there is none. Nothing is lost if this future is
    /// dropped.
    pub(crate) async fn wants_a_sign(&self, clock: Clock) {
        match self.watchdog_interval() {
            Some(interval) => sleep_until(clock.instant(self.sent_at.after(interval))).await,
            None => std::future::pending().await,
        }
    }

    /// How often the watchdog wants a sign of life, at least.
    pub(crate) fn watchdog_interval(&self) -> Option<Duration> {
        self.watchdog_interval
    }

    fn feed_watchdog(&mut self) {
        if self.watchdog_interval.is_some() {
            self.socket.send(&[NotifyState::Watchdog]);
        }
    }

    /// Sends what the daemon waits for, in one line, if it has changed.
    fn status(&mut self, text: &str) {
        let status = one_line(text);
        if status != self.status {
            self.socket.send(&[NotifyState::Status(&status)]);
            self.status = status;
        }
    }
}

/// The socket of `NOTIFY_SOCKET`.
#[derive(Debug)]
struct NotifySocket {
    /// `None` if nobody wants to be notified.
    path: Option<PathBuf>,
    is_broken: bool,
}

impl NotifySocket {
    /// Sends these as one message. One that cannot be sent is lost, and the log says so once.
    fn send(&mut self, states: &[NotifyState<'_>]) {
        let Some(path) = &self.path else { return };
        let message: String = states.iter().map(|state| format!("{state}\n")).collect();
        let outcome = send(path, &message);
        let was_broken = std::mem::replace(&mut self.is_broken, outcome.is_err());
        if let Err(error) = outcome
            && !was_broken
        {
            tracing::warn!(
                %error,
                "cannot notify the service manager, which may restart a healthy daemon: check that NOTIFY_SOCKET \
                 names a socket that this user can write to"
            );
        }
    }
}

/// Sends a message, and never waits: a service manager that does not read must not hold up a morning.
fn send(path: &Path, message: &str) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    // A name that begins so is in the abstract namespace, which has no files.
    match path.as_os_str().as_bytes().strip_prefix(b"@") {
        Some(name) => socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?,
        None => socket.connect(path)?,
    }
    socket.send(message.as_bytes()).map(drop)
}

/// What the status says while the daemon runs: what comes next, and how much is not settled yet.
pub(crate) fn next_step(planner: &Planner, horizon: Horizon) -> String {
    status_of(planner.next_deadline(), planner.owed(), horizon)
}

fn status_of(next: NextDeadline, owed: usize, horizon: Horizon) -> String {
    match (horizon, next.wall) {
        (Horizon::WhatIsOwed, _) => format!("{owed} owed; nothing is begun after them"),
        (Horizon::Endless, Some((at, Why::Transition))) => format!("next transition at {at}; {owed} owed"),
        (Horizon::Endless, Some((at, _))) => format!("next check at {at}; {owed} owed"),
        (Horizon::Endless, None) => format!("no transition ahead; {owed} owed"),
    }
}

/// The text without line breaks, which would begin another message, and not longer than is taken.
fn one_line(text: &str) -> String {
    text.chars().take(MAX_STATUS_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The service manager's end of the socket.
    struct Listener {
        socket: UnixDatagram,
        folder: tempfile::TempDir,
    }

    impl Listener {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
            socket.set_nonblocking(true).unwrap();
            Self { socket, folder }
        }

        fn path(&self) -> Option<PathBuf> {
            Some(self.folder.path().join("notify"))
        }

        /// The messages that have come.
        fn received(&self) -> Vec<String> {
            let mut buffer = [0; 4096];
            let next = || self.socket.recv(&mut buffer).ok().map(|length| buffer[..length].to_vec());
            std::iter::from_fn(next).map(|message| String::from_utf8(message).unwrap()).collect()
        }
    }

    fn at(milliseconds: u64) -> Elapsed {
        Elapsed(Duration::from_millis(milliseconds))
    }

    #[test]
    fn a_socket_in_the_abstract_namespace_is_notified_too() {
        let name = format!("reveille-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let listener = UnixDatagram::bind_addr(&address).unwrap();
        listener.set_nonblocking(true).unwrap();
        ServiceManager::new(Some(format!("@{name}").into()), None).ready("begun");
        let mut received = [0; 64];
        let length = listener.recv(&mut received).unwrap();
        assert_eq!(&received[..length], b"READY=1\nSTATUS=begun\n");
    }

    #[test]
    fn it_is_sent_ready_each_change_and_the_watchdog_at_most_once_a_second() {
        let listener = Listener::new();
        let mut manager = ServiceManager::new(listener.path(), Some(SECOND * 10));
        manager.ready("begun\nREADY=1");
        manager.turned(at(999), || unreachable!("told of a moment ago"));
        manager.turned(at(1000), || "two".to_owned());
        manager.turned(at(1500), || unreachable!("told of a moment ago"));
        manager.turned(at(2000), || "two".to_owned());
        manager.stopping();
        let expected = [
            "READY=1\nSTATUS=begun READY=1\n",
            "WATCHDOG=1\n",
            "STATUS=two\n",
            "WATCHDOG=1\n",
            "STOPPING=1\nSTATUS=stopping: no new calls are decided, replies are awaited\n",
        ];
        assert_eq!(listener.received(), expected);
    }

    #[test]
    fn a_reload_is_notified_from_its_beginning_until_it_is_in_effect() {
        let listener = Listener::new();
        let mut manager = ServiceManager::new(listener.path(), None);
        manager.reloading();
        manager.turned(at(1), || unreachable!("the file is being read"));
        manager.reloading();
        manager.reloaded();
        manager.turned(at(2), || "asked".to_owned());
        manager.reloaded();
        manager.turned(at(3), || "changed by itself".to_owned());

        let mut received = listener.received();
        for begun in [received.remove(2), received.remove(0)] {
            let instant = begun.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().trim_end();
            assert!(instant.parse::<u64>().unwrap() > 0, "{begun}");
        }
        assert_eq!(received, ["READY=1\nSTATUS=asked\n", "READY=1\nSTATUS=changed by itself\n"]);
    }

    #[test]
    fn without_a_socket_nothing_is_sent_and_no_status_computed() {
        let mut manager = ServiceManager::new(None, Some(SECOND));
        assert_eq!(manager.watchdog_interval(), None);
        manager.ready("begun");
        manager.turned(at(2000), || unreachable!("nobody would hear it"));
        manager.stopping();
    }

    #[test]
    fn a_manager_that_does_not_read_blocks_nothing() {
        let listener = Listener::new();
        let mut manager = ServiceManager::new(listener.path(), None);
        while !manager.socket.is_broken {
            manager.ready("again");
        }
        assert!(!listener.received().is_empty());
        manager.ready("heard again");
        assert!(!manager.socket.is_broken);
    }

    #[test]
    fn ready_is_sent_again_until_it_arrives() {
        let listener = Listener::new();
        let mut manager = ServiceManager::new(listener.path(), None);
        let stranger = UnixDatagram::unbound().unwrap();
        stranger.set_nonblocking(true).unwrap();
        while stranger.send_to(b"noise", listener.path().unwrap()).is_ok() {}
        manager.ready("begun");
        manager.turned(at(1000), || "still nobody reads".to_owned());
        assert!(listener.received().iter().all(|message| message == "noise"));

        manager.turned(at(2000), || "one owed".to_owned());
        manager.turned(at(3000), || "one owed".to_owned());
        assert_eq!(listener.received(), ["READY=1\nSTATUS=one owed\n"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_loop_is_woken_for_the_watchdog_and_without_one_never() {
        let clock = Clock::new();
        let mut manager = ServiceManager::new(Some(PathBuf::new()), Some(SECOND * 10));
        assert_eq!(manager.watchdog_interval(), Some(SECOND * 5), "half of what it allows");
        manager.sent_at = at(2000);
        manager.wants_a_sign(clock).await;
        assert_eq!(clock.now().elapsed, at(7000));

        let without = ServiceManager::new(Some(PathBuf::new()), None);
        assert!(tokio::time::timeout(SECOND * 86_400, without.wants_a_sign(clock)).await.is_err());
    }

    #[test]
    fn the_status_says_what_comes_next_and_what_is_owed() {
        let at = "2026-11-23T17:30:00Z".parse().unwrap();
        let cases = [
            (Some((at, Why::Transition)), "next transition at 2026-11-23T17:30:00Z; 2 owed"),
            (Some((at, Why::CatchUpCloses)), "next check at 2026-11-23T17:30:00Z; 2 owed"),
            (None, "no transition ahead; 2 owed"),
        ];
        for (wall, expected) in cases {
            assert_eq!(status_of(NextDeadline { wall, elapsed: None }, 2, Horizon::Endless), expected);
            let once = status_of(NextDeadline { wall, elapsed: None }, 2, Horizon::WhatIsOwed);
            assert_eq!(once, "2 owed; nothing is begun after them");
        }
    }
}
