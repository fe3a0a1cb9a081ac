//! `[defaults]`, the catch-up window of a schedule, lists of ARNs and disabled services: what holds for which service.

#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use jiff::civil::date;
use reveille::config::{Config, Difference, OnManualChange, Service, parse};
use std::time::Duration;

/// Two schedules, one with a catch-up window, and defaults for everything.
const FILE: &str = r#"
timezone = "Europe/Berlin"

[defaults]
schedule = "office"
closed = "holidays"
catch-up = "2h"
on-manual-change = "enforce"

[closed-days]
holidays = "--12-25"
stocktaking = "2027-01-31"

[schedule.office]
hours = "daily 08:00-18:00"

[schedule.batch]
hours = "daily 01:00-05:00"
closed = []
catch-up = "3h"

[schedule.store]
hours = "daily 09:00-20:00"
closed = "stocktaking"
"#;

fn arn(name: &str) -> String {
    format!("arn:aws:apprunner:eu-west-1:123456789012:service/{name}/{:032x}", name.len())
}

/// The file with one service that has these lines besides its ARN.
fn service(lines: &str) -> Service {
    let text = format!("{FILE}\n[[service]]\narn = \"{}\"\n{lines}\n", arn("shop"));
    parse(&text).unwrap().services.remove(0)
}

/// Which of the two sets of days close the service's schedule.
fn closed_by(service: &Service) -> Vec<String> {
    let days = [date(2026, 12, 25), date(2027, 1, 31)];
    days.into_iter().filter_map(|day| service.schedule.closed_on(day)).map(ToString::to_string).collect()
}

fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

#[test]
fn a_service_that_says_nothing_has_every_default() {
    let shop = service("");
    assert_eq!(shop.schedule.name(), Some("office"));
    assert_eq!(closed_by(&shop), ["holidays"]);
    assert_eq!((shop.catch_up, shop.on_manual_change), (hours(2), OnManualChange::Enforce));
}

#[test]
fn what_a_service_says_comes_before_its_schedule_and_that_before_the_defaults() {
    let batch = service("schedule = \"batch\"");
    assert_eq!((batch.schedule.name(), batch.catch_up), (Some("batch"), hours(3)));
    let own = service("schedule = \"batch\"\ncatch-up = \"4h\"\non-manual-change = \"respect\"");
    assert_eq!((own.catch_up, own.on_manual_change), (hours(4), OnManualChange::Respect));
    assert!(closed_by(&batch).is_empty(), "an empty list is no day");
    assert_eq!(closed_by(&service("schedule = \"store\"")), ["stocktaking"]);
    assert_eq!(closed_by(&service("resume = \"0 7 * * *\"")), ["holidays"], "rules of its own");
    assert_eq!(service("resume = \"0 7 * * *\"").catch_up, hours(2));
}

#[test]
fn a_list_of_arns_is_as_many_services_with_the_names_in_them() {
    let text = format!(
        "{FILE}\n[[service]]\narns = [\"{}\", \"{}\"]\ncatch-up = \"1h\"\n",
        arn("shop"),
        arn("reports")
    );
    let services = parse(&text).unwrap().services;
    let found: Vec<_> = services.iter().map(|service| (&*service.name, service.catch_up)).collect();
    assert_eq!(found, [("shop", hours(1)), ("reports", hours(1))]);
    assert!(std::sync::Arc::ptr_eq(&services[0].schedule, &services[1].schedule));
}

/// The same two services, the second of them followed or not.
fn with_reports(enabled: bool) -> Config {
    let (shop, reports) = (arn("shop"), arn("reports"));
    parse(&format!(
        "{FILE}\n[[service]]\narn = \"{shop}\"\n[[service]]\narn = \"{reports}\"\nenabled = {enabled}\n"
    ))
    .unwrap()
}

#[test]
fn a_disabled_service_is_not_followed_and_keeps_its_name() {
    let names =
        |services: &[Service]| services.iter().map(|service| service.name.to_string()).collect::<Vec<_>>();
    let config = with_reports(false);
    assert_eq!(
        (names(&config.services), names(&config.disabled)),
        (vec!["shop".into()], vec!["reports".into()])
    );
    assert_eq!(config.named_services().count(), 2);
    let (shop, reports) = (arn("shop"), arn("reports"));
    let taken = format!(
        "[[service]]\narn = \"{shop}\"\nenabled = false\n[[service]]\narn = \"{reports}\"\nname = \"shop\"\n"
    );
    let problems = parse(&format!("{FILE}\n{taken}")).unwrap_err();
    let shown = problems.render("schedule.toml", "");
    assert!(shown.contains("`shop` is already the name of the service in"), "{shown}");
}

#[test]
fn a_service_that_is_disabled_leaves_and_one_that_is_enabled_comes() {
    let (off, on) = (with_reports(false), with_reports(true));
    let leaves = Difference::between(&on, &off);
    assert_eq!((leaves.disabled.len(), leaves.removed.len()), (1, 0));
    assert_eq!(Difference::between(&off, &on).added.len(), 1);
}
