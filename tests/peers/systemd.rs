//! A real systemd starts the real binary from the real unit, in a Debian that is booted for it, and keeps it going.

use crate::require;
use crate::support::{CREDENTIALS, PATIENCE, Reveille, text};
use serde_json::Value;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The Debian whose systemd (252) is the oldest that the unit is for, and what it has to bring.
const SUITE: &str = "bookworm";
const PACKAGES: &str = "systemd,systemd-sysv,dbus";

/// What the unit is given for the trial: another App Runner, no search for a role in a network that is not there, and a
/// systemd that does not take its time. That the credential is there, and the service may read it, is seen before each
/// start.
const DROP_IN: &str = "[Service]
Environment=AWS_ENDPOINT_URL_APPRUNNER=http://127.0.0.1:9190 AWS_EC2_METADATA_DISABLED=true
ExecStartPre=/usr/bin/grep -q . %d/aws-credentials
RestartSec=100ms
WatchdogSec=10
";

/// Four services, each resumed and paused twice a minute.
const DEMO: &str = include_str!("../../config/demo.toml");
const TO_THE_JOURNAL: &str = "\n[daemon]\nlog-format = \"journald\"\n";

/// What a reload says, of a file that is right and of one that is not.
const RELOADED: &str = "reloaded the file";
const REFUSED: &str = "the file has errors; the previous version stays in effect";

/// A file that is not right.
const WRONG: &str = "[[service]]\narn = 7\n";

/// A service that joins with a reload.
const NEWCOMER: &str = r#"
[[service]]
arn = "arn:aws:apprunner:eu-west-1:123456789012:service/billing/55555555555555555555555555555555"
schedule = "busy"
"#;

/// Where the tree and the unit meet: paths inside the container.
const SCHEDULE: &str = "etc/reveille/schedule.toml";
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";
const KEYS: &str = "etc/reveille/aws-credentials";
/// The folder of the state belongs to a user that exists only while the service runs, so systemd keeps it apart.
const LEDGER: &str = "var/lib/private/reveille/ledger.db";

#[test]
fn systemd_starts_it_and_brings_it_back_from_a_kill_a_reload_and_a_hang() {
    let Some(debian) = Container::boot() else { return };
    it_is_active_with_a_status(&debian);
    it_is_given_its_keys(&debian);
    its_fields_are_fields_of_the_journal(&debian);
    it_is_locked_in(&debian);
    it_survives_a_kill(&debian);
    it_is_reloaded(&debian);
    it_is_replaced_when_it_hangs(&debian);
    its_ledger_works(&debian);
    it_stops_in_order(&debian);
    it_is_not_tried_again_with_a_bad_file(&debian);
    debian.power_off();
}

/// Active is more than started here: systemd was told READY.
fn it_is_active_with_a_status(debian: &Container) {
    debian.wait_until("active", |debian| debian.shows("ActiveState") == "active");
    assert_eq!(debian.shows("Type"), "notify");
    assert_eq!(debian.shows("WatchdogUSec"), "10s");
    let status = debian.shows("StatusText");
    assert!(status.starts_with("next transition at 20") && status.ends_with(" owed"), "{status}");
}

/// It starts without a file of keys, says what it lacks, and finds the keys that are put there.
fn it_is_given_its_keys(debian: &Container) {
    let handed_over = ["cat", "/run/credentials/reveille.service/aws-credentials"];
    assert_eq!(debian.run(&handed_over), "#");
    let lacking = "no AWS credentials found; each call will look for them again";
    debian.wait_until(lacking, |debian| debian.says(lacking) == 1);

    let keys = CREDENTIALS.map(|(name, value)| format!("{} = {value}\n", name.to_lowercase()));
    let keys = format!("[default]\n{}", keys.concat());
    debian.write(KEYS, &keys);
    fs::set_permissions(debian.path(KEYS), fs::Permissions::from_mode(0o600)).unwrap();
    debian.run(&["systemctl", "restart", "reveille"]);
    assert_eq!(debian.run(&handed_over), keys);
    let environment = debian.run(&["cat", &format!("/proc/{}/environ", debian.main_pid())]);
    let named = "AWS_SHARED_CREDENTIALS_FILE=/run/credentials/reveille.service/aws-credentials";
    assert!(environment.split('\0').any(|variable| variable == named), "{environment}");
}

