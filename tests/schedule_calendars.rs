//! Calendars as they come: cut off, joined, of several parts, in whatever line ends. What cannot be trusted to have all
//! of its days is refused.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "what a helper of a test meets, the test may panic on"
)]

use jiff::ToSpan;
use jiff::civil::{Date, date};
use reveille::config::{CheckContext, FileSource, check};
use std::path::Path;

/// The one calendar there is.
struct Bytes<'a>(&'a [u8]);

impl FileSource for Bytes<'_> {
    fn read(&self, _: &Path) -> Result<Vec<u8>, String> {
        Ok(self.0.to_vec())
    }
}

/// The days of 2026 that a calendar closes, or the message and the help with which it is refused.
fn closed(calendar: impl AsRef<[u8]>) -> Result<Vec<String>, String> {
    let text = "timezone = \"Europe/Berlin\"\nclosed-days.days = { ics = \"days.ics\" }\n[[service]]\n\
                arn = \"arn:aws:apprunner:eu-west-1:123456789012:service/checkout/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d\"\n\
                hours = \"daily 08:00-18:00\"\nclosed = \"days\"\n";
    let checked = check(text.as_bytes(), CheckContext { now: None, files: Some(&Bytes(calendar.as_ref())) });
    let Some(config) = checked.config else {
        let told = checked
            .problems
            .iter()
            .map(|problem| format!("{}; {}", problem.message(), problem.help().unwrap_or_default()));
        return Err(told.collect::<Vec<_>>().join("\n"));
    };
    let Some(service) = config.services.first() else { panic!("the file has a service") };
    let days = date(2026, 1, 1).series(1.day()).take(365);
    Ok(days
        .filter(|day: &Date| service.schedule.closed_on(*day).is_some())
        .map(|day| day.to_string())
        .collect())
}

/// Three holidays, among parts that calendars have as well.
const HOLIDAYS: &str = "BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Holidays//EN
X-WR-TIMEZONE:Europe/Berlin
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:1
SUMMARY:Labour Day – Tag der
  Arbeit
DTSTART;VALUE=DATE:20260501
BEGIN:VALARM
TRIGGER:-PT15M
DURATION:P40D
END:VALARM
END:VEVENT
BEGIN:VTODO
DTSTART;VALUE=DATE:20260801
END:VTODO
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261003
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART;VALUE=DATE:20261225
DTEND;VALUE=DATE:20261227
END:VEVENT
END:VCALENDAR
";

const THEIR_DAYS: [&str; 4] = ["2026-05-01", "2026-10-03", "2026-12-25", "2026-12-26"];

fn event(date: &str) -> String {
    format!("BEGIN:VEVENT\nUID:{date}\nDTSTART;VALUE=DATE:{date}\nEND:VEVENT\n")
}

fn calendar(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\n{lines}END:VCALENDAR\n")
}

#[test]
fn a_calendar_is_read_with_either_line_end_and_with_or_without_a_byte_order_mark() {
    let unix = HOLIDAYS.to_owned();
    let windows = HOLIDAYS.replace('\n', "\r\n");
    let without_the_last = HOLIDAYS.trim_end().to_owned();
    let with_mark = format!("\u{feff}{HOLIDAYS}");
    let with_empty_lines = format!("\n{}\n\n \n", HOLIDAYS.replace("BEGIN:VEVENT", "\nBEGIN:VEVENT"));
    for text in [unix, windows, without_the_last, with_mark, with_empty_lines] {
        assert_eq!(closed(&text).unwrap(), THEIR_DAYS, "{text:?}");
    }
}

#[test]
fn a_calendar_that_was_cut_off_is_refused_wherever_that_was() {
    for text in [HOLIDAYS.to_owned(), HOLIDAYS.replace('\n', "\r\n")] {
        for length in 0..text.trim_end().len() {
            let start = text.as_bytes().get(..length).unwrap();
            let refusal = closed(start).expect_err("a part of a calendar closes a part of the days");
            assert!(refusal.starts_with("days.ics:"), "{length} bytes: {refusal}");
            let expected =
                if length < "BEGIN:VCALENDAR".len() { "calendar" } else { "the calendar was cut off" };
            assert!(refusal.contains(expected), "{length} bytes: {refusal}");
        }
    }
}

