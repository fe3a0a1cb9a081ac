//! The keyring under clocks that are set by hand, over sources that fail and hang.

use super::*;
use std::future::ready;
use std::sync::mpsc::{Sender, channel};

/// Long enough for any machine: a limit for a broken program, not a measure of a slow one.
const LONG: Duration = Duration::from_secs(60);

/// What a source gives; it may block.
type Give = Arc<dyn Fn() -> Result<Credentials, CredentialsError> + Send + Sync>;

struct Source(Give);

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source")
    }
}

impl ProvideCredentials for Source {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready((self.0)())
    }
}

/// A keyring, the clocks that it goes by, and what its source gives.
struct Scene {
    keyring: Arc<Keyring>,
    now: Arc<Mutex<Now>>,
    gives: Arc<Mutex<Give>>,
}

const BEGIN: Timestamp = Timestamp::constant(1_783_317_600, 0);

impl Scene {
    fn new(timeout_of_a_fetch: Duration, give: Give) -> Self {
        let now = Arc::new(Mutex::new(Now { wall: BEGIN, elapsed: Elapsed::default() }));
        let gives = Arc::new(Mutex::new(give));
        let (clocks, source) = (Arc::clone(&now), Arc::clone(&gives));
        let build: Build = Box::new(move || {
            let give = Arc::clone(&source.lock().unwrap());
            Box::pin(ready(SharedCredentialsProvider::new(Source(give))))
        });
        let clocks: Clocks = Box::new(move || *clocks.lock().unwrap());
        Self { keyring: Keyring::with(build, Vec::new(), timeout_of_a_fetch, clocks), now, gives }
    }

    fn pass(&self, time: Duration) {
        let mut now = self.now.lock().unwrap();
        *now = Now { wall: now.wall + time, elapsed: now.elapsed.after(time) };
    }

    fn source_gives(&self, give: Give) {
        *self.gives.lock().unwrap() = give;
    }

    /// The key with which a call leaves, or what is said when there is none.
    async fn key(&self) -> String {
        match self.keyring.credentials().await {
            Ok(keys) => keys.credentials.access_key_id().to_owned(),
            Err(why) => why.split(';').next().unwrap_or_default().to_owned(),
        }
    }

    /// Calls until one leaves with this key; those before have to leave with that one.
    async fn calls_until(&self, key: &str, before: &str) {
        let calls = async {
            loop {
                let used = self.key().await;
                if used == key {
                    break;
                }
                assert_eq!(used, before);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG, calls).await.unwrap_or_else(|_| panic!("never {key}"));
    }
}

/// Keys that end so many minutes after the beginning.
fn until(minutes: u64, id: &'static str) -> Give {
    let end = std::time::SystemTime::from(BEGIN) + Duration::from_mins(minutes);
    Arc::new(move || Ok(Credentials::new(id, "secret", None, Some(end), "test")))
}

fn nothing() -> Give {
    Arc::new(|| Err(CredentialsError::not_loaded("nothing is set")))
}

/// A source that hangs until the sender is dropped, and then has these.
fn hangs(then: Give) -> (Sender<()>, Give) {
    let (release, stuck) = channel();
    let stuck = Mutex::new(stuck);
    let give: Give = Arc::new(move || {
        stuck.lock().unwrap().recv().ok();
        then()
    });
    (release, give)
}

#[tokio::test]
async fn keys_are_renewed_five_minutes_before_their_end() {
    let scene = Scene::new(LONG, until(60, "FIRST"));
    assert_eq!(scene.key().await, "FIRST");
    scene.source_gives(until(120, "SECOND"));
    scene.pass(Duration::from_mins(55));
    assert_eq!(scene.key().await, "FIRST");
    scene.pass(Duration::from_secs(1));
    scene.calls_until("SECOND", "FIRST").await;
}

#[tokio::test]
async fn keys_without_an_end_are_renewed_after_a_quarter_of_an_hour() {
    let endless = |id: &'static str| -> Give {
        Arc::new(move || Ok(Credentials::new(id, "secret", None, None, "test")))
    };
    let scene = Scene::new(LONG, endless("FIRST"));
    assert_eq!(scene.key().await, "FIRST");
    scene.source_gives(endless("SECOND"));
    scene.pass(RENEWED_AFTER.saturating_sub(Duration::from_secs(1)));
    assert_eq!(scene.key().await, "FIRST");
    scene.pass(Duration::from_secs(1));
    scene.calls_until("SECOND", "FIRST").await;
}

