//! Another way to the same transitions: watch the zone's clock, minute by minute, as a person would.
//!
//! The watcher knows nothing of cron, gaps, folds or offsets. It sees what the clock shows each minute, and remembers
//! the furthest time that it has shown. A fixed time happens when the furthest time comes to it or jumps over it; what
//! follows real time happens whenever the clock shows it; working hours are awake while the furthest time lies in them.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic where time ends"
)]

use jiff::civil::{Date, Weekday};
use jiff::tz::{TimeZone, db};
use jiff::{SignedDuration, Timestamp, ToSpan};
use reveille::api::Action;
use reveille::config::parse;
use reveille::schedule::Schedule;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A minute as a wall clock and a wall calendar show it.
#[derive(Clone, Copy)]
struct Wall {
    date: Date,
    hour: i64,
    minute: i64,
}

type Question = fn(Wall) -> bool;

/// What is asked of each minute.
enum Watched {
    /// Is it one of the fixed times of this action?
    Fixed(Action, Question),
    /// Is it one of the times that follow real time? They resume.
    RealTime(Question),
    /// Is it within the working hours, closed days apart; is it within those of the plain week?
    Hours(Question, Question),
}

use Action::{Pause, Resume};
use Watched::{Fixed, Hours, RealTime};

/// Lines of a service, and what they mean in words of the clock.
const RULES: [(&str, &[Watched]); 15] = [
    ("resume = '0 8 * * 1-5'", &[Fixed(Resume, |t| at(t, 8, 0) && !weekend(t))]),
    ("resume = '30 2 * * *'", &[Fixed(Resume, |t| at(t, 2, 30))]),
    ("resume = '15 1 * * *'", &[Fixed(Resume, |t| at(t, 1, 15))]),
    ("resume = '0 0 * * *'", &[Fixed(Resume, |t| at(t, 0, 0))]),
    (
        "resume = '10,50 0-3,23 * * *'",
        &[Fixed(Resume, |t| matches!(t.hour, 0..=3 | 23) && matches!(t.minute, 10 | 50))],
    ),
    (
        "resume = '0 3,15 1-7 * SUN'",
        &[Fixed(Resume, |t| matches!(t.hour, 3 | 15) && t.minute == 0 && (t.date.day() <= 7 || sunday(t)))],
    ),
    ("resume = '*/30 * * * *'", &[RealTime(|t| t.minute % 30 == 0)]),
    ("resume = '5 */2 * * *'", &[RealTime(|t| t.minute == 5 && t.hour % 2 == 0)]),
    ("resume = '*/20 2 * * SAT,SUN'", &[RealTime(|t| t.hour == 2 && t.minute % 20 == 0 && weekend(t))]),
    (
        "resume = '0 12 29 2 *'",
        &[Fixed(Resume, |t| at(t, 12, 0) && t.date.month() == 2 && t.date.day() == 29)],
    ),
    (
        "resume = 'cron(0/20 1 ? * 1,SAT *)'",
        &[Fixed(Resume, |t| t.hour == 1 && matches!(t.minute, 0 | 20 | 40) && weekend(t))],
    ),
    (
        "resume = ['0 8 * * *', '30 0 * * *']\npause = ['0 18 * * *', '30 2 * * *']\nclosed = 'days'",
        &[
            Fixed(Resume, |t| (at(t, 8, 0) || at(t, 0, 30)) && !closed(t.date)),
            Fixed(Pause, |t| at(t, 18, 0) || at(t, 2, 30)),
        ],
    ),
    (
        "hours = ['Fri 20:00-02:00', 'Sat,Sun 22:30-02:30']",
        &[Hours(
            |t| evening(t) || (day(t) == Weekday::Saturday && t.hour < 2) || after_weekend(t),
            |t| evening(t) || (day(t) == Weekday::Saturday && t.hour < 2) || after_weekend(t),
        )],
    ),
    ("hours = 'Mon 08:00 - Fri 18:00'", &[Hours(long_span, long_span)]),
    (
        "hours = ['daily 00:30-02:30', 'Fri 18:00-24:00', 'Sat 00:00-00:30', 'Sat 02:30-06:00']\nclosed = 'days'",
        &[Hours(|t| !closed(t.date) && patchwork(t), patchwork)],
    ),
];

