//! `reveille next`: which transitions come, and when?

mod coming;
mod table;

use super::beginning::Beginning;
use super::config_file::ConfigFile;
use super::stdout::{Format, print_error, terminal_columns, write_stdout};
use super::{completions, exit, names};
use crate::clock;
use coming::{Coming, Occurrence};
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;

/// Shows the coming transitions, as the daemon computes them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// How many transitions to show
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// A date, with which they begin in the zone of each schedule, or the instant after which they come, in RFC 3339
    /// [default: now]
    #[arg(long, value_name = "DATE|INSTANT")]
    from: Option<Beginning>,
    /// Only those of the service with this name or ARN; may be given several times
    #[arg(long, value_name = "NAME|ARN", add = completions::services())]
    service: Vec<String>,
    /// Only those of the services that have this schedule; may be given several times
    #[arg(long, value_name = "NAME", add = completions::schedules())]
    schedule: Vec<String>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Shows the coming transitions. The exit code is 0; 1 when no such service is in the file; 78 when the file is wrong.
pub(super) fn run(args: &Args) -> ExitCode {
    let config = match args.config.config() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let services = match names::chosen(&config, &args.service, &args.schedule) {
        Ok(services) => services,
        Err(unknown) => {
            let file = args.config.name();
            print_error(&unknown.iter().map(|what| format!("{file}: {what}\n")).collect::<String>());
            return exit::NO.into();
        }
    };
    let from = args.from.unwrap_or_else(|| Beginning::Instant(clock::wall()));
    let count = usize::try_from(args.count).unwrap_or(usize::MAX);
    let coming = Coming::from(&services, from).take(count);
    write_stdout(ExitCode::SUCCESS, |out| match args.format {
        Format::Human => table::write(coming, from, terminal_columns(), out),
        Format::Json => write_json(coming, out),
    })
}

/// A transition for programs.
#[derive(Serialize)]
struct TransitionRecord<'a> {
    service: &'a str,
    arn: &'a str,
    action: &'static str,
    /// RFC 3339, in UTC.
    scheduled: String,
    /// RFC 9557: with the offset and the zone.
    local: String,
    /// Closed days and clock changes, as people read them.
    notes: Vec<String>,
}

