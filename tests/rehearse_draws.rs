//! What a rehearsal looks like: on a terminal, with and without colour, and as a picture.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use reveille::config::parse;
use reveille::rehearsal::{Faults, Rehearsal, Row, Week, draw, picture};
use reveille::simulation::Timing;
use std::fmt::Write;

/// Two zones that take turns, and in one of them rows with different closed days, over a change of the clock.
const FILE: &str = r#"
timezone = "Europe/Berlin"

[closed-days]
bavaria = ["2026-03-27", "2026-04-03..2026-04-06"]
"R&D <all>" = "2026-03-30..2026-03-31"

[schedule.office]
hours = "Mon-Fri 08:00-18:00"
closed = "bavaria"

[[service]]
name = "checkout"
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/checkout/8fe1e10304f84fd2b0df550fe98a71fa"
schedule = "office"

[[service]]
name = "nightly-import"
arn = "arn:aws:apprunner:us-east-1:123456789012:service/import/1fe1e10304f84fd2b0df550fe98a71fa"
resume = "30 1 * * *"
pause = "0 5 * * *"
timezone = "UTC"

[[service]]
name = "labor"
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/labor/2fe1e10304f84fd2b0df550fe98a71fa"
hours = "daily 06:00-22:00"
closed = "R&D <all>"
"#;

/// Plays a file from midnight in Berlin on 26 March 2026.
fn week(file: &str, days: i64, faults: Faults, seed: u64) -> Week {
    let config = parse(file).unwrap();
    let from: Timestamp = "2026-03-25T23:00:00Z".parse().unwrap();
    let until = from + SignedDuration::from_hours(24 * days);
    let mut week = Week::new(&config, from, until);
    let rehearsal = Rehearsal { config, from, until, timing: Timing::default(), faults, seed };
    week.count_faults(&rehearsal.happenings());
    let mut week = rehearsal.play(week, |_, _| true);
    week.close();
    week
}

/// A file of so many services, each with a schedule of its own or all with one.
fn many(services: usize, own_schedules: bool) -> String {
    let mut file = "timezone = \"UTC\"\n".to_owned();
    let schedules = if own_schedules { services } else { 1 };
    for number in 0..schedules {
        write!(file, "[schedule.s{number}]\nhours = \"daily 08:00-18:00\"\n").unwrap();
    }
    for number in 0..services {
        let schedule = if own_schedules { number } else { 0 };
        write!(
            file,
            "[[service]]\narn = \"arn:aws:apprunner:us-east-1:123456789012:service/app-{number}/{number:032x}\"\n\
             schedule = \"s{schedule}\"\n"
        )
        .unwrap();
    }
    file
}

/// What a terminal without colours shows of a text with them.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.filter_map(|part| part.split_once('m')).fold(first, |text, (_, rest)| text + rest)
}

