//! Working hours and closed days: which transitions come of them.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what a helper of a test meets, the test may panic on"
)]

use jiff::{Timestamp, Zoned};
use reveille::api::Action;
use reveille::config::{CheckContext, FileSource, check};
use reveille::schedule::Schedule;
use std::path::Path;
use std::sync::Arc;

/// Calendars by name.
struct Calendars;

impl FileSource for Calendars {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let text = match path.to_str() {
            Some("company.ics") => COMPANY,
            Some("named-twice.ics") => NAMED_TWICE,
            _ => return Err(format!("{}: there is no such file", path.display())),
        };
        Ok(text.as_bytes().to_vec())
    }
}

const COMPANY: &str = "BEGIN:VCALENDAR\r
VERSION:2.0\r
X-WR-TIMEZONE:Europe/Berlin\r
BEGIN:VEVENT\r
UID:1\r
SUMMARY:two days, and the end is not one of them, fol\r
 ded\r
DTSTART;VALUE=DATE:20260603\r
DTEND;VALUE=DATE:20260605\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
SUMMARY:the fourth Thursday of November\r
DTSTART;VALUE=DATE:20201126\r
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r
EXDATE;VALUE=DATE:20271125\r
BEGIN:VALARM\r
TRIGGER:-PT15M\r
DURATION:P40D\r
END:VALARM\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3\r
SUMMARY:an evening in UTC that is a night in Berlin\r
DTSTART:20260630T223000Z\r
DURATION:PT1H\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:4\r
SUMMARY:three days in every year until 2026\r
DTSTART;VALUE=DATE:20240810\r
DURATION:P3D\r
RRULE:FREQ=YEARLY;UNTIL=20260810\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:5\r
STATUS:CANCELLED\r
DTSTART;VALUE=DATE:20260901\r
END:VEVENT\r
END:VCALENDAR\r
";

/// As programs write it that take the name for a part of the rule.
const NAMED_TWICE: &str = "BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20200501
RRULE:RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=1FR
END:VEVENT
END:VCALENDAR
";

/// A schedule of these lines, in Berlin unless they say otherwise.
fn schedule(lines: &str) -> Arc<Schedule> {
    let (above, lines) = lines.split_once("---").unwrap_or(("", lines));
    let zone = if lines.contains("timezone") { "" } else { "timezone = \"Europe/Berlin\"" };
    let text = format!(
        "{above}\n[[service]]\narn = \"arn:aws:apprunner:eu-west-1:123456789012:service/checkout/{}\"\n{zone}\n{lines}",
        "0".repeat(32),
    );
    let checked = check(text.as_bytes(), CheckContext { now: None, files: Some(&Calendars) });
    match checked.config {
        Some(mut config) => config.services.remove(0).schedule,
        None => panic!("{}", checked.problems.render("schedule.toml", &text)),
    }
}

fn instant(schedule: &Schedule, local: &str) -> Timestamp {
    let zoned: Zoned = format!("{local}[{}]", schedule.time_zone_name()).parse().unwrap();
    zoned.timestamp()
}

/// What happens from one local time to another, and that looking back from every transition and from just before it
/// tells the same.
fn between(schedule: &Schedule, from: &str, until: &str) -> Vec<String> {
    let until = instant(schedule, until);
    let mut seen = Vec::new();
    let mut before = schedule.latest_at(instant(schedule, from));
    for next in schedule.after(instant(schedule, from)).take_while(|next| next.at <= until) {
        let local = next.at.to_zoned(schedule.time_zone().clone());
        seen.push(format!("{} {}", local.strftime("%a %F %R %:z"), next.action));
        assert_eq!(schedule.latest_at(next.at - jiff::SignedDuration::from_nanos(1)), before);
        assert_eq!(schedule.latest_at(next.at), Some(next));
        before = Some(next);
    }
    seen
}