fn write_json<'a>(coming: impl Iterator<Item = Occurrence<'a>>, out: &mut dyn Write) -> io::Result<()> {
    for occurrence in coming {
        let service = occurrence.service;
        let record = TransitionRecord {
            service: &service.name,
            arn: service.arn.as_str(),
            action: occurrence.action.as_str(),
            scheduled: occurrence.at.to_string(),
            local: occurrence.at.to_zoned(service.schedule.time_zone().clone()).to_string(),
            notes: occurrence.notes(),
        };
        writeln!(out, "{}", serde_json::to_string(&record)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    const TEXT: &str = r#"
        timezone = "Europe/Berlin"
        [schedule.office]
        resume = "0 8 * * MON-FRI"
        pause = "0 18 * * MON-FRI"
        [[service]]
        arn = "arn:aws:apprunner:eu-west-1:123456789012:service/checkout/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
        schedule = "office"
        [[service]]
        name = "nightly reports"
        arn = "arn:aws:apprunner:eu-west-1:123456789012:service/reports/1f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
        resume = "0 7 * * *"
        timezone = "UTC"
        [[service]]
        arn = "arn:aws:apprunner:eu-west-1:123456789012:service/staging/2f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
        schedule = "office"
    "#;

    fn shown(count: usize, human: bool) -> String {
        shown_of(TEXT, "2026-03-27T06:30:00Z", count, human)
    }

    fn shown_of(text: &str, from: &str, count: usize, human: bool) -> String {
        shown_in(text, from, count, if human { Some(None) } else { None })
    }

    /// What is written for people in so many columns, or for programs.
    fn shown_in(text: &str, from: &str, count: usize, columns: Option<Option<usize>>) -> String {
        let config = parse(text).unwrap();
        let from: Beginning = from.parse().unwrap();
        let coming = Coming::from(&config.services, from).take(count);
        let mut out = Vec::new();
        match columns {
            Some(columns) => table::write(coming, from, columns, &mut out),
            None => write_json(coming, &mut out),
        }
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_table_is_in_the_zone_of_each_schedule_and_in_the_order_of_time_then_file() {
        assert_eq!(
            shown(7, true),
            "\
LOCAL TIME                             UTC                   ACTION  SERVICE          IN           NOTES
Fri 2026-03-27 08:00:00 Europe/Berlin  2026-03-27T07:00:00Z  resume  checkout         30 min
Fri 2026-03-27 07:00:00 UTC            2026-03-27T07:00:00Z  resume  nightly reports  30 min
Fri 2026-03-27 08:00:00 Europe/Berlin  2026-03-27T07:00:00Z  resume  staging          30 min
Fri 2026-03-27 18:00:00 Europe/Berlin  2026-03-27T17:00:00Z  pause   checkout         10 h 30 min
Fri 2026-03-27 18:00:00 Europe/Berlin  2026-03-27T17:00:00Z  pause   staging          10 h 30 min
Sat 2026-03-28 07:00:00 UTC            2026-03-28T07:00:00Z  resume  nightly reports  1 d
Sun 2026-03-29 07:00:00 UTC            2026-03-29T07:00:00Z  resume  nightly reports  2 d
"
        );
    }

    #[test]
    fn json_has_one_object_a_line() {
        assert_eq!(
            shown(1, false),
            "{\"service\":\"checkout\",\"arn\":\"arn:aws:apprunner:eu-west-1:123456789012:service/checkout/\
             0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d\",\"action\":\"resume\",\"scheduled\":\"2026-03-27T07:00:00Z\",\
             \"local\":\"2026-03-27T08:00:00+01:00[Europe/Berlin]\",\"notes\":[]}\n"
        );
    }

    #[test]
    fn notes_name_closed_days_and_clock_changes() {
        let text = r#"
            timezone = "Europe/Berlin"
            closed-days = { easter = "2026-03-30", autumn = "2026-10-26" }
            [[service]]
            name = "night"
            arn = "arn:aws:apprunner:eu-west-1:123456789012:service/night/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
            hours = "daily 02:30-02:45"
            closed = ["easter", "autumn"]
            [[service]]
            name = "rules"
            arn = "arn:aws:apprunner:eu-west-1:123456789012:service/rules/1f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
            resume = "30 2 * * *"
            closed = "easter"
        "#;
        insta::assert_snapshot!(shown_of(text, "2026-03-28T12:00:00Z", 5, true), @r"
        LOCAL TIME                             UTC                   ACTION  SERVICE  IN        NOTES
        Sun 2026-03-29 03:00:00 Europe/Berlin  2026-03-29T01:00:00Z  resume  rules    13 h      clock change: 02:30 does not exist on that day
        Mon 2026-03-30 02:45:00 Europe/Berlin  2026-03-30T00:45:00Z  pause   night    1 d 12 h  closed day (easter); clock change: forward 1:00 h on Sun 2026-03-29
        Tue 2026-03-31 02:30:00 Europe/Berlin  2026-03-31T00:30:00Z  resume  night    2 d 12 h  after closed days (easter)
        Tue 2026-03-31 02:30:00 Europe/Berlin  2026-03-31T00:30:00Z  resume  rules    2 d 12 h  after closed days (easter)
        Tue 2026-03-31 02:45:00 Europe/Berlin  2026-03-31T00:45:00Z  pause   night    2 d 12 h
        ");
        insta::assert_snapshot!(shown_of(text, "2026-10-24T12:00:00Z", 6, true), @r"
        LOCAL TIME                             UTC                   ACTION  SERVICE  IN           NOTES
        Sun 2026-10-25 02:30:00 Europe/Berlin  2026-10-25T00:30:00Z  resume  night    12 h 30 min  clock change: the first of two such times
        Sun 2026-10-25 02:30:00 Europe/Berlin  2026-10-25T00:30:00Z  resume  rules    12 h 30 min  clock change: the first of two such times
        Sun 2026-10-25 02:45:00 Europe/Berlin  2026-10-25T00:45:00Z  pause   night    12 h 45 min  clock change: the first of two such times
        Mon 2026-10-26 02:30:00 Europe/Berlin  2026-10-26T01:30:00Z  resume  rules    1 d 13 h     clock change: back 1:00 h on Sun 2026-10-25
        Mon 2026-10-26 02:45:00 Europe/Berlin  2026-10-26T01:45:00Z  pause   night    1 d 13 h     closed day (autumn); clock change: back 1:00 h on Sun 2026-10-25
        Tue 2026-10-27 02:30:00 Europe/Berlin  2026-10-27T01:30:00Z  resume  night    2 d 13 h     after closed days (autumn)
        ");
        insta::assert_snapshot!(shown_of(text, "2026-03-30T01:00:00Z", 1, false), @r#"{"service":"night","arn":"arn:aws:apprunner:eu-west-1:123456789012:service/night/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d","action":"resume","scheduled":"2026-03-31T00:30:00Z","local":"2026-03-31T02:30:00+02:00[Europe/Berlin]","notes":["after closed days (easter)"]}"#);
    }

    #[test]
    fn a_date_begins_in_the_zone_of_each_schedule_and_has_its_midnight() {
        let text = r#"
            timezone = "Europe/Berlin"
            [[service]]
            arn = "arn:aws:apprunner:eu-west-1:123456789012:service/berlin/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
            resume = "0 0 * * *"
            [[service]]
            arn = "arn:aws:apprunner:eu-west-1:123456789012:service/tokyo/1f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
            resume = "0 0 * * *"
            timezone = "Asia/Tokyo"
        "#;
        insta::assert_snapshot!(shown_of(text, "2027-03-28", 4, true), @r"
        LOCAL TIME                             UTC                   ACTION  SERVICE  IN    NOTES
        Sun 2027-03-28 00:00:00 Asia/Tokyo     2027-03-27T15:00:00Z  resume  tokyo    now
        Sun 2027-03-28 00:00:00 Europe/Berlin  2027-03-27T23:00:00Z  resume  berlin   now
        Mon 2027-03-29 00:00:00 Asia/Tokyo     2027-03-28T15:00:00Z  resume  tokyo    1 d
        Mon 2027-03-29 00:00:00 Europe/Berlin  2027-03-28T22:00:00Z  resume  berlin   23 h  clock change: forward 1:00 h on Sun 2027-03-28
        ");
    }

    #[test]
    fn each_time_in_the_gap_and_each_clock_change_since_the_last_transition_is_named() {
        let text = r#"
            timezone = "Europe/Berlin"
            [[service]]
            name = "night"
            arn = "arn:aws:apprunner:eu-west-1:123456789012:service/night/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
            resume = ["15,45 2 * * *", "30 2 * * SUN"]
            pause = "0 4 * * *"
            [[service]]
            name = "often"
            arn = "arn:aws:apprunner:eu-west-1:123456789012:service/often/2f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
            resume = "0-59/5 2 * * *"
            [[service]]
            name = "yearly"
            arn = "arn:aws:apprunner:eu-west-1:123456789012:service/yearly/1f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
            resume = "0 12 29 3 *"
        "#;
        insta::assert_snapshot!(shown_of(text, "2026-03-29", 4, true), @r"
        LOCAL TIME                             UTC                   ACTION  SERVICE  IN    NOTES
        Sun 2026-03-29 03:00:00 Europe/Berlin  2026-03-29T01:00:00Z  resume  night    2 h   clock change: 02:15, 02:30 and 02:45 do not exist on that day
        Sun 2026-03-29 03:00:00 Europe/Berlin  2026-03-29T01:00:00Z  resume  often    2 h   clock change: 02:00, 02:05, 02:10, 02:15 and 8 more do not exist on that day
        Sun 2026-03-29 04:00:00 Europe/Berlin  2026-03-29T02:00:00Z  pause   night    3 h
        Sun 2026-03-29 12:00:00 Europe/Berlin  2026-03-29T10:00:00Z  resume  yearly   11 h  clock change: forward 1:00 h on Sun 2025-03-30; clock change: back 1:00 h on Sun 2025-10-26; clock change: forward 1:00 h on Sun 2026-03-29
        ");
    }

    const WIDE: &str = r#"
        timezone = "Europe/Berlin"
        closed-days = { "春分の日" = "2026-03-27" }
        [schedule.office]
        hours = "Mon-Fri 08:00-18:30"
        closed = "春分の日"
        [[service]]
        name = "日本語の名前"
        arn = "arn:aws:apprunner:eu-west-1:123456789012:service/checkout/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
        schedule = "office"
        [[service]]
        name = "nightly reports for the warehouse"
        arn = "arn:aws:apprunner:eu-west-1:123456789012:service/reports/1f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
        resume = "0 7 * * *"
    "#;

    #[test]
    fn on_a_terminal_the_table_fits_and_counts_wide_characters_twice() {
        let zones = WIDE.replace("resume = ", "timezone = \"America/Argentina/Buenos_Aires\"\nresume = ");
        for text in [WIDE, TEXT, &zones] {
            for columns in 20..=220 {
                let shown = shown_in(text, "2026-03-26T06:30:00Z", 6, Some(Some(columns)));
                let widest = shown.lines().map(crate::text::columns).max().unwrap();
                assert!(widest <= columns.max(table::NARROWEST), "{columns} columns:\n{shown}");
            }
        }
        let snapshot = |columns| shown_in(&zones, "2026-03-26T06:30:00Z", 4, Some(Some(columns)));
        insta::assert_snapshot!(snapshot(160), @r"
        LOCAL TIME                                              UTC                   ACTION  SERVICE                            IN          NOTES
        Thu 2026-03-26 08:00:00 Europe/Berlin                   2026-03-26T07:00:00Z  resume  日本語の名前                       30 min
        Thu 2026-03-26 07:00:00 America/Argentina/Buenos_Aires  2026-03-26T10:00:00Z  resume  nightly reports for the warehouse  3 h 30 min
        Thu 2026-03-26 18:30:00 Europe/Berlin                   2026-03-26T17:30:00Z  pause   日本語の名前                       11 h
        Fri 2026-03-27 07:00:00 America/Argentina/Buenos_Aires  2026-03-27T10:00:00Z  resume  nightly reports for the warehouse  1 d 3 h
        ");
        insta::assert_snapshot!(snapshot(80), @r"
        LOCAL TIME                                      ACTION  SERVICE
        Thu 03-26 08:00 Europe/Berlin                   resume  日本語の名前
        Thu 03-26 07:00 America/Argentina/Buenos_Aires  resume  nightly reports for the…
        Thu 03-26 18:30 Europe/Berlin                   pause   日本語の名前
        Fri 03-27 07:00 America/Argentina/Buenos_Aires  resume  nightly reports for the…
        ");
        insta::assert_snapshot!(shown_in(WIDE, "2026-03-26T06:30:00Z", 4, Some(Some(80))), @r"
        Europe/Berlin         ACTION  SERVICE                            IN
        Thu 2026-03-26 08:00  resume  日本語の名前                       30 min
        Thu 2026-03-26 18:30  pause   日本語の名前                       11 h
        Fri 2026-03-27 07:00  resume  nightly reports for the warehouse  23 h 30 min
        Fri 2026-03-27 18:30  pause   日本語の名前                       1 d 11 h
            closed day (春分の日)
        ");
    }
}
