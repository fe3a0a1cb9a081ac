//! A file whose problem is its text, so that a test sees which version was read.

use super::*;
use crate::config::parse;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::{interval, timeout};

const PATIENCE: Duration = Duration::from_secs(60);
const NEVER: Duration = Duration::from_secs(86_400);

/// Looks so often that no test waits for it.
const OFTEN: Pace =
    Pace { between_looks: Duration::from_millis(20), longest_writing: Duration::from_millis(20), ..PACE };

/// Looks by itself only once, so that a test sees what the watch tells of.
const WATCHES: Pace = Pace { between_looks: NEVER, ..PACE };

/// Reads these files, as one text.
fn source(paths: Vec<PathBuf>) -> Source {
    let path = paths.first().unwrap().clone();
    let mut files = Stamps::default();
    paths.iter().for_each(|path| files.note(path));
    let read = move || {
        let mut files = Stamps::default();
        paths.iter().for_each(|path| files.note(path));
        let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap_or_default());
        Reading { version: Err(Unusable::Unreadable(texts.collect())), files }
    };
    Source { path, files, read: Arc::new(read) }
}

fn follow(pace: Pace, paths: &[&Path]) -> FollowedFile {
    FollowedFile::at_pace(pace, source(paths.iter().map(|path| path.to_path_buf()).collect()), Clock::new())
}

async fn says(file: &mut FollowedFile, expected: &str) {
    let seen = async { while text_of(file.next().await) != expected {} };
    timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("never said {expected}"));
}

fn text_of(reread: Reread) -> String {
    match reread.version {
        Err(Unusable::Unreadable(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_that_is_written_in_place_or_replaced_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schedule.toml");
    fs::write(&path, "one").unwrap();
    let mut file = follow(WATCHES, &[&path]);
    fs::write(&path, "second").unwrap();
    says(&mut file, "second").await;
    fs::write(folder.path().join("schedule.toml~"), "three").unwrap();
    fs::rename(folder.path().join("schedule.toml~"), &path).unwrap();
    says(&mut file, "three").await;
}

#[tokio::test]
async fn a_volume_that_kubernetes_turns_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (version, text) in [("..1", "one"), ("..2", "two")] {
        fs::create_dir(at(version)).unwrap();
        fs::write(at(version).join("schedule.toml"), text).unwrap();
    }
    symlink("..1", at("..data")).unwrap();
    symlink("..data/schedule.toml", at("schedule.toml")).unwrap();
    let mut file = follow(WATCHES, &[&at("schedule.toml")]);
    symlink("..2", at("..data_tmp")).unwrap();
    fs::rename(at("..data_tmp"), at("..data")).unwrap();
    says(&mut file, "two").await;
}

#[tokio::test]
async fn what_no_watch_tells_of_is_seen_by_the_next_comparison() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (real, calendar) = (elsewhere.path().join("real.toml"), elsewhere.path().join("holidays.ics"));
    let path = folder.path().join("schedule.toml");
    fs::write(&real, "one").unwrap();
    fs::write(&calendar, ", closed").unwrap();
    symlink(&real, &path).unwrap();
    let mut file = follow(OFTEN, &[&path, &calendar]);
    fs::write(&real, "the second").unwrap();
    says(&mut file, "the second, closed").await;
    fs::write(&calendar, ", open again").unwrap();
    says(&mut file, "the second, open again").await;
    fs::remove_file(&calendar).unwrap();
    says(&mut file, "the second").await;
    fs::write(&calendar, ", and back").unwrap();
    says(&mut file, "the second, and back").await;
}

#[tokio::test]
async fn a_folder_that_is_replaced_is_watched_anew() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("reveille");
    let path = folder.join("schedule.toml");
    let put = |text: &str| {
        fs::create_dir(&folder).unwrap();
        fs::write(&path, text).unwrap();
    };
    put("one");
    let mut file = follow(WATCHES, &[&path]);
    file.ask(Trigger::Signal);
    says(&mut file, "one").await;
    fs::rename(&folder, parent.path().join("away")).unwrap();
    put("two");
    says(&mut file, "two").await;
    fs::write(&path, "three").unwrap();
    says(&mut file, "three").await;
}

#[tokio::test]
async fn a_file_that_only_looks_new_is_not_read_at_every_comparison() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schedule.toml");
    fs::write(&path, "one").unwrap();
    let source = source(vec![path.clone()]);
    let (readings, read) = (Arc::new(Mutex::new(0)), Arc::clone(&source.read));
    let counted = Arc::clone(&readings);
    let read = Arc::new(move || {
        *counted.lock().unwrap() += 1;
        read()
    });
    let mut file = FollowedFile::at_pace(OFTEN, Source { read, ..source }, Clock::new());
    fs::write(&path, "second").unwrap();
    says(&mut file, "second").await;
    let seen = *readings.lock().unwrap();
    assert!((1..=3).contains(&seen), "the comparison, the watch, or both: {seen}");
}

#[tokio::test]
async fn an_interruption_at_every_turn_delays_no_edit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schedule.toml");
    fs::write(&path, "one").unwrap();
    let mut file = follow(WATCHES, &[&path]);
    fs::write(&path, "second").unwrap();
    // A loop that has something else to do all the time.
    let mut else_to_do = interval(PACE.quiet / 10);
    let seen = async {
        loop {
            tokio::select! {
                _ = else_to_do.tick() => {}
                reread = file.next() => return text_of(reread),
            }
        }
    };
    assert_eq!(timeout(PATIENCE, seen).await.unwrap(), "second");
}

