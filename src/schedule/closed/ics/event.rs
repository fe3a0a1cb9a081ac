//! One event of a calendar: when it begins and ends, and how it recurs.

use super::super::dates::Entry;
use super::lines::LinePlace;
use super::rule::{FIRST_YEAR, Yearly};
use crate::text::{Diagnostic, quoted};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};
use std::collections::{BTreeMap, BTreeSet};

/// The last year in which an event without an end recurs. The file will be read again before.
const LAST_YEAR: i16 = 2100;

/// The longest event, in days. What is longer is no holiday but a mistake.
const MAX_DAYS: i32 = 3660;

const TIMES: &str = "a date is written as in 20261224, a time as in 20261224T180000 or 20261224T180000Z";

const RULES: &str =
    "an event that recurs is read with FREQ=YEARLY, as in RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH";

/// What has been read of an event.
#[derive(Debug)]
pub(super) struct Event {
    place: LinePlace,
    uid: Option<String>,
    /// Of which date of a series it takes the place.
    replaces: Option<Date>,
    start: Option<When>,
    end: Option<When>,
    duration: Option<Span>,
    rule: Option<(LinePlace, String)>,
    more: Vec<Date>,
    except: Vec<Date>,
    cancelled: bool,
}

/// A date, or a date with a time.
#[derive(Debug, Clone, Copy)]
struct When {
    date: Date,
    time: Option<Time>,
}

/// By the UID of a series, the dates in it that other events take the place of.
pub(super) type Replaced = BTreeMap<String, BTreeSet<Date>>;

impl Event {
    /// The event that begins in this line.
    pub(super) fn at(place: LinePlace) -> Self {
        Self {
            place,
            uid: None,
            replaces: None,
            start: None,
            end: None,
            duration: None,
            rule: None,
            more: Vec::new(),
            except: Vec::new(),
            cancelled: false,
        }
    }

    pub(super) fn place(&self) -> LinePlace {
        self.place
    }

    /// Whether its rule says on which days of a year it happens, so that there may be none.
    pub(super) fn recurs_by_parts(&self) -> bool {
        self.rule.as_ref().is_some_and(|(_, rule)| rule.contains("BY"))
    }

    /// The series and the date in it of which the event takes the place, if it does.
    pub(super) fn replaces(&self) -> Option<(&str, Date)> {
        self.uid.as_deref().zip(self.replaces)
    }

    /// Takes in a property.
    pub(super) fn take(
        &mut self,
        place: LinePlace,
        name: &str,
        value: &str,
        zone: &TimeZone,
    ) -> Result<(), Diagnostic> {
        let when = |text: &str| When::read(text, zone).ok_or_else(|| no_time(place, text));
        let there = match name {
            "DTSTART" => self.start.is_some(),
            "DTEND" => self.end.is_some(),
            _ => false,
        };
        if there {
            let message = format!("the event of line {} has a second {name}", self.place);
            return Err(place.wrong(message, "if these are two events, fetch or export the calendar again"));
        }
        match name {
            "UID" => self.uid = Some(value.to_owned()),
            "RECURRENCE-ID" => self.replaces = Some(when(value)?.date),
            "DTSTART" => self.start = Some(when(value)?),
            "DTEND" => self.end = Some(when(value)?),
            "DURATION" => {
                // Durations as people write them would be read as well: 2 days.
                let span: Option<Span> = value.starts_with('P').then(|| value.parse().ok()).flatten();
                let message =
                    || place.wrong(format!("{} is no duration", quoted(value)), "a day is written as in P1D");
                self.duration = Some(span.ok_or_else(message)?);
            }
            "RRULE" if self.rule.is_some() => {
                return Err(place.wrong("the event has a second rule", "make it an event of its own"));
            }
            "RRULE" => self.rule = Some((place, value.to_ascii_uppercase())),
            "STATUS" => self.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            _ => {
                let dates = if name == "RDATE" { &mut self.more } else { &mut self.except };
                for text in value.split(',') {
                    dates.push(when(text)?.date);
                }
            }
        }
        Ok(())
    }