#[test]
fn a_calendar_that_was_cut_off_is_reported_with_its_line_and_what_to_do() {
    let way_out = "fetch or export it again; events that stood behind this line are missing";
    let cut = |before: &str| closed(HOLIDAYS.split_once(before).unwrap().0).unwrap_err();
    assert_eq!(
        cut("END:VCALENDAR"),
        format!(
            "days.ics:36: the calendar was cut off: the VCALENDAR of line 1 has no END:VCALENDAR; {way_out}"
        )
    );
    assert_eq!(
        cut("DTEND"),
        format!("days.ics:34: the calendar was cut off: the VEVENT of line 32 has no END:VEVENT; {way_out}")
    );
    assert_eq!(
        cut("DURATION"),
        format!("days.ics:21: the calendar was cut off: the VALARM of line 20 has no END:VALARM; {way_out}")
    );
    assert_eq!(closed("").unwrap_err(), "days.ics:1: the calendar is empty; fetch or export it again");
    assert_eq!(
        closed("\u{feff}\r\n\r\n").unwrap_err(),
        "days.ics:1: the calendar is empty; fetch or export it again"
    );
}

#[test]
fn a_calendar_that_lost_lines_within_is_refused() {
    let lost = "the calendar was cut off: the VEVENT of line 15 has no END:VEVENT";
    let without_an_end = HOLIDAYS.replacen("END:VEVENT\n", "", 1);
    let refusal = closed(without_an_end).unwrap_err();
    assert!(refusal.starts_with(&format!("days.ics:24: {lost}")), "{refusal}");
    let without_the_end_of_the_alarm = HOLIDAYS.replacen("END:VALARM\n", "", 1);
    let refusal = closed(without_the_end_of_the_alarm).unwrap_err();
    assert!(refusal.starts_with("days.ics:23: the calendar was cut off: the VALARM of line 20"), "{refusal}");
    let without_a_beginning = calendar(&event("20260501").replace("BEGIN:VEVENT\n", ""));
    let refusal = closed(without_a_beginning).unwrap_err();
    assert!(refusal.starts_with("days.ics:4: there is an END:VEVENT without its BEGIN:VEVENT"), "{refusal}");
    let two_in_one =
        event("20260501").replace("END:VEVENT\n", "") + &event("20260601").replace("BEGIN:VEVENT\n", "");
    let refusal = closed(calendar(&two_in_one)).unwrap_err();
    assert!(refusal.starts_with("days.ics:6: the event of line 2 has a second DTSTART"), "{refusal}");
}

#[test]
fn several_calendars_in_one_file_are_read_each_in_its_zone() {
    let evening = "BEGIN:VEVENT\nDTSTART:20260501T223000Z\nDURATION:PT1H\nEND:VEVENT\n";
    let new_york = calendar(&format!("X-WR-TIMEZONE:America/New_York\n{evening}"));
    let tokyo = calendar(&format!("{evening}X-WR-TIMEZONE:Asia/Tokyo\n"));
    // The zone of whatever host it is read on is none.
    let berlin = calendar(&format!("X-WR-TIMEZONE:localtime\n{}", evening.replace("0501", "0601")));
    let all = format!("{new_york}\u{feff}{tokyo}\r\n{berlin}");
    assert_eq!(closed(&all).unwrap(), ["2026-05-01", "2026-05-02", "2026-06-02"]);
    let cut = all.strip_suffix("END:VCALENDAR\n").unwrap();
    let refusal = closed(cut).unwrap_err();
    assert!(refusal.contains("the VCALENDAR of line 16 has no END:VCALENDAR"), "{refusal}");
}

#[test]
fn what_stands_behind_the_end_or_before_the_beginning_is_not_passed_over() {
    for rest in [event("20261224"), "<html>".to_owned(), "\0\0\0\0".to_owned(), "END:VEVENT\n".to_owned()] {
        let refusal = closed(format!("{HOLIDAYS}{rest}")).unwrap_err();
        assert!(
            refusal.starts_with("days.ics:38: there is something outside of the calendar: `"),
            "{refusal}"
        );
    }
    let refusal = closed(format!("{}{HOLIDAYS}", event("20261224"))).unwrap_err();
    assert!(refusal.starts_with("days.ics:1: this is no calendar"), "{refusal}");
    let within = calendar(HOLIDAYS);
    let refusal = closed(within).unwrap_err();
    assert!(
        refusal.starts_with("days.ics:2: the calendar was cut off: the VCALENDAR of line 1"),
        "{refusal}"
    );
}

#[test]
fn a_file_of_zeros_as_a_power_cut_leaves_it_is_refused() {
    assert!(closed([0; 4096]).unwrap_err().starts_with("days.ics:1: this is no calendar"));
    let mut bytes = HOLIDAYS.as_bytes().to_vec();
    let half = bytes.len() / 2;
    bytes.iter_mut().skip(half).for_each(|byte| *byte = 0);
    assert!(closed(bytes).unwrap_err().contains("the calendar was cut off"));
}