/// What it shows, the schedule, from when, until when, and the transitions.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "a window of several days, and another for one of them",
        r#"hours = ["Mon-Thu 08:00-18:30", "Fri 8:00-16:00"]"#,
        "2026-11-26T00:00",
        "2026-11-30T12:00",
        &[
            "Thu 2026-11-26 08:00 +01:00 resume",
            "Thu 2026-11-26 18:30 +01:00 pause",
            "Fri 2026-11-27 08:00 +01:00 resume",
            "Fri 2026-11-27 16:00 +01:00 pause",
            "Mon 2026-11-30 08:00 +01:00 resume",
        ],
    ),
    (
        "a window that crosses midnight ends on the next day",
        r#"hours = "Fri 20:00-02:00""#,
        "2026-11-26T00:00",
        "2026-11-30T12:00",
        &["Fri 2026-11-27 20:00 +01:00 resume", "Sat 2026-11-28 02:00 +01:00 pause"],
    ),
    (
        "a span of days is one window, and it may go over the end of the week",
        r#"hours = ["Mon 08:00 - Tue 18:00", "Fri 22:00 - Mon 06:00"]"#,
        "2026-11-26T00:00",
        "2026-12-02T12:00",
        &[
            "Fri 2026-11-27 22:00 +01:00 resume",
            "Mon 2026-11-30 06:00 +01:00 pause",
            "Mon 2026-11-30 08:00 +01:00 resume",
            "Tue 2026-12-01 18:00 +01:00 pause",
        ],
    ),
    (
        "lists and ranges of days that wrap the week, names in any case and length",
        r#"hours = "saturday-MON,wed 10:00-14:00""#,
        "2026-11-26T00:00",
        "2026-12-02T12:00",
        &[
            "Sat 2026-11-28 10:00 +01:00 resume",
            "Sat 2026-11-28 14:00 +01:00 pause",
            "Sun 2026-11-29 10:00 +01:00 resume",
            "Sun 2026-11-29 14:00 +01:00 pause",
            "Mon 2026-11-30 10:00 +01:00 resume",
            "Mon 2026-11-30 14:00 +01:00 pause",
            "Wed 2026-12-02 10:00 +01:00 resume",
        ],
    ),
    (
        "windows that overlap or touch are one, also over midnight",
        r#"hours = ["Mon 08:00-12:00", "Mon 11:00-13:00", "Mon 13:00-24:00", "Tue 00:00-04:00"]"#,
        "2026-11-29T00:00",
        "2026-12-03T12:00",
        &["Mon 2026-11-30 08:00 +01:00 resume", "Tue 2026-12-01 04:00 +01:00 pause"],
    ),
    (
        "a window within another changes nothing",
        r#"hours = ["Mon-Fri 08:00-18:00", "Wed 10:00-12:00"]"#,
        "2026-12-02T00:00",
        "2026-12-03T12:00",
        &[
            "Wed 2026-12-02 08:00 +01:00 resume",
            "Wed 2026-12-02 18:00 +01:00 pause",
            "Thu 2026-12-03 08:00 +01:00 resume",
        ],
    ),
    (
        "a week without an end has no transition",
        r#"hours = "daily 00:00-24:00""#,
        "2026-11-29T00:00",
        "2030-12-03T12:00",
        &[],
    ),
    (
        "nor has a span of a week, whatever is closed",
        r#"closed-days.all = "--11-30"
        --- hours = "Mon 00:00 - Sun 24:00"
        closed = "all""#,
        "2026-11-29T00:00",
        "2030-12-03T12:00",
        &[],
    ),
    (
        "a closed day takes the windows that begin on it, and leaves the pause",
        r#"closed-days.xmas = ["2026-12-24..2026-12-25"]
        --- hours = "Wed-Fri 08:00-18:00"
        closed = ["xmas"]"#,
        "2026-12-23T00:00",
        "2026-12-31T00:00",
        &[
            "Wed 2026-12-23 08:00 +01:00 resume",
            "Wed 2026-12-23 18:00 +01:00 pause",
            "Thu 2026-12-24 18:00 +01:00 pause",
            "Fri 2026-12-25 18:00 +01:00 pause",
            "Wed 2026-12-30 08:00 +01:00 resume",
            "Wed 2026-12-30 18:00 +01:00 pause",
        ],
    ),
    (
        "Friday's night goes on into a closed Saturday",
        r#"closed-days.saturday = ["2026-11-28"]
        --- hours = ["Fri 20:00-02:00", "Sat 20:00-02:00"]
        closed = "saturday""#,
        "2026-11-27T00:00",
        "2026-11-30T00:00",
        &[
            "Fri 2026-11-27 20:00 +01:00 resume",
            "Sat 2026-11-28 02:00 +01:00 pause",
            "Sun 2026-11-29 02:00 +01:00 pause",
        ],
    ),
    (
        "where the second of two touching windows begins on a closed day, the first ends with a pause",
        r#"closed-days.tuesday = ["2026-12-01"]
        --- hours = ["Mon 08:00-24:00", "Tue 00:00-18:00"]
        closed = "tuesday""#,
        "2026-11-29T00:00",
        "2026-12-05T00:00",
        &[
            "Mon 2026-11-30 08:00 +01:00 resume",
            "Tue 2026-12-01 00:00 +01:00 pause",
            "Tue 2026-12-01 18:00 +01:00 pause",
        ],
    ),
    (
        "and where the first does, the second begins with a resume",
        r#"closed-days.monday = ["2026-11-30"]
        --- hours = ["Mon 08:00-24:00", "Tue 00:00-18:00"]
        closed = "monday""#,
        "2026-11-29T00:00",
        "2026-12-05T00:00",
        &["Tue 2026-12-01 00:00 +01:00 resume", "Tue 2026-12-01 18:00 +01:00 pause"],
    ),
    (
        "days without an end between them stop only for closed days, however far away",
        r#"closed-days.far = ["2999-12-31..3000-01-01"]
        --- hours = "daily 00:00-24:00"
        closed = "far""#,
        "2026-11-29T00:00",
        "4000-01-01T00:00",
        &["Tue 2999-12-31 00:00 +01:00 pause", "Thu 3000-01-02 00:00 +01:00 resume"],
    ),
    (
        "an edge in a gap happens at its end",
        r#"hours = "Sun 02:30-12:00""#,
        "2026-03-28T00:00",
        "2026-03-30T00:00",
        &["Sun 2026-03-29 03:00 +02:00 resume", "Sun 2026-03-29 12:00 +02:00 pause"],
    ),
    (
        "a window within a gap never happens",
        r#"hours = ["Sun 02:00-03:00", "Mon 02:10-02:50"]"#,
        "2026-03-28T00:00",
        "2026-03-31T00:00",
        &["Mon 2026-03-30 02:10 +02:00 resume", "Mon 2026-03-30 02:50 +02:00 pause"],
    ),
    (
        "windows with nothing but a gap between them are one",
        r#"hours = ["Sun 00:00-02:15", "Sun 02:45-05:00"]"#,
        "2026-03-28T00:00",
        "2026-03-30T00:00",
        &["Sun 2026-03-29 00:00 +01:00 resume", "Sun 2026-03-29 05:00 +02:00 pause"],
    ),
    (
        "an edge that occurs twice happens the first time",
        r#"hours = ["Sun 02:15-02:45", "Sun 02:50-03:10"]"#,
        "2026-10-24T00:00",
        "2026-10-26T00:00",
        &[
            "Sun 2026-10-25 02:15 +02:00 resume",
            "Sun 2026-10-25 02:45 +02:00 pause",
            "Sun 2026-10-25 02:50 +02:00 resume",
            "Sun 2026-10-25 03:10 +01:00 pause",
        ],
    ),
    (
        "of a day that a zone leaves out, nothing is left",
        r#"hours = "daily 08:00-18:00"
        timezone = "Pacific/Apia""#,
        "2011-12-29T00:00",
        "2011-12-31T23:00",
        &[
            "Thu 2011-12-29 08:00 -10:00 resume",
            "Thu 2011-12-29 18:00 -10:00 pause",
            "Sat 2011-12-31 08:00 +14:00 resume",
            "Sat 2011-12-31 18:00 +14:00 pause",
        ],
    ),
    (
        "a cron rule resumes on no closed day and pauses on every day",
        r#"closed-days = { fixed = "2026-12-24", yearly = ["--12-25", "--12-31..--01-02", "--02-29"] }
        --- resume = "0 8 * * *"
        pause = "0 18 * * *"
        closed = ["yearly", "fixed"]"#,
        "2026-12-23T12:00",
        "2026-12-26T12:00",
        &[
            "Wed 2026-12-23 18:00 +01:00 pause",
            "Thu 2026-12-24 18:00 +01:00 pause",
            "Fri 2026-12-25 18:00 +01:00 pause",
            "Sat 2026-12-26 08:00 +01:00 resume",
        ],
    ),
    (
        "a rule that follows real time stops at a closed day too",
        r#"closed-days.day = "2026-10-25"
        --- resume = "0 */8 * * *"
        closed = "day""#,
        "2026-10-24T12:00",
        "2026-10-26T12:00",
        &[
            "Sat 2026-10-24 16:00 +02:00 resume",
            "Mon 2026-10-26 00:00 +01:00 resume",
            "Mon 2026-10-26 08:00 +01:00 resume",
        ],
    ),
    (
        "the days of a calendar: several, and a yearly rule",
        r#"closed-days.company = { ics = "company.ics" }
        --- resume = "0 8 * * WED-FRI"
        closed = "company""#,
        "2026-06-02T12:00",
        "2026-06-10T12:00",
        &["Fri 2026-06-05 08:00 +02:00 resume", "Wed 2026-06-10 08:00 +02:00 resume"],
    ),
    (
        "the fourth Thursday of November, but for an exception",
        r#"closed-days.company = { ics = "company.ics" }
        --- resume = "0 8 22-28 11 *"
        closed = "company"
        timezone = "UTC""#,
        "2026-11-25T12:00",
        "2026-11-27T12:00",
        &["Fri 2026-11-27 08:00 +00:00 resume"],
    ),
    (
        "a rule whose name is written twice",
        r#"closed-days.company = { ics = "named-twice.ics" }
        --- resume = "0 8 * 5 FRI"
        closed = "company"
        timezone = "UTC""#,
        "2026-04-30T12:00",
        "2026-05-08T12:00",
        &["Fri 2026-05-08 08:00 +00:00 resume"],
    ),
    (
        "an exception is open",
        r#"closed-days.company = { ics = "company.ics" }
        --- resume = "0 8 25 11 *"
        closed = "company""#,
        "2025-01-01T12:00",
        "2030-01-01T12:00",
        &[
            "Tue 2025-11-25 08:00 +01:00 resume",
            "Wed 2026-11-25 08:00 +01:00 resume",
            "Thu 2027-11-25 08:00 +01:00 resume",
            "Sat 2028-11-25 08:00 +01:00 resume",
            "Sun 2029-11-25 08:00 +01:00 resume",
        ],
    ),
    (
        "a time in UTC is a date in the calendar's zone",
        r#"closed-days.company = { ics = "company.ics" }
        --- resume = "0 8 * * *"
        closed = "company""#,
        "2026-06-29T12:00",
        "2026-07-02T12:00",
        &["Tue 2026-06-30 08:00 +02:00 resume", "Thu 2026-07-02 08:00 +02:00 resume"],
    ),
    (
        "three days in every year, up to the last",
        r#"closed-days.company = { ics = "company.ics" }
        --- resume = "0 8 9-13 8 *"
        closed = "company""#,
        "2026-01-01T12:00",
        "2027-08-10T12:00",
        &[
            "Sun 2026-08-09 08:00 +02:00 resume",
            "Thu 2026-08-13 08:00 +02:00 resume",
            "Mon 2027-08-09 08:00 +02:00 resume",
            "Tue 2027-08-10 08:00 +02:00 resume",
        ],
    ),
    (
        "EventBridge counts the days of the week from 1 = Sunday",
        r#"resume = ["cron(0 8 ? * 2-6 *)", "cron(30 9 ? * SUN,7 2026)"]"#,
        "2026-11-26T12:00",
        "2026-11-30T12:00",
        &[
            "Fri 2026-11-27 08:00 +01:00 resume",
            "Sat 2026-11-28 09:30 +01:00 resume",
            "Sun 2026-11-29 09:30 +01:00 resume",
            "Mon 2026-11-30 08:00 +01:00 resume",
        ],
    ),
    (
        "steps from one value, the last day, the nearest weekday, the last and the second Friday",
        r#"resume = ["cron(0/30 8 L * ? *)", "cron(0 9 15W * ? *)", "cron(0 10 ? * 6L *)", "cron(0 11 ? * FRI#2 *)"]"#,
        "2026-08-01T00:00",
        "2026-08-31T23:00",
        &[
            "Fri 2026-08-14 09:00 +02:00 resume",
            "Fri 2026-08-14 11:00 +02:00 resume",
            "Fri 2026-08-28 10:00 +02:00 resume",
            "Mon 2026-08-31 08:00 +02:00 resume",
            "Mon 2026-08-31 08:30 +02:00 resume",
        ],
    ),
    (
        "years end, and `L` alone is Saturday",
        r#"resume = "cron(0 8 ? 12 L 2025-2026)""#,
        "2025-12-20T12:00",
        "2030-01-01T00:00",
        &[
            "Sat 2025-12-27 08:00 +01:00 resume",
            "Sat 2026-12-05 08:00 +01:00 resume",
            "Sat 2026-12-12 08:00 +01:00 resume",
            "Sat 2026-12-19 08:00 +01:00 resume",
            "Sat 2026-12-26 08:00 +01:00 resume",
        ],
    ),
    (
        "one instant, in the zone of the schedule, at the end of a gap when it lies within",
        r#"resume = ["at(2026-03-29T02:30:00)", "at(2026-12-24T08:00:00)"]
        pause = "AT(2026-12-24T18:00:00)""#,
        "2026-01-01T00:00",
        "2030-01-01T00:00",
        &[
            "Sun 2026-03-29 03:00 +02:00 resume",
            "Thu 2026-12-24 08:00 +01:00 resume",
            "Thu 2026-12-24 18:00 +01:00 pause",
        ],
    ),
];

