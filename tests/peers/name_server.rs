//! A name server that never answers: the C library's look-ups block, and nobody can interrupt them.

use crate::require;
use crate::support::{CREDENTIALS, Reveille};
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;

const SCHEDULE: &str = r#"
timezone = "UTC"
[daemon]
log-format = "json"
[[service]]
arn = "arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"
resume = "* * * * *"
"#;

/// The part that the test plays inside of the namespace.
const CHILD: &str = "name_server::child_that_stops_a_daemon_in_the_middle_of_a_look_up";

#[test]
fn a_name_server_that_never_answers_does_not_hold_up_the_end() {
    let Some(unshare) = require::program("unshare", &[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let resolv_conf = folder.path().join("resolv.conf");
    // The longest that the C library may wait, so that nobody takes a patient end for a quick one.
    std::fs::write(&resolv_conf, "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n").unwrap();
    let inside = |program: &Path| {
        let mut command = Command::new(&unshare);
        command.args(["--user", "--map-root-user", "--mount", "--net", "sh", "-c"]);
        command.arg(r#"ip link set lo up && mount --bind "$0" /etc/resolv.conf && exec "$@""#);
        command.arg(&resolv_conf).arg(program);
        command
    };
    let is_possible = inside(Path::new("true")).output().is_ok_and(|tried| tried.status.success());
    let possible = is_possible.then(|| unshare.clone());
    let Some(_) = require::found(possible, "unshare --user --net", "this user's namespaces") else { return };

    let ended = inside(&std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--ignored", "--nocapture"])
        .output()
        .unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
#[ignore = "runs as the child of another test"]
fn child_that_stops_a_daemon_in_the_middle_of_a_look_up() {
    let name_server = UdpSocket::bind("127.0.0.1:53").unwrap();
    let mut reveille = Reveille::start(SCHEDULE, |command| {
        command.envs(CREDENTIALS).env("AWS_ENDPOINT_URL_APPRUNNER", "http://apprunner.example.org");
    });
    assert!(name_server.recv(&mut [0; 512]).unwrap() > 0);
    assert_eq!(reveille.stop().code(), Some(0), "{}", reveille.text());
}
