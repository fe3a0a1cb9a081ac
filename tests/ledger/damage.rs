//! Files that are no ledger any more: whatever is in them, the daemon begins and goes on.

use super::support::{at, due, entry, execute, files, listen, open, seconds, set_aside, stranger};
use jiff::Timestamp;
use reveille::api::Action;
use reveille::ledger::{Entry, Journal, Ledger, LedgerError, Opened, Sqlite};
use reveille::planner::State;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Damaged files that are tried, each of another seed.
const SEEDS: u64 = 150;

#[tokio::test]
async fn a_file_that_is_not_a_database_is_set_aside_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut names = Vec::new();
    for text in ["a shopping list, long enough to be looked at as a database would be", "another one"] {
        fs::write(&path, text.repeat(100)).unwrap();
        let opened = Sqlite::open(&path, "2027-03-29T06:00:00.5Z".parse().unwrap()).await.unwrap();
        let name = opened.set_aside.unwrap();
        assert_eq!(fs::read_to_string(&name).unwrap(), text.repeat(100));
        names.push(name);
        assert!(use_it(opened.ledger).await.is_ok());
        fs::remove_file(&path).unwrap();
    }
    let expected = ["ledger.db.corrupt-20270329T060000Z", "ledger.db.corrupt-20270329T060000Z-2"];
    assert_eq!(names, expected.map(|name| folder.path().join(name)), "the first one is still there");
}

#[tokio::test]
async fn a_disk_that_damages_every_ledger_is_not_filled_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    for number in 0..20 {
        fs::write(folder.path().join(format!("ledger.db.corrupt-{number}")), "").unwrap();
    }
    fs::write(&path, "no database".repeat(100)).unwrap();
    let error = Sqlite::open(&path, at(0)).await.unwrap_err();
    assert!(!error.is_fatal());
    assert_eq!(
        error.to_string(),
        format!(
            "{} is damaged: file is not a database (setting it aside: 20 damaged ledgers are there already; move \
             them away); it could not be set aside; move it away",
            path.display()
        )
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "no database".repeat(100));
}

#[tokio::test]
async fn an_empty_file_is_a_fresh_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    fs::write(&path, "").unwrap();
    assert!(use_it(open(&path).await).await.is_ok());
}

#[tokio::test]
async fn whatever_bits_are_flipped_the_daemon_begins_and_goes_on() {
    let sound = a_sound_ledger().await;
    let mut rng = fastrand::Rng::with_seed(0);
    let mut seen = BTreeMap::new();
    for seed in 0..SEEDS {
        let mut bytes = sound.clone();
        // Often few, which are harder to notice; and often in the first pages, where what matters most is.
        let most = if seed % 3 == 0 { 200 } else { 2 };
        let reach = if seed % 2 == 0 { bytes.len() } else { 4 * 4096 };
        for _ in 0..rng.usize(1..=most) {
            bytes[rng.usize(..reach)] ^= 1 << rng.u32(..8);
        }
        *seen.entry(survive(&bytes, seed).await).or_insert(0) += 1;
    }
    println!("bits flipped: {seen:?}");
    assert!(seen.len() > 2, "{seen:?}: the damage is too much alike to show anything");
}

#[tokio::test]
async fn wherever_the_file_is_cut_off_the_daemon_begins_and_goes_on() {
    let sound = a_sound_ledger().await;
    let mut rng = fastrand::Rng::with_seed(0);
    let mut seen = BTreeMap::new();
    let lengths = [1, 16, 99, 100, 511, 512, 4095, 4096, 4097, 8192, sound.len() - 1, sound.len() - 4096];
    let lengths = lengths.into_iter().chain((0..30).map(|_| rng.usize(1..sound.len())));
    for (seed, length) in (0..).zip(lengths) {
        *seen.entry(survive(&sound[..length], seed).await).or_insert(0) += 1;
    }
    println!("cut off: {seen:?}");
    assert!(seen["set aside at the start"] > 30, "{seen:?}");
}