#[test]
fn every_named_case_gives_its_transitions() {
    for (name, lines, from, until, expected) in CASES {
        assert_eq!(between(&schedule(lines), from, until), *expected, "{name}");
    }
}

#[test]
fn a_schedule_that_is_closed_forever_is_answered_at_once() {
    let sets = ["\"--01-01..--12-31\"", "\"--07-01..--06-30\"", "\"0001-01-01..9999-12-31\""];
    for set in sets {
        for plan in [r#"resume = "* * * * * *""#, r#"hours = "daily 00:00-24:00""#, r#"resume = "0 0 1 1 *""#]
        {
            let schedule = schedule(&format!("closed-days.all = {set}\n--- {plan}\nclosed = \"all\""));
            let now = instant(&schedule, "2026-11-23T12:00");
            assert_eq!(schedule.next_after(now), None, "{plan}");
            // The range begins with the year 1.
            let first = instant(&schedule, "0001-01-02T00:00");
            assert!(schedule.latest_at(now).is_none_or(|latest| latest.at < first), "{plan}");
        }
    }
}

/// Windows at random, among them many that lie within one another or touch: awake is every minute of any of them.
#[test]
fn a_service_is_awake_in_every_minute_of_any_window_and_in_no_other() {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const DAY: usize = 24 * 60;
    let mut rng = fastrand::Rng::with_seed(1);
    for round in 0..500 {
        let mut awake = [false; 7 * DAY];
        let mut windows = Vec::new();
        for _ in 0..rng.usize(1..8) {
            let day = rng.usize(0..7);
            // Few different times, so that edges meet.
            let (begins, ends) = (rng.usize(0..8) * 180, rng.usize(0..8) * 180 + 180);
            let lasts = if ends > begins { ends - begins } else { ends + DAY - begins };
            if lasts == DAY && begins > 0 {
                // That needs a day's name for its end, and is refused without.
                continue;
            }
            for minute in 0..lasts {
                awake[(day * DAY + begins + minute) % (7 * DAY)] = true;
            }
            let time = |minute: usize| format!("{:02}:{:02}", minute / 60, minute % 60);
            windows.push(format!("\"{} {}-{}\"", DAYS[day], time(begins), time(ends)));
        }
        if windows.is_empty() {
            continue;
        }
        let text = format!("hours = [{}]\ntimezone = \"UTC\"", windows.join(", "));
        let schedule = schedule(&text);
        let monday = instant(&schedule, "2026-11-30T00:00");
        for (minute, awake) in (0_i64..).zip(awake).step_by(60) {
            let at = monday + jiff::SignedDuration::from_mins(minute);
            let asked = schedule.latest_at(at).map(|latest| latest.action == Action::Resume);
            assert_eq!(asked.unwrap_or(true), awake, "round {round}, minute {minute}: {text}");
        }
    }
}
