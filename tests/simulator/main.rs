//! Thousands of short runs of the real planner in made-up worlds, each judged.
//!
//! Every run comes from a seed, which is printed first. A run that fails is made smaller and printed with the command
//! that replays it:
//!
//! ```sh
//! SEED=17 cargo test --test simulator replay -- --nocapture
//! ```
//!
//! `SERVICES`, `HOURS` and `HAPPENINGS` (numbers with commas between) leave out the rest of the seed's plan. `SEED`
//! alone with the test `seeds` begins there. `RUNS` and `MINUTES` say how many runs are made, whichever ends first, on all
//! cores; `SHRINK=0` leaves failing runs as they are. A night of new worlds:
//!
//! ```sh
//! SEED=$(date +%s)000000 RUNS=1000000000 MINUTES=480 cargo test --test simulator seeds -- --nocapture
//! ```

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may panic, tells people what it does, and takes its length from the environment"
)]

mod draft;
mod judge;
mod plan;
mod simulate;

use plan::{Cut, Plan};
use simulate::{play, play_and_tell, shrink};
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Runs of an ordinary `cargo test`: under a minute, in a build that is not optimised.
const RUNS: u64 = 3_000;

/// How many failing seeds are shown.
const SHOWN: usize = 3;

#[test]
fn seeds() {
    let first: u64 = setting("SEED").unwrap_or(1);
    let runs: u64 = setting("RUNS").unwrap_or(RUNS);
    let minutes: u64 = setting("MINUTES").unwrap_or(10);
    println!("seeds from {first}: at most {runs} runs or {minutes} minutes");
    let began = Instant::now();
    let is_time = || began.elapsed() < Duration::from_secs(minutes * 60);
    let next = AtomicU64::new(first);
    let done = AtomicU64::new(0);
    let tried: Mutex<BTreeMap<String, u64>> = Mutex::default();
    let mut failing: Vec<u64> = std::thread::scope(|scope| {
        let work = || {
            let mut failing = Vec::new();
            while is_time() && failing.len() < SHOWN {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= first + runs {
                    break;
                }
                let outcome = play(&plan(seed));
                if !outcome.violations.is_empty() {
                    failing.push(seed);
                }
                let mut tried = tried.lock().unwrap();
                outcome.tried.into_iter().for_each(|kind| *tried.entry(kind).or_default() += 1);
                drop(tried);
                done.fetch_add(1, Ordering::Relaxed);
            }
            failing
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    println!("{} runs in {:?}; in so many of them:", done.load(Ordering::Relaxed), began.elapsed());
    for (kind, worlds) in tried.into_inner().unwrap() {
        println!("{worlds:>9}  {kind}");
    }
    failing.sort_unstable();
    failing.truncate(SHOWN);
    for seed in &failing {
        tell(*seed);
    }
    assert!(failing.is_empty(), "{} seeds fail; the commands above replay them", failing.len());
}

/// Plays one seed again, with all that is seen.
#[test]
fn replay() {
    let Some(seed) = setting("SEED") else { return };
    let plan = plan(seed);
    let mut cut = plan.whole();
    cut.services = setting("SERVICES").unwrap_or(cut.services);
    cut.hours = setting("HOURS").unwrap_or(cut.hours);
    if let Ok(numbers) = std::env::var("HAPPENINGS") {
        cut.happenings = numbers.split(',').filter_map(|number| number.parse().ok()).collect();
    }
    let plan = plan.cut(&cut);
    println!(
        "{}\n{:#?}\nbegins {}, without faults from {}",
        plan.file, plan.timing, plan.start, plan.recovery
    );
    for happening in &plan.happenings {
        println!("{} {}", happening.at, happening.trouble.told());
    }
    let outcome = play_and_tell(&plan, true);
    println!("--\n{}", outcome.trace.join("\n"));
    assert!(outcome.violations.is_empty(), "{}", outcome.violations.join("\n"));
}

#[test]
fn the_same_seed_plays_the_same_run() {
    for seed in [3, 4, 5] {
        let trace = || play_and_tell(&plan(seed), true).trace;
        assert_eq!(trace(), trace());
    }
}

fn plan(seed: u64) -> Plan {
    Plan::from_seed(seed).unwrap_or_else(|problems| panic!("seed {seed}: {problems}"))
}

/// Shows the smallest run of a seed that fails.
fn tell(seed: u64) {
    let plan = plan(seed);
    if setting("SHRINK") == Some(0) {
        println!("\nSEED={seed} cargo test --test simulator replay -- --nocapture");
        return;
    }
    let Cut { services, hours, happenings } = shrink(&plan);
    let violations = play(&plan.cut(&Cut { services, hours, happenings: happenings.clone() })).violations;
    let numbers: Vec<String> = happenings.iter().map(ToString::to_string).collect();
    println!(
        "\nSEED={seed} SERVICES={services} HOURS={hours} HAPPENINGS={} cargo test --test simulator replay -- \
         --nocapture\n{}",
        numbers.join(","),
        violations.join("\n")
    );
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}