#[tokio::test]
async fn wherever_the_log_ends_or_is_damaged_only_whole_turns_are_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    let turns: Vec<Vec<Entry>> = (0..12).map(|hour| a_few(at(3600 * hour))).collect();
    for turn in &turns {
        ledger.write(turn).await.unwrap();
    }
    // The files as they are now are what a process that is killed now leaves behind.
    let (file, log) = (fs::read(&path).unwrap(), fs::read(path.with_extension("db-wal")).unwrap());
    let mut rng = fastrand::Rng::with_seed(0);
    let mut kept = BTreeSet::new();
    for length in (0..40).map(|_| rng.usize(..log.len())).chain([log.len()]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut cut_off = log[..length].to_vec();
        if length % 2 == 0 && length < log.len() {
            cut_off.get_mut(length * 2 / 3).into_iter().for_each(|byte| *byte ^= 4);
        }
        fs::write(&path, &file).unwrap();
        fs::write(path.with_extension("db-wal"), &cut_off).unwrap();
        let mut ledger = open(&path).await;
        let history = ledger.history(u32::MAX, None).await.unwrap();
        let whole = history.len() / turns[0].len();
        assert_eq!(history, turns[..whole].concat(), "cut off at {length}");
        assert_eq!(ledger.recall().await.unwrap().is_empty(), whole == 0);
        kept.insert(whole);
    }
    assert!(kept.len() > 5 && kept.contains(&turns.len()), "{kept:?}");
}

#[tokio::test]
async fn a_ledger_that_is_damaged_while_it_is_used_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    // More than the database keeps in memory, so that it meets what is on the disk.
    let entries: Vec<Entry> =
        (0..10_000).map(|number| entry(number, Action::Resume, 60, State::Due, State::Calling)).collect();
    ledger.write(&entries).await.unwrap();
    execute(&mut stranger(&path).await, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&vec![0x55; usize::try_from(file.metadata().unwrap().len()).unwrap() - 4096], 4096)
        .unwrap();

    let (log, _listening) = listen();
    let mut journal = Journal::new(ledger);
    assert_eq!(journal.recall(seconds(0)).await, []);
    assert!(journal.is_healthy(), "a fresh one has taken its place");
    journal.record(vec![due(1)], seconds(0)).await;
    assert!(journal.is_healthy());
    assert_eq!(journal.history(9, None).await.unwrap(), [due(1)]);
    let name = folder.path().join("ledger.db.corrupt-20270101T000100Z");
    assert_eq!(set_aside(folder.path()), std::slice::from_ref(&name));
    assert_eq!(
        log.lines(),
        [format!(
            "ERROR the ledger is damaged and was set aside; starting a new one ledger={} set_aside={} \
             error=\"database disk image is malformed\"",
            path.display(),
            name.display()
        )]
    );
}

#[tokio::test]
async fn a_change_that_meets_the_damage_is_written_to_the_fresh_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut journal = Journal::new(open(&path).await);
    execute(&mut stranger(&path).await, "DROP TABLE change").await;
    journal.record(vec![due(1)], seconds(0)).await;
    assert!(journal.is_healthy());
    assert_eq!(journal.history(9, None).await.unwrap(), [due(1)]);
    assert_eq!(set_aside(folder.path()).len(), 1);
}

#[tokio::test]
async fn a_ledger_that_is_removed_while_it_is_used_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    ledger.write(&[due(1)]).await.unwrap();
    fs::remove_file(&path).unwrap();
    let (log, _listening) = listen();
    ledger.write(&[due(2)]).await.unwrap();
    assert_eq!(
        log.lines(),
        [format!(
            "ERROR the ledger was removed or replaced while it was in use; reopening it ledger={}",
            path.display()
        )]
    );
    ledger.close().await;
    assert_eq!(open(&path).await.history(9, None).await.unwrap(), [due(2)]);
}

