//! The shape of `schedule.toml`: its sections and their keys, as they are written, not yet checked.
//!
//! One list of keys serves three readers: serde, the messages that say what a key takes, and the editors that
//! learn it from `config/schedule.schema.json`.

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use std::fmt;
use std::ops::Range;
use toml::Spanned;

/// The most services in a file: twice what one daemon is built for.
pub(crate) const MAX_SERVICES: usize = 200_000;

/// What to do about more.
pub(crate) const TOO_MANY_SERVICES: &str = "at most 200000 services are read";

/// What a file says, as far as it could be read.
pub(crate) struct RawFile<'a> {
    /// All of it, in which the places are.
    pub(crate) text: &'a str,
    /// What stands outside of every section.
    pub(crate) top: Read<RawTop>,
    pub(crate) daemon: RawDaemon,
    pub(crate) limits: RawLimits,
    pub(crate) defaults: Option<Read<RawDefaults>>,
    /// In the order of their names. `None` if `closed-days` is there and no section, so that nobody is to blame for
    /// naming what may be in it.
    pub(crate) closed_days: Option<Vec<Named<RawDays>>>,
    /// The same of `schedule`.
    pub(crate) schedules: Option<Vec<Named<Read<RawSchedule>>>>,
    /// In the order of the file.
    pub(crate) services: Vec<Read<RawService>>,
}

/// What has a name in the file; `None` if it could not be read.
pub(crate) type Named<T> = (Spanned<String>, Option<T>);

/// A section that has been read.
pub(crate) struct Read<T> {
    /// Its values, as far as they could be read.
    pub(crate) raw: T,
    /// The place of its heading.
    pub(crate) span: Range<usize>,
    /// Whether something in it could not be read, so that a missing value may be no other mistake.
    pub(crate) faulty: bool,
}

/// One entry of `[closed-days]`.
pub(crate) enum RawDays {
    One(Spanned<String>),
    Many {
        /// Those that are texts.
        texts: Vec<Spanned<String>>,
        /// Whether there were others.
        faulty: bool,
    },
    Calendar(Read<RawCalendar>),
}

/// A key of a section.
pub(crate) struct Key {
    /// As it is written in the file.
    pub(crate) name: &'static str,
    /// What it takes, to be put behind "takes".
    pub(crate) accepts: &'static str,
}

/// A section of the file.
pub(crate) trait Section: for<'de> Deserialize<'de> + Default {
    /// The keys that it has.
    const KEYS: &'static [Key];

    /// The sections that may stand where these keys may.
    const SECTIONS: &'static [&'static str];

    /// Where its keys stand, for people.
    const PLACE: &'static str;

    /// Whether it has a key of this name.
    fn has_key(name: &str) -> bool {
        Self::KEYS.iter().any(|key| key.name == name)
    }

    /// What a key takes.
    fn accepts(name: &str) -> String {
        let key = Self::KEYS.iter().find(|key| key.name == name);
        key.map_or_else(String::new, |key| format!("`{name}` takes {}", key.accepts))
    }
}