    /// Adds the days of the event, each time that it happens and no other event takes the place of that.
    pub(super) fn add_days(
        self,
        zone: &TimeZone,
        replaced: &Replaced,
        entries: &mut Vec<Entry>,
    ) -> Result<(), Diagnostic> {
        if self.cancelled {
            return Ok(());
        }
        let Some(start) = self.start else {
            return Err(self.place.wrong("the event has no DTSTART", TIMES));
        };
        let days = self.days_after_the_first(start)?;
        let mut firsts = vec![start.date];
        firsts.extend(&self.more);
        if let Some((place, rule)) = &self.rule {
            firsts.extend(recurrences(*place, rule, start.date, zone)?);
        }
        firsts.sort_unstable();
        firsts.dedup();
        let except: BTreeSet<Date> = self.except.into_iter().collect();
        let uid = self.uid.as_deref().filter(|_| self.replaces.is_none());
        let elsewhere = uid.and_then(|uid| replaced.get(uid));
        firsts
            .retain(|first| !except.contains(first) && !elsewhere.is_some_and(|dates| dates.contains(first)));
        entries.extend(firsts.into_iter().map(|first| {
            let last = first.checked_add(Span::new().days(days)).unwrap_or(first);
            Entry::Days { first, last }
        }));
        Ok(())
    }

    /// How many days the event goes on after the one on which it begins. Its end is the first moment that it does not
    /// touch.
    fn days_after_the_first(&self, start: When) -> Result<i32, Diagnostic> {
        let begins = start.moment();
        let end = match (self.end, self.duration) {
            (Some(end), _) => Some(end.moment()),
            (None, Some(duration)) => begins.checked_add(duration).ok(),
            (None, None) => None,
        };
        let last_moment = end.and_then(|end| end.checked_sub(SignedDuration::from_nanos(1)).ok());
        let last = last_moment.map_or(start.date, DateTime::date).max(start.date);
        let days = start.date.until(last).map_or(MAX_DAYS, |span| span.get_days());
        if days < MAX_DAYS {
            return Ok(days);
        }
        Err(self.place.wrong("the event goes on for ten years or more", "is its DTEND right?"))
    }
}

impl When {
    fn read(text: &str, zone: &TimeZone) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'T' | b'Z'));
        match (plain, text.len(), text.strip_suffix('Z')) {
            (true, 8, None) => Some(Self { date: text.parse().ok()?, time: None }),
            (true, 15, None) => Some(Self::of(text.parse().ok()?)),
            (true, 16, Some(utc)) => {
                let instant = TimeZone::UTC.to_timestamp(utc.parse().ok()?).ok()?;
                Some(Self::of(zone.to_datetime(instant)))
            }
            _ => None,
        }
    }

    fn of(moment: DateTime) -> Self {
        Self { date: moment.date(), time: Some(moment.time()) }
    }

    fn moment(self) -> DateTime {
        self.date.to_datetime(self.time.unwrap_or(Time::midnight()))
    }
}

fn no_time(place: LinePlace, text: &str) -> Diagnostic {
    place.wrong(format!("{} is no date", quoted(text)), TIMES)
}

/// The dates on which a yearly rule begins an event, up to [`LAST_YEAR`].
fn recurrences(place: LinePlace, rule: &str, start: Date, zone: &TimeZone) -> Result<Vec<Date>, Diagnostic> {
    let refuse = |why: String| place.wrong(why, RULES);
    if start.year() > LAST_YEAR {
        return Ok(Vec::new());
    }
    let mut until = Date::new(LAST_YEAR, 12, 31).unwrap_or(Date::MAX);
    let mut parts = Vec::new();
    // Some programs write the name into the value as well.
    let rule = rule.strip_prefix("RRULE:").unwrap_or(rule);
    for part in rule.split(';').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("UNTIL", text)) => {
                until = until.min(When::read(text, zone).ok_or_else(|| no_time(place, text))?.date);
            }
            Some(("FREQ", frequency)) if frequency != "YEARLY" => {
                return Err(refuse(format!("{} is not read", quoted(part))));
            }
            // Times of day move no date, and would only multiply the work.
            Some(("BYHOUR" | "BYMINUTE" | "BYSECOND", _)) => {}
            _ => parts.push(part),
        }
    }
    let yearly = Yearly::read(&parts)
        .map_err(|why| refuse(format!("the rule {} cannot be read: {why}", quoted(rule))))?;
    if yearly.count().is_some() && start.year() < FIRST_YEAR {
        return Err(refuse(format!("a rule with COUNT is not read from before {FIRST_YEAR}")));
    }
    Ok(yearly.dates(start, until))
}
