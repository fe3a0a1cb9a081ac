//! The walls between the rooms: data flows one way, the pure rooms stay pure, one file names each outside thing, and no files
//! use one another in a circle.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod circles;
mod graph;
mod named;
mod source;
#[path = "../support/sources.rs"]
mod sources;

use named::{find, named};
use sources::collect;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room in `src/`, and the rooms that it may name: those before it in the order in which data flows.
const ROOMS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("api", &["text"]),
    ("schedule", &["api", "text"]),
    ("config", &["api", "schedule", "text"]),
    ("planner", &["api", "config", "schedule", "text"]),
    ("emulator", &["api", "clock"]),
    ("simulation", &["api", "config", "emulator", "planner", "schedule"]),
    ("rehearsal", &["api", "config", "emulator", "planner", "schedule", "simulation", "text"]),
    ("awscli", &["api"]),
    ("ledger", &["api", "clock", "planner", "schedule"]),
    ("telemetry", &["api", "clock", "config", "planner", "text"]),
    ("apprunner", &["api", "clock", "config", "planner", "schedule"]),
    ("daemon", &["api", "apprunner", "clock", "config", "ledger", "planner", "telemetry"]),
];

/// The rooms that are computed from nothing but what is handed in.
const PURE: &[&str] = &["text", "api", "schedule", "config", "planner", "simulation", "rehearsal", "awscli"];

/// What the pure rooms must not name: the runtime, AWS, the disk, the environment, clocks, chance.
const OUTSIDE: &[&str] = &[
    "tokio::",
    "aws_config::",
    "aws_sdk_apprunner::",
    "aws_smithy_types::",
    "hyper::",
    "tracing::",
    "tracing_subscriber::",
    "sqlx::",
    "clap::",
    "std::fs",
    "std::env",
    "std::io",
    "std::net::TcpStream",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "Rng::new",
    "fastrand::u64",
];

/// Which file or folder alone may name an outside thing; some have two.
const DOORS: &[(&str, &str)] = &[
    ("tokio_cron_scheduler::", "daemon/alarm.rs"),
    ("signal_hook::", "daemon/signals.rs"),
    ("sd_notify::", "daemon/service_manager.rs"),
    ("aws_sdk_apprunner::", "apprunner/sdk.rs"),
    ("aws_config::", "apprunner/sdk.rs"),
    ("Timestamp::now", "clock.rs"),
    ("Instant::now", "clock.rs"),
    ("croner::", "schedule/cron.rs"),
    ("strsim::", "text/near_match.rs"),
    ("icalendar::", "schedule/closed/"),
    ("toml::", "config/"),
    ("tracing_subscriber::", "telemetry/"),
    ("rustix::fs::", "telemetry/journald.rs"),
    ("rustix::net::", "telemetry/journald.rs"),
    ("rustix::process::", "cli/open_files.rs"),
    ("rustix::process::", "apprunner/credentials/children.rs"),
    ("hyper::", "emulator/"),
    ("sqlx::", "ledger/sqlite/"),
    ("clap::", "cli/"),
    ("aws_sigv4::", "apprunner/wire.rs"),
    ("rustls::", "apprunner/tls.rs"),
    ("hyper_rustls::", "apprunner/tls.rs"),
    ("jmespath::", "awscli/query/"),
    ("saphyr::", "awscli/input.rs"),
    ("inquire::", "cli/resume_service/prompt.rs"),
    ("TimeZone::system", "cli/resume_service/place.rs"),
    ("indicatif::", "cli/"),
    ("unicode_width::", "text/columns.rs"),
];

#[test]
fn data_flows_one_way() {
    let all: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).chain(["cli", "clock"]).collect();
    for (room, before) in ROOMS {
        for (file, paths) in named_in(room) {
            let behind = all.iter().filter(|other| *other != room && !before.contains(other));
            let named = behind.filter_map(|other| find(&paths, &format!("crate::{other}"))).next();
            assert!(named.is_none(), "src/{file} names `{}`", named.unwrap());
        }
    }
}