fn its_fields_are_fields_of_the_journal(debian: &Container) {
    let resumed = ["SERVICE=checkout", "ACTION=resume", "TO=succeeded"];
    debian.wait_until("a service is resumed", |debian| !debian.journal(&resumed).is_empty());
    let line = debian.journal(&resumed).remove(0);
    assert_eq!(text(&line["MESSAGE"]), "resume succeeded");
    // The process was restarted: while a call of the one before may still take effect, nothing is settled.
    assert!(["tracking", "waiting"].contains(&text(&line["FROM"])), "{line}");
    assert_eq!(text(&line["PRIORITY"]), "6", "what goes as planned is informational");
    assert_eq!(text(&line["SYSLOG_IDENTIFIER"]), "reveille");
    assert!(text(&line["SCHEDULED"]).parse::<jiff::Timestamp>().is_ok(), "{line}");
    assert!(text(&line["ARN"]).starts_with("arn:aws:apprunner:"), "{line}");
    assert_eq!(text(&line["OPERATION"]).len(), 36, "{line}");
}

/// No root, no privilege, no way to gain one, a filter on what it may call, and files that it cannot write to.
fn it_is_locked_in(debian: &Container) {
    let process = format!("/proc/{}", debian.main_pid());
    let status = debian.run(&["cat", &format!("{process}/status")]);
    let has = |key: &str, value: &str| {
        status.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim() == value))
    };
    assert!(has("CapEff:", "0000000000000000") && has("CapBnd:", "0000000000000000"), "{status}");
    assert!(has("NoNewPrivs:", "1") && has("Seccomp:", "2"), "{status}");
    assert!(!has("Uid:", "0\t0\t0\t0"), "{status}");
    let mounts = debian.run(&["cat", &format!("{process}/mountinfo")]);
    let root = mounts.lines().find(|line| line.split(' ').nth(4) == Some("/")).unwrap();
    assert!(root.split(' ').nth(5).unwrap().starts_with("ro,"), "{root}");
}

fn it_survives_a_kill(debian: &Container) {
    let killed = debian.main_pid();
    debian.run(&["systemctl", "kill", "-s", "KILL", "reveille"]);
    let next = debian.wait_for_another_process(&killed, 1);
    let process = format!("_PID={next}");
    debian.wait_until("the next process resumes a service", |debian| {
        !debian.journal(&[&process, "ACTION=resume", "TO=succeeded"]).is_empty()
    });
}

/// The same file, another that is right, and one that is wrong: each time the same process goes on, and says what it made
/// of the file.
fn it_is_reloaded(debian: &Container) {
    let process = debian.main_pid();
    for (file, said) in
        [(schedule(), RELOADED), (schedule() + NEWCOMER, RELOADED), (WRONG.to_owned(), REFUSED)]
    {
        let before = debian.says(said);
        if debian.read(SCHEDULE) != file {
            debian.write(SCHEDULE, &file);
        }
        debian.run(&["systemctl", "reload", "reveille"]);
        debian.wait_until(said, |debian| debian.says(said) > before);
        debian.wait_until("it runs on", |debian| debian.shows("SubState") == "running");
        assert_eq!(debian.main_pid(), process);
        let status = debian.shows("StatusText");
        assert!(status.starts_with("next transition at 20"), "{status}");
    }
    debian.wait_until("the newcomer has its first call", |debian| {
        !debian.journal(&["SERVICE=billing"]).is_empty()
    });
    debian.write(SCHEDULE, &schedule());
}

fn it_is_replaced_when_it_hangs(debian: &Container) {
    let hangs = debian.main_pid();
    debian.run(&["systemctl", "kill", "-s", "STOP", "--kill-whom=main", "reveille"]);
    debian.wait_for_another_process(&hangs, 2);
    debian.wait_until("the watchdog's line", |debian| debian.says("Watchdog timeout") == 1);
}

