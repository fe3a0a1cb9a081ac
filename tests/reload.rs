//! What happens to the file while the daemon runs: the real binary, and what its log says of it.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use reveille::emulator::{Emulator, Model, Settings};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use support::{CREDENTIALS, Reveille, text};

const RELOADED: &str = "reloaded the file";
const HELD_BACK: &str = "so it is held back";
const STAYS: &str = "the previous version stays in effect";
const LEFT: &str = "services left the file";
const RESTART: &str = "[daemon] has changed";

/// A file with these services, each with hours of its own.
fn file(services: RangeInclusive<u32>) -> String {
    let top = "timezone = \"UTC\"\n[daemon]\nlog-format = \"json\"\n".to_owned();
    services.fold(top, |file, number| file + &service(number))
}

/// One of its services.
fn service(number: u32) -> String {
    format!(
        "[[service]]\nname = \"app-{number}\"\nresume = \"0 8 * * *\"\npause = \"0 18 * * *\"\n\
         arn = \"arn:aws:apprunner:us-east-1:123456789012:service/app-{number}/{number:032}\"\n"
    )
}

fn start(schedule: &str) -> Reveille {
    let mut reveille = Reveille::start(schedule, |command| {
        command.arg("--emulator");
    });
    wait_for_start(&mut reveille);
    reveille
}

/// Starts it in a folder that has its file already.
fn start_as_it_is(folder: tempfile::TempDir) -> Reveille {
    let mut reveille = Reveille::start_as_it_is(folder, |command| {
        command.arg("--emulator");
    });
    wait_for_start(&mut reveille);
    reveille
}

fn wait_for_start(reveille: &mut Reveille) {
    reveille.wait_until("the start", |log| said(log, "planned: ").next().is_some());
}

/// The lines whose message contains this.
fn said<'a>(log: &'a [Value], what: &'a str) -> impl Iterator<Item = &'a Value> {
    log.iter().filter(move |line| text(&line["message"]).contains(what))
}

/// Waits for one more line than before that says this, and gives it back.
fn hear(reveille: &mut Reveille, what: &str, act: impl FnOnce(&mut Reveille)) -> Value {
    let before = said(&reveille.log, what).count();
    act(reveille);
    reveille.wait_until(what, |log| said(log, what).count() > before);
    said(&reveille.log, what).last().unwrap().clone()
}

