//! Yearly rules beside the `rrule` crate's, and weeks beside those of the ISO calendar.

use super::{Yearly, week};
use chrono::{Datelike, TimeZone as _};
use fastrand::Rng;
use jiff::civil::{Date, Weekday, date};
use rrule::{RRule, Tz, Unvalidated};

const LAST: Date = date(2100, 12, 31);

/// How many random rules are tried, and with how many beginnings each.
const RULES: usize = 3000;
const STARTS: usize = 2;

fn ours(rule: &str, start: Date, until: Date) -> Result<Vec<Date>, String> {
    let parts: Vec<&str> = rule.split(';').collect();
    Ok(Yearly::read(&parts)?.dates(start, until))
}

/// What the rrule crate says. It walks to the year 10,000 in search of a day that a rule does not have, so it is asked
/// 19 times 400 years ahead, where the calendar is the same to the weekday and the walk is short.
fn theirs(rule: &str, start: Date, until: Date) -> Result<Vec<Date>, String> {
    const AHEAD: i16 = 19 * 400;
    let ahead = |date: Date| {
        let small = |number: i8| u32::from(number.unsigned_abs());
        let (month, day) = (small(date.month()), small(date.day()));
        Tz::UTC.with_ymd_and_hms(i32::from(date.year() + AHEAD), month, day, 0, 0, 0).unwrap()
    };
    let rule: RRule<Unvalidated> = rule.parse().map_err(|error: rrule::RRuleError| error.to_string())?;
    let set = rule.build(ahead(start)).map_err(|error| error.to_string())?;
    let back = |found: chrono::DateTime<Tz>| {
        let year = i16::try_from(found.year()).unwrap() - AHEAD;
        Date::new(year, i8::try_from(found.month()).unwrap(), i8::try_from(found.day()).unwrap()).unwrap()
    };
    Ok(set.before(ahead(until)).all(u16::MAX).dates.into_iter().map(back).collect())
}

/// A few numbers up to `most`, some of them counted from the end.
fn numbers(random: &mut Rng, most: i16) -> String {
    let number = |random: &mut Rng| random.i16(1..=most) * if random.u8(0..3) == 0 { -1 } else { 1 };
    let list: Vec<String> = (0..random.usize(1..=4)).map(|_| number(random).to_string()).collect();
    list.join(",")
}

fn weekdays(random: &mut Rng, most: i16) -> String {
    let day = |random: &mut Rng| {
        let name = random.choice(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]).unwrap();
        match random.u8(0..8) {
            0..3 => name.to_owned(),
            3 => format!("+{}{name}", random.i16(1..=most)),
            _ => format!("{}{name}", random.i16(1..=most) * random.choice([-1, 1]).unwrap()),
        }
    };
    let list: Vec<String> = (0..random.usize(1..=4)).map(|_| day(random)).collect();
    list.join(",")
}

/// A rule of random parts. Weeks come alone, as [`near_new_year`] tells.
fn rule(random: &mut Rng) -> String {
    let mut parts = vec!["FREQ=YEARLY".to_owned()];
    let has_weeks = random.u8(0..5) == 0;
    if has_weeks {
        parts.push(format!("BYWEEKNO={}", numbers(random, 53)));
    }
    let mut sometimes = |one_in: u8, random: &mut Rng, part: fn(&mut Rng) -> String| {
        if random.u8(0..one_in) == 0 {
            parts.push(part(random));
        }
    };
    sometimes(2, random, |random| format!("BYMONTH={}", numbers(random, 12).replace('-', "")));
    sometimes(3, random, |random| format!("BYMONTHDAY={}", numbers(random, 31)));
    sometimes(6, random, |random| format!("BYYEARDAY={}", numbers(random, 366)));
    sometimes(3, random, |random| format!("BYDAY={}", weekdays(random, 5)));
    sometimes(5, random, |random| format!("INTERVAL={}", random.u8(1..6)));
    sometimes(3, random, |random| format!("WKST={}", random.choice(["MO", "SU", "SA", "TH", "FR"]).unwrap()));
    if !has_weeks {
        sometimes(4, random, |random| format!("BYSETPOS={}", numbers(random, 6)));
        sometimes(4, random, |random| format!("COUNT={}", random.u8(0..30)));
    }
    parts.join(";")
}