/// Locked in as it is, it writes its ledger, and each process has found what the one before has left.
fn its_ledger_works(debian: &Container) {
    assert!(debian.path(LEDGER).exists(), "{}", debian.story());
    let journal = debian.journal(&[]);
    let remembered: Vec<&str> = journal
        .iter()
        .map(|line| text(&line["REMEMBERED"]))
        .filter(|remembered| !remembered.is_empty())
        .collect();
    assert_eq!(
        remembered,
        ["0", "4", "4", "5"],
        "services that each process knew of; one joined by a reload"
    );
    // A disk that is busy with other things may be slow; that it is writable is the point here.
    let complaints = journal.iter().filter(|line| {
        let message = text(&line["MESSAGE"]);
        ["3", "4"].contains(&text(&line["PRIORITY"]))
            && message.contains("ledger")
            && !message.contains("did not answer within 1 s")
    });
    assert_eq!(complaints.collect::<Vec<_>>(), [&Value::Null; 0]);
}

fn it_stops_in_order(debian: &Container) {
    debian.run(&["systemctl", "stop", "reveille"]);
    assert_eq!([debian.shows("ActiveState"), debian.shows("Result")], ["inactive", "success"]);
    assert_eq!(debian.shows("ExecMainStatus"), "0", "{}", debian.story());
}

fn it_is_not_tried_again_with_a_bad_file(debian: &Container) {
    debian.write(SCHEDULE, WRONG);
    debian.run(&["systemctl", "reset-failed", "reveille"]);
    let started = debian.try_run(&["systemctl", "start", "reveille"]);
    assert!(!started.status.success(), "{}", debian.story());
    assert_eq!([debian.shows("ActiveState"), debian.shows("Result")], ["failed", "exit-code"]);
    assert_eq!([debian.shows("ExecMainStatus"), debian.shows("NRestarts")], ["78", "0"]);
}

/// The same words without a systemd, wherever the tests run.
#[test]
fn the_manager_receives_ready_then_watchdog_pings_then_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let hear = || {
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    let schedule = DEMO.to_owned() + "\n[daemon]\nlog-format = \"json\"\n";
    let mut reveille = Reveille::start(&schedule, |command| {
        command.arg("--emulator").env("NOTIFY_SOCKET", &path);
        command.env("WATCHDOG_USEC", "2000000").env_remove("WATCHDOG_PID");
    });
    let ready = hear();
    assert!(ready.starts_with("READY=1\nSTATUS=next transition at 20"), "{ready}");
    while hear() != "WATCHDOG=1\n" {}
    assert_eq!(reveille.stop().code(), Some(0));
    while !hear().starts_with("STOPPING=1\nSTATUS=stopping") {}
}

fn schedule() -> String {
    DEMO.to_owned() + TO_THE_JOURNAL
}

/// A booted Debian with reveille as its service. It has no network but its own loopback.
struct Container {
    nspawn: Child,
    /// The process that is process 1 inside.
    init: u32,
    console: PathBuf,
    tree: PathBuf,
    _cgroups: Option<Cgroups>,
    _folder: tempfile::TempDir,
}

impl Container {
    /// `None` where no container can be had.
    fn boot() -> Option<Self> {
        let nspawn = require::program("systemd-nspawn", &["/usr/bin/systemd-nspawn"])?;
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        require::found(is_root.then_some(PathBuf::new()), "root", "who runs this test")?;
        let debian = debian()?;
        let folder = tempfile::Builder::new().prefix("systemd-").tempdir_in(peers()).unwrap();
        let tree = folder.path().join("tree");
        run(Command::new("cp").args(["-a", "--reflink=auto"]).arg(&debian).arg(&tree));
        install(&tree);

        let cgroups = Cgroups::new();
        let console = folder.path().join("console");
        let mut command = match &cgroups {
            Some(cgroups) => cgroups.command(&nspawn),
            None => Command::new(&nspawn),
        };
        let output = File::create(&console).unwrap();
        command.arg("--directory").arg(&tree).args(["--boot", "--register=no", "--keep-unit"]);
        command.arg(format!("--machine=reveille-{}", std::process::id()));
        command.args(["--private-network", "--link-journal=no", "--resolv-conf=off", "--timezone=off"]);
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        let nspawn = command.spawn().unwrap();
        let mut container = Self { nspawn, init: 0, console, tree, _cgroups: cgroups, _folder: folder };
        let booted = container.find_init().then(PathBuf::new);
        let why_not = fs::read_to_string(&container.console).unwrap();
        require::found(booted, "a container that boots", &why_not).map(|_| container)
    }

