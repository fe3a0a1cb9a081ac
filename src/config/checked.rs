//! What a checked `schedule.toml` says. Nothing of it is checked again elsewhere.

use super::service::Service;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// A whole file, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `[daemon]`, with defaults for what the file does not say.
    pub daemon: DaemonSettings,
    /// `[limits]`, with defaults for what the file does not say.
    pub limits: Limits,
    /// The services that are followed, in the order of the file. No two share an ARN or a name, and none differ in case
    /// alone.
    pub services: Vec<Service>,
    /// Those with `enabled = false`, which are neither resumed nor paused, and whose names and ARNs are taken all the same.
    pub disabled: Vec<Service>,
    /// The names of all schedules, also of those that no service follows.
    pub named_schedules: BTreeSet<String>,
}

impl Config {
    /// Every service that the file names, those with `enabled = false` last.
    pub fn named_services(&self) -> impl Iterator<Item = &Service> + Clone {
        self.services.iter().chain(&self.disabled)
    }
}

/// `[daemon]`: where the daemon keeps things, and how it logs. A change needs a restart, and `daemon/reload.rs` says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonSettings {
    /// The file of the ledger; `/var/lib/reveille/ledger.db` unless the file says otherwise.
    pub ledger: PathBuf,
    /// Reserved for the Unix socket of `status` and its like; `/run/reveille/reveille.sock` unless the file says
    /// otherwise.
    pub socket: PathBuf,
    /// Reserved for metrics and health checks; `127.0.0.1:9292` unless the file says otherwise, `None` when it says
    /// `"off"`.
    pub listen: Option<SocketAddr>,
    /// The shape of the log; human unless the file says otherwise.
    pub log_format: LogFormat,
    /// The most connections to App Runner at the same time, over all accounts and regions; 512 unless the file says
    /// otherwise, from 2 to 10,000.
    pub connections: NonZeroU32,
}

impl DaemonSettings {
    /// The keys by which other settings differ, in the order of the alphabet.
    pub fn keys_unlike(&self, other: &Self) -> Vec<&'static str> {
        let Self { ledger, socket, listen, log_format, connections } = self;
        let keys = [
            ("connections", *connections == other.connections),
            ("ledger", *ledger == other.ledger),
            ("listen", *listen == other.listen),
            ("log-format", *log_format == other.log_format),
            ("socket", *socket == other.socket),
        ];
        keys.into_iter().filter(|(_, is_equal)| !is_equal).map(|(key, _)| key).collect()
    }
}

/// The shape of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people to read on a terminal or in a file.
    Human,
    /// One JSON object a line.
    Json,
    /// The journal's own protocol, in which fields stay fields.
    Journald,
}

/// `[limits]`: how hard App Runner may be asked, for each account and region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls begun in a second; 10 unless the file says otherwise, at most 1,000.
    pub calls_per_second: NonZeroU32,
    /// Calls that wait for their reply at the same time; 16 unless the file says otherwise, at most 1,000.
    pub calls_in_flight: NonZeroU32,
}

impl Default for DaemonSettings {
    fn default() -> Self {
        // With all else that is open it fits the 1,024 files that most systems allow a process.
        const CONNECTIONS: NonZeroU32 = NonZeroU32::new(512).unwrap();
        Self {
            ledger: "/var/lib/reveille/ledger.db".into(),
            socket: "/run/reveille/reveille.sock".into(),
            listen: Some(SocketAddr::from(([127, 0, 0, 1], 9292))),
            log_format: LogFormat::Human,
            connections: CONNECTIONS,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        const PER_SECOND: NonZeroU32 = NonZeroU32::new(10).unwrap();
        const IN_FLIGHT: NonZeroU32 = NonZeroU32::new(16).unwrap();
        Self { calls_per_second: PER_SECOND, calls_in_flight: IN_FLIGHT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_compared_key_by_key() {
        let settings = DaemonSettings::default();
        assert_eq!(settings.keys_unlike(&settings.clone()), [""; 0]);
        let other = DaemonSettings {
            ledger: "elsewhere.db".into(),
            socket: "elsewhere.sock".into(),
            listen: None,
            log_format: LogFormat::Json,
            connections: NonZeroU32::MIN,
        };
        assert_eq!(other.keys_unlike(&settings), ["connections", "ledger", "listen", "log-format", "socket"]);
        let other = DaemonSettings { listen: None, ..settings.clone() };
        assert_eq!(settings.keys_unlike(&other), ["listen"]);
    }
}
