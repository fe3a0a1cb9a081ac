//! The files that are shipped work as they stand.

use jiff::{SignedDuration, Timestamp};
use reveille::api::Action;
use reveille::config::{CheckContext, Checked, Config, DaemonSettings, Limits, OnManualChange, check, parse};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn every_example_is_without_problems() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut found = 0;
    for entry in folder.read_dir().unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|end| end != "toml") {
            continue;
        }
        found += 1;
        let text = std::fs::read_to_string(&file).unwrap();
        let Checked { config, problems } = check(text.as_bytes(), CheckContext::default());
        assert_eq!(problems.render(&file.display().to_string(), &text), "");
        assert!(config.is_some_and(|config| config.services.len() >= 3));
    }
    assert!(found >= 2, "only {found} examples were found");
}

#[test]
fn the_files_in_the_readme_and_in_its_reference_can_be_pasted() {
    let around = CheckContext { now: Some("2026-11-23T08:00:00Z".parse().unwrap()), files: None };
    let pages = [
        ("README.md", include_str!("../README.md"), 1),
        ("docs/schedule-file.md", include_str!("../docs/schedule-file.md"), 3),
    ];
    for (name, page, services) in pages {
        let (_, file) = page.split_once("```toml\n").unwrap();
        let (file, _) = file.split_once("```").unwrap();
        let Checked { config, problems } = check(file.as_bytes(), around);
        assert_eq!(problems.render(name, file), "");
        assert_eq!(config.map(|config| config.services.len()), Some(services), "{name}");
    }
}

#[test]
fn what_the_example_says_in_comments_is_what_holds_without_them() {
    let text = include_str!("../config/schedule.toml");
    let (start, settings) = text.split_once("# [daemon]").unwrap();
    let settings: Vec<&str> =
        settings.lines().map(|line| line.trim_start_matches("# ").trim_start_matches('#')).collect();
    let said = parse(&format!("{start}[daemon]{}", settings.join("\n"))).unwrap();
    let unsaid = parse(text).unwrap();
    assert_eq!(said, unsaid);
    assert_eq!((unsaid.daemon, unsaid.limits), (DaemonSettings::default(), Limits::default()));
}

#[test]
fn a_minute_of_the_demo_resumes_and_pauses_every_service() {
    let demo: Config = parse(include_str!("../config/demo.toml")).unwrap();
    let from: Timestamp = "2026-11-23T08:00:30Z".parse().unwrap();
    let until = from + SignedDuration::from_mins(1);
    for service in &demo.services {
        let minute = service.schedule.after(from).take_while(|transition| transition.at <= until);
        let actions: Vec<Action> = minute.map(|transition| transition.action).collect();
        assert_eq!(actions.len(), 4, "{}", service.name);
        assert!(actions.windows(2).all(|pair| pair[0] != pair[1]), "{}: {actions:?}", service.name);
    }
}

#[test]
fn services_with_the_same_rules_share_one_schedule() {
    let mut text = "timezone = \"UTC\"\n".to_owned();
    for number in 0..6 {
        let resume = ["0 8 * * *", "0 9 * * *"][number % 2];
        text += &format!(
            "[[service]]\narn = \"arn:aws:apprunner:eu-west-1:123456789012:service/checkout-{number}/{number:032}\"\nresume = \"{resume}\"\n"
        );
    }
    let services = parse(&text).unwrap().services;
    let different: BTreeSet<_> = services.iter().map(|service| Arc::as_ptr(&service.schedule)).collect();
    assert_eq!(different.len(), 2);
}

#[test]
fn a_service_says_what_it_wants_or_has_what_holds_for_all() {
    let services = parse(include_str!("../config/schedule.toml")).unwrap().services;
    let said: Vec<_> = services
        .iter()
        .map(|service| {
            (&*service.name, service.schedule.name(), service.schedule.time_zone_name(), service.catch_up)
        })
        .collect();
    let hours = Duration::from_hours;
    assert_eq!(
        said,
        [
            ("checkout", Some("office"), "Europe/Berlin", hours(12)),
            ("nightly-import", Some("batch"), "UTC", hours(12)),
            ("reports", None, "Europe/Berlin", hours(2)),
        ]
    );
    assert!(services.iter().all(|service| service.on_manual_change == OnManualChange::Respect));
}