#[tokio::test]
async fn keys_that_cannot_be_renewed_are_used_until_their_end_and_not_after_it() {
    let scene = Scene::new(LONG, until(60, "FIRST"));
    assert_eq!(scene.key().await, "FIRST");
    scene.source_gives(nothing());
    for _ in 0..4 {
        scene.pass(Duration::from_mins(14));
        assert_eq!(scene.key().await, "FIRST");
    }
    scene.pass(Duration::from_mins(4));
    scene.calls_until("no AWS credentials found", "FIRST").await;
    scene.source_gives(until(120, "SECOND"));
    scene.pass(PAUSE);
    assert_eq!(scene.key().await, "SECOND");
}

#[tokio::test]
async fn a_slow_source_delays_no_call_while_there_are_good_keys() {
    let scene = Scene::new(LONG, until(60, "FIRST"));
    assert_eq!(scene.key().await, "FIRST");
    let (release, slow) = hangs(until(120, "SECOND"));
    scene.source_gives(slow);
    scene.pass(Duration::from_mins(56));
    for _ in 0..3 {
        assert_eq!(scene.key().await, "FIRST", "the source has not answered");
    }
    drop(release);
    scene.calls_until("SECOND", "FIRST").await;
}

#[tokio::test]
async fn a_source_that_hangs_for_ever_is_tried_again_beside() {
    let (never, hung) = hangs(nothing());
    let scene = Scene::new(Duration::from_millis(20), hung);
    let timed_out = "no AWS credentials: credentials provider timed out after 0 seconds";
    assert_eq!(scene.key().await, timed_out);
    scene.source_gives(until(60, "FIRST"));
    scene.pass(LONG);
    scene.calls_until("FIRST", timed_out).await;
    // It hung all the while.
    never.send(()).unwrap();
}

#[tokio::test]
async fn no_more_than_a_few_threads_hang() {
    let (_never, hung) = hangs(nothing());
    let begun = Arc::new(Mutex::new(0));
    let count = Arc::clone(&begun);
    let give: Give = Arc::new(move || {
        *count.lock().unwrap() += 1;
        hung()
    });
    let scene = Scene::new(Duration::from_millis(1), give);
    for _ in 0..3 * MOST_HANGING {
        scene.pass(LONG);
        assert!(scene.key().await.starts_with("no AWS credentials"));
    }
    assert_eq!(scene.keyring.lock().jobs, u64::from(MOST_HANGING) + 1);
    assert!(*begun.lock().unwrap() <= MOST_HANGING + 1);
}

/// A credential process that hangs, and what it has started; it writes down both.
#[derive(Debug)]
struct HungProcess(PathBuf);

impl ProvideCredentials for HungProcess {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let script = format!("sleep 600 & echo $$ $! >> {}; wait", self.0.display());
        future::ProvideCredentials::new(async move {
            let ended = tokio::process::Command::new("sh").args(["-c", &script]).output().await;
            Err(CredentialsError::provider_error(format!("{ended:?}")))
        })
    }
}

/// Whether a process has not ended yet.
fn is_alive(process: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{process}/stat"));
    state.is_ok_and(|state| !state.contains(") Z "))
}

#[tokio::test]
async fn a_credential_process_that_hangs_is_ended_with_its_fetch() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("processes");
    let source = list.clone();
    let build: Build =
        Box::new(move || Box::pin(ready(SharedCredentialsProvider::new(HungProcess(source.clone())))));
    let keyring = Keyring::new(build, Vec::new(), Duration::from_secs(2));
    let why = keyring.credentials().await.unwrap_err();
    assert!(why.starts_with("no AWS credentials: credentials provider timed out"), "{why}");
    timeout(LONG, keyring.end_of(1)).await.unwrap();
    let begun = std::fs::read_to_string(&list).unwrap();
    let left: Vec<&str> = begun.split_whitespace().filter(|process| is_alive(process)).collect();
    assert!(begun.split_whitespace().count() == 2 && left.is_empty(), "begun: {begun}, left: {left:?}");
}
