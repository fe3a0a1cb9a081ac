//! Wrong files, and the whole message as a person sees it.

#![expect(clippy::expect_used, reason = "what a helper of a test meets, the test may panic on")]

use jiff::Timestamp;
use reveille::schedule::{Checked, Severity, Shelf, Surroundings, check};
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

impl Shelf for Folder {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        std::fs::read(folder().join(path)).map_err(|_| format!("{}: there is no such file", path.display()))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wrong")
}

fn check_bytes(bytes: &[u8]) -> Checked {
    Surroundings { now: Some(NOW), shelf: Some(&Folder) }.check_bytes(bytes)
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
            assert!(problem.span.start <= problem.span.end && problem.span.end <= bytes.len(), "{problem:?}");
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

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistakes() {
    let text = "\u{feff}timezone = \"UTC\"\r\n\r\n[limits]\r\ncalls-per-second = 5\r\n".to_owned();
    let text = &(text + &SERVICE.replace('\n', "\r\n"));
    assert_eq!(check(text).problems.render("schedule.toml", text), "");
}