/// Whether a date may lie in a week of the year before or after. There rrule counts weeks as no calendar does.
fn near_new_year(date: Date) -> bool {
    matches!((date.month(), date.day()), (1, ..=3) | (12, 29..))
}

#[test]
fn random_rules_give_the_dates_of_the_rrule_crate() {
    let mut random = Rng::with_seed(2026);
    let (mut dates, mut without) = (0, 0);
    for _ in 0..RULES {
        let rule = rule(&mut random);
        for _ in 0..STARTS {
            let start = date(random.i16(1990..2060), random.i8(1..=12), random.i8(1..=28));
            let start = if random.u8(0..20) == 0 { date(2024, 2, 29) } else { start };
            let until = if random.u8(0..4) == 0 { date(random.i16(1990..2100), 6, 15) } else { LAST };
            let (mut ours, mut theirs) =
                (ours(&rule, start, until).unwrap(), theirs(&rule, start, until).unwrap());
            if rule.contains("BYWEEKNO") {
                ours.retain(|date| !near_new_year(*date));
                theirs.retain(|date| !near_new_year(*date));
            }
            assert_eq!(ours, theirs, "{rule}, from {start} to {until}");
            dates += ours.len();
            without += usize::from(ours.is_empty());
        }
    }
    assert!(dates > 20 * RULES && without < RULES, "{dates} dates, {without} runs without");
}

/// What calendars have, and what stands at the edges.
const WRITTEN: &[&str] = &[
    "FREQ=YEARLY",
    "FREQ=YEARLY;INTERVAL=4",
    "FREQ=YEARLY;INTERVAL=0",
    "FREQ=YEARLY;COUNT=0",
    "FREQ=YEARLY;COUNT=1",
    "FREQ=YEARLY;INTERVAL=65535",
    "FREQ=YEARLY;BYMONTH=2",
    "FREQ=YEARLY;BYMONTH=",
    "FREQ=YEARLY;BYMONTHDAY=",
    "FREQ=YEARLY;BYMONTHDAY=0",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
    "FREQ=YEARLY;BYMONTHDAY=31,-31",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
    "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO",
    "FREQ=YEARLY;BYMONTH=9;BYDAY=+1MO;WKST=SU",
    "BYDAY=1SU;BYMONTH=4;FREQ=YEARLY",
    "FREQ=YEARLY;BYWEEKDAY=MO",
    "FREQ=YEARLY;BYDAY=20MO",
    "FREQ=YEARLY;BYDAY=53MO,53SU,-52FR",
    "FREQ=YEARLY;BYDAY=0MO,TU",
    "FREQ=YEARLY;BYDAY=MO,2MO",
    "FREQ=YEARLY;BYMONTH=1;BYDAY=53MO",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
    "FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR",
    "FREQ=YEARLY;BYYEARDAY=1,100,-1",
    "FREQ=YEARLY;BYYEARDAY=366,-366",
    "FREQ=YEARLY;BYYEARDAY=60;BYMONTH=3",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "FREQ=YEARLY;BYWEEKNO=30,-30;WKST=SU",
    "FREQ=YEARLY;BYSETPOS=1",
    "FREQ=YEARLY;BYSETPOS=2",
    "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=6,12;BYDAY=FR;BYSETPOS=1,1,-1,366",
    "FREQ=YEARLY;;COUNT=3;",
];

#[test]
fn written_rules_give_the_dates_of_the_rrule_crate() {
    for rule in WRITTEN {
        for start in [date(1970, 1, 1), date(1999, 12, 31), date(2024, 2, 29), date(2026, 11, 23)] {
            let parts: Vec<&str> = rule.split(';').filter(|part| !part.is_empty()).collect();
            let ours = Yearly::read(&parts).unwrap().dates(start, LAST);
            assert_eq!(ours, theirs(rule, start, LAST).unwrap(), "{rule}, from {start}");
        }
    }
}

#[test]
fn weeks_are_those_of_the_iso_calendar() {
    for day in date(1990, 1, 1).series(jiff::Span::new().days(1)).take_while(|day| *day <= LAST) {
        let iso = day.iso_week_date();
        let (number, of) = (i16::from(iso.week()), i16::from(iso.weeks_in_year()));
        assert_eq!(week(day, Weekday::Monday), [number, number - of - 1], "{day}");
    }
}