#[test]
fn every_room_has_its_place() {
    let folders =
        fs::read_dir(src()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name == "cli" || ROOMS.iter().any(|(room, _)| *room == name), "src/{name} is in no table");
    }
}

#[test]
fn the_pure_rooms_name_nothing_of_the_outside() {
    for room in PURE {
        for (file, paths) in named_in(room) {
            let named = OUTSIDE.iter().find_map(|name| find(&paths, name));
            assert!(named.is_none(), "src/{file} names `{}`", named.unwrap());
        }
    }
}

/// What the simulator's judge may know of the planner: what it says, and nothing of how it decides.
const SAID_BY_THE_PLANNER: &[&str] =
    &["Call", "CallId", "Change", "Ending", "LastOccurrence", "Severity", "State"];

#[test]
fn the_judge_shares_no_rule_with_the_planner() {
    let judge = code_under(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulator"));
    let imports = judge.iter().filter(|(.., code)| code.contains("reveille::planner"));
    let mut seen = 0;
    for (file, line, code) in imports {
        let (_, names) = code.split_once("reveille::planner::").unwrap();
        for name in names.split(|c: char| !c.is_alphanumeric()).filter(|name| !name.is_empty()) {
            assert!(SAID_BY_THE_PLANNER.contains(&name), "{file}:{line} takes `{name}` from the planner");
            seen += 1;
        }
    }
    assert!(seen > 5, "the judge has moved");
    for (file, line, code) in &judge {
        let table = ["policy", "Policy", "_CODES"].iter().find(|table| code.contains(**table));
        assert!(table.is_none(), "{file}:{line} takes `{}` from the table of refusals", table.unwrap());
    }
}

#[test]
fn one_place_names_each_outside_thing() {
    let files = named_in("");
    for (name, door) in DOORS {
        let users = || files.iter().filter(|(_, paths)| find(paths, name).is_some()).map(|(file, _)| file);
        let is_door = |file: &&String| DOORS.iter().any(|(of, door)| of == name && file.starts_with(door));
        let elsewhere: Vec<&String> = users().filter(|file| !is_door(file)).collect();
        assert!(users().any(|file| file.starts_with(door)), "src/{door} does not use `{name}` any more");
        assert!(elsewhere.is_empty(), "`{name}` belongs to src/{door} alone, and is in {elsewhere:?}");
    }
}

#[test]
fn both_licences_of_the_manifest_are_there() {
    assert!(read("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
    let licences = [
        ("LICENSE-MIT", "MIT License", "THE SOFTWARE IS PROVIDED \"AS IS\""),
        ("LICENSE-APACHE", "Apache License", "END OF TERMS AND CONDITIONS"),
    ];
    for (file, title, clause) in licences {
        let text = read(file);
        assert!(text.contains(title) && text.contains(clause), "{file} is not the whole licence: {text}");
    }
}

#[test]
fn every_file_that_clippy_points_at_exists() {
    let config = read("clippy.toml");
    let paths: Vec<&str> = config
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '-')))
        .filter(|word| word.starts_with("src/"))
        .map(|word| word.trim_end_matches('.'))
        .collect();
    assert!(paths.len() > 3, "only {paths:?}");
    for path in paths {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists(), "clippy.toml names {path}");
    }
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// A file of the repository.
fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What each file under `src/ROOM` names, by the file's path in `src`; files of tests are left out.
fn named_in(room: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut files = Vec::new();
    collect(&src().join(room), &mut files);
    assert!(!files.is_empty(), "src/{room} has no code");
    let named = files.iter().map(|path| {
        let file = path.strip_prefix(src()).unwrap().to_str().unwrap();
        (file.to_owned(), named(file, &fs::read_to_string(path).unwrap()))
    });
    named.collect()
}

/// Every line of code under a folder, without comments and test files: the file's path, the line's number, the line.
fn code_under(folder: &Path) -> Vec<(String, usize, String)> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    let mut code = Vec::new();
    for path in files {
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        code.extend(lines.map(|(number, line)| (name.clone(), number + 1, line.to_owned())));
    }
    code
}