#[tokio::test]
async fn a_file_that_never_stops_changing_is_read_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schedule.toml");
    fs::write(&path, "0").unwrap();
    let pace = Pace { quiet: NEVER, longest_writing: Duration::from_millis(300), ..WATCHES };
    let mut file = follow(pace, &[&path]);
    let over = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let over = Arc::clone(&over);
        move || {
            while !over.load(Ordering::SeqCst) {
                fs::write(&path, "still writing").unwrap();
            }
        }
    });
    let first = timeout(PATIENCE, file.next()).await;
    let second = timeout(PATIENCE, file.next()).await;
    over.store(true, Ordering::SeqCst);
    writer.join().unwrap();
    assert_eq!([first.unwrap().trigger, second.unwrap().trigger], [Trigger::Change; 2]);
}

#[test]
fn the_bound_on_a_writer_is_a_time_since_its_first_change() {
    let at = |milliseconds| Elapsed(Duration::from_millis(milliseconds));
    let change = Change::goes_on(None, at(1000));
    assert_eq!(change.is_over_at(PACE), at(1300));
    let change = Change::goes_on(Some(change), at(1200));
    assert_eq!(change.is_over_at(PACE), at(1500));
    let change = (0..1000).fold(change, |change, event| Change::goes_on(Some(change), at(1200 + event)));
    assert_eq!(change.is_over_at(PACE), at(2499), "however many events there are");
    let change = Change::goes_on(Some(change), at(5900));
    assert_eq!(change.is_over_at(PACE), at(6000));
}

#[tokio::test]
async fn who_asks_gets_the_file_read_and_an_interruption_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schedule.toml");
    fs::write(&path, "one").unwrap();
    let mut file = follow(WATCHES, &[&path]);
    file.ask(Trigger::Signal);
    // Interrupted at its first breath, as a loop does that has something else to do.
    tokio::select! {
        biased;
        () = std::future::ready(()) => {}
        _ = file.next() => {}
    }
    let reread = timeout(PATIENCE, file.next()).await.unwrap();
    assert_eq!((reread.trigger, text_of(reread).as_str()), (Trigger::Signal, "one"));
}

const WHOLE: &str = r#"
timezone = "UTC"
[[service]]
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"
resume = "0 8 * * *"
"#;

#[tokio::test]
async fn a_version_that_is_right_is_handed_over() {
    let read = || Reading {
        version: Ok(Version { config: parse(WHOLE).unwrap(), digest: "d1".to_owned(), warnings: Vec::new() }),
        files: Stamps::default(),
    };
    let path = "/nowhere/schedule.toml".into();
    let source = Source { path, files: Stamps::default(), read: Arc::new(read) };
    let mut file = FollowedFile::new(source, Clock::new());
    file.ask(Trigger::Signal);
    assert_eq!(timeout(PATIENCE, file.next()).await.unwrap().version.unwrap().digest, "d1");
}

/// A file system that answers only while the door is open.
struct HangingDisk {
    closed: Arc<Mutex<()>>,
    tries: Arc<Mutex<usize>>,
}

impl HangingDisk {
    fn new() -> Self {
        Self { closed: Arc::default(), tries: Arc::default() }
    }

    fn source(&self, path: &Path) -> Source {
        let plain = source(vec![path.to_owned()]);
        let (closed, tries) = (Arc::clone(&self.closed), Arc::clone(&self.tries));
        let inner = Arc::clone(&plain.read);
        let read = move || {
            *tries.lock().unwrap() += 1;
            drop(closed.lock().unwrap());
            inner()
        };
        Source { read: Arc::new(read), ..plain }
    }
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "the lock is the disk that hangs, and no task waits for it")]
async fn a_disk_that_hangs_is_told_costs_a_few_threads_and_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schedule.toml");
    fs::write(&path, "one").unwrap();
    let disk = HangingDisk::new();
    let pace = Pace { patience: Duration::from_millis(10), ..OFTEN };
    let mut file = FollowedFile::at_pace(pace, disk.source(&path), Clock::new());
    let hangs = disk.closed.lock().unwrap();
    for _ in 0..100 {
        file.ask(Trigger::Signal);
        let reread = timeout(PATIENCE, file.next()).await.unwrap();
        let error = text_of(reread);
        assert!(error.contains("schedule.toml: the file system has not answered"), "{error}");
    }
    let tries = *disk.tries.lock().unwrap();
    assert!((2..=16).contains(&tries), "{tries} threads");
    drop(hangs);
    says(&mut file, "one").await;
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "the lock is the disk that hangs, and no task waits for it")]
async fn a_file_that_is_put_in_the_place_of_one_that_hangs_is_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schedule.toml");
    fs::write(&path, "hangs").unwrap();
    let disk = HangingDisk::new();
    let (hangs, plain) = (disk.source(&path), source(vec![path.clone()]));
    let read = {
        let path = path.clone();
        move || {
            let source = if fs::read_to_string(&path).unwrap() == "hangs" { &hangs } else { &plain };
            (source.read)()
        }
    };
    let source = Source { read: Arc::new(read), ..source(vec![path.clone()]) };
    let pace = Pace { patience: Duration::from_millis(10), ..WATCHES };
    let mut file = FollowedFile::at_pace(pace, source, Clock::new());
    let closed = disk.closed.lock().unwrap();
    file.ask(Trigger::Signal);
    let error = text_of(timeout(PATIENCE, file.next()).await.unwrap());
    assert!(error.contains("has not answered"), "{error}");
    fs::write(folder.path().join("new"), "put right").unwrap();
    fs::rename(folder.path().join("new"), &path).unwrap();
    says(&mut file, "put right").await;
    drop(closed);
}