#[test]
fn the_rrule_crate_is_left_where_its_weeks_are_wrong() {
    let closed = |dates: fn(&str, Date, Date) -> Result<Vec<Date>, String>, week: i8| {
        let rule = format!("FREQ=YEARLY;BYWEEKNO={week}");
        dates(&rule, date(2011, 1, 1), date(2011, 1, 31)).unwrap()
    };
    let new_year = [date(2011, 1, 1), date(2011, 1, 2)];
    assert_eq!((closed(ours, 52), closed(ours, 53)), (new_year.to_vec(), vec![]));
    assert_eq!((closed(theirs, 52), closed(theirs, 53)), (vec![], new_year.to_vec()));
}

#[test]
fn a_week_may_begin_on_any_day() {
    // 1 January 2026 is a Thursday: with the week begins the first one of four days.
    for (week_start, expected) in [
        (Weekday::Monday, [1, -53]),
        (Weekday::Sunday, [53, -1]),
        (Weekday::Thursday, [1, -52]),
        (Weekday::Friday, [52, -1]),
    ] {
        assert_eq!(week(date(2026, 1, 1), week_start), expected, "from {week_start:?}");
    }
}

#[test]
fn a_wrong_rule_says_what_is_accepted() {
    for (rule, expected) in [
        ("COUNT=3", "it has no FREQ"),
        ("FREQ=YEARLY;FREQ=YEARLY", "it has FREQ twice"),
        ("FREQ=YEARLY;BYDAY=MO;BYWEEKDAY=MO", "it has BYDAY twice"),
        ("FREQ", "`FREQ` is no part of a rule"),
        ("FREQ=YEARLY;BYEASTER=1", "`BYEASTER=1` is no part of a rule"),
        ("FREQ=YEARLY;COUNT=", "`COUNT=` is not a number of dates"),
        ("FREQ=YEARLY;INTERVAL=-1", "`INTERVAL=-1` is not a number of years"),
        ("FREQ=YEARLY;WKST=1MO", "`WKST=1MO` is not a day of the week, as in WKST=SU"),
        ("FREQ=YEARLY;BYMONTH=0", "`BYMONTH=0` is not a list of months, 1 to 12"),
        ("FREQ=YEARLY;BYMONTH=-1", "`BYMONTH=-1` is not a list of months, 1 to 12"),
        (
            "FREQ=YEARLY;BYMONTHDAY=32",
            "`BYMONTHDAY=32` is not a list of days of a month, 1 to 31 or -1 to -31",
        ),
        ("FREQ=YEARLY;BYYEARDAY=0", "`BYYEARDAY=0` is not a list of days of a year, 1 to 366 or -1 to -366"),
        ("FREQ=YEARLY;BYWEEKNO=1,,2", "`BYWEEKNO=1,,2` is not a list of weeks, 1 to 53 or -1 to -53"),
        ("FREQ=YEARLY;BYDAY=", "`BYDAY=` is not a list of days of the week, as in BYDAY=MO,-1FR"),
        ("FREQ=YEARLY;BYDAY=MÖ", "`BYDAY=MÖ` is not a list of days of the week, as in BYDAY=MO,-1FR"),
        ("FREQ=YEARLY;BYDAY=54MO", "`BYDAY=54MO` is not a list of days of the week, as in BYDAY=MO,-1FR"),
        ("FREQ=YEARLY;BYSETPOS=367", "`BYSETPOS=367` is not a list of positions, 1 to 366 or -1 to -366"),
    ] {
        assert_eq!(ours(rule, LAST, LAST).unwrap_err(), expected);
        if rule.is_ascii() {
            assert!(theirs(rule, LAST, LAST).is_err(), "{rule} is read by rrule");
        }
    }
}

/// The rrule crate takes it for every Tuesday.
#[test]
fn what_stands_before_a_weekday_is_a_number() {
    assert_eq!(
        ours("FREQ=YEARLY;BYDAY=XTU", LAST, LAST).unwrap_err(),
        "`BYDAY=XTU` is not a list of days of the week, as in BYDAY=MO,-1FR"
    );
}
