//! A change of a zone's clock, with how far the zone is from UTC before and after it.

use jiff::tz::{Offset, TimeZone, TimeZoneTransition};
use jiff::{SignedDuration, Timestamp};

/// One change of a zone's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZoneChange {
    /// The first instant after it.
    pub at: Timestamp,
    /// The offset from UTC until then.
    pub before: Offset,
    /// The offset from UTC from then on.
    pub after: Offset,
}

impl ZoneChange {
    /// The changes after an instant, in order. Some are of a name alone, and move no clock.
    pub fn following(zone: &TimeZone, instant: Timestamp) -> impl Iterator<Item = Self> {
        zone.following(instant).filter_map(|change| Self::of(zone, &change))
    }

    /// The last change at or before an instant.
    pub(super) fn by(zone: &TimeZone, instant: Timestamp) -> Option<Self> {
        let just_after = instant.checked_add(SignedDuration::from_nanos(1)).ok()?;
        zone.preceding(just_after).next().and_then(|change| Self::of(zone, &change))
    }

    /// How far the clock is put forward, or back when this is less than zero.
    pub fn step(self) -> SignedDuration {
        self.after.duration_since(self.before)
    }

    fn of(zone: &TimeZone, change: &TimeZoneTransition<'_>) -> Option<Self> {
        let at = change.timestamp();
        let just_before = at.checked_sub(SignedDuration::from_secs(1)).ok()?;
        Some(Self { at, before: zone.to_offset(just_before), after: change.offset() })
    }
}