    /// Waits until its process 1 is a systemd; whether it became one.
    fn find_init(&mut self) -> bool {
        let nspawn = self.nspawn.id();
        let children = PathBuf::from(format!("/proc/{nspawn}/task/{nspawn}/children"));
        let is_systemd = |pid: &u32| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "systemd")
        };
        poll(|| {
            let pids = fs::read_to_string(&children).unwrap_or_default();
            self.init = pids.split(' ').filter_map(|pid| pid.parse().ok()).find(is_systemd).unwrap_or(0);
            self.init != 0 || self.nspawn.try_wait().unwrap().is_some()
        });
        self.init != 0
    }

    /// What a command inside prints.
    #[track_caller]
    fn run(&self, command: &[&str]) -> String {
        let output = self.try_run(command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {}: {said}\n{}", output.status, self.story());
        String::from_utf8(output.stdout).unwrap()
    }

    fn try_run(&self, command: &[&str]) -> Output {
        let mut nsenter = Command::new("nsenter");
        nsenter.arg("--target").arg(self.init.to_string()).args(["--all", "--root", "--wd", "--"]);
        nsenter.args(command).stdin(Stdio::null()).output().unwrap()
    }

    /// A property of the service, as systemd shows it.
    fn shows(&self, property: &str) -> String {
        let output = self.try_run(&["systemctl", "show", "reveille", "--value", "--property", property]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn main_pid(&self) -> String {
        self.shows("MainPID")
    }

    /// Waits until systemd has put another process in the place of this one, its restarts being this many by now.
    #[track_caller]
    fn wait_for_another_process(&self, old: &str, restarts: u32) -> String {
        // In one question: between two, systemd may have learnt that the old one is gone.
        let show = ["systemctl", "show", "reveille", "--property=ActiveState,MainPID,NRestarts"];
        let mut next = None;
        self.wait_until("another process in its place", |debian| {
            let shown = debian.run(&show);
            let is = |property: &str| shown.lines().any(|line| line == property);
            let pid = shown.lines().find_map(|line| line.strip_prefix("MainPID=")).unwrap();
            let has_restarted = is("ActiveState=active") && is(&format!("NRestarts={restarts}"));
            next = (has_restarted && pid != old && pid != "0").then(|| pid.to_owned());
            next.is_some()
        });
        next.unwrap()
    }

    /// The service's lines in the journal that match.
    fn journal(&self, matches: &[&str]) -> Vec<Value> {
        let lines = self.run(&[&["journalctl", "--unit=reveille", "--output=json"], matches].concat());
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How often the journal has a line of the service, or about it, with these words.
    fn says(&self, words: &str) -> usize {
        let journal = self.journal(&[]);
        journal.iter().filter(|line| text(&line["MESSAGE"]).contains(words)).count()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.tree.join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    #[track_caller]
    fn wait_until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        assert!(poll(|| is_so(self)), "never came: {what}\n{}", self.story());
    }

    /// What systemd and the service have said, for the message of a test that failed.
    fn story(&self) -> String {
        let mut story = fs::read_to_string(&self.console).unwrap();
        for command in [["systemctl", "status", "reveille"], ["journalctl", "--unit=reveille", "--lines=60"]]
        {
            write!(story, "\n{}", String::from_utf8_lossy(&self.try_run(&command).stdout)).unwrap();
        }
        story
    }

    fn power_off(mut self) {
        self.run(&["systemctl", "poweroff"]);
        assert!(poll(|| self.nspawn.try_wait().unwrap().is_some()), "it does not power off");
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if self.nspawn.try_wait().unwrap().is_none() {
            // Process 1 takes everything inside with it. It may have ended by itself; then there is nothing to end.
            if self.init != 0 {
                drop(Command::new("kill").args(["-s", "KILL", &self.init.to_string()]).status());
            } else {
                drop(self.nspawn.kill());
            }
            drop(self.nspawn.wait());
        }
    }
}

/// Puts the binary, the unit as it is shipped, its drop-in and the schedule into the tree, and has it started at boot.
fn install(tree: &Path) {
    let units = tree.join("etc/systemd/system");
    for folder in ["reveille.service.d", "multi-user.target.wants"] {
        fs::create_dir_all(units.join(folder)).unwrap();
    }
    for folder in ["etc/reveille", "etc/ssl/certs"] {
        fs::create_dir_all(tree.join(folder)).unwrap();
    }
    // So small a Debian trusts nobody; the SDK wants somebody to trust.
    fs::copy(TRUSTED, tree.join(TRUSTED.trim_start_matches('/'))).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_reveille"), tree.join("usr/local/bin/reveille")).unwrap();
    fs::write(units.join("app-runner.service"), app_runner()).unwrap();
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/reveille.service");
    fs::copy(unit, units.join("reveille.service")).unwrap();
    fs::write(units.join("reveille.service.d/trial.conf"), DROP_IN).unwrap();
    for unit in ["app-runner.service", "reveille.service"] {
        let wanted = units.join("multi-user.target.wants").join(unit);
        std::os::unix::fs::symlink(Path::new("/etc/systemd/system").join(unit), wanted).unwrap();
    }
    fs::write(tree.join(SCHEDULE), schedule()).unwrap();
}

/// An emulated App Runner as a service of its own, so that it outlives what happens to reveille.
fn app_runner() -> String {
    let file = schedule() + NEWCOMER;
    let arns = file.lines().filter_map(|line| line.strip_prefix("arn = ")).map(|arn| arn.trim_matches('"'));
    let services: String = arns.map(|arn| format!(" --service {arn}=paused")).collect();
    format!("[Service]\nExecStart=/usr/local/bin/reveille emulate{services}\n")
}

/// A small Debian, unpacked once and kept for the next run.
fn debian() -> Option<PathBuf> {
    let debootstrap = require::program("debootstrap", &["/usr/sbin/debootstrap"])?;
    let tree = peers().join(SUITE);
    if tree.is_dir() {
        return Some(tree);
    }
    let unfinished = peers().join(format!("{SUITE}.{}", std::process::id()));
    let mut command = Command::new(debootstrap);
    command.arg("--variant=minbase").arg(format!("--include={PACKAGES}")).arg(SUITE).arg(&unfinished);
    command.args(mirror()).env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let unpacked = output.status.success().then(|| {
        // Another run may have been faster; then its tree is as good.
        drop(fs::rename(&unfinished, &tree));
        tree
    });
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).unwrap();
    }
    require::found(unpacked, "a Debian to boot", &String::from_utf8_lossy(&output.stdout))
}

/// The mirror from which the host's own packages of this suite come; otherwise the choice is debootstrap's.
fn mirror() -> Option<String> {
    let folder = fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.path()).collect();
    files.sort();
    files.insert(0, PathBuf::from("/etc/apt/sources.list"));
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).find_map(|text| mirror_in(&text))
}

