//! `reveille next`: which transitions come, and when?

use super::config_file::ConfigFile;
use super::exit;
use super::stdout::{Format, say, write_stdout};
use crate::clock;
use crate::schedule::{Action, Config, Note, Schedule, Service, Transition};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

/// Shows the coming transitions, computed by the very function that the daemon uses
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// How many transitions are shown
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// The instant after which they come, in RFC 3339, such as 2026-03-29T00:00:00Z [default: now]
    #[arg(long, value_name = "INSTANT")]
    from: Option<Timestamp>,
    /// Only those of the service with this name or ARN
    #[arg(long, value_name = "NAME|ARN")]
    service: Option<String>,
    /// What the output is for
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Shows the coming transitions. The exit code is 0; 1 when no such service is in the file; 78 when the file is wrong.
pub(super) fn run(args: Args) -> ExitCode {
    let Args { config: file, count, from, service: wanted, format } = args;
    let mut config = match file.config() {
        Ok(config) => config,
        Err(code) => return code,
    };
    if let Some(wanted) = wanted {
        config.services.retain(|service| is_called(service, &wanted));
        if config.services.is_empty() {
            say(&format!(
                "{}: no service has the name or ARN `{wanted}`; `reveille next` without `--service` shows all\n",
                file.config.display()
            ));
            return exit::NO.into();
        }
    }
    let from = from.unwrap_or_else(clock::wall);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let coming = Coming::after(&config, from).take(count);
    write_stdout(|out| match format {
        Format::Human => write_human(coming, from, out),
        Format::Json => write_json(coming, out),
    })
}

fn is_called(service: &Service, wanted: &str) -> bool {
    *service.name == *wanted || service.arn.as_str() == wanted
}

/// One service's transition.
#[derive(Debug, Clone, Copy)]
struct Occurrence<'a> {
    at: Timestamp,
    action: Action,
    service: &'a Service,
}

impl Occurrence<'_> {
    fn notes(&self) -> Vec<String> {
        let notes = self.service.schedule.notes(Transition { at: self.at, action: self.action });
        notes.iter().map(Note::to_string).collect()
    }
}

/// The transitions of all services in order; those at one instant in the order of the file.
///
/// The heap holds schedules, not services: many services share one, and it is asked once for all of them.
struct Coming<'a> {
    services: &'a [Service],
    /// The different schedules, each with its services' places in the file.
    schedules: Vec<(&'a Schedule, Vec<usize>)>,
    /// The next transition of each schedule.
    heap: BinaryHeap<Reverse<(Timestamp, usize, Action)>>,
    /// What is due at the instant that the heap has come to.
    due: VecDeque<Occurrence<'a>>,
}

impl<'a> Coming<'a> {
    fn after(config: &'a Config, from: Timestamp) -> Self {
        let mut schedules: Vec<(&Schedule, Vec<usize>)> = Vec::new();
        // The addresses tell schedules apart; their order reaches nothing.
        let mut known: BTreeMap<*const Schedule, usize> = BTreeMap::new();
        for (place, service) in config.services.iter().enumerate() {
            let index = *known.entry(Arc::as_ptr(&service.schedule)).or_insert(schedules.len());
            match schedules.get_mut(index) {
                Some((_, places)) => places.push(place),
                None => schedules.push((&service.schedule, vec![place])),
            }
        }
        let first = schedules.iter().enumerate();
        let heap = first.filter_map(|(index, (schedule, _))| entry(schedule, index, from)).collect();
        Self { services: &config.services, schedules, heap, due: VecDeque::new() }
    }