/// `days`: around the new year, some days near clock changes, and one that Apia left out.
const DAYS: &str =
    "days = ['--12-30..--01-02', '--03-26', '--10-26', '2011-12-29..2011-12-30', '2018-11-04']";

fn closed(date: Date) -> bool {
    let yearly = matches!((date.month(), date.day()), (12, 30 | 31) | (1, 1 | 2) | (3 | 10, 26));
    yearly || matches!((date.year(), date.month(), date.day()), (2011, 12, 29 | 30) | (2018, 11, 4))
}

fn at(time: Wall, hour: i64, minute: i64) -> bool {
    (time.hour, time.minute) == (hour, minute)
}

fn day(time: Wall) -> Weekday {
    time.date.weekday()
}

fn sunday(time: Wall) -> bool {
    day(time) == Weekday::Sunday
}

fn weekend(time: Wall) -> bool {
    sunday(time) || day(time) == Weekday::Saturday
}

fn evening(time: Wall) -> bool {
    let late = time.hour * 60 + time.minute >= 22 * 60 + 30;
    (day(time) == Weekday::Friday && time.hour >= 20) || (weekend(time) && late)
}

/// The nights that began on a Saturday or a Sunday.
fn after_weekend(time: Wall) -> bool {
    matches!(day(time), Weekday::Sunday | Weekday::Monday) && time.hour * 60 + time.minute < 2 * 60 + 30
}

fn long_span(time: Wall) -> bool {
    match day(time) {
        Weekday::Monday => time.hour >= 8,
        Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday => true,
        Weekday::Friday => time.hour < 18,
        Weekday::Saturday | Weekday::Sunday => false,
    }
}

fn patchwork(time: Wall) -> bool {
    let minute = time.hour * 60 + time.minute;
    match day(time) {
        Weekday::Saturday => minute < 6 * 60,
        Weekday::Friday => (30..150).contains(&minute) || minute >= 18 * 60,
        _ => (30..150).contains(&minute),
    }
}

/// The first day of which anything is known, and its minutes are counted from here.
fn first_day() -> Date {
    Date::constant(1999, 12, 28)
}

/// The answers to all questions for a minute: two bits for each thing that is watched.
fn answers(wall: Wall) -> u64 {
    let questions = RULES.iter().flat_map(|(_, watched)| watched.iter());
    questions.enumerate().fold(0, |bits, (place, watched)| {
        let (first, second) = match watched {
            Fixed(_, question) | RealTime(question) => (question(wall), false),
            Hours(open, plain) => (open(wall), plain(wall)),
        };
        bits | u64::from(first) << (2 * place) | u64::from(second) << (2 * place + 1)
    })
}

/// The minute that lies so many minutes after the beginning of the first day, on any wall clock.
fn wall(minute: i64) -> Wall {
    let date = first_day() + (minute / 1440).days();
    Wall { date, hour: minute % 1440 / 60, minute: minute % 60 }
}

/// What a zone's clock shows, in minutes since the beginning of the first day: a stretch for each offset.
struct Clock {
    /// From which minute of UTC on it runs how many minutes ahead.
    stretches: Vec<(i64, i64)>,
}

impl Clock {
    fn of(zone: &TimeZone, from: i64, until: i64) -> Self {
        let start = instant(from);
        let changes = zone.following(start).take_while(|change| change.timestamp() <= instant(until));
        let stretches = std::iter::once((from, zone.to_offset(start)))
            .chain(changes.map(|change| (minutes(change.timestamp()), change.offset())))
            .map(|(at, offset)| {
                assert_eq!(offset.seconds() % 60, 0, "a clock that is not in whole minutes");
                (at, i64::from(offset.seconds() / 60))
            });
        Self { stretches: stretches.collect() }
    }
}

fn instant(minute: i64) -> Timestamp {
    first_day().in_tz("UTC").unwrap().timestamp() + SignedDuration::from_mins(minute)
}