/// Reads both ways to write a source: one a line, and one a paragraph.
fn mirror_in(sources: &str) -> Option<String> {
    let one_a_line = sources.lines().filter_map(|line| line.strip_prefix("deb ")).find_map(|line| {
        let mut words = line.rsplit_once(']').map_or(line, |(_, words)| words).split_whitespace();
        let uri = words.next()?;
        (words.next() == Some(SUITE)).then(|| uri.to_owned())
    });
    one_a_line.or_else(|| {
        sources.split("\n\n").find_map(|paragraph| {
            let mut fields = paragraph.lines().filter_map(|line| line.split_once(':'));
            let suites = fields.clone().find(|(key, _)| *key == "Suites")?.1;
            let (_, uris) = fields.find(|(key, _)| *key == "URIs")?;
            let has_suite = suites.split_whitespace().any(|suite| suite == SUITE);
            has_suite.then(|| uris.split_whitespace().next().map(str::to_owned)).flatten()
        })
    })
}

#[test]
fn the_hosts_mirror_is_found_however_it_is_written() {
    let line = "# deb http://old.example bookworm main\ndeb [arch=amd64 trusted=yes] http://a.example/debian bookworm main\n";
    assert_eq!(mirror_in(line).as_deref(), Some("http://a.example/debian"));
    let paragraph = "Types: deb\nURIs: http://s.example/\nSuites: bookworm-security\n\n\
                     Types: deb\nURIs: http://b.example/debian\nSuites: bookworm bookworm-updates\n";
    assert_eq!(mirror_in(paragraph).as_deref(), Some("http://b.example/debian"));
    assert_eq!(mirror_in("deb http://c.example/ubuntu noble main\n"), None);
}