/// Writes a section: a struct of optional values with their places, and the list of its keys.
macro_rules! section {
    ($(#[doc = $doc:literal])* $section:ident {
        $(
            $(#[doc = $key_doc:literal])*
            $key:literal $field:ident: $type:ty, $accepts:literal
            $(from $min:literal to $max:literal)? $(among [$($value:literal),+])?
            $(chars $shortest:literal to $longest:literal)? $(like $pattern:ident)?
            $(items $fewest:literal to $most:literal)?;
        )+
    } $(beside [$($section_name:literal),+])? stands $place:literal) => {
        $(#[doc = $doc])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $section {
            $($(#[doc = $key_doc])* #[serde(rename = $key)] pub(crate) $field: Option<Spanned<$type>>,)+
        }

        impl Section for $section {
            const KEYS: &'static [Key] = &[$(Key { name: $key, accepts: $accepts },)+];
            const SECTIONS: &'static [&'static str] = &[$($($section_name),+)?];
            const PLACE: &'static str = $place;
        }

        #[cfg(test)]
        impl super::schema::Described for $section {
            const DESCRIPTION: &'static str = concat!($($doc),*);

            fn properties() -> Vec<(&'static str, serde_json::Value)> {
                vec![$({
                    let property = super::schema::property::<$type>(concat!($($key_doc),*), $accepts);
                    $(let property = super::schema::with_bounds(property, $min, $max);)?
                    $(let property = super::schema::with_values(property, &[$($value),+]);)?
                    $(let property = super::schema::with_lengths(property, $shortest, $longest);)?
                    $(let property = super::schema::with_pattern(property, super::schema::$pattern);)?
                    $(let property = super::schema::with_items(property, $fewest, $most);)?
                    ($key, property)
                },)+]
            }
        }
    };
}

section! {
    /// What stands at the top of the file, outside of every section.
    RawTop {
        /// The time zone of every schedule that names none.
        "timezone" timezone: String, "the IANA name of a time zone, such as \"Europe/Berlin\""
            chars 1 to 64;
    } beside ["daemon", "limits", "defaults", "closed-days", "schedule", "service"] stands "at the top of the file"
}

section! {
    /// `[daemon]`: where the daemon keeps things, and how it logs. A change needs a restart.
    RawDaemon {
        /// The file of the ledger.
        "ledger" ledger: String, "the path of a file, such as \"/var/lib/reveille/ledger.db\""
            chars 1 to 4095;
        /// Reserved: the Unix socket of `reveille status`, which this version does not have.
        "socket" socket: String, "the path of a Unix socket, at most 107 bytes, such as \"/run/reveille/reveille.sock\""
            chars 1 to 107;
        /// Reserved: the address of metrics and health checks, which this version does not serve.
        "listen" listen: String, "an address with a port, such as \"127.0.0.1:9292\", or \"off\""
            like LISTEN;
        /// The shape of the log.
        "log-format" log_format: String, "\"human\", \"json\" or \"journald\"" among ["human", "json", "journald"];
        /// The most connections to App Runner at the same time, over all accounts and regions.
        "connections" connections: i64, "a whole number from 2 to 10000" from 2 to 10000;
    } stands "in `[daemon]`"
}

section! {
    /// `[limits]`: how hard App Runner may be asked, for each account and region.
    RawLimits {
        /// Calls begun in a second.
        "calls-per-second" calls_per_second: i64, "a whole number from 1 to 1000" from 1 to 1000;
        /// Calls that wait for their reply at the same time.
        "calls-in-flight" calls_in_flight: i64, "a whole number from 1 to 1000" from 1 to 1000;
    } stands "in `[limits]`"
}

section! {
    /// `[defaults]`: what holds for schedules and services that do not say otherwise.
    RawDefaults {
        /// The schedule of each service that has neither `schedule` nor hours or rules of its own.
        "schedule" schedule: String, "the name of a `[schedule.NAME]`, in quotes"
            chars 1 to 100;
        /// On which days no service is woken, for schedules and services with rules of their own that have no `closed`;
        /// `closed = []` in one of them means none.
        "closed" closed: OneOrMany, "the name of an entry of `[closed-days]` in quotes, or a list of them"
            chars 1 to 100 items 0 to 20;
        /// How long after its instant a missed resume is still done.
        "catch-up" catch_up: String, "a time from \"1s\" to \"7d\", such as \"2h\", \"1h 30m\" or \"2d\""
            like CATCH_UP;
        /// What happens when a person changes a service between two transitions.
        "on-manual-change" on_manual_change: String, "\"respect\" or \"enforce\"" among ["respect", "enforce"];
    } stands "in `[defaults]`"
}

/// Where a key belongs, if any section has it.
pub(crate) fn belongs(name: &str) -> Option<String> {
    fn place<T: Section>(name: &str) -> Option<&'static str> {
        let has = T::has_key(name) || T::SECTIONS.contains(&name);
        has.then_some(T::PLACE)
    }
    let places = [
        place::<RawTop>(name),
        place::<RawDaemon>(name),
        place::<RawLimits>(name),
        place::<RawDefaults>(name),
        place::<RawSchedule>(name),
        place::<RawService>(name),
        place::<RawCalendar>(name),
    ];
    match places.into_iter().flatten().collect::<Vec<_>>().as_slice() {
        [] => None,
        [one] => Some(format!("`{name}` belongs {one}")),
        [first @ .., last] => Some(format!("`{name}` belongs {} or {last}", first.join(", "))),
    }
}

/// What `[closed-days]` takes for a name.
pub(crate) const CLOSED_DAYS: &str = "a list of days, such as [\"2026-12-24..2027-01-06\", \"--05-01\"], or a \
                                      calendar, as in { ics = \"company-holidays.ics\" }";

section! {
    /// `[schedule.NAME]`: rules that many services share.
    RawSchedule {
        /// When services are awake: windows of a week in local time. Instead of `resume` and `pause`.
        "hours" hours: OneOrMany, "a window in quotes, such as \"Mon-Fri 08:00-18:00\", or a list of them"
            chars 1 to 200 like HOURS items 1 to 100;
        /// When services are resumed.
        "resume" resume: OneOrMany, "a cron rule in quotes, such as \"0 8 * * MON-FRI\", or a list of them"
            chars 1 to 1000 items 1 to 100;
        /// When services are paused. Without it they are only ever resumed.
        "pause" pause: OneOrMany, "a cron rule in quotes, such as \"0 18 * * MON-FRI\", or a list of them"
            chars 1 to 1000 items 1 to 100;
        /// On which days no service is woken: names of `[closed-days]`.
        "closed" closed: OneOrMany, "the name of an entry of `[closed-days]` in quotes, or a list of them"
            chars 1 to 100 items 0 to 20;
        /// The time zone in which the hours or rules are read.
        "timezone" timezone: String, "the IANA name of a time zone, such as \"Europe/Berlin\""
            chars 1 to 64;
        /// How long after its instant a missed resume of its services is still done, unless a service says otherwise.
        "catch-up" catch_up: String, "a time from \"1s\" to \"7d\", such as \"2h\", \"1h 30m\" or \"2d\""
            like CATCH_UP;
    } stands "in a `[schedule.NAME]`"
}

section! {
    /// `[[service]]`: one App Runner service, or several that have everything but their ARN in common.
    RawService {
        /// Which service it is.
        "arn" arn: String, "the ARN of an App Runner service, in quotes"
            chars 1 to 1011 like ARN;
        /// Which services they are, instead of `arn`; each has the name in its ARN.
        "arns" arns: TextList, "a list of ARNs of App Runner services, each in quotes"
            chars 1 to 1011 like ARN items 1 to 10000;
        /// The label for people; without it the name in the ARN.
        "name" name: String, "1 to 100 characters of text"
            chars 1 to 100 like LABEL;
        /// The name of the schedule that it follows.
        "schedule" schedule: String, "the name of a `[schedule.NAME]`, in quotes"
            chars 1 to 100;
        /// When it is awake, by windows of its own instead of a schedule.
        "hours" hours: OneOrMany, "a window in quotes, such as \"Mon-Fri 08:00-18:00\", or a list of them"
            chars 1 to 200 like HOURS items 1 to 100;
        /// When it wakes, by a rule of its own instead of a schedule.
        "resume" resume: OneOrMany, "a cron rule in quotes, such as \"0 8 * * MON-FRI\", or a list of them"
            chars 1 to 1000 items 1 to 100;
        /// When it is put to sleep, by a rule of its own instead of a schedule.
        "pause" pause: OneOrMany, "a cron rule in quotes, such as \"0 18 * * MON-FRI\", or a list of them"
            chars 1 to 1000 items 1 to 100;
        /// On which days its own hours or rules do not wake it: names of `[closed-days]`.
        "closed" closed: OneOrMany, "the name of an entry of `[closed-days]` in quotes, or a list of them"
            chars 1 to 100 items 0 to 20;
        /// The time zone in which its own hours or rules are read.
        "timezone" timezone: String, "the IANA name of a time zone, such as \"Europe/Berlin\""
            chars 1 to 64;
        /// How long after its instant a missed resume is still done. A missed pause is done as long as the schedule asks
        /// for sleep, up to 31 days.
        "catch-up" catch_up: String, "a time from \"1s\" to \"7d\", such as \"2h\", \"1h 30m\" or \"2d\""
            like CATCH_UP;
        /// What happens when a person changes the service between two transitions.
        "on-manual-change" on_manual_change: String, "\"respect\" or \"enforce\"" among ["respect", "enforce"];
        /// Whether it is resumed and paused at all. One that is not keeps its place and its name in the file.
        "enabled" enabled: bool, "true or false";
    } stands "in a `[[service]]`"
}

section! {
    /// `{ ics = "FILE" }` in `[closed-days]`: the days of a calendar.
    RawCalendar {
        /// The iCalendar file, relative to the file that names it.
        "ics" ics: String, "the path of an iCalendar file, such as \"company-holidays.ics\""
            chars 1 to 4095;
    } stands "in a calendar of `[closed-days]`"
}

/// A list of texts, each with its place.
pub(crate) type TextList = Vec<Spanned<String>>;

/// A text or a list of texts. Written by hand, because serde's own way to take either forgets what was wrong.
#[derive(Debug)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<Spanned<String>>),
}

impl OneOrMany {
    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts.iter().map(|text| text.get_ref().as_str()).collect(),
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(OneOrMany::Many(texts))
            }
        }

        deserializer.deserialize_any(Either)
    }
}