fn minutes(at: Timestamp) -> i64 {
    let seconds = at.duration_since(instant(0)).as_secs();
    assert_eq!(seconds % 60, 0, "a clock that changes within a minute");
    seconds / 60
}

type Seen = Vec<(i64, Action)>;

/// What is seen of every rule after one minute of UTC and up to another.
fn watch(clock: &Clock, from: i64, until: i64, answers: impl Fn(i64) -> u64) -> Vec<Seen> {
    let mut seen: Vec<Seen> = vec![Vec::new(); RULES.len()];
    let (fixed, real_time) =
        (bits(|watched| matches!(watched, Fixed(..))), bits(|watched| matches!(watched, RealTime(_))));
    let mut stretch = 0;
    let mut furthest = from + clock.stretches[0].1;
    for now in from + 1..=until {
        if clock.stretches.get(stretch + 1).is_some_and(|(at, _)| *at <= now) {
            stretch += 1;
        }
        let shown = now + clock.stretches[stretch].1;
        let was = answers(furthest);
        // All that the clock passes in this minute: one minute, none when it was put back, many when forward.
        let passed = (furthest + 1..=shown).fold(0, |passed, minute| passed | answers(minute));
        furthest = furthest.max(shown);
        let (shown, is) = (answers(shown), answers(furthest));
        if (passed & fixed | shown & real_time | was ^ is) != 0 {
            note(&mut seen, now, was, passed, shown, is);
        }
    }
    seen
}

/// The first bits of everything of a kind, as [`answers`] has them.
fn bits(kind: impl Fn(&Watched) -> bool) -> u64 {
    let watched = RULES.iter().flat_map(|(_, watched)| watched.iter()).enumerate();
    watched.fold(0, |bits, (place, watched)| bits | u64::from(kind(watched)) << (2 * place))
}

/// Adds to what was seen.
fn note(seen: &mut [Seen], now: i64, was: u64, passed: u64, shown: u64, is: u64) {
    let mut place = 0;
    for (seen, (_, watched)) in seen.iter_mut().zip(&RULES) {
        let mut action = None;
        for watched in *watched {
            let bit = |bits: u64, which: u32| bits >> (2 * place + which) & 1 == 1;
            let happens = match watched {
                Fixed(action, _) => bit(passed, 0).then_some(*action),
                RealTime(_) => bit(shown, 0).then_some(Resume),
                Hours(..) if !bit(was, 0) && bit(is, 0) => Some(Resume),
                Hours(..) if bit(is, 0) => None,
                Hours(..) => (bit(was, 0) || (bit(was, 1) && !bit(is, 1))).then_some(Pause),
            };
            action = action.max(happens);
            place += 1;
        }
        seen.extend(action.map(|action| (now, action)));
    }
}

fn schedules(zone: &str) -> Vec<Arc<Schedule>> {
    let mut text = format!("timezone = \"{zone}\"\n[closed-days]\n{DAYS}\n");
    for (number, (lines, _)) in RULES.iter().enumerate() {
        text += &format!(
            "[[service]]\narn = \"arn:aws:apprunner:eu-west-1:123456789012:service/checkout-{number}/{number:032}\"\n{lines}\n"
        );
    }
    let config = parse(&text).unwrap_or_else(|problems| panic!("{}", problems.render(zone, &text)));
    config.services.into_iter().map(|service| service.schedule).collect()
}

fn computed(schedule: &Schedule, from: i64, until: i64) -> impl Iterator<Item = (i64, Action)> + '_ {
    let transitions = schedule.after(instant(from)).map(|next| (minutes(next.at), next.action));
    transitions.take_while(move |(at, _)| *at <= until)
}

fn assert_the_same(zone: &str, rule: usize, seen: &Seen, computed: impl Iterator<Item = (i64, Action)>) {
    let mut computed = computed.fuse();
    let mut seen = seen.iter().copied();
    loop {
        let (expected, found) = (seen.next(), computed.next());
        let shown = |moment: Option<(i64, Action)>| moment.map(|(at, action)| (instant(at), action));
        assert_eq!(shown(found), shown(expected), "{} in {zone}", RULES[rule].0);
        if expected.is_none() {
            return;
        }
    }
}