#[tokio::test]
async fn what_makes_no_sense_in_a_sound_file_is_left_out_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    let entries = [1, 2, 3, 4].map(|number| entry(number, Action::Resume, 60, State::Due, State::Calling));
    ledger.write(&entries).await.unwrap();
    let nonsense = "UPDATE occurrence SET state = 'cal|ing' WHERE id = 1;
                    UPDATE service SET arn = 'arn:aws:s3:::bucket' WHERE id = 2;
                    UPDATE occurrence SET attempts = -7 WHERE id = 3;";
    execute(&mut stranger(&path).await, nonsense).await;

    let (log, _listening) = listen();
    assert_eq!(ledger.recall().await.unwrap().len(), 1);
    let said = "WARN the ledger contains invalid services; ignoring them unreadable=3";
    assert_eq!(log.lines(), [said]);
}

/// Opens and uses a damaged file, then opens it again. Says what came of it; it never panics, and whatever came of it,
/// the file is still there under one name or another.
async fn survive(bytes: &[u8], seed: u64) -> &'static str {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    fs::write(&path, bytes).unwrap();
    let came_of_it = match Sqlite::open(&path, at(0)).await {
        Err(error) => refused(&error, seed),
        Ok(Opened { ledger, set_aside: Some(_) }) => {
            use_it(ledger).await.unwrap_or_else(|error| panic!("seed {seed}: a fresh ledger fails: {error}"));
            "set aside at the start"
        }
        Ok(Opened { ledger, set_aside: None }) => match use_it(ledger).await {
            Ok(()) => "works",
            Err(LedgerError::Damaged { set_aside: Some(_), .. }) => "set aside while it was used",
            Err(error) => panic!("seed {seed}: {error}"),
        },
    };
    let aside: Vec<PathBuf> = set_aside(folder.path());
    match came_of_it {
        "works" | "refused" => assert_eq!(aside.len(), 0, "seed {seed}: {:?}", files(folder.path())),
        _ => assert_eq!(aside.len(), 1, "seed {seed}: {:?}", files(folder.path())),
    }
    begins_again(&path, came_of_it, seed).await;
    came_of_it
}

/// A flipped bit may make it look like the ledger of a newer reveille, which is refused.
fn refused(error: &LedgerError, seed: u64) -> &'static str {
    let looks_newer = matches!(error, LedgerError::Newer { .. } | LedgerError::Foreign { .. });
    assert!(looks_newer, "seed {seed}: {error}");
    "refused"
}

async fn begins_again(path: &Path, came_of_it: &str, seed: u64) {
    if came_of_it == "refused" {
        return;
    }
    let opened = Sqlite::open(path, at(1)).await.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    use_it(opened.ledger).await.unwrap_or_else(|error| panic!("seed {seed}: it does not go on: {error}"));
}

/// Reads and writes everything there is.
async fn use_it(mut ledger: Sqlite) -> Result<(), LedgerError> {
    ledger.recall().await?;
    ledger.history(u32::MAX, None).await?;
    let entries = a_few(at(3600));
    ledger.write(&entries).await?;
    ledger.config_in_force(at(3600), "a").await?;
    while ledger.trim(at(0) + reveille::ledger::RETENTION * 2).await? > 0 {}
    ledger.history(9, Some(&entries[0].change.arn)).await?;
    ledger.close().await;
    Ok(())
}

async fn a_sound_ledger() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path).await;
    ledger.config_in_force(at(0), "a").await.unwrap();
    for hour in 0..24 {
        ledger.write(&a_few(at(3600 * hour))).await.unwrap();
    }
    ledger.close().await;
    fs::read(&path).unwrap()
}

fn a_few(instant: Timestamp) -> Vec<Entry> {
    let of = |number| {
        let mut entry = entry(number, Action::Resume, 0, State::Due, State::Calling);
        entry.at = instant;
        entry.change.scheduled = instant;
        entry.change.error = Some("ThrottlingException: slow down".to_owned());
        entry
    };
    (0..20).map(of).collect()
}