#[test]
fn a_line_may_be_folded_within_a_character() {
    let mut bytes = calendar(&event("20260501").replace("UID", "SUMMARY:caf\u{e9}\nUID")).into_bytes();
    let place = bytes.iter().position(|byte| *byte == 0xc3).unwrap() + 1;
    bytes.splice(place..place, *b"\r\n ");
    assert_eq!(closed(&bytes).unwrap(), ["2026-05-01"]);
}

#[test]
fn one_occurrence_that_was_moved_or_cancelled_opens_its_day() {
    let yearly = "BEGIN:VEVENT\nUID:outing\nDTSTART;VALUE=DATE:20200703\nRRULE:FREQ=YEARLY\nEND:VEVENT\n";
    assert_eq!(closed(calendar(yearly)).unwrap(), ["2026-07-03"]);
    let moved = "BEGIN:VEVENT\nUID:outing\nRECURRENCE-ID;VALUE=DATE:20260703\nDTSTART;VALUE=DATE:20260710\nEND:VEVENT\n";
    assert_eq!(closed(calendar(&format!("{yearly}{moved}"))).unwrap(), ["2026-07-10"]);
    assert_eq!(closed(calendar(&format!("{moved}{yearly}"))).unwrap(), ["2026-07-10"]);
    let cancelled = moved.replace("UID:outing", "UID:outing\nSTATUS:CANCELLED");
    assert_eq!(closed(calendar(&format!("{yearly}{cancelled}"))).unwrap(), [""; 0]);
    let of_another = moved.replace("outing", "other");
    assert_eq!(closed(calendar(&format!("{yearly}{of_another}"))).unwrap(), ["2026-07-03", "2026-07-10"]);
    let and_all_after = moved.replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;");
    let refusal = closed(calendar(&format!("{yearly}{and_all_after}"))).unwrap_err();
    assert!(refusal.starts_with("days.ics:9: `RANGE=THISANDFUTURE` is not read"), "{refusal}");
}

#[test]
fn names_of_parts_and_properties_are_read_in_any_case() {
    assert_eq!(
        closed(HOLIDAYS.to_lowercase().replace("europe/berlin", "Europe/Berlin")).unwrap(),
        THEIR_DAYS
    );
}

/// As many events as a calendar may have bytes for.
fn as_many_as_fit(event: impl Fn(usize) -> String) -> String {
    let room = (1 << 20) - 100;
    let mut all = String::new();
    for number in 0.. {
        let next = event(number);
        if all.len() + next.len() > room {
            break;
        }
        all.push_str(&next);
    }
    calendar(&all)
}

#[test]
fn a_huge_or_hostile_calendar_is_read_or_refused_and_never_worked_on_for_ever() {
    let refused = |text: &str, expected: &str| {
        let refusal = closed(text).unwrap_err();
        assert!(refusal.contains(expected), "{refusal}");
    };
    let hundred_thousand = calendar(&event("20260501").repeat(100_000));
    refused(&hundred_thousand, "the calendar is larger than 1 MiB");
    assert_eq!(closed(as_many_as_fit(|_| event("20260501"))).unwrap(), ["2026-05-01"]);
    let lines = "\n".repeat(1 << 20);
    refused(&lines, "the calendar is empty");
    refused(&format!("BEGIN:VCALENDAR\n{}", "BEGIN:X\n".repeat(100_000)), "the calendar was cut off");
    refused(&format!("BEGIN:{}", "\n V".repeat(300_000)), "is no calendar");

    let with_rule = |number: usize, start: &str, rule: &str| {
        format!(
            "BEGIN:VEVENT\nUID:{number}\nDTSTART;VALUE=DATE:{start}\nRRULE:FREQ=YEARLY{rule}\nEND:VEVENT\n"
        )
    };
    // Birthdays of unknown years are written so.
    assert_eq!(
        closed(calendar(&with_rule(1, "16040229", ";BYMONTH=3;BYMONTHDAY=1"))).unwrap(),
        ["2026-03-01"]
    );
    refused(&as_many_as_fit(|number| with_rule(number, "00010101", "")), "more than 20000 days");
    let never = ";BYMONTH=2;BYMONTHDAY=30";
    refused(&as_many_as_fit(|number| with_rule(number, "00010101", never)), "more than 30 events that recur");
    let counted = with_rule(1, "00010101", &format!("{never};COUNT=5"));
    refused(&calendar(&counted), "days.ics:5: a rule with COUNT is not read from before 1900");
}

#[test]
fn a_list_of_dates_in_one_line_has_a_bound_that_is_named() {
    let dates = vec!["20260501"; 500].join(",");
    let many = calendar(&event("20260601").replace("UID", &format!("RDATE;VALUE=DATE:{dates}\nUID")));
    let refusal = closed(many).unwrap_err();
    assert!(
        refusal.contains("is longer than 4096 bytes; divide a list of dates among several lines"),
        "{refusal}"
    );
}
