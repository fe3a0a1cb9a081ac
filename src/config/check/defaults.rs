//! `[defaults]`, and the values that it, a schedule and a service may all have: the nearest one holds.

use super::super::raw::{RawDefaults, RawService, Section};
use super::super::service::OnManualChange;
use super::checker::Checker;
use super::given::{Defaults, Given};
use crate::text::quoted;
use jiff::{Span, SpanRelativeTo};
use std::time::Duration;
use toml::Spanned;

/// The shortest catch-up window.
const MIN_CATCH_UP: Duration = Duration::from_secs(1);

/// The longest catch-up window. After a week without reveille, somebody should look before anything is done.
const MAX_CATCH_UP: Duration = Duration::from_hours(7 * 24);

impl Checker<'_> {
    /// All but the schedule, which is looked up when the schedules are known.
    pub(super) fn defaults(&mut self, raw: &RawDefaults) {
        let closed = raw.closed.as_ref().map(|closed| self.closed_sets_of(closed));
        self.defaults = Defaults {
            closed: match closed {
                None => Given::Absent,
                Some(None) => Given::Wrong,
                Some(Some(closed)) => Given::Right(closed),
            },
            catch_up: self.catch_up(raw.catch_up.as_ref(), None),
            on_manual_change: self.on_manual_change(raw.on_manual_change.as_ref()),
        };
    }

    /// A catch-up window: the one given here, else that of the schedule, else the default.
    pub(super) fn catch_up(
        &mut self,
        given: Option<&Spanned<String>>,
        of_schedule: Option<Duration>,
    ) -> Option<Duration> {
        match given {
            Some(given) => self.catch_up_window(given),
            None => of_schedule.or(self.defaults.catch_up),
        }
    }

    pub(super) fn catch_up_window(&mut self, given: &Spanned<String>) -> Option<Duration> {
        let refuse = |why| {
            let message = format!("{} {why}", quoted(given.get_ref()));
            self.error(given.span(), message, RawService::accepts("catch-up"));
        };
        window(given.get_ref()).map_err(refuse).ok()
    }

    /// What happens at a change by hand: as given here, else the default.
    pub(super) fn on_manual_change(&mut self, given: Option<&Spanned<String>>) -> Option<OnManualChange> {
        let Some(given) = given else { return self.defaults.on_manual_change };
        match given.get_ref().as_str() {
            "respect" => Some(OnManualChange::Respect),
            "enforce" => Some(OnManualChange::Enforce),
            other => {
                let message = format!("{} is not a valid value for `on-manual-change`", quoted(other));
                self.error(given.span(), message, RawService::accepts("on-manual-change"));
                None
            }
        }
    }
}

/// A catch-up window, or why a text is none. On the wall clock a window is so many hours, so a day in it has 24 of them,
/// whatever the zone's clock does.
fn window(text: &str) -> Result<Duration, &'static str> {
    let hours = |span: Span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok();
    let given = text.parse::<Span>().ok().and_then(hours).ok_or("is not a valid catch-up window")?;
    // A negative one is shorter than any.
    let window = Duration::try_from(given).unwrap_or_default();
    if window < MIN_CATCH_UP {
        return Err("is too short for a catch-up window");
    }
    if window > MAX_CATCH_UP {
        return Err("is too long for a catch-up window");
    }
    Ok(window)
}
