//! The container's file system, assembled as the Dockerfile does it: the binary runs in it as process 1, without root,
//! without a shell, and without a file that it could write to outside its two folders.

use crate::require;
use crate::support::{self, HangingFile, binary, text};
use crate::systemd::{poll, run};
use serde_json::Value;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Whose user the container is, as in the Dockerfile and both manifests.
const USER: &str = "65532";

/// Four services that are resumed and paused twice a minute, by the clock of a zone that the image does not know.
const DEMO: &str = include_str!("../../config/demo.toml");

/// What the engine does before it starts a container: a root that is read-only, and two folders in it that are not.
const LIKE_AN_ENGINE: &str = r#"
mount --make-rprivate /
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
for folder in var/lib/reveille run/reveille; do
    mount -t tmpfs -o size=16m,mode=700,uid="$2",gid="$2" tmpfs "$1/$folder"
done
exec chroot --userspec="$2:$2" --groups= "$1" /usr/local/bin/reveille run --emulator
"#;

#[test]
fn the_container_works_as_process_1_without_root_a_shell_or_a_zone_database() {
    let Some(mut container) = Container::start() else { return };
    container
        .wait_until("a service is resumed", |line| line["action"] == "resume" && line["to"] == "succeeded");
    let status = fs::read_to_string(format!("/proc/{}/status", container.main())).unwrap();
    let ids = |key: &str| -> Vec<&str> {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.split_whitespace().collect()
    };
    assert_eq!(ids("Uid:"), [USER; 4]);
    assert_eq!(ids("NSpid:").last(), Some(&"1"), "{status}");

    container.signal("HUP");
    container.wait_until("its file is read again", |line| line["message"] == "reloaded the file");
    container.signal("TERM");
    container.wait_until("it ends in order", |line| line["message"] == "reveille ends");
    assert!(poll(|| container.unshare.try_wait().unwrap().is_some()), "it does not end");
    assert_eq!(container.unshare.wait().unwrap().code(), Some(0));
}

#[test]
fn the_image_holds_no_shell_and_nothing_that_only_root_could_need() {
    let Some(folder) = assembled() else { return };
    let mut files = Vec::new();
    collect(folder.path(), folder.path(), &mut files);
    files.sort();
    let (libraries, others): (Vec<String>, Vec<String>) =
        files.into_iter().partition(|file| file.contains(".so"));
    let system = ["group", "nsswitch.conf", "passwd", "ssl/certs/ca-certificates.crt"];
    let expected: Vec<String> = system.iter().map(|file| format!("etc/{file}")).collect();
    assert_eq!(others, [expected, vec!["usr/local/bin/reveille".to_owned()]].concat());
    assert!(libraries.iter().all(|library| library.contains("lib")), "{libraries:?}");
    let owner = |path: &str| folder.path().join(path).metadata().unwrap().uid().to_string();
    assert_eq!(["var/lib/reveille", "run/reveille", "etc/reveille"].map(owner), [USER, USER, "0"]);
}

#[test]
fn a_container_that_is_stopped_during_its_start_ends() {
    let Some(unshare) = unshare() else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = support::write_config(folder.path(), &DEMO.replace("\"UTC\"", "\"Asia/Kolkata\""));
    let zone = HangingFile::new(folder.path().join("Asia/Kolkata"));
    // The kernel keeps every signal from process 1 that it does not handle.
    let program = binary();
    let mut command = Command::new(unshare);
    command.args(["--pid", "--fork", "--kill-child"]).arg(program.get_program());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TZDIR", folder.path()).args(["run", "--emulator", "--config"]).arg(config);
    let mut unshare =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _reader = zone.is_read();
    run(Command::new("kill").args(["-s", "TERM", &only_child(&unshare)]));
    let ended = poll(|| unshare.try_wait().unwrap().is_some());
    // It may have ended already; then there is nothing to end.
    drop(unshare.kill());
    assert_eq!((ended, unshare.wait().unwrap().code()), (true, Some(143)));
}

#[test]
fn the_ecs_task_definition_locks_the_container_in() {
    let task: Value = serde_json::from_str(&deployed("ecs-task-definition.json")).unwrap();
    let containers = task["containerDefinitions"].as_array().unwrap();
    let reveille = containers.iter().find(|container| container["name"] == "reveille").unwrap();
    assert_eq!(reveille["readonlyRootFilesystem"], true);
    assert_eq!(text(&reveille["user"]), format!("{USER}:{USER}"));
    assert_eq!(reveille["linuxParameters"]["capabilities"]["drop"][0], "ALL");
    assert!(reveille["stopTimeout"].as_u64() > Some(10), "replies in flight are awaited for 10 s");
    let log = &reveille["logConfiguration"];
    assert_eq!((&log["logDriver"], &log["options"]["mode"]), (&"awslogs".into(), &"non-blocking".into()));
    let mounted =
        reveille["mountPoints"].as_array().unwrap().iter().map(|mount| text(&mount["containerPath"]));
    assert_eq!(mounted.collect::<Vec<_>>(), ["/var/lib/reveille", "/run/reveille"]);
}

