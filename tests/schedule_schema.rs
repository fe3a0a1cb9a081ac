//! `config/schedule.schema.json` against `check`: it refuses nothing that a check takes, and what it can of the rest.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use regex::Regex;
use reveille::config::{self, CheckContext, FileSource};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ARN: &str = "arn:aws:apprunner:eu-west-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa";

/// The wrong files whose mistakes an editor can show as well.
const REFUSED: &[&str] = &[
    "a-misspelt-key-in-defaults",
    "arns",
    "closed-dates",
    "closed-days-of-the-wrong-kind",
    "closed-types",
    "defaults",
    "disabled",
    "empty-texts",
    "hours-and-closed-days",
    "keys-in-the-wrong-place",
    "lists",
    "lists-of-arns",
    "no-services",
    "one-service-as-a-section",
    "schedule-of-a-service",
    "sections-of-the-wrong-kind",
    "unknown-keys",
    "wrong-settings",
    "wrong-types",
];

/// A validator for the keywords that the schema has, and no others.
struct Schema {
    root: Value,
    patterns: RefCell<BTreeMap<String, Regex>>,
}

impl Schema {
    fn load() -> Self {
        let text = std::fs::read(root("config/schedule.schema.json")).unwrap();
        Self { root: serde_json::from_slice(&text).unwrap(), patterns: RefCell::default() }
    }

    /// Whether the text of a file fits, be the text TOML at all.
    fn takes(&self, text: &str) -> bool {
        let file = toml::from_str::<Value>(text);
        file.is_ok_and(|file| self.fits(&self.root, &file))
    }

    fn fits(&self, schema: &Value, value: &Value) -> bool {
        let Some(keywords) = schema.as_object() else {
            return schema.as_bool().expect("a schema is an object, true or false");
        };
        keywords.iter().all(|(keyword, wanted)| self.keyword(schema, keyword, wanted, value))
    }

    fn keyword(&self, schema: &Value, keyword: &str, wanted: &Value, value: &Value) -> bool {
        let length = |value: &Value| value.as_str().map(|text| text.chars().count());
        let items = value.as_array();
        let fitting = |schemas: &Value| {
            let schemas = schemas.as_array().unwrap();
            (schemas.iter().filter(|schema| self.fits(schema, value)).count(), schemas.len())
        };
        let bound = || usize::try_from(wanted.as_u64().unwrap()).unwrap();
        match keyword {
            "$schema" | "title" | "description" => true,
            "type" => is_of_type(value, wanted.as_str().unwrap()),
            "enum" => wanted.as_array().unwrap().contains(value),
            "minimum" => value.as_i64().is_none_or(|number| number >= wanted.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|number| number <= wanted.as_i64().unwrap()),
            "minLength" => length(value).is_none_or(|length| length >= bound()),
            "maxLength" => length(value).is_none_or(|length| length <= bound()),
            "minItems" => items.is_none_or(|items| items.len() >= bound()),
            "maxItems" => items.is_none_or(|items| items.len() <= bound()),
            "maxProperties" => value.as_object().is_none_or(|table| table.len() <= bound()),
            "pattern" => value.as_str().is_none_or(|text| self.matches(wanted.as_str().unwrap(), text)),
            "items" => items.is_none_or(|items| items.iter().all(|item| self.fits(wanted, item))),
            "properties" | "additionalProperties" | "propertyNames" | "required" => {
                value.as_object().is_none_or(|table| self.table_fits(schema, keyword, wanted, table))
            }
            "anyOf" => fitting(wanted).0 > 0,
            "oneOf" => fitting(wanted).0 == 1,
            "allOf" => fitting(wanted).0 == fitting(wanted).1,
            "not" => !self.fits(wanted, value),
            other => panic!("the validator does not know `{other}`"),
        }
    }

    fn table_fits(
        &self,
        schema: &Value,
        keyword: &str,
        wanted: &Value,
        table: &serde_json::Map<String, Value>,
    ) -> bool {
        let mut entries = table.iter();
        match keyword {
            "properties" => {
                entries.all(|(key, value)| wanted.get(key).is_none_or(|schema| self.fits(schema, value)))
            }
            "additionalProperties" => entries
                .filter(|(key, _)| schema["properties"].get(key).is_none())
                .all(|(_, value)| self.fits(wanted, value)),
            "propertyNames" => entries.all(|(key, _)| self.fits(wanted, &Value::String(key.clone()))),
            _ => wanted.as_array().unwrap().iter().all(|key| table.contains_key(key.as_str().unwrap())),
        }
    }

