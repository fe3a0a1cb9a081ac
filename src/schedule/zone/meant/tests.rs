use super::super::Zones;
use super::*;
use jiff::Timestamp;
use jiff::tz::TimeZone;

fn help(name: &str) -> String {
    explain(name).help.unwrap()
}

#[test]
fn an_abbreviation_names_every_place_that_uses_it() {
    assert_eq!(help("JST"), "did you mean `Asia/Tokyo`?");
    assert_eq!(
        help("pst"),
        "did you mean `America/Los_Angeles` (North America) or `Asia/Manila` (the Philippines)?"
    );
    assert_eq!(
        help("BST"),
        "did you mean `Europe/London` (the United Kingdom) or `Asia/Dhaka` (Bangladesh)?"
    );
    assert_eq!(
        help("IST"),
        "did you mean `Asia/Kolkata` (India), `Asia/Jerusalem` (Israel) or `Europe/Dublin` (Ireland)?"
    );
}

#[test]
fn an_offset_keeps_its_sign() {
    let berlin = help("UTC+1");
    assert!(berlin.contains("`Europe/Berlin` (UTC+01:00 is its standard time)"), "{berlin}");
    let east = [
        "GMT+2",
        "UTC+2",
        "utc +02:00",
        "+02:00",
        "+0200",
        "+2",
        "UTC+02",
        "GMT2",
        "GMT 2",
        "GMT_2",
        "UTC2",
        "GMT+2h",
        "UTC + 2 hours",
        "GMT+2:0",
        "GMT+2.0",
    ];
    for east in east {
        assert!(help(east).contains("UTC+02:00 all year is `Etc/GMT-2`"), "{east}: {}", help(east));
    }
    for west in ["GMT-8", "UTC-08:00", "-8", "UTC−8"] {
        assert!(help(west).contains("UTC-08:00 all year is `Etc/GMT+8`"), "{west}: {}", help(west));
    }
    for india in ["UTC+5:30", "GMT+5.5", "GMT 5.50"].map(help) {
        assert!(india.contains("`Asia/Kolkata`") && !india.contains("Etc/"), "{india}");
    }
    assert!(help("GMT 8").contains("UTC+08:00 all year is `Etc/GMT-8`"), "{}", help("GMT 8"));
    assert_eq!(help("UTC+0"), "did you mean `UTC`?");
    let no_offset = [
        "UTC+25",
        "GMT+15",
        "Etc/GMT+15",
        "Etc/GMT2",
        "Etc/GMT+02",
        "Etc/GMT +2",
        "GMT+2/GMT+3",
        "GMT+2:7",
        "GMT+5.3",
        "GMT2x",
        "2",
    ];
    for name in no_offset {
        assert_eq!(help(name), NAMED_AS, "{name}");
    }
    assert_eq!(help("etc/gmt+2"), "did you mean `Etc/GMT+2`?");
}

/// With the sign of `Etc/` the other way round, a guess that is off by a sign is off by hours.
#[test]
fn no_name_is_taken_for_an_offset_of_the_other_sign() {
    for hours in 1..=12 {
        for name in
            ["GMT{}", "GMT {}", "GMT_{}", "GMT+{}", "GMT+{}h", "GMT+{}:0", "GMT +{}.0", "UTC{}", "Etc/GMT{}"]
        {
            let name = name.replace("{}", &hours.to_string());
            assert!(!help(&name).contains(&format!("`Etc/GMT+{hours}`")), "{name}: {}", help(&name));
        }
    }
}

#[test]
fn a_city_without_a_zone_of_its_own_has_that_of_its_country() {
    let cities = [
        ("Asia/Bangalore", "Asia/Kolkata"),
        ("Bengaluru", "Asia/Kolkata"),
        ("Bangalor", "Asia/Kolkata"),
        ("Europe/Munich", "Europe/Berlin"),
        ("München", "Europe/Berlin"),
        ("San Francisco", "America/Los_Angeles"),
        ("America/San_Francisco", "America/Los_Angeles"),
        ("Asia/Beijing", "Asia/Shanghai"),
        ("Boston", "America/New_York"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Germany", "Europe/Berlin"),
        ("calcutta", "Asia/Kolkata"),
        ("New York", "America/New_York"),
        ("Wien", "Europe/Vienna"),
        ("Moskau", "Europe/Moscow"),
        ("MEST", "Europe/Berlin"),
    ];
    for (name, zone) in cities {
        let help = help(name);
        assert!(help.starts_with("did you mean `") && help.contains(&format!("`{zone}`")), "{name}: {help}");
    }
    assert_eq!(help("Hyderabad"), "did you mean `Asia/Karachi` or `Asia/Kolkata`?");
}

#[test]
fn a_slip_of_the_pen_is_mended_and_a_short_name_is_not_guessed() {
    for name in ["Europe/Berln", "Eurpoe/Berlin", "europe/berlin", "Berln", "Berlin"] {
        assert_eq!(help(name), "did you mean `Europe/Berlin`?", "{name}");
    }
    for name in ["ESR", "PSD", "XST", "GTM", "", "Foobar", "Europe/", "/", "Asia/Foo", "localtime"] {
        assert_eq!(help(name), NAMED_AS, "{name}");
    }
}

#[test]
fn every_suggestion_is_a_zone_and_every_offset_is_right() {
    let mut zones: Vec<&str> = PLACES.iter().map(|(zone, _)| *zone).collect();
    zones.extend(ABBREVIATIONS.iter().flat_map(|(_, places)| *places).map(|(zone, _)| *zone));
    zones.extend(STANDARD_TIMES.iter().map(|(_, zone)| *zone));
    for zone in zones {
        assert!(in_exact_case(zone).is_some(), "{zone} is no zone");
    }
    for (minutes, name) in STANDARD_TIMES {
        let zone = TimeZone::get(name).unwrap();
        let standard = ["2026-01-15T00:00:00Z", "2026-07-15T00:00:00Z"]
            .map(|at| zone.to_offset_info(at.parse::<Timestamp>().unwrap()))
            .map(|info| (!info.dst().is_dst()).then(|| info.offset().seconds() / 60));
        assert!(standard.contains(&Some(minutes)), "{name}: {standard:?}, not {minutes}");
    }
}

#[test]
fn the_names_of_the_tables_are_as_they_are_looked_up() {
    for (zone, names) in PLACES {
        for name in names.split('|') {
            assert_eq!(city(name), name, "of {zone}");
        }
    }
}

#[test]
fn a_zone_with_one_offset_says_what_it_means() {
    let told = |name: &str| Zones::default().find(name).unwrap().fixed_offset().map(|told| told.message);
    assert_eq!(
        told("Etc/GMT+2").unwrap(),
        "`Etc/GMT+2` is UTC-02:00 all year: its sign is the other way round"
    );
    assert_eq!(
        told("Etc/GMT-14").unwrap(),
        "`Etc/GMT-14` is UTC+14:00 all year: its sign is the other way round"
    );
    assert_eq!(told("EST").unwrap(), "`EST` is UTC-05:00 all year: its clock never changes");
    assert_eq!(told("GMT").unwrap(), "`GMT` is UTC+00:00 all year, also in summer");
    let quiet = ["UTC", "Etc/UTC", "Zulu", "CET", "EST5EDT", "Asia/Kolkata", "Asia/Calcutta", "US/Eastern"];
    for name in quiet {
        assert_eq!(told(name), None, "{name}");
    }
}
