//! From civil time to instants and back, across every change of a zone's clock (DST).
//!
//! As in Vixie cron there are two kinds of rules. A rule of *fixed* times happens once for each of them: a time inside
//! a gap at the first instant after the gap, a time that occurs twice at the first of the two. A rule that *follows
//! real time* (`*/30 * * * *`) has nothing in a gap and happens in both passes of an hour that occurs twice. A gap is
//! whatever a zone leaves out, be it half an hour or, as in Apia in 2011, a whole day.

use super::closed::OpenRule;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The last instant that is looked at, the end of the year 4999. croner ends its search a year later; looking back from
/// beyond that would go through every change of the clock in between.
pub(crate) const END: Timestamp = Timestamp::constant(95617583999, 0);

/// The first instant after `after` at which the rule happens in a zone.
pub(crate) fn next_after(rule: &OpenRule<'_>, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let next = if rule.rule.follows_real_time() {
        next_in_real_time(rule, zone, after)
    } else {
        next_fixed(rule, zone, after)
    };
    next.filter(|next| *next <= END)
}

/// The last instant at or before `until` at which the rule happens in a zone.
pub(crate) fn latest_at(rule: &OpenRule<'_>, zone: &TimeZone, until: Timestamp) -> Option<Timestamp> {
    let until = until.min(END);
    if rule.rule.follows_real_time() {
        latest_in_real_time(rule, zone, until)
    } else {
        latest_fixed(rule, zone, until)
    }
}

fn next_fixed(rule: &OpenRule<'_>, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let civil = rule.next(last_civil_by(zone, after)?, false)?;
    instant_of_fixed(zone, civil)
}

fn latest_fixed(rule: &OpenRule<'_>, zone: &TimeZone, until: Timestamp) -> Option<Timestamp> {
    let civil = rule.latest(last_civil_by(zone, until)?)?;
    instant_of_fixed(zone, civil)
}

/// The instant at which a fixed civil time happens. It never decreases as the civil time increases.
pub(crate) fn instant_of_fixed(zone: &TimeZone, civil: DateTime) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(civil).ok(),
        AmbiguousOffset::Gap { before, after } => {
            let too_early = after.to_timestamp(civil).ok()?;
            let too_late = before.to_timestamp(civil).ok()?;
            change_of_clock(zone, after, too_early, too_late)
        }
    }
}

/// The last civil time, in whole seconds, whose fixed instant is at or before `instant`: all that lie after it happen
/// after `instant`. That is what the zone's clock shows, save in the second pass of an hour that occurs twice, when
/// the whole hour has happened already.
pub(crate) fn last_civil_by(zone: &TimeZone, instant: Timestamp) -> Option<DateTime> {
    let shown = zone.to_datetime(instant);
    match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Fold { before, after } if zone.to_offset(instant) == after => {
            let first_pass = before.to_timestamp(shown).ok()?;
            let change = change_of_clock(zone, after, first_pass, instant)?;
            before.to_datetime(change).checked_sub(SignedDuration::from_secs(1)).ok()
        }
        _ => Some(shown),
    }
}

/// The instant after `earlier`, and not after `later`, at which the clock changes to the offset `to`.
fn change_of_clock(zone: &TimeZone, to: Offset, earlier: Timestamp, later: Timestamp) -> Option<Timestamp> {
    zone.following(earlier)
        .map(|change| (change.timestamp(), change.offset()))
        .take_while(|(at, _)| *at <= later)
        .find_map(|(at, offset)| (offset == to).then_some(at))
}

/// Goes from one change of the clock to the next: in between, civil time and instants correspond one to one.
fn next_in_real_time(rule: &OpenRule<'_>, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let mut from = after;
    let mut inclusive = false;
    loop {
        let offset = zone.to_offset(from);
        let civil = rule.next(offset.to_datetime(from), inclusive)?;
        let found = offset.to_timestamp(civil).ok()?;
        match zone.following(from).map(|change| change.timestamp()).next() {
            Some(change) if change <= found => (from, inclusive) = (change, true),
            _ => return Some(found),
        }
    }
}

/// The same backward; an offset holds from its change on, so the second before it belongs to the offset before.
fn latest_in_real_time(rule: &OpenRule<'_>, zone: &TimeZone, until: Timestamp) -> Option<Timestamp> {
    let mut until = until;
    loop {
        let offset = zone.to_offset(until);
        let civil = rule.latest(offset.to_datetime(until))?;
        let found = offset.to_timestamp(civil).ok()?;
        let just_after = until.checked_add(SignedDuration::from_nanos(1)).ok()?;
        match zone.preceding(just_after).map(|change| change.timestamp()).next() {
            Some(change) if found < change => {
                until = change.checked_sub(SignedDuration::from_secs(1)).ok()?;
            }
            _ => return Some(found),
        }
    }
}