/// Saves another text as the file, at once and whole.
fn save(reveille: &Reveille, text: &str) {
    let beside = reveille.config().with_file_name("schedule.toml.new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, reveille.config()).unwrap();
}

fn edit(reveille: &Reveille, change: impl FnOnce(String) -> String) {
    save(reveille, &change(fs::read_to_string(reveille.config()).unwrap()));
}

/// The counts of a reload: added, changed, removed, unchanged.
fn counts(line: &Value) -> [u64; 4] {
    ["added", "changed", "removed", "unchanged"].map(|field| line[field].as_u64().unwrap())
}

/// Cuts a text off before the section of a service, as a full disk does.
fn cut_off_before(text: &str, service: &str) -> String {
    let name = text.find(&format!("name = \"{service}\"")).unwrap();
    text[..text[..name].rfind("[[service]]").unwrap()].to_owned()
}

#[test]
fn an_emptied_file_keeps_the_previous_schedule() {
    let mut reveille = start(&file(1..=3));
    let whole = fs::read_to_string(reveille.config()).unwrap();
    let line = hear(&mut reveille, STAYS, |reveille| fs::write(reveille.config(), "").unwrap());
    assert_eq!(line["level"], "ERROR", "{line}");
    assert_eq!(said(&reveille.log, LEFT).count(), 0, "{}", reveille.text());

    let line = hear(&mut reveille, RELOADED, |reveille| save(reveille, &whole));
    assert_eq!(counts(&line), [0, 0, 0, 3], "the services were there all the time");
}

#[test]
fn services_that_leave_the_file_are_named() {
    let mut reveille = start(&file(1..=40));
    let line = hear(&mut reveille, LEFT, |reveille| edit(reveille, |text| cut_off_before(&text, "app-26")));
    assert_eq!((&line["level"], &line["removed"]), (&"WARN".into(), &15.into()), "{line}");
    let names: Vec<String> = (26..=35).map(|number| format!("app-{number}")).collect();
    assert_eq!(line["names"], format!("{} and 5 more", names.join(", ")), "{line}");
    reveille.wait_until("the reload", |log| said(log, RELOADED).next().is_some());
    assert_eq!(counts(said(&reveille.log, RELOADED).last().unwrap()), [0, 0, 15, 25]);
}

#[test]
fn services_that_are_disabled_are_named_and_most_of_them_may_be() {
    let mut reveille = start(&file(1..=12));
    let line = hear(&mut reveille, "services are disabled", |reveille| {
        edit(reveille, |text| text.replace("name = \"app-1", "enabled = false\nname = \"app-1"));
    });
    assert_eq!((&line["level"], &line["disabled"]), (&"WARN".into(), &4.into()), "{line}");
    assert_eq!(line["names"], "app-1, app-10, app-11, app-12", "{line}");
    reveille.wait_until("the reload", |log| said(log, RELOADED).next().is_some());
    let line = hear(&mut reveille, RELOADED, |reveille| {
        edit(reveille, |text| {
            text.replace("enabled = false\n", "").replace("name = ", "enabled = false\nname = ")
        });
    });
    assert_eq!((counts(&line), &line["disabled"]), ([0, 0, 0, 0], &8.into()));
    let unlike = [HELD_BACK, LEFT].map(|what| said(&reveille.log, what).count());
    assert_eq!(unlike, [0, 0], "{}", reveille.text());
}

#[test]
fn a_file_that_keeps_only_services_that_were_disabled_before_is_held_back() {
    let disabled = (13..=24).map(|number| service(number) + "enabled = false\n").collect::<String>();
    let mut reveille = start(&(file(1..=12) + &disabled));
    let line = hear(&mut reveille, HELD_BACK, |reveille| {
        edit(reveille, |text| text[..text.find("[[service]]").unwrap()].to_owned() + &disabled);
    });
    assert_eq!((&line["removed"], &line["of"]), (&12.into(), &12.into()), "{line}");
    assert_eq!(said(&reveille.log, RELOADED).count(), 0, "{}", reveille.text());
}

#[test]
fn a_half_written_file_is_held_back_until_somebody_confirms_it() {
    let mut reveille = start(&file(1..=30));
    let line =
        hear(&mut reveille, HELD_BACK, |reveille| edit(reveille, |text| cut_off_before(&text, "app-8")));
    assert_eq!((&line["level"], &line["removed"], &line["of"]), (&"ERROR".into(), &23.into(), &30.into()));
    let message = text(&line["message"]);
    assert!(message.contains(STAYS) && message.contains("systemctl reload reveille"), "{line}");
    assert!(text(&line["names"]).starts_with("app-8, app-9, "), "{line}");
    assert!(text(&line["names"]).ends_with(" and 13 more"), "{line}");
    assert_eq!(said(&reveille.log, RELOADED).count(), 0, "{}", reveille.text());

    // Saved again as it is, then confirmed as it is at that moment.
    edit(&reveille, |text| text);
    edit(&reveille, |text| cut_off_before(&text, "app-7"));
    let line = hear(&mut reveille, RELOADED, |reveille| reveille.signal("HUP"));
    assert_eq!(counts(&line), [0, 0, 24, 6]);
    let held_back: Vec<u64> =
        said(&reveille.log, HELD_BACK).map(|line| line["removed"].as_u64().unwrap()).collect();
    assert!(held_back == [23] || held_back == [23, 24], "once for each version: {held_back:?}");
}

#[test]
fn a_half_written_file_that_is_completed_loads_as_usual() {
    let mut reveille = start(&file(1..=30));
    let whole = fs::read_to_string(reveille.config()).unwrap();
    hear(&mut reveille, HELD_BACK, |reveille| edit(reveille, |text| cut_off_before(&text, "app-8")));
    let completed = whole + &service(31);
    let line = hear(&mut reveille, RELOADED, |reveille| save(reveille, &completed));
    assert_eq!(counts(&line), [1, 0, 0, 30]);
    assert_eq!(said(&reveille.log, HELD_BACK).count(), 1);
}

#[test]
fn a_file_that_is_restored_after_it_was_held_back_is_reported() {
    let mut reveille = start(&file(1..=12));
    let whole = fs::read_to_string(reveille.config()).unwrap();
    hear(&mut reveille, HELD_BACK, |reveille| edit(reveille, |text| cut_off_before(&text, "app-2")));
    let line = hear(&mut reveille, RELOADED, |reveille| save(reveille, &whole));
    assert_eq!(counts(&line), [0, 0, 0, 12]);
}

#[test]
fn an_edit_that_is_taken_back_takes_effect() {
    let mut reveille = start(&file(1..=2));
    let first = fs::read_to_string(reveille.config()).unwrap();
    let second = first.replacen("0 8 * * *", "0 9 * * *", 1);
    let wrong = first.replacen("0 8 * * *", "0 25 * * *", 1);
    let save = |text: &str| {
        let text = text.to_owned();
        move |reveille: &mut Reveille| save(reveille, &text)
    };
    assert_eq!(counts(&hear(&mut reveille, RELOADED, save(&second))), [0, 1, 0, 1]);
    assert_eq!(counts(&hear(&mut reveille, RELOADED, save(&first))), [0, 1, 0, 1], "it is taken back");

    // With a mistake in between, there and back.
    assert_eq!(counts(&hear(&mut reveille, RELOADED, save(&second))), [0, 1, 0, 1]);
    hear(&mut reveille, STAYS, save(&wrong));
    assert_eq!(counts(&hear(&mut reveille, RELOADED, save(&second))), [0, 0, 0, 2], "what is in effect");
    hear(&mut reveille, STAYS, save(&wrong));
    assert_eq!(counts(&hear(&mut reveille, RELOADED, save(&first))), [0, 1, 0, 1]);
}

#[test]
fn a_change_of_daemon_settings_names_its_keys_and_taken_back_says_nothing() {
    let mut reveille = start(&file(1..=1));
    let first = fs::read_to_string(reveille.config()).unwrap();
    let changed = first.replace("\"json\"\n", "\"human\"\nlisten = \"off\"\n");
    let line = hear(&mut reveille, RESTART, |reveille| save(reveille, &changed));
    assert_eq!((&line["level"], &line["keys"]), (&"WARN".into(), &"listen, log-format".into()), "{line}");

    hear(&mut reveille, RELOADED, |reveille| {
        save(reveille, &first.replace("0 8", "0 9"));
    });
    assert_eq!(reveille.stop().code(), Some(0));
    assert_eq!(said(&reveille.log, RESTART).count(), 1, "{}", reveille.text());
}

/// A way of saving a text, with its name.
type Way<'a> = (&'a str, &'a dyn Fn(&str));

#[test]
fn every_way_of_saving_is_seen() {
    let mut reveille = start(&file(1..=1));
    let path = reveille.config();
    let beside = |name: &str| path.with_file_name(name);
    let original = fs::read_to_string(&path).unwrap();
    let at = |hour: u32| original.replace("0 8 ", &format!("0 {hour} "));
    let ways: [Way<'_>; 5] = [
        ("in place", &|text| fs::write(&path, text).unwrap()),
        ("vim: renamed to a backup, written anew, backup removed", &|text| {
            fs::rename(&path, beside("schedule.toml~")).unwrap();
            fs::write(&path, text).unwrap();
            fs::remove_file(beside("schedule.toml~")).unwrap();
        }),
        ("atomically: written beside it, renamed over it", &|text| {
            fs::write(beside(".schedule.toml.tmp"), text).unwrap();
            fs::rename(beside(".schedule.toml.tmp"), &path).unwrap();
        }),
        ("removed and written anew", &|text| {
            fs::remove_file(&path).unwrap();
            fs::write(&path, text).unwrap();
        }),
        ("emptied and written in parts", &|text| {
            fs::write(&path, "").unwrap();
            fs::write(&path, &text[..text.len() / 2]).unwrap();
            fs::write(&path, text).unwrap();
        }),
    ];
    for (number, (way, save)) in ways.iter().enumerate() {
        let text = at(9 + u32::try_from(number).unwrap());
        let line = hear(&mut reveille, RELOADED, |_| save(&text));
        assert_eq!(counts(&line), [0, 1, 0, 0], "{way}");
    }
}

#[test]
fn a_config_map_that_kubernetes_swaps_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (version, hour) in [("..2027_01", "0 8 "), ("..2027_02", "0 9 ")] {
        fs::create_dir(at(version)).unwrap();
        fs::write(at(version).join("schedule.toml"), file(1..=2).replace("0 8 ", hour)).unwrap();
    }
    symlink("..2027_01", at("..data")).unwrap();
    symlink("..data/schedule.toml", at("schedule.toml")).unwrap();
    let mut reveille = start_as_it_is(folder);
    let line = hear(&mut reveille, RELOADED, |reveille| {
        let at = |name: &str| reveille.config().with_file_name(name);
        symlink("..2027_02", at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
        fs::remove_dir_all(at("..2027_01")).unwrap();
    });
    assert_eq!(counts(&line), [0, 2, 0, 0]);
}

#[test]
fn whatever_is_put_in_its_place_the_previous_version_stays_in_effect() {
    let mut reveille = start(&file(1..=2));
    let path = reveille.config();
    let whole = fs::read_to_string(&path).unwrap();
    let instead = path.with_file_name("instead");
    let put: [(&str, &dyn Fn()); 5] = [
        ("this is a directory", &|| fs::create_dir(&instead).unwrap()),
        ("this is a pipe, a device or a socket", &|| {
            assert!(Command::new("mkfifo").arg(&instead).status().unwrap().success());
        }),
        ("this is a pipe, a device or a socket", &|| symlink("/dev/zero", &instead).unwrap()),
        ("the file cannot be read: ", &|| symlink("schedule.toml", &instead).unwrap()),
        ("the file is larger than 64 MiB", &|| {
            fs::File::create(&instead).unwrap().set_len(1 << 30).unwrap();
        }),
    ];
    for (what, put) in put {
        put();
        reveille.log.clear();
        fs::remove_file(&path).unwrap();
        fs::rename(&instead, &path).unwrap();
        let complains = |line: &Value| text(&line["error"]).contains(what) && line["level"] == "ERROR";
        reveille.wait_until(what, |log| said(log, STAYS).any(complains));
        fs::rename(&path, &instead).unwrap();
        let line = hear(&mut reveille, RELOADED, |_| fs::write(&path, &whole).unwrap());
        assert_eq!(counts(&line), [0, 0, 0, 2], "{what}");
        drop(fs::remove_dir(&instead).or_else(|_| fs::remove_file(&instead)));
    }
}

#[test]
fn a_file_that_becomes_unreadable_is_reported_and_read_again_when_it_can_be() {
    let mut reveille = start(&file(1..=1));
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(&reveille.config(), 0o000);
    if fs::File::open(reveille.config()).is_ok() {
        let skipped =
            "\n*** SKIPPED: root may read whatever it likes; run this test as another user. ***\n\n";
        std::io::stderr().write_all(skipped.as_bytes()).unwrap();
        return;
    }
    reveille.wait_until("the complaint", |log| {
        said(log, STAYS).any(|line| text(&line["error"]).contains("Permission denied"))
    });
    let line = hear(&mut reveille, RELOADED, |reveille| allow(&reveille.config(), 0o600));
    assert_eq!(counts(&line), [0, 0, 0, 1]);
}

#[test]
fn an_edit_is_seen_while_hundreds_of_calls_wait() {
    let mut reveille = start(&file(1..=300));
    for number in 301..=303 {
        hear(&mut reveille, RELOADED, |reveille| edit(reveille, |text| text + &service(number)));
    }
    let called = reveille.log.iter().filter(|line| line["to"] == "calling");
    let before = called.map(|line| text(&line["service"])).collect::<BTreeSet<_>>().len();
    assert!(before < 300, "only after {before} services had had their calls");
}

#[test]
fn a_symlinked_file_and_a_calendar_elsewhere_are_compared_once_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (real, calendar) = (elsewhere.path().join("real.toml"), elsewhere.path().join("holidays.ics"));
    let first = file(1..=1)
        .replace("[daemon]", &format!("[closed-days]\nall = {{ ics = {calendar:?} }}\n[daemon]"))
        + "closed = [\"all\"]\n";
    fs::write(&calendar, a_calendar_that_closes("20270503")).unwrap();
    fs::write(&real, &first).unwrap();
    symlink(&real, folder.path().join("schedule.toml")).unwrap();
    let mut reveille = start_as_it_is(folder);
    let line = hear(&mut reveille, RELOADED, |_| {
        fs::write(&calendar, a_calendar_that_closes("20270504")).unwrap();
        fs::write(&real, first + &service(2)).unwrap();
    });
    assert_eq!(counts(&line), [1, 1, 0, 0]);
}

