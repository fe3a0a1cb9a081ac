//! The walls of the house: the pure rooms stay pure, and one file names each outside thing.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// What the pure rooms must not name: the runtime, AWS, the disk, the environment, clocks, chance, and the rooms
/// behind them.
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
    "crate::apprunner",
    "crate::cli",
    "crate::clock",
    "crate::daemon",
    "crate::emulator",
    "crate::ledger",
    "crate::telemetry",
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
    ("strsim::", "schedule/near.rs"),
    ("icalendar::", "schedule/closed/"),
    ("toml::", "schedule/"),
    ("tracing_subscriber::", "telemetry/"),
    ("rustix::fs::", "telemetry/journal.rs"),
    ("rustix::net::", "telemetry/journal.rs"),
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
    ("unicode_width::", "columns.rs"),
];

#[test]
fn the_pure_rooms_name_nothing_of_the_outside() {
    for room in ["schedule", "planner"] {
        for (file, line, code) in code_of(room) {
            let named = OUTSIDE.iter().find(|name| names(&code, name));
            assert!(named.is_none(), "src/{file}:{line} names `{}`: {}", named.unwrap(), code.trim());
        }
    }
}

#[test]
fn what_the_drop_in_decides_reaches_for_nothing() {
    for (file, line, code) in code_of("awscli") {
        let named = OUTSIDE.iter().find(|name| names(&code, name));
        assert!(named.is_none(), "src/{file}:{line} names `{}`: {}", named.unwrap(), code.trim());
    }
}

#[test]
fn a_rehearsal_names_no_more_of_the_outside_than_the_emulator_it_plays_with() {
    for (file, line, code) in code_of("rehearsal") {
        let outside = OUTSIDE.iter().filter(|name| **name != "crate::emulator");
        let named = outside.clone().find(|name| names(&code, name));
        assert!(named.is_none(), "src/{file}:{line} names `{}`: {}", named.unwrap(), code.trim());
    }
}

#[test]
fn the_schedule_knows_nothing_of_the_planner() {
    for (file, line, code) in code_of("schedule") {
        assert!(!names(&code, "crate::planner"), "src/{file}:{line} looks downstream: {}", code.trim());
    }
}

#[test]
fn one_place_names_each_outside_thing() {
    let code = code_of("");
    for (name, door) in DOORS {
        let users = || code.iter().filter(|(.., code)| names(code, name)).map(|(file, ..)| file);
        let is_door = |file: &&String| DOORS.iter().any(|(of, door)| of == name && file.starts_with(door));
        let elsewhere: Vec<&String> = users().filter(|file| !is_door(file)).collect();
        assert!(users().any(|file| file.starts_with(door)), "src/{door} does not use `{name}` any more");
        assert!(elsewhere.is_empty(), "`{name}` belongs to src/{door} alone, and is in {elsewhere:?}");
    }
}

/// What all rooms share is pure as well.
#[test]
fn the_words_for_people_are_made_of_nothing_but_what_is_handed_in() {
    let code = code_of("");
    for shared in ["columns.rs", "duration.rs", "local_time.rs"] {
        let mut lines = code.iter().filter(|(file, ..)| file == shared).peekable();
        assert!(lines.peek().is_some(), "src/{shared} has moved");
        for (_, line, code) in lines {
            let named = OUTSIDE.iter().find(|name| names(code, name));
            assert!(named.is_none(), "src/{shared}:{line} names `{}`: {}", named.unwrap(), code.trim());
        }
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

#[test]
fn a_name_is_told_from_a_longer_one() {
    assert!(names("use hyper::Request;", "hyper::"));
    assert!(!names("use my_hyper::Request;", "hyper::"));
    assert!(!names("use hyper_util::rt::TokioIo;", "hyper::"));
}

/// Whether the code has this name, and not as the end of a longer one.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
    })
}

/// A file of the repository.
fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every line of code under `src/ROOM`, without comments and test files: the file's path in `src`, the line's number, the line.
fn code_of(room: &str) -> Vec<(String, usize, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src.join(room), &mut files);
    assert!(files.len() > 3, "src/{room} has hardly any files: {files:?}");
    let mut code = Vec::new();
    for path in files {
        let name = path.strip_prefix(&src).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        code.extend(lines.map(|(number, line)| (name.clone(), number + 1, line.to_owned())));
    }
    code
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}