/// Control groups of the container's own, where the host has the older kind of them: there a systemd needs the hierarchy
/// that bears its name, which is mounted if nobody has done so.
struct Cgroups {
    folders: Vec<PathBuf>,
    /// What was mounted for them.
    mounted: Option<PathBuf>,
}

impl Cgroups {
    /// `None` where the host has the newer kind alone, which needs no preparation.
    fn new() -> Option<Self> {
        let root = Path::new("/sys/fs/cgroup");
        let is_mounted = |hierarchy: &PathBuf| hierarchy.join("cgroup.procs").exists();
        if root.join("cgroup.controllers").exists() {
            return None;
        }
        let hierarchy = root.join("systemd");
        let mounted = (!is_mounted(&hierarchy)).then(|| hierarchy.clone());
        if let Some(hierarchy) = &mounted {
            fs::create_dir_all(hierarchy).unwrap();
            run(Command::new("mount")
                .args(["-t", "cgroup", "-o", "none,name=systemd", "cgroup"])
                .arg(hierarchy));
        }
        // Where both kinds are mounted, systemd keeps them alike.
        let hierarchies = [hierarchy, root.join("unified")].into_iter().filter(is_mounted);
        let name = format!("reveille-{}", std::process::id());
        let folders: Vec<PathBuf> = hierarchies.map(|hierarchy| hierarchy.join(&name)).collect();
        for folder in &folders {
            fs::create_dir(folder).unwrap();
        }
        Some(Self { folders, mounted })
    }

    /// A command that begins in these groups.
    fn command(&self, program: &Path) -> Command {
        let enter = "program=$1; shift; for group; do shift; [ \"$group\" = -- ] && break; echo $$ >\"$group\" || exit; \
                     done; exec \"$program\" \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", enter, "sh"]).arg(program);
        command.args(self.folders.iter().map(|folder| folder.join("cgroup.procs"))).arg("--");
        command
    }
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        // The kernel lets go of a group a moment after its last process.
        let are_gone = poll(|| self.folders.iter().all(|folder| remove_groups(folder).is_ok()));
        if let Some(hierarchy) = &self.mounted {
            run(Command::new("umount").arg(hierarchy));
        }
        assert!(are_gone || std::thread::panicking(), "{:?} are still in use", self.folders);
    }
}

/// Control groups are removed as folders, the inner ones first; their files go with them.
fn remove_groups(folder: &Path) -> std::io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_groups(&path)?;
        }
    }
    fs::remove_dir(folder)
}

/// Where things that take long to make are kept between runs.
fn peers() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("peers");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a program of the host that has to succeed.
#[track_caller]
pub(crate) fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let program: &OsStr = command.get_program();
    assert!(output.status.success(), "{program:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Looks again and again; whether it came to be so within the patience of a test.
#[expect(clippy::disallowed_methods, reason = "a test's patience has an end")]
pub(crate) fn poll(mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