fn a_calendar_that_closes(day: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
}

#[test]
fn a_folder_that_is_replaced_is_followed_anew() {
    let mut reveille = start(&file(1..=1));
    let path = reveille.config();
    let folder = path.parent().unwrap();
    let first = fs::read_to_string(&path).unwrap();
    let at = |hour: u32| first.replace("0 8 ", &format!("0 {hour} "));

    let line = hear(&mut reveille, RELOADED, |_| {
        let away = folder.with_extension("old");
        fs::rename(folder, &away).unwrap();
        fs::create_dir(folder).unwrap();
        fs::write(&path, at(9)).unwrap();
        fs::remove_dir_all(away).unwrap();
    });
    assert_eq!(counts(&line), [0, 1, 0, 0]);
    let line = hear(&mut reveille, RELOADED, |_| fs::write(&path, at(10)).unwrap());
    assert_eq!(counts(&line), [0, 1, 0, 0], "an edit in the new folder");

    hear(&mut reveille, STAYS, |_| fs::remove_dir_all(folder).unwrap());
    let line = hear(&mut reveille, RELOADED, |_| {
        fs::create_dir(folder).unwrap();
        fs::write(&path, at(11)).unwrap();
    });
    assert_eq!(counts(&line), [0, 1, 0, 0], "in a folder that was removed and made again");
}