    /// In ECMAScript's dialect, which has Unicode's blanks for `\s`.
    fn matches(&self, pattern: &str, text: &str) -> bool {
        const BLANKS: &str = concat!(
            r"[\t\n\x0b\x0c\r \u{a0}\u{1680}\u{2000}-\u{200a}",
            r"\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}]"
        );
        let mut patterns = self.patterns.borrow_mut();
        let known = patterns.entry(pattern.to_owned());
        known.or_insert_with(|| Regex::new(&pattern.replace(r"\s", BLANKS)).unwrap()).is_match(text)
    }
}

fn is_of_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the validator does not know the type `{other}`"),
    }
}

/// The folder of wrong files, in which their calendars stand beside them.
struct Folder;

impl FileSource for Folder {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        std::fs::read(root("tests/fixtures/wrong").join(path)).map_err(|error| error.to_string())
    }
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn check_takes(text: &str) -> bool {
    config::check(text.as_bytes(), CheckContext { now: None, files: Some(&Folder) }).config.is_some()
}

fn files_in(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in root(folder).read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "toml")
            && let Ok(text) = String::from_utf8(std::fs::read(&path).unwrap())
        {
            files.push((path.file_stem().unwrap().to_string_lossy().into_owned(), text));
        }
    }
    files.sort();
    files
}

#[test]
fn what_a_check_takes_fits_the_schema() {
    let schema = Schema::load();
    let files = [files_in("config"), files_in("tests/fixtures/wrong")].concat();
    let mut taken = 0;
    for (name, text) in files.iter().filter(|(_, text)| check_takes(text)) {
        assert!(schema.takes(text), "{name}: the schema refuses what `check` takes");
        taken += 1;
    }
    assert!(taken >= 15, "only {taken} files are taken by `check`");
}

#[test]
fn the_schema_refuses_what_an_editor_can_see() {
    let schema = Schema::load();
    let files: BTreeMap<String, String> = files_in("tests/fixtures/wrong").into_iter().collect();
    for name in REFUSED {
        let text = &files[*name];
        assert!(toml::from_str::<Value>(text).is_ok(), "{name} is no TOML, so no schema is asked");
        assert!(!schema.takes(text), "{name}: the schema takes it");
    }
}

/// A file with one key of a service that is otherwise as it should be.
fn service_with(key: &str, value: &str) -> String {
    let mut keys = BTreeMap::from([("arn", ARN), ("resume", "0 8 * * *")]);
    if matches!(key, "hours" | "schedule") {
        keys.remove("resume");
    }
    keys.insert(key, value);
    let written: String =
        keys.iter().map(|(key, value)| format!("{key} = {}\n", Value::from(*value))).collect();
    format!("timezone = \"UTC\"\n[[service]]\n{written}")
}

fn closed_on(day: &str) -> String {
    format!("{}[closed-days]\nholidays = [{}]\n", service_with("arn", ARN), Value::from(day))
}

#[test]
fn each_value_is_taken_by_both_or_refused_by_both() {
    let schema = Schema::load();
    let (hundred, more) = ("x".repeat(100), "x".repeat(101));
    let values: [(&str, &[&str], &[&str]); 5] = [
        (
            "arn",
            &[ARN, &ARN.replace("aws", "aws-cn"), &ARN.replace("shop/8fe1", "Shop_-1/8FE1")],
            &[
                "checkout",
                "",
                &ARN.replace("shop", "sho"),
                &ARN.replace("8fe1", "8fg1"),
                ARN.trim_start_matches('a'),
                &format!(" {ARN}"),
            ],
        ),
        ("name", &["a", "the shop", "Größe", &hundred], &["", &more, " a", "a "]),
        (
            "catch-up",
            &[
                "2h",
                "1h 30m",
                "7d",
                "168h",
                "1w",
                "90 min",
                "1 hour, 30 minutes",
                "PT2H",
                "P1D",
                "+2h",
                "02:00:00",
                "1.5h",
            ],
            &["", "two hours", "-2h", "2", "1mo", "1y", "2h ago", "7x", "h"],
        ),
        ("on-manual-change", &["respect", "enforce"], &["", "Respect"]),
        ("hours", &["Mon-Fri 08:00-18:00", "daily 8:00-12:00"], &["", "always", "Mon-Fri"]),
    ];
    for (key, good, bad) in values {
        for value in good {
            let text = service_with(key, value);
            assert!(check_takes(&text) && schema.takes(&text), "{key} = {value:?} is refused");
        }
        for value in bad {
            let text = service_with(key, value);
            assert!(!check_takes(&text) && !schema.takes(&text), "{key} = {value:?} is taken");
        }
    }
    for day in ["2026-12-24 .. 2027-01-06", " 2026-12-25", "--12-25", "--12-24..--01-06", "2026-12-25\t"] {
        assert!(check_takes(&closed_on(day)) && schema.takes(&closed_on(day)), "{day:?} is refused");
    }
    for day in ["12-25", "2026-13-01", "--12-24..2027-01-06", "2026-12-2", "24.12.2026", "-- 12-25", ""] {
        assert!(!check_takes(&closed_on(day)) && !schema.takes(&closed_on(day)), "{day:?} is taken");
    }
}

