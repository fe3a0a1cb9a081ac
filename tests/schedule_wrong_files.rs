//! Wrong files, and the whole message as a person sees it.

#![expect(clippy::expect_used, reason = "what a helper of a test meets, the test may panic on")]

use jiff::Timestamp;
use reveille::config::{self, CheckContext, Checked, FileSource, Severity};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Monday, 23 November 2026.
const NOW: Timestamp = Timestamp::constant(1_795_420_800, 0);

/// A service with rules of its own, for files in which something else is looked at.
const SERVICE: &str = r#"
[[service]]
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"
resume = "0 8 * * *"
"#;

/// The folder of wrong files, in which their calendars stand beside them.
struct Folder;

impl FileSource for Folder {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        std::fs::read(folder().join(path)).map_err(|_| format!("{}: there is no such file", path.display()))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wrong")
}

fn check_bytes(bytes: &[u8]) -> Checked {
    config::check(bytes, CheckContext { now: Some(NOW), files: Some(&Folder) })
}

fn check(text: &str) -> Checked {
    config::check(text.as_bytes(), CheckContext::default())
}

fn wrong_files() -> Vec<PathBuf> {
    let entries = folder().read_dir().expect("the folder of wrong files is there");
    let files = entries.map(|entry| entry.expect("the folder can be listed").path());
    let mut files: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files
}

#[test]
fn every_wrong_file_has_its_message() {
    let files = wrong_files();
    assert!(files.len() >= 40, "only {} wrong files were found", files.len());
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let checked = check_bytes(&bytes);
        assert!(!checked.problems.is_empty(), "{}: nothing is wrong with it", file.display());
        let shown = checked.problems.render("schedule.toml", &String::from_utf8_lossy(&bytes));
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        insta::with_settings!({
            snapshot_path => "fixtures/wrong", prepend_module_to_snapshot => false, omit_expression => true
        }, { insta::assert_snapshot!(name, shown) });
    }
}

#[test]
fn every_problem_lies_in_its_file() {
    for file in wrong_files() {
        let bytes = std::fs::read(&file).unwrap();
        for problem in check_bytes(&bytes).problems.iter() {
            assert!(
                problem.span().start <= problem.span().end && problem.span().end <= bytes.len(),
                "{problem:?}"
            );
        }
    }
}

#[test]
fn warnings_do_not_refuse_a_file() {
    let text = format!("timezone = \"UTC\"\n[schedule.unused]\nresume = \"0 8 * * *\"\n{SERVICE}");
    let checked = check(&text);
    assert!(checked.config.is_some());
    let severities: Vec<Severity> = checked.problems.iter().map(|problem| problem.severity).collect();
    assert_eq!(severities, [Severity::Warning]);
}

#[test]
fn a_hundred_problems_are_listed_and_the_rest_is_counted() {
    let mut text = String::new();
    for number in 0..250 {
        writeln!(text, "key-{number} = 1").unwrap();
    }
    let problems = check(&text).problems;
    assert_eq!((problems.iter().count(), problems.unlisted(), problems.errors()), (100, 150, 250));
    assert!(problems.render("schedule.toml", &text).ends_with("schedule.toml: and 150 more problems\n"));
}

#[test]
fn a_hundred_warnings_do_not_hide_why_a_file_is_refused() {
    let never = vec!["\"0 8 31 2 *\""; 100].join(", ");
    let text = format!(
        "timezone = \"UTC\"\n[schedule.a]\nresume = [{never}]\npause = [{never}]\n[schedule.b]\nresume = \"x\"\n"
    );
    let problems = check(&text).problems;
    assert_eq!((problems.len(), problems.errors(), problems.iter().count()), (201, 1, 100));
    assert!(problems.iter().any(|problem| problem.severity == Severity::Error));
}

#[test]
fn a_file_without_services_is_refused_whatever_else_is_in_it() {
    let rest = "timezone = \"UTC\"\n[daemon]\nlog-format = \"json\"\n[limits]\ncalls-per-second = 5\n";
    for text in ["", "\n\n", "# nothing yet\n", rest] {
        let checked = check(text);
        assert_eq!(checked.config, None);
        let said = checked.problems.render("schedule.toml", text);
        assert!(
            said.contains("the file has no services, so nothing would ever be resumed or paused"),
            "{said}"
        );
    }
    let said = check("[[servcie]]\nname = 1\n").problems.render("schedule.toml", "[[servcie]]\nname = 1\n");
    assert!(!said.contains("no services"), "they are there, and misspelt: {said}");
}

/// The values that a key may be given by mistake.
const FORMS: [&str; 14] = [
    "[]",
    "[[]]",
    "[[\"x\"]]",
    "[5]",
    "[true]",
    "[{}]",
    "[{ x = 1 }]",
    "{}",
    "{ x = 1 }",
    "5",
    "1.5",
    "true",
    "2026-12-24",
    "\"\"",
];