/// A zone that follows one rule for ever, as a compiled file of a zone database has it.
fn compiled_zone(rule: &str) -> Vec<u8> {
    let counts = [0_u32, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
    let block = [b"TZif2".as_slice(), &[0; 15], &counts, &3600_i32.to_be_bytes(), &[0, 0], b"CET\0"].concat();
    [&block, &block, format!("\n{rule}\n").as_bytes()].concat()
}

#[test]
fn new_time_zone_data_of_the_host_is_taken_without_a_restart() {
    let zones = tempfile::tempdir().unwrap();
    let berlin = zones.path().join("Europe/Berlin");
    fs::create_dir(zones.path().join("Europe")).unwrap();
    fs::write(&berlin, compiled_zone("CET-1CEST,M3.5.0,M10.5.0/3")).unwrap();
    let mut reveille = Reveille::start(&file(1..=2).replace("UTC", "Europe/Berlin"), |command| {
        command.arg("--emulator").env("TZDIR", zones.path());
    });
    wait_for_start(&mut reveille);
    let line = hear(&mut reveille, "time zone data", |_| {
        // As a package manager replaces it.
        fs::write(berlin.with_extension("new"), compiled_zone("EET-2")).unwrap();
        fs::rename(berlin.with_extension("new"), &berlin).unwrap();
    });
    assert_eq!((&line["level"], &line["zones"]), (&"INFO".into(), &"Europe/Berlin".into()), "{line}");
    // Of each service, two a day.
    assert_eq!((&line["services"], &line["moved"]), (&2.into(), &(2 * 2 * 28).into()), "{line}");
    reveille.wait_until("the reload", |log| said(log, RELOADED).next().is_some());
    assert_eq!(counts(said(&reveille.log, RELOADED).last().unwrap()), [0, 2, 0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_most_of_the_remembered_services_says_so_once_and_goes_on() {
    const MISSING: &str = "are missing from the file";
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let emulator = Emulator::start(address, Model::new(Settings::default(), 1)).await.unwrap();
    let url = emulator.url();
    let story = move || {
        let start = |folder, text: &str| {
            Reveille::start_in(folder, text, |command| {
                command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", &url);
            })
        };
        // Each hour something is due, so that each is remembered.
        let whole = file(1..=12).replace("0 8 ", "0 * ").replace("pause = \"0 18 * * *\"\n", "");
        let few = cut_off_before(&whole, "app-3");
        let mut reveille = start(tempfile::tempdir().unwrap(), &whole);
        reveille.wait_until("an end of each", |log| {
            log.iter().filter(|line| line["to"] == "failed" && line["action"] == "resume").count() >= 12
        });

        // What was done last is in the ledger once it has ended in order.
        reveille.stop();
        let mut reveille = start(reveille.kill(), &few);
        wait_for_start(&mut reveille);
        let line = said(&reveille.log, MISSING).next().unwrap_or_else(|| panic!("{}", reveille.text()));
        assert_eq!(
            (&line["missing"], &line["of"], &line["level"]),
            (&10.into(), &12.into(), &"ERROR".into())
        );
        assert!(text(&line["names"]).contains("app-12"), "{line}");

        reveille.stop();
        let mut reveille = start(reveille.kill(), &few);
        wait_for_start(&mut reveille);
        assert_eq!(said(&reveille.log, MISSING).count(), 0, "the same file: {}", reveille.text());
    };
    tokio::task::spawn_blocking(story).await.unwrap();
}