#[test]
fn what_says_when_stands_alone_in_both() {
    let schema = Schema::load();
    let keys = [
        ("schedule", "schedule = \"office\"\n"),
        ("hours", "hours = \"Mon 08:00-18:00\"\n"),
        ("resume", "resume = \"0 8 * * *\"\n"),
        ("pause", "pause = \"0 18 * * *\"\n"),
        ("closed", "closed = []\n"),
        ("timezone", "timezone = \"UTC\"\n"),
    ];
    let office = "timezone = \"UTC\"\n[schedule.office]\nresume = \"0 8 * * *\"\n";
    let mut taken = 0;
    for chosen in 0_u32..1 << keys.len() {
        let has = |index: &usize| chosen & (1 << index) != 0;
        let lines: String = (0..keys.len()).filter(has).map(|index| keys[index].1).collect();
        let service = format!("{office}[[service]]\narn = \"{ARN}\"\n{lines}");
        assert_eq!(schema.takes(&service), check_takes(&service), "{lines}");
        taken += u32::from(check_takes(&service));
        if !has(&0) {
            let rest = service_with("arn", ARN);
            let schedule = format!("{rest}[schedule.other]\n{lines}");
            assert_eq!(schema.takes(&schedule), check_takes(&schedule), "[schedule.other]\n{lines}");
        }
    }
    // A schedule alone; hours, or either or both of the rules, each with all that may stand beside them.
    assert_eq!(taken, 1 + 4 * 4);
}

#[test]
fn a_service_needs_no_schedule_where_there_is_a_default_one() {
    let schema = Schema::load();
    let office = "timezone = \"UTC\"\n[schedule.office]\nresume = \"0 8 * * *\"\n";
    for (defaults, expected) in [("schedule = \"office\"", true), ("catch-up = \"2h\"", false)] {
        let text = format!("{office}[defaults]\n{defaults}\n[[service]]\narn = \"{ARN}\"\n");
        assert_eq!((schema.takes(&text), check_takes(&text)), (expected, expected), "{defaults}");
    }
}

#[test]
fn no_text_that_a_check_takes_is_refused_by_the_schema() {
    const WORDS: [&str; 40] = [
        "1",
        "2",
        "24",
        "0",
        "7",
        "30",
        ".",
        ",",
        ":",
        " ",
        "\t",
        "+",
        "-",
        "..",
        "--",
        "d",
        "h",
        "H",
        "hours",
        "min",
        "m",
        "mins",
        "s",
        "sec",
        "ms",
        "us",
        "µs",
        "\u{3bc}s",
        "ns",
        "w",
        "mo",
        "y",
        "PT",
        "P",
        "T",
        "ago",
        "2026-12-24",
        "--12-25",
        "12-31",
        "\u{a0}",
    ];
    let schema = Schema::load();
    let mut chance = fastrand::Rng::with_seed(11);
    let mut taken = BTreeMap::from([("catch-up", 0), ("closed-days", 0)]);
    for _ in 0..20_000 {
        let text: String = (0..chance.usize(1..7)).map(|_| WORDS[chance.usize(0..WORDS.len())]).collect();
        for (key, file) in [("catch-up", service_with("catch-up", &text)), ("closed-days", closed_on(&text))]
        {
            if check_takes(&file) {
                assert!(schema.takes(&file), "{key}: the schema refuses {text:?}");
                *taken.get_mut(key).unwrap() += 1;
            }
        }
    }
    assert!(taken.values().all(|times| *times >= 100), "few texts were good: {taken:?}");
}