/// A file that is right but for a line of a section, or at its top for a heading that is empty.
fn file_with(heading: &str, line: &str) -> String {
    let sections = [
        ("", "timezone = \"UTC\"\n"),
        ("[daemon]", ""),
        ("[limits]", ""),
        ("[closed-days]", "holidays = [\"--12-25\"]\n"),
        ("[schedule.office]", "resume = \"0 8 * * *\"\nclosed = \"holidays\"\n"),
        (
            "[[service]]",
            "arn = \"arn:aws:apprunner:eu-west-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa\"\n\
             schedule = \"office\"\n",
        ),
    ];
    let key = line.split(' ').next().expect("a line has a key");
    let mut text = String::new();
    for (name, keys) in sections {
        // The key at the top may be one of the sections, whose heading would be there a second time.
        if heading.is_empty() && name.trim_matches(['[', ']']).split('.').next() == Some(key) {
            continue;
        }
        let is_here = name == heading;
        let others = keys.lines().filter(|other| !is_here || other.split(' ').next() != Some(key));
        let added = is_here.then_some(line);
        writeln!(text, "{name}").expect("a text can be written to");
        for line in others.chain(added) {
            writeln!(text, "{line}").expect("a text can be written to");
        }
    }
    text
}

#[test]
fn a_value_of_the_wrong_form_is_one_mistake() {
    let keys: [(&str, &[&str]); 6] = [
        ("", &["timezone", "daemon", "limits", "closed-days", "schedule", "service", "x"]),
        ("[daemon]", &["ledger", "socket", "listen", "log-format", "x"]),
        ("[limits]", &["calls-per-second", "calls-in-flight", "x"]),
        ("[closed-days]", &["holidays"]),
        ("[schedule.office]", &["resume", "pause", "closed", "timezone", "x"]),
        ("[[service]]", &["arn", "name", "schedule", "catch-up", "on-manual-change", "x"]),
    ];
    let mut wrong = 0;
    for (heading, keys) in keys {
        for (key, form) in keys.iter().flat_map(|key| FORMS.iter().map(move |form| (key, form))) {
            // A section with something else in it has mistakes of its own.
            if heading.is_empty() && matches!(*form, "{ x = 1 }" | "[{}]") {
                continue;
            }
            let text = file_with(heading, &format!("{key} = {form}"));
            let problems = check_bytes(text.as_bytes()).problems;
            assert!(problems.errors() <= 1, "{text}{}", problems.render("schedule.toml", &text));
            wrong += problems.errors();
        }
    }
    assert!(wrong > 300, "only {wrong} of the forms were wrong");
    let hours = "hours = \"Mon 08:00-18:00\"";
    for form in FORMS {
        let text = file_with("[[service]]", hours).replace("schedule = \"office\"\n", "");
        let text = text.replace("\"Mon 08:00-18:00\"", form);
        let problems = check_bytes(text.as_bytes()).problems;
        assert_eq!(problems.errors(), 1, "{text}{}", problems.render("schedule.toml", &text));
    }
}

#[test]
fn every_key_that_is_elsewhere_is_sent_to_where_it_belongs() {
    let elsewhere = [
        ("", "catch-up", "`catch-up` belongs in `[defaults]`, in a `[schedule.NAME]` or in a `[[service]]`"),
        ("", "hours", "`hours` belongs in a `[schedule.NAME]` or in a `[[service]]`"),
        (
            "[daemon]",
            "timezone",
            "`timezone` belongs at the top of the file, in a `[schedule.NAME]` or in a `[[service]]`",
        ),
        ("[daemon]", "calls-in-flight", "`calls-in-flight` belongs in `[limits]`"),
        ("[limits]", "socket", "`socket` belongs in `[daemon]`"),
        ("[schedule.office]", "closed-days", "`closed-days` belongs at the top of the file"),
        (
            "[schedule.office]",
            "on-manual-change",
            "`on-manual-change` belongs in `[defaults]` or in a `[[service]]`",
        ),
        ("[[service]]", "log-format", "`log-format` belongs in `[daemon]`"),
    ];
    for (heading, key, expected) in elsewhere {
        let text = file_with(heading, &format!("{key} = 1"));
        let said = check(&text).problems.render("schedule.toml", &text);
        assert!(said.contains(expected) && said.contains(&format!("`{key}` does not belong here")), "{said}");
    }
}

#[test]
fn days_are_taken_for_catching_up() {
    for (window, hours) in [("7d", 168), ("1d", 24), ("1d 12h", 36), ("1w", 168), ("168h", 168), ("PT2H", 2)]
    {
        let text = file_with("[[service]]", &format!("catch-up = \"{window}\""));
        let config = check(&text).config.expect("the file is right");
        assert_eq!(config.services[0].catch_up, std::time::Duration::from_secs(hours * 3600), "{window}");
    }
    let refused = [
        ("8d", "is too long for a catch-up window"),
        ("169h", "is too long for a catch-up window"),
        ("-1d", "is too short for a catch-up window"),
        ("0d", "is too short for a catch-up window"),
        ("1mo", "is not a valid catch-up window"),
        ("d", "is not a valid catch-up window"),
    ];
    for (window, why) in refused {
        let text = file_with("[[service]]", &format!("catch-up = \"{window}\""));
        let shown = check(&text).problems.render("schedule.toml", &text);
        assert!(shown.contains(&format!("`{window}` {why}")), "{shown}");
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistakes() {
    let text = "\u{feff}timezone = \"UTC\"\r\n\r\n[limits]\r\ncalls-per-second = 5\r\n".to_owned();
    let text = &(text + &SERVICE.replace('\n', "\r\n"));
    assert_eq!(check(text).problems.render("schedule.toml", text), "");
}
