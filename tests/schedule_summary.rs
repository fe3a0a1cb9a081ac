//! What a schedule comes to over some weeks.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use jiff::{SignedDuration, Timestamp};
use reveille::config::parse;
use reveille::schedule::Summary;

/// Monday, 30 November 2026, 00:00 in UTC.
const MONDAY: Timestamp = Timestamp::constant(1_795_996_800, 0);

fn summary(rules: &str, weeks: i64) -> Summary {
    let file = format!(
        "timezone = \"UTC\"\n[closed-days]\nholiday = \"2026-12-01\"\n[[service]]\n{rules}\n\
         arn = \"arn:aws:apprunner:us-east-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa\"\n"
    );
    let config = parse(&file).unwrap_or_else(|problems| panic!("{problems:?}"));
    let schedule = &config.services.first().unwrap().schedule;
    Summary::of(schedule, MONDAY, SignedDuration::from_hours(weeks * 7 * 24))
}

fn hours(time: SignedDuration) -> i64 {
    time.as_hours()
}

#[test]
fn working_hours_are_counted_without_closed_days() {
    let office = summary("hours = \"Mon-Fri 08:00-18:00\"", 1);
    assert_eq!((hours(office.awake_a_week()), office.percent_awake(), hours(office.longest)), (50, 30, 10));
    assert_eq!(hours(summary("hours = \"Mon-Fri 08:00-18:00\"\nclosed = \"holiday\"", 1).awake), 40);
    assert_eq!(office.next_resume.unwrap().to_string(), "2026-11-30T08:00:00Z");
    assert_eq!(office.next_pause.unwrap().to_string(), "2026-11-30T18:00:00Z");
}

#[test]
fn hours_the_wrong_way_round_and_a_forgotten_pause_show() {
    let reversed = summary("hours = \"Mon-Fri 18:00-08:00\"", 4);
    assert_eq!((hours(reversed.awake_a_week()), hours(reversed.longest)), (70, 14));
    let forgotten = summary("resume = \"0 8 * * *\"", 1);
    assert_eq!((forgotten.percent_awake(), forgotten.next_pause), (100, None));
    let friday = summary("resume = \"0 8 * * MON-FRI\"\npause = \"0 18 * * MON-THU\"", 2);
    assert_eq!(hours(friday.longest), 10 + 3 * 24, "from Friday morning to Monday evening");
}

#[test]
fn rules_of_every_minute_are_counted_over_the_whole_span() {
    let dense = summary("resume = \"* 8-17 * * MON-FRI\"\npause = \"* 18-23,0-7 * * *\"", 4);
    assert_eq!((hours(dense.awake_a_week()), hours(dense.longest), hours(dense.span)), (50, 10, 4 * 7 * 24));
}

#[test]
fn services_that_wake_every_other_minute_shorten_the_span_and_keep_the_share() {
    let busy = summary("resume = \"*/2 * * * *\"\npause = \"1-59/2 * * * *\"", 4);
    assert_eq!(hours(busy.span), 10_000 / 2 / 60);
    assert_eq!((busy.percent_awake(), busy.longest.as_mins()), (50, 1));
}

#[test]
fn a_pause_at_the_instant_of_a_resume_never_comes() {
    let both = summary("resume = \"0 8 * * *\"\npause = \"0 8 * * *\"", 1);
    assert_eq!((both.percent_awake(), both.next_pause), (100, None));
}

#[test]
fn before_a_rule_that_happens_once_services_are_not_counted_as_awake() {
    let once = summary("resume = \"at(2026-12-24T08:00:00)\"\npause = \"at(2026-12-24T20:00:00)\"", 4);
    assert_eq!((hours(once.awake), hours(once.longest)), (12, 12));
}

#[test]
fn hours_that_never_begin_keep_services_awake() {
    let always = summary("hours = \"Mon 00:00 - Sun 24:00\"", 1);
    assert_eq!((always.percent_awake(), always.next_resume, always.next_pause), (100, None, None));
}

#[test]
fn a_resume_behind_thousands_of_pauses_is_found() {
    let rules = "resume = \"0 8 * * MON\"\npause = \"* 0-7,18-23 * * *\"";
    assert_eq!(summary(rules, 1).next_resume.unwrap().to_string(), "2026-11-30T08:00:00Z");
    assert_eq!(
        summary(&rules.replace("MON", "SUN"), 1).next_resume.unwrap().to_string(),
        "2026-12-06T08:00:00Z"
    );
}

#[test]
fn what_comes_behind_the_span_is_found() {
    let monthly = summary("resume = \"0 6 1 3 *\"\npause = \"0 20 1 3 *\"", 1);
    assert_eq!((hours(monthly.awake), monthly.next_resume.is_some()), (0, true));
}