    /// Takes every schedule that has a transition at the earliest instant.
    fn advance(&mut self) -> Option<()> {
        let Reverse((at, ..)) = *self.heap.peek()?;
        let mut due: Vec<(usize, Action)> = Vec::new();
        while let Some(Reverse((next, index, action))) = self.heap.peek().copied()
            && next == at
        {
            self.heap.pop();
            if let Some((schedule, places)) = self.schedules.get(index) {
                due.extend(places.iter().map(|place| (*place, action)));
                self.heap.extend(entry(schedule, index, at));
            }
        }
        due.sort_unstable_by_key(|(place, _)| *place);
        let occurrences = due.into_iter().filter_map(|(place, action)| {
            self.services.get(place).map(|service| Occurrence { at, action, service })
        });
        self.due.extend(occurrences);
        Some(())
    }
}

fn entry(schedule: &Schedule, index: usize, after: Timestamp) -> Option<Reverse<(Timestamp, usize, Action)>> {
    schedule.next_after(after).map(|next| Reverse((next.at, index, next.action)))
}

impl<'a> Iterator for Coming<'a> {
    type Item = Occurrence<'a>;

    fn next(&mut self) -> Option<Occurrence<'a>> {
        if self.due.is_empty() {
            self.advance()?;
        }
        self.due.pop_front()
    }
}

fn write_human<'a>(
    coming: impl Iterator<Item = Occurrence<'a>>,
    from: Timestamp,
    out: &mut dyn Write,
) -> io::Result<ExitCode> {
    let heading = ["LOCAL TIME", "UTC", "ACTION", "SERVICE", "IN", "NOTES"].map(str::to_owned);
    let rows: Vec<[String; 6]> = coming.map(|occurrence| row(&occurrence, from)).collect();
    if rows.is_empty() {
        writeln!(out, "no transition is to come")?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<[String; 6]> = std::iter::once(heading).chain(rows).collect();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..6).map(|column| width(column).unwrap_or_default()).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(occurrence: &Occurrence<'_>, from: Timestamp) -> [String; 6] {
    let schedule = &occurrence.service.schedule;
    let local = occurrence.at.to_zoned(schedule.time_zone().clone());
    [
        format!("{} {}", local.strftime("%a %Y-%m-%d %H:%M:%S"), schedule.time_zone_name()),
        occurrence.at.to_string(),
        occurrence.action.to_string(),
        occurrence.service.name.to_string(),
        how_long(occurrence.at.duration_since(from)),
        occurrence.notes().join("; "),
    ]
}

/// A time ahead in its two largest units.
fn how_long(ahead: SignedDuration) -> String {
    let seconds = ahead.as_secs();
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let from_largest = units.iter().skip_while(|(count, _)| *count == 0).take(2);
    let shown: Vec<String> =
        from_largest.filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    if shown.is_empty() { "now".to_owned() } else { shown.join(" ") }
}

/// A transition for programs.
#[derive(Serialize)]
struct Line<'a> {
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

fn write_json<'a>(coming: impl Iterator<Item = Occurrence<'a>>, out: &mut dyn Write) -> io::Result<ExitCode> {
    for occurrence in coming {
        let service = occurrence.service;
        let line = Line {
            service: &service.name,
            arn: service.arn.as_str(),
            action: occurrence.action.as_str(),
            scheduled: occurrence.at.to_string(),
            local: occurrence.at.to_zoned(service.schedule.time_zone().clone()).to_string(),
            notes: occurrence.notes(),
        };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::parse;

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
        let config = parse(text).unwrap();
        let from: Timestamp = from.parse().unwrap();
        let coming = Coming::after(&config, from).take(count);
        let mut out = Vec::new();
        if human { write_human(coming, from, &mut out) } else { write_json(coming, &mut out) }.unwrap();
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
    fn notes_tell_of_closed_days_and_clock_changes() {
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
    fn a_time_ahead_is_told_in_its_two_largest_units() {
        let cases = [
            (0, "now"),
            (59, "59 s"),
            (90, "1 min 30 s"),
            (3_600, "1 h"),
            (90_061, "1 d 1 h"),
            (86_460, "1 d"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(how_long(SignedDuration::from_secs(seconds)), expected);
        }
    }
}
