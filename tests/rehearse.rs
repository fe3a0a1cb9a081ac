//! `reveille rehearse` as people and programs meet it.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use std::process::Output;
use support::{binary, write_config};

const FILE: &str = r#"
timezone = "Europe/Berlin"

[[service]]
name = "shop"
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"
resume = "0 8 * * MON-FRI"
pause = "0 18 * * MON-FRI"
"#;

fn rehearse(file: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), file);
    let mut command = binary();
    command.arg("rehearse").arg("--config").arg(config).arg("--from").arg("2026-03-27").args(arguments);
    command.output().unwrap()
}

fn shown(file: &str, arguments: &[&str]) -> String {
    let output = rehearse(file, arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_week_is_drawn_with_its_clock_change_and_its_counts() {
    insta::assert_snapshot!(shown(FILE, &[]), @"
    7 days from Fri 27 Mar 2026, 1 service

    Europe/Berlin  Fri 27 Mar  Sat 28 Mar  Sun 29 Mar* Mon 30 Mar  Tue 31 Mar  Wed 1 Apr   Thu 2 Apr
                   * 29 Mar: at 02:00 the clock goes ahead by 60 min
    shop           ····█████·······························██████······▒█████······▒█████·······█████···

    █ awake   · asleep   ▒ resuming   × failed or too late

    occurrences  10: 10 succeeded
    API calls    56
    retries      0
    hours awake  50 of 167 always on (30 %)
    ");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    for format in ["human", "json"] {
        let storm = |seed| shown(FILE, &["--faults", "storm", "--format", format, "--seed", seed]);
        assert_eq!(storm("3"), storm("3"));
        assert_ne!(storm("3"), storm("4"));
    }
}

#[test]
fn json_has_the_fields_of_the_daemons_log() {
    let text = shown(FILE, &["--days", "1", "--format", "json"]);
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<&str> = lines.iter().filter_map(|line| line["to"].as_str()).collect();
    assert_eq!(told, ["calling", "tracking", "succeeded", "calling", "tracking", "succeeded"]);
    assert_eq!(lines[0]["timestamp"], "2026-03-27T07:00:00.000000Z");
    assert_eq!(lines[0]["late_ms"], 0);
}

#[test]
fn hundreds_of_services_are_folded_and_fit_the_width() {
    let mut file =
        "timezone = \"UTC\"\n[schedule.office]\nresume = \"0 8 * * *\"\npause = \"0 18 * * *\"\n".to_owned();
    for number in 0..200 {
        file += &format!(
            "[[service]]\narn = \"arn:aws:apprunner:us-east-1:123456789012:service/app-{number}/{number:032x}\"\n\
             schedule = \"office\"\n"
        );
    }
    let text = shown(&file, &["--days", "2"]);
    assert!(text.contains("office (200)"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains("2 days from Fri 27 Mar 2026, 200 services, a row for each schedule"), "{text}");
    assert!(text.contains("occurrences  800: 800 succeeded"), "{text}");
}

#[test]
fn an_invalid_beginning_is_refused_with_what_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), FILE);
    let output = binary().arg("rehearse").arg("-c").arg(config).args(["--from", "soon"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("neither a date such as 2026-03-29 nor an instant"), "{error}");
}

#[test]
fn the_picture_is_a_document_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("week.svg");
    shown(FILE, &["--svg", picture.to_str().unwrap()]);
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("at 02:00 the clock goes ahead by 60 min"), "{svg}");
}
