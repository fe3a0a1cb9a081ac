//! Files that are made up for the simulator, and the edits that people make to them.

use reveille::config::{Config, parse};
use reveille::simulation::pick;
use std::fmt::Write;

/// The most services of a file.
pub(crate) const MOST_SERVICES: usize = 5;

/// The most things that one edit changes.
const MOST_CHANGES: usize = 3;

const ZONES: [&str; 6] =
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns"];

const WINDOWS: [&str; 6] = ["", "12h", "12h", "2h", "30m", "10m"];

/// A file before it is written down.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    zone: &'static str,
    calls_per_second: u32,
    calls_in_flight: u32,
    shared: String,
    services: Vec<Entry>,
}

/// A service of it.
#[derive(Debug, Clone)]
struct Entry {
    /// A service that leaves the file may come back: the numbers are the same in every file.
    number: usize,
    /// Rules of its own, or the shared ones.
    rules: Option<String>,
    catch_up: &'static str,
    enforces: bool,
}

impl Draft {
    pub(crate) fn new(rng: &mut fastrand::Rng) -> Self {
        Self {
            zone: pick(rng, &ZONES).unwrap_or("UTC"),
            calls_per_second: rng.u32(1..=10),
            calls_in_flight: rng.u32(1..=16),
            shared: rules(rng),
            services: (0..rng.usize(1..=MOST_SERVICES)).map(|number| Entry::new(number, rng)).collect(),
        }
    }

    /// The same after an edit of a few things, or a file that has nothing in common with it.
    pub(crate) fn edited(&self, rng: &mut fastrand::Rng) -> Self {
        if rng.u8(..6) == 0 {
            return Self::new(rng);
        }
        let mut draft = self.clone();
        for _ in 0..rng.usize(1..=MOST_CHANGES) {
            draft.change(rng);
        }
        draft
    }

    fn change(&mut self, rng: &mut fastrand::Rng) {
        let which = rng.usize(..self.services.len().max(1));
        match rng.u8(..9) {
            0 => {
                self.calls_per_second = rng.u32(1..=10);
                self.calls_in_flight = rng.u32(1..=16);
            }
            1 => self.shared = rules(rng),
            2 if self.services.len() > 1 => {
                self.services.remove(which);
            }
            2 | 3 => {
                let is_missing = |number: &usize| self.services.iter().all(|entry| entry.number != *number);
                if let Some(number) = (0..MOST_SERVICES).find(is_missing) {
                    self.services.push(Entry::new(number, rng));
                }
            }
            4 => self.zone = pick(rng, &ZONES).unwrap_or("UTC"),
            kind => {
                let Some(entry) = self.services.get_mut(which) else { return };
                match kind {
                    5 => entry.catch_up = pick(rng, &WINDOWS).unwrap_or_default(),
                    6 => entry.enforces = !entry.enforces,
                    7 => entry.rules = entry.rules.take().is_none().then(|| rules(rng)),
                    _ => entry.rules = Some(rules(rng)),
                }
            }
        }
    }

    pub(crate) fn text(&self) -> String {
        let Self { zone, calls_per_second, calls_in_flight, shared, services } = self;
        let mut file = format!(
            "timezone = \"{zone}\"\n[limits]\ncalls-per-second = {calls_per_second}\n\
             calls-in-flight = {calls_in_flight}\n[schedule.shared]\n{shared}"
        );
        for Entry { number, rules, catch_up, enforces } in services {
            let rules = rules.as_deref().unwrap_or("schedule = \"shared\"\n");
            write!(file, "[[service]]\narn = \"{}\"\n{rules}", arn(*number)).ok();
            if !catch_up.is_empty() {
                writeln!(file, "catch-up = \"{catch_up}\"").ok();
            }
            if *enforces {
                file.push_str("on-manual-change = \"enforce\"\n");
            }
        }
        file
    }

    /// The file, checked.
    ///
    /// # Errors
    ///
    /// When it is wrong, which is a bug of this room.
    pub(crate) fn config(&self) -> Result<Config, String> {
        let file = self.text();
        parse(&file).map_err(|problems| problems.render("made-up.toml", &file))
    }
}

impl Entry {
    fn new(number: usize, rng: &mut fastrand::Rng) -> Self {
        Self {
            number,
            rules: rng.bool().then(|| rules(rng)),
            catch_up: pick(rng, &WINDOWS).unwrap_or_default(),
            enforces: rng.u8(..4) == 0,
        }
    }
}

fn arn(number: usize) -> String {
    let region = if number.is_multiple_of(2) { "eu-central-1" } else { "us-east-1" };
    format!("arn:aws:apprunner:{region}:123456789012:service/service-{number}/{number:032x}")
}

/// Rules as people write them, and some that nobody should.
fn rules(rng: &mut fastrand::Rng) -> String {
    let minute = pick(rng, &[0, 0, 15, 30, 59]).unwrap_or(0);
    let morning = rng.u8(0..=10);
    let evening = rng.u8(12..=23);
    let days = pick(rng, &["*", "*", "MON-FRI", "MON-FRI", "SAT,SUN", "TUE"]).unwrap_or("*");
    let pause = format!("pause = \"{minute} {evening} * * {days}\"\n");
    let seconds = pick(rng, &[0, 10, 25]).unwrap_or(0);
    match rng.u8(..14) {
        0 => format!("resume = \"{minute} {morning} * * *\"\n"),
        1 => "resume = \"0 */6 * * *\"\npause = \"0 3-21/6 * * *\"\n".to_owned(),
        2 => "resume = \"0 */2 * * *\"\npause = \"40 */2 * * *\"\n".to_owned(),
        3 => format!("resume = [\"{minute} {morning} * * {days}\", \"{minute} 11 * * *\"]\n{pause}"),
        4 => format!("resume = \"{minute} 2 * * *\"\npause = \"{minute} 3 * * *\"\n"),
        5 => format!("resume = \"17 {minute} {morning} * * {days}\"\n{pause}"),
        // A pause whose call may still be on its way when the resume is due.
        6 => format!(
            "resume = \"30 {minute} {morning} * * *\"\npause = \"{seconds} {minute} {morning} * * *\"\n"
        ),
        7 => format!("resume = \"{minute} {evening} * * *\"\npause = \"{minute} {morning} * * *\"\n"),
        // Resumes of which each comes before the one before it counts as late.
        10 => format!("resume = \"*/15 {morning}-{} * * {days}\"\n{pause}", morning.saturating_add(2)),
        8 | 9 => windows(rng, morning, evening),
        _ => format!("resume = \"{minute} {morning} * * {days}\"\n{pause}"),
    }
}

/// Working hours: one stretch, one within it or at its end, and one over midnight.
fn windows(rng: &mut fastrand::Rng, morning: u8, evening: u8) -> String {
    let whole = format!("\"Mon-Fri {morning:02}:00-{evening:02}:00\"");
    let more = match rng.u8(..4) {
        0 => format!("\"Wed {:02}:00-{:02}:30\"", morning.saturating_add(1), evening.saturating_sub(1)),
        1 => format!("\"Tue-Thu {evening:02}:00-{evening:02}:40\""),
        2 => format!("\"Fri 22:00-{:02}:30\"", morning.min(5)),
        _ => format!("\"daily {morning:02}:00-{morning:02}:20\""),
    };
    format!("hours = [{whole}, {more}]\n")
}