#[test]
fn each_row_shows_its_own_closed_days_and_each_zone_its_clock_changes_under_one_heading() {
    insta::assert_snapshot!(draw(&week(FILE, 7, Faults::None, 1), 100, false), @"
    7 days from Thu 26 Mar 2026, 3 services

    Europe/Berlin   Thu 26      Fri 27     Sat 28      Sun 29*     Mon 30      Tue 31      Wed 1
                    * 29 Mar: at 02:00 the clock goes ahead by 60 min
                    - 27 Mar: closed (bavaria)
                    - 30 Mar to 31 Mar: closed (R&D <all>)
    checkout        ····█████···------------···························▒█████······▒█████······▒█████···
    labor           ···████████····████████···▒████████···█████████·------------------------··▒████████·

    UTC             Thu 26 Mar  Fri 27 Mar  Sat 28 Mar  Sun 29 Mar  Mon 30 Mar  Tue 31 Mar  Wed 1 Apr
    nightly-import  ·██··········██··········██··········██··········██··········██··········██·········

    █ awake   · asleep   - asleep on a closed day   ▒ resuming   × failed or too late

    occurrences  35: 32 succeeded, 3 already
    API calls    181
    retries      0
    hours awake  144.5 of 504 always on (29 %)
    ");
}

#[test]
fn a_month_shows_how_much_of_the_time_is_awake_and_names_the_weeks() {
    insta::assert_snapshot!(draw(&week(FILE, 30, Faults::None, 1), 80, false), @"
    30 days from Thu 26 Mar 2026, 3 services

    Europe/Berlin         * Mon 30 Mar    Mon 6 Apr     Mon 13 Apr    Mon 20 Apr
                    * 29 Mar: at 02:00 the clock goes ahead by 60 min
                    - 27 Mar, 3 Apr to 6 Apr: closed (bavaria)
                    - 30 Mar to 31 Mar: closed (R&D <all>)
    checkout        ▃▄--····▃▄▃▄▃▄▃▄--------▃▄▃▄▃▄▃▄····▃▄▃▄▃▄▃▄▃▄····▃▄▃▄▃▄▃▄▃▄·
    labor           ▄▇▄▇▄▇▅▇----▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇▄▇·

    UTC                       Mon 30 Mar    Mon 6 Apr     Mon 13 Apr    20 Apr
    nightly-import   ·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·▂·

    ▂▅█ awake, by how much of the time   · asleep   - asleep on a closed day
    × failed or too late

    occurrences  159: 154 succeeded, 5 already
    API calls    705
    retries      0
    hours awake  743.1 of 2,160 always on (34 %)
    ");
}

#[test]
fn a_day_shows_its_hours() {
    insta::assert_snapshot!(draw(&week(FILE, 1, Faults::None, 1), 80, false), @"
    1 day from Thu 26 Mar 2026, 3 services

    Europe/Berlin   Thu 26 Mar
                            03:00   06:00   09:00   12:00   15:00   18:00   21:00
    checkout        ·····················███████████████████████████················
    labor           ················███████████████████████████████████████████·····

    UTC               Thu 26 Mar
                              03:00   06:00   09:00   12:00   15:00   18:00   21:00
    nightly-import  ······▒█████████················································

    █ awake   · asleep   ▒ resuming   × failed or too late

    occurrences  6: 6 succeeded
    API calls    64
    retries      0
    hours awake  29.5 of 72 always on (41 %)
    ");
}

#[test]
fn the_picture_shows_the_same() {
    insta::with_settings!({
        snapshot_path => "fixtures/rehearse", prepend_module_to_snapshot => false, omit_expression => true
    }, {
        insta::assert_snapshot!("week.svg", picture(&week(FILE, 7, Faults::None, 1)));
    });
}

#[test]
fn a_picture_holds_no_markup_of_the_file() {
    let picture = picture(&week(FILE, 7, Faults::None, 1));
    assert!(picture.contains("closed (R&amp;D &lt;all&gt;)"), "{picture}");
    assert!(!picture.contains("<all>"), "{picture}");
}

#[test]
fn a_reason_gives_instants_in_the_zone_of_its_row() {
    let mut instants = 0;
    for seed in 0..20 {
        for reason in reasons(&draw(&week(FILE, 7, Faults::Storm, seed), 100, false)) {
            let is_utc = |word: &str| word.contains('T') && word.trim_end_matches([';', ':']).ends_with('Z');
            assert!(!reason.split(' ').any(is_utc), "{reason}");
            let local = ["Mon", "Tue", "Wed", "Thu", "Fri"].map(|day| format!("the pause at {day} "));
            let berlin = reason.starts_with("checkout") && local.iter().any(|words| reason.contains(words));
            assert!(!berlin || reason.contains(" 18:00 came first"), "{reason}");
            instants += usize::from(berlin);
        }
    }
    assert!(instants > 3, "only {instants}");
}

/// How often a paragraph says that something failed in a row, and on which dates at most: from its first words
/// `ROW, Thu 26 Mar 08:05: the resume due …`, or its last ones `ROW 12 times (26 Mar to 4 Apr, 6 Apr)`.
fn told_of(reason: &str, row: &str) -> Option<(u32, Vec<(Date, Date)>)> {
    let date = |words: &str| Date::strptime("%d %b %Y", format!("{words} 2026")).unwrap();
    if let Some(once) = reason.strip_prefix(&format!("{row}, ")) {
        let words: Vec<&str> = once.split(' ').skip(1).take(2).collect();
        let date = date(&words.join(" "));
        return Some((1, vec![(date, date)]));
    }
    let (_, places) = reason.rsplit_once(&format!(" {row} "))?;
    let (often, dates) = places.split_once(" (")?;
    let times = match often {
        "once" => 1,
        "twice" => 2,
        often => often.strip_suffix(" times")?.replace(',', "").parse().ok()?,
    };
    let stretches = dates.split_once(')')?.0.split(", ").map(|stretch| {
        let (first, last) = stretch.split_once(" to ").unwrap_or((stretch, stretch));
        (date(first), date(last))
    });
    Some((times, stretches.collect()))
}

#[test]
fn every_failure_of_a_long_storm_has_a_reason_that_names_its_service_and_its_date() {
    let mut failures = 0;
    for seed in 1..=4 {
        let week = week(FILE, 60, Faults::Storm, seed);
        let text = draw(&week, 100, false);
        let reasons = reasons(&text);
        assert!(!text.contains(" more; "), "{text}");
        assert!((1..=60).contains(&reasons.len()), "{text}");
        for row in &week.rows {
            let told: Vec<(u32, Vec<(Date, Date)>)> =
                reasons.iter().filter_map(|reason| told_of(reason, &row.name)).collect();
            let failed = failed(&week, row);
            let times: u32 = failed.iter().map(|(.., times)| times).sum();
            assert_eq!(told.iter().map(|(times, _)| times).sum::<u32>(), times, "{}\n{text}", row.name);
            for (from, ..) in failed {
                let date = from.to_zoned(row.zone.clone()).date();
                let mut stretches = told.iter().flat_map(|(_, stretches)| stretches);
                assert!(stretches.any(|(first, last)| (*first..=*last).contains(&date)), "{date}\n{text}");
            }
            failures += times;
        }
    }
    assert!(failures > 200, "only {failures}");
}

#[test]
fn colours_add_nothing_that_the_characters_do_not_say() {
    let week = week(FILE, 7, Faults::Storm, 3);
    let (plain, coloured) = (draw(&week, 100, false), draw(&week, 100, true));
    assert_eq!(without_colours(&coloured), plain);
    for (sign, colour) in [('█', 32), ('▒', 33), ('×', 31), ('-', 36)] {
        assert!(coloured.contains(&format!("\u{1b}[{colour}m{sign}")), "{sign}: {coloured:?}");
    }
}

#[test]
fn without_closed_days_the_legend_has_none() {
    let open = FILE.replace("closed = ", "# closed = ");
    let text = draw(&week(&open, 7, Faults::None, 1), 100, false);
    assert!(!text.contains("closed"), "{text}");
}

#[test]
fn the_same_seed_draws_the_same_bytes() {
    let drawn = |seed| {
        let week = week(FILE, 7, Faults::Storm, seed);
        (draw(&week, 100, true), picture(&week))
    };
    let (text, svg) = drawn(3);
    assert_eq!((&text, &svg), (&drawn(3).0, &drawn(3).1));
    let (other_text, other_svg) = drawn(4);
    assert!(text != other_text && svg != other_svg, "{text}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for days in [1, 7, 30, 400] {
        let week = week(FILE, days, Faults::Some, 1);
        for width in (40..=200).step_by(3) {
            let text = draw(&week, width, false);
            let widest = text.lines().max_by_key(|line| line.chars().count()).unwrap();
            assert!(widest.chars().count() <= width, "{days} days in {width} columns: {widest}\n{text}");
        }
    }
}

#[test]
fn many_services_share_a_row_by_schedule_and_many_schedules_by_zone() {
    let rows = |file: &str| -> Vec<String> {
        week(file, 1, Faults::None, 1).rows.into_iter().map(|row| row.name).collect()
    };
    assert_eq!(rows(&many(60, true)).len(), 60);
    assert_eq!(rows(&many(61, false)), ["s0 (61)"]);
    assert_eq!(rows(&many(61, true)), ["61 services"]);
    let text = draw(&week(&many(61, true), 1, Faults::None, 1), 100, false);
    assert!(
        text.starts_with("1 day from Wed 25 Mar 2026 23:00, 61 services, a row for each zone\n"),
        "{text}"
    );
}

#[test]
fn a_long_list_of_closed_days_is_cut_short() {
    let weekends: Vec<String> =
        (0..20).map(|week| format!("\"2026-{:02}-{:02}\"", 4 + week / 4, 1 + week % 4 * 7)).collect();
    let file = FILE.replace("\"2026-03-30..2026-03-31\"", &format!("[{}]", weekends.join(", ")));
    let text = draw(&week(&file, 200, Faults::None, 1), 100, false);
    let note = "- 1 Apr, 8 Apr, 15 Apr, 22 Apr, 1 May, 8 May and 14 more: closed (R&D <all>)";
    assert!(text.contains(note), "{text}");
}

/// A service in UTC that is awake each day, or on each weekday, in these hours.
fn awake(hours: &str) -> String {
    format!(
        "timezone = \"UTC\"\n[[service]]\nname = \"shop\"\nhours = \"{hours}\"\n\
         arn = \"arn:aws:apprunner:us-east-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa\"\n"
    )
}

/// The row of a file's one service, over so many days from midnight on Monday, 2 March 2026.
fn row(week: &Week, width: usize) -> String {
    let text = draw(week, width, false);
    let row = text.lines().find_map(|line| line.strip_prefix("shop  ")).unwrap_or_default();
    row.trim_end().to_owned()
}

fn played(file: &str, days: i64) -> Week {
    let config = parse(file).unwrap();
    let from: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
    let until = from + SignedDuration::from_hours(24 * days);
    let week = Week::new(&config, from, until);
    let rehearsal =
        Rehearsal { config, from, until, timing: Timing::default(), faults: Faults::None, seed: 1 };
    let mut week = rehearsal.play(week, |_, _| true);
    week.close();
    week
}

#[test]
fn no_stretch_of_being_awake_is_hidden_at_any_width() {
    let mut drawn = 0;
    for (hours, over_midnight) in [
        ("daily 08:00-16:00", 0),
        ("daily 09:10-09:25", 0),
        ("daily 22:00-02:00", 1),
        ("daily 05:55-12:05", 0),
        ("daily 06:30-14:30", 0),
    ] {
        for days in [1, 2, 5, 7, 13, 14, 21, 28, 30] {
            let week = played(&awake(hours), days);
            for width in 40..=200 {
                let text = draw(&week, width, false);
                if !text.contains("█ awake   ") {
                    continue;
                }
                let row = row(&week, width);
                let stretches = row.split(|sign| sign != '█').filter(|run| !run.is_empty()).count();
                let expected = usize::try_from(days).unwrap() + over_midnight;
                assert_eq!(stretches, expected, "{hours}, {days} days in {width} columns: {row}");
                drawn += 1;
            }
        }
    }
    assert!(drawn > 2_000, "only {drawn}");
}

#[test]
fn from_two_weeks_on_every_day_looks_alike_and_beyond_a_month_every_week() {
    for days in [14, 20, 28, 30] {
        let week = played(&awake("daily 08:00-16:00"), days);
        for width in 40..=220 {
            let signs: Vec<char> = row(&week, width).chars().collect();
            let columns_a_day = signs.len().div_ceil(usize::try_from(days).unwrap());
            if columns_a_day > 1 {
                let mut every_day = signs.chunks(columns_a_day);
                let first = every_day.next().unwrap();
                assert!(every_day.all(|day| day == first), "{days} days in {width}: {signs:?}");
            }
        }
    }
    for days in [35, 70, 140, 364] {
        let week = played(&awake("Mon-Fri 08:00-16:00"), days);
        for width in 40..=220 {
            let signs: Vec<char> = row(&week, width).chars().collect();
            let days = usize::try_from(days).unwrap();
            // A column is a day, or whole weeks.
            let a_week = if signs.len() + 2 >= days { 7 } else { 1 };
            let mut weeks = signs.chunks_exact(a_week);
            let first = weeks.next().unwrap();
            let last = usize::from(a_week == 1);
            let rest: Vec<&[char]> = weeks.collect();
            let whole = rest.len().saturating_sub(last);
            assert!(rest.iter().take(whole).all(|week| *week == first), "{days} days in {width}: {signs:?}");
        }
    }
}

#[test]
fn an_ordinary_week_loses_no_morning() {
    let (mut retries, mut deployments) = (0, 0);
    for seed in 0..150 {
        let week = week(FILE, 7, Faults::Some, seed);
        let lost: Vec<String> = week.failures.first().iter().map(|failure| format!("{failure:?}")).collect();
        assert!(lost.is_empty(), "seed {seed}: {lost:#?}");
        assert!(!draw(&week, 100, false).contains(" the resume due "), "seed {seed}");
        retries += week.retries;
        deployments += week.fault_counts["deployment"].times;
    }
    assert!(retries > 300, "hardly anything went wrong: {retries}");
    assert!((150..=300).contains(&deployments), "{deployments}");
}

/// What a drawing says below the legend of why there are signs, a paragraph each.
fn reasons(text: &str) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for line in text.lines().skip_while(|line| !line.starts_with("× ")).take_while(|line| !line.is_empty()) {
        match (line.strip_prefix("× "), reasons.last_mut()) {
            (None, Some(reason)) => *reason = format!("{reason} {}", line.trim()),
            (first, _) => reasons.push(first.unwrap_or(line).to_owned()),
        }
    }
    reasons
}

/// When the cells begin and end in which something failed in a row, and how much.
fn failed(week: &Week, row: &Row) -> Vec<(Timestamp, Timestamp, u32)> {
    let at = |millis: u64| week.from + SignedDuration::from_millis(i64::try_from(millis).unwrap());
    let cells = row.cells.iter().enumerate().filter(|(_, cell)| cell.failed > 0);
    cells
        .map(|(index, cell)| {
            let bounds = row.grid.bounds(index);
            (at(bounds.start), at(bounds.end), cell.failed)
        })
        .collect()
}

/// Whether a paragraph tells of one failure in this row between these instants.
fn tells_of(week: &Week, reason: &str, row: &Row, from: Timestamp, until: Timestamp) -> bool {
    let of_row = week.failures.first().iter().filter(|failure| failure.service == row.name);
    let mut inside = of_row.filter(|failure| from <= failure.at && failure.at <= until);
    inside.any(|failure| {
        let at = failure.at.to_zoned(row.zone.clone()).strftime("%a %-d %b %H:%M");
        reason.starts_with(&format!("{}, {at}: the ", row.name))
    })
}

#[test]
fn every_failure_of_a_storm_says_why_and_its_trouble_is_counted() {
    let mut told = 0;
    for seed in 0..20 {
        let week = week(FILE, 7, Faults::Storm, seed);
        let text = draw(&week, 100, false);
        let reasons = reasons(&text);
        let all: u32 = week.rows.iter().flat_map(|row| failed(&week, row)).map(|(.., failed)| failed).sum();
        if all <= 24 {
            assert_eq!(reasons.len(), usize::try_from(all).unwrap(), "seed {seed}\n{text}");
            for row in &week.rows {
                for (from, until, _) in failed(&week, row) {
                    let told = reasons.iter().any(|reason| tells_of(&week, reason, row, from, until));
                    assert!(told, "seed {seed}: {} at {from}\n{text}", row.name);
                }
            }
        }
        assert!(week.failures.first().iter().all(|failure| !failure.why.is_empty()), "seed {seed}\n{text}");
        assert!(text.contains("\ntrouble      "), "{text}");
        told += reasons.len();
    }
    assert!(told > 20, "only {told} failures");
    let text = draw(&week(FILE, 7, Faults::Storm, 3), 100, false);
    insta::assert_snapshot!(text, @"
    7 days from Thu 26 Mar 2026, 3 services

    Europe/Berlin   Thu 26      Fri 27     Sat 28      Sun 29*     Mon 30      Tue 31      Wed 1
                    * 29 Mar: at 02:00 the clock goes ahead by 60 min
                    - 27 Mar: closed (bavaria)
                    - 30 Mar to 31 Mar: closed (R&D <all>)
    checkout        ······▒██···------------···························▒█████······▒████·······▒▒▒▒▒×▒▒▒
    labor           ······▒████····████████········▒███···█████████·------------------------··▒▒▒▒▒▒×▒▒▒

    UTC             Thu 26 Mar  Fri 27 Mar  Sat 28 Mar  Sun 29 Mar  Mon 30 Mar  Tue 31 Mar  Wed 1 Apr
    nightly-import  ·██████······██··········███████·····██··········×···········██·········▒██·········

    █ awake   · asleep   - asleep on a closed day   ▒ resuming   × failed or too late

    × nightly-import, Mon 30 Mar 01:34: the resume due Mon 30 Mar 01:30 failed: operation
      833ce17c-cbd5-43b2-8da1-b2b4623818d7 ended SUCCEEDED, and the service is not RUNNING; it was the
      last of 3 tries
    × checkout, Wed 1 Apr 17:04: the resume due Wed 1 Apr 08:00 superseded: the pause at Wed 1 Apr 18:00
      came first; before: the operation has been going on for more than 20 min
    × labor, Wed 1 Apr 17:04: the resume due Wed 1 Apr 06:00 expired: the catch-up window of 12 h closed
      before it could be done: the operation has been going on for more than 20 min

    occurrences  38: 25 succeeded, 10 already, 1 superseded, 1 expired, 1 failed
    API calls    9,104
    retries      6,283
    hours awake  108.6 of 504 always on (22 %)
    trouble      82: 10 API errors (up to 143 calls), 3 broken connections (up to 5 calls), 6 clock
                 drifts, 4 clock steps, 16 crashes (37 s), 1 deployment, 6 failed operations (up to 18
                 calls), 2 frozen hosts (1 s), 1 ledger outage (2 h 6 min), 4 losses of credentials (9 h
                 33 min), 9 lost replies (up to 49 calls), 2 maintenance windows (1 s), 3 manual
                 changes, 1 network outage (7 h 33 min), 7 odd replies (up to 27 calls), 2 slow replies
                 (up to 13 calls), 3 stopped processes (1 h 40 min), 2 stuck operations (up to 4 calls)
    ");
}