const ZONES: [&str; 20] = [
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Caracas",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Pyongyang",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
];

/// 2000 to 2037.
fn years() -> (i64, i64) {
    let day = |date: Date| minutes(date.in_tz("UTC").unwrap().timestamp());
    (day(Date::constant(2000, 1, 1)), day(Date::constant(2038, 1, 1)))
}

#[test]
fn whoever_watches_the_clock_sees_the_same_transitions() {
    let (first, last) = years();
    let mut windows = 0;
    for name in ZONES {
        let zone = TimeZone::get(name).unwrap();
        let schedules = schedules(name);
        let changes = zone.following(instant(first)).map(|change| change.timestamp());
        let changes = changes.take_while(|at| *at < instant(last)).map(minutes);
        for change in changes.chain([first]) {
            // Long enough for Apia's missing day, too.
            let (from, until) = (change - 4 * 60, change + 10 * 60);
            let seen = watch(&Clock::of(&zone, from, until), from, until, |minute| answers(wall(minute)));
            for (rule, (seen, schedule)) in seen.iter().zip(&schedules).enumerate() {
                assert_the_same(name, rule, seen, computed(schedule, from, until));
                // Whoever begins to ask in the middle, also in an hour that occurs for the second time.
                for asked in [change, change + 10, change + 40] {
                    let next = computed(schedule, asked, until).next();
                    assert_eq!(
                        next,
                        seen.iter().copied().find(|(at, _)| *at > asked),
                        "{name} after {asked}"
                    );
                    let latest =
                        schedule.latest_at(instant(asked)).map(|latest| (minutes(latest.at), latest.action));
                    let latest = latest.filter(|(at, _)| *at > from);
                    assert_eq!(
                        latest,
                        seen.iter().copied().rfind(|(at, _)| *at <= asked),
                        "{name} by {asked}"
                    );
                }
            }
            windows += 1;
        }
    }
    assert!(windows > 1000, "only {windows} changes of a clock were watched");
}

/// Every zone, by what its clock shows in these years: some hundred names are other names of a zone.
fn clocks(first: i64, last: i64) -> BTreeMap<Vec<(i64, i64)>, Vec<String>> {
    let mut clocks: BTreeMap<Vec<(i64, i64)>, Vec<String>> = BTreeMap::new();
    for name in db().available().map(|name| name.to_string()) {
        let names_a_place = !["localtime", "posixrules", "Factory", "Etc/Unknown"].contains(&name.as_str());
        if names_a_place && !name.starts_with("right/") && !name.starts_with("posix/") {
            let zone = TimeZone::get(&name).unwrap();
            clocks.entry(Clock::of(&zone, first, last).stretches).or_default().push(name);
        }
    }
    clocks
}

#[test]
#[ignore = "every minute of 38 years in every zone: minutes of work even with --release"]
fn in_every_zone_the_clock_of_38_years_shows_the_same_transitions() {
    let (first, last) = years();
    // What a wall clock shows is asked once for all zones: they differ only in when they show it.
    let known: Vec<u64> = (0..last + 3 * 1440).map(|minute| answers(wall(minute))).collect();
    let clocks: Vec<_> = clocks(first, last).into_iter().collect();
    let (next, transitions) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while let Some((stretches, names)) = clocks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let clock = Clock { stretches: stretches.clone() };
            let seen = watch(&clock, first, last, |minute| known[usize::try_from(minute).unwrap()]);
            for (which, name) in names.iter().enumerate() {
                for (rule, (seen, schedule)) in seen.iter().zip(schedules(name)).enumerate() {
                    // Another name of the same clock gives the same; the rules that happen on weekdays show it.
                    if which == 0 || seen.len() < 12_000 {
                        assert_the_same(name, rule, seen, computed(&schedule, first, last));
                        transitions.fetch_add(seen.len(), Ordering::Relaxed);
                    }
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().for_each(|thread| thread.join().expect("the transitions are the same"));
    });
    let zones: usize = clocks.iter().map(|(_, names)| names.len()).sum();
    println!("{zones} zones with {} clocks, {} transitions", clocks.len(), transitions.into_inner());
    assert!(zones > 400, "only {zones} zones were found");
}
