//! `[daemon]` and `[limits]`.

use super::super::checked::{DaemonSettings, Limits, LogFormat};
use super::super::problem::Problems;
use super::super::raw::{RawDaemon, RawLimits, Section};
use crate::text::quoted;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use toml::Spanned;

/// The longest path of a Unix socket: what the kernel has room for.
const MAX_SOCKET_BYTES: usize = 107;

/// The longest path of a file: the kernel's own bound.
const MAX_PATH_BYTES: usize = 4095;

/// The most calls in a second, and at the same time. App Runner documents no limit, but throttles long before.
const CALLS: RangeInclusive<u32> = 1..=1000;

/// How many connections. With fewer, none would be left to keep; no host answers as many.
const CONNECTIONS: RangeInclusive<u32> = 2..=10_000;

pub(super) fn daemon(raw: RawDaemon, problems: &mut Problems) -> DaemonSettings {
    let mut settings = DaemonSettings::default();
    let path = |text: &str| is_path(text, MAX_PATH_BYTES).then(|| PathBuf::from(text));
    let socket = |text: &str| is_path(text, MAX_SOCKET_BYTES).then(|| PathBuf::from(text));
    warn_of_the_reserved(&raw, problems);
    set(&mut settings.ledger, raw.ledger, path, "ledger", problems);
    set(&mut settings.socket, raw.socket, socket, "socket", problems);
    set(&mut settings.listen, raw.listen, listen, "listen", problems);
    set(&mut settings.log_format, raw.log_format, log_format, "log-format", problems);
    set_number::<RawDaemon>(&mut settings.connections, raw.connections, CONNECTIONS, "connections", problems);
    settings
}

/// Keys without an effect yet: setting one is a warning, since something else is expected. A value that is wrong is an
/// error of its own.
fn warn_of_the_reserved(raw: &RawDaemon, problems: &mut Problems) {
    let address = raw.listen.as_ref().filter(|given| matches!(listen(given.get_ref()), Some(Some(_))));
    let socket = raw.socket.as_ref().filter(|given| is_path(given.get_ref(), MAX_SOCKET_BYTES));
    let reserved = [
        ("listen", address, "this version serves no metrics and no health checks"),
        ("socket", socket, "this version has no `reveille status`"),
    ];
    for (key, given, why) in reserved {
        if let Some(given) = given {
            let help = format!("remove `{key}`");
            problems.warning(given.span(), format!("`{key}` has no effect yet: {why}"), help);
        }
    }
}

/// Takes a value over its default, or says what the key takes.
fn set<T>(
    setting: &mut T,
    given: Option<Spanned<String>>,
    read: impl Fn(&str) -> Option<T>,
    key: &str,
    problems: &mut Problems,
) {
    let Some(given) = given else {
        return;
    };
    if let Some(value) = read(given.get_ref()) {
        *setting = value;
    } else {
        let message = format!("{} is not a valid value for `{key}`", quoted(given.get_ref()));
        problems.error(given.span(), message, RawDaemon::accepts(key));
    }
}

fn is_path(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && !text.contains('\0')
}

fn listen(text: &str) -> Option<Option<std::net::SocketAddr>> {
    if text == "off" {
        return Some(None);
    }
    text.parse().ok().map(Some)
}

fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "human" => Some(LogFormat::Human),
        "json" => Some(LogFormat::Json),
        "journald" => Some(LogFormat::Journald),
        _ => None,
    }
}

pub(super) fn limits(raw: RawLimits, problems: &mut Problems) -> Limits {
    let mut limits = Limits::default();
    let (per_second, in_flight) = (raw.calls_per_second, raw.calls_in_flight);
    set_number::<RawLimits>(&mut limits.calls_per_second, per_second, CALLS, "calls-per-second", problems);
    set_number::<RawLimits>(&mut limits.calls_in_flight, in_flight, CALLS, "calls-in-flight", problems);
    limits
}

fn set_number<S: Section>(
    number: &mut NonZeroU32,
    given: Option<Spanned<i64>>,
    range: RangeInclusive<u32>,
    key: &str,
    problems: &mut Problems,
) {
    let Some(given) = given else {
        return;
    };
    let taken = u32::try_from(*given.get_ref()).ok().filter(|taken| range.contains(taken));
    if let Some(taken) = taken.and_then(NonZeroU32::new) {
        *number = taken;
    } else {
        let message = format!("`{key}` cannot be {}", given.get_ref());
        problems.error(given.span(), message, S::accepts(key));
    }
}