#[test]
fn the_kubernetes_manifest_locks_the_container_in_and_its_schedule_is_right() {
    let Some(documents) = kubernetes() else { return };
    let of_kind = |kind: &str| documents.iter().find(|document| document["kind"] == kind).unwrap();
    let pod = &of_kind("Deployment")["spec"]["template"]["spec"];
    let reveille = &pod["initContainers"][0];
    assert_eq!(reveille["restartPolicy"], "Always", "a sidecar is an init container that stays");
    let security = &reveille["securityContext"];
    assert_eq!([&security["runAsNonRoot"], &security["readOnlyRootFilesystem"]], [true, true]);
    assert_eq!(security["runAsUser"].to_string(), USER);
    assert_eq!(security["allowPrivilegeEscalation"], false);
    assert_eq!(security["capabilities"]["drop"][0], "ALL");
    assert_eq!(of_kind("Deployment")["spec"]["strategy"]["type"], "Recreate");

    let volumes: Vec<&str> =
        pod["volumes"].as_array().unwrap().iter().map(|volume| text(&volume["name"])).collect();
    let mounts = reveille["volumeMounts"].as_array().unwrap();
    assert!(mounts.iter().all(|mount| volumes.contains(&text(&mount["name"]))), "{mounts:?}");

    let folder = tempfile::tempdir().unwrap();
    let schedule = support::write_config(folder.path(), text(&of_kind("ConfigMap")["data"]["schedule.toml"]));
    let checked = binary().arg("check").arg(schedule).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

/// The binary in the container's file system, with process and mount namespaces of its own.
struct Container {
    unshare: Child,
    log: PathBuf,
    _folder: tempfile::TempDir,
}

impl Container {
    /// `None` where no container can be had.
    fn start() -> Option<Self> {
        let unshare = unshare()?;
        let folder = assembled()?;
        let schedule = DEMO.replace("\"UTC\"", "\"Asia/Kolkata\"") + "\n[daemon]\nlog-format = \"json\"\n";
        assert!(schedule.contains("Asia/Kolkata"));
        support::write_config(&folder.path().join("etc/reveille"), &schedule);
        let log = folder.path().with_extension("log");
        let output = File::create(&log).unwrap();
        // The test's own environment is none of the container's.
        let mut command = Command::new(unshare);
        command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", LIKE_AN_ENGINE, "engine"]);
        command.arg(folder.path()).arg(USER);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        Some(Self { unshare: command.spawn().unwrap(), log, _folder: folder })
    }

    #[track_caller]
    fn wait_until(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) {
        let lines = || fs::read_to_string(&self.log).unwrap();
        let said = |lines: &str| {
            lines.lines().filter_map(|line| serde_json::from_str(line).ok()).any(|line| is_it(&line))
        };
        let mut ended = false;
        let came = poll(|| {
            let over = ended;
            ended = self.unshare.try_wait().unwrap().is_some();
            said(&lines()) || over
        });
        assert!(came && said(&lines()), "never came: {what}\n{}", lines());
    }

    /// The process that is process 1 inside, by its number outside.
    fn main(&self) -> String {
        only_child(&self.unshare)
    }

    fn signal(&self, name: &str) {
        run(Command::new("kill").args(["-s", name, &self.main()]));
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // What it started ends with it.
        drop(self.unshare.kill());
        drop(self.unshare.wait());
        drop(fs::remove_file(&self.log));
    }
}

/// What gives a process namespaces of its own. Only root may.
fn unshare() -> Option<PathBuf> {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    require::found(is_root.then(PathBuf::new), "root", "who runs this test")?;
    require::program("unshare", &["/usr/bin/unshare"])
}

/// The process that this one started.
fn only_child(parent: &Child) -> String {
    let parent = parent.id();
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
    children.trim().to_owned()
}

/// The container's file system, in a folder that is removed in the end. Only root can give files to another user.
fn assembled() -> Option<tempfile::TempDir> {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    require::found(is_root.then(PathBuf::new), "root", "who runs this test")?;
    let folder = tempfile::tempdir().unwrap();
    let assemble = deploy().join("assemble-root");
    run(Command::new(assemble).arg(env!("CARGO_BIN_EXE_reveille")).arg(folder.path()));
    // What may be entered by the container's user, as an engine unpacks it.
    run(Command::new("chmod").arg("755").arg(folder.path()));
    Some(folder)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.push(path.strip_prefix(root).unwrap().display().to_string());
        }
    }
}

/// The manifest's documents, read by another program's YAML.
fn kubernetes() -> Option<Vec<Value>> {
    let python = require::program("python3", &["/usr/bin/python3"])?;
    let has_yaml = Command::new(&python).args(["-c", "import yaml"]).output().unwrap().status.success();
    let python = require::found(has_yaml.then_some(python), "yaml for python3", "import yaml")?;
    let to_json = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let output = Command::new(python)
        .args(["-c", to_json])
        .arg(deploy().join("kubernetes-sidecar.yaml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn deployed(name: &str) -> String {
    fs::read_to_string(deploy().join(name)).unwrap()
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}
