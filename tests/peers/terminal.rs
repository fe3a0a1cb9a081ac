//! What is there on a terminal only, on one that `script` makes: the pager, colours and the prompt.

use crate::replay::Replay;
use crate::require::Peer;
use serde_json::json;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

const ARN: &str =
    "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

/// The `script` that takes a command, and ends as it does. That of the BSDs has other options.
const SCRIPT: Peer =
    Peer { name: "script", preferred: &["/usr/bin/script"], versions: &["script from util-linux "] };

fn server() -> Replay {
    let reply = json!({ "OperationId": "17fe9f55", "Service": { "Status": "RUNNING" },
        "ServiceSummaryList": [{ "ServiceArn": ARN }] });
    Replay::start(&json!({ "/": { "status": 200, "body": reply } }))
}

/// What stands on the terminal after the drop-in ran with these options. `keys` are pressed one after the other, each
/// when the text beside it has been shown.
fn terminal(
    server: &Replay,
    options: &str,
    environment: &[(&str, &str)],
    keys: &[(&str, &str)],
) -> Option<String> {
    let command = format!(
        "timeout --foreground 60 {} resume-service --region us-east-1 --no-sign-request --endpoint-url {} {options}",
        env!("CARGO_BIN_EXE_reveille"),
        server.url
    );
    on_a_terminal(&command, environment, keys)
}

/// What stands on a terminal of 80 columns after this has run there.
fn on_a_terminal(command: &str, environment: &[(&str, &str)], keys: &[(&str, &str)]) -> Option<String> {
    let script = SCRIPT.find()?;
    // A terminal of no rows is one that does not know its size.
    let command = format!("stty rows 24 columns 80; {command}");
    let mut child = Command::new(script)
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("TERM", "xterm")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut shown = String::new();
    for (awaited, key) in keys {
        while !shown.contains(awaited) {
            assert!(read_some(&mut stdout, &mut shown) > 0, "never shown: {awaited}\n{shown}");
        }
        stdin.write_all(key.as_bytes()).unwrap();
    }
    while read_some(&mut stdout, &mut shown) > 0 {}
    assert!(child.wait().unwrap().success(), "{shown}");
    drop(stdin);
    Some(shown)
}

fn read_some(from: &mut impl Read, shown: &mut String) -> usize {
    let mut bytes = [0; 4096];
    let count = from.read(&mut bytes).unwrap();
    shown.push_str(&String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()));
    count
}

#[test]
fn a_pager_shows_the_output_on_a_terminal_and_only_if_it_is_wanted() {
    let server = server();
    let options = format!("--service-arn {ARN} --query OperationId");
    let pager = [("AWS_PAGER", "sed s/^/paged:/")];
    let Some(shown) = terminal(&server, &options, &pager, &[]) else { return };
    assert_eq!(shown.trim(), "paged:\"17fe9f55\"");
    let shown = terminal(&server, &format!("{options} --no-cli-pager"), &pager, &[]).unwrap();
    assert_eq!(shown.trim(), "\"17fe9f55\"");
    let shown = terminal(&server, &options, &[("AWS_PAGER", ""), ("PAGER", "sed s/^/paged:/")], &[]).unwrap();
    assert_eq!(shown.trim(), "\"17fe9f55\"");
    let shown = terminal(&server, &options, &[("AWS_PAGER", "no-such-pager")], &[]).unwrap();
    assert!(shown.starts_with("\"17fe9f55\""), "{shown}");
    assert!(shown.contains("cannot start the pager `no-such-pager`"), "{shown}");
}

#[test]
fn a_table_has_colours_on_a_terminal() {
    let server = server();
    let options = format!("--service-arn {ARN} --query Service --output table --no-cli-pager");
    let Some(shown) = terminal(&server, &options, &[], &[]) else { return };
    assert!(shown.contains("\u{1b}[1m\u{1b}[34mRUNNING\u{1b}[0m"), "{shown:?}");
    let shown = terminal(&server, &format!("{options} --color off"), &[], &[]).unwrap();
    assert!(shown.contains("|  RUNNING "), "{shown:?}");
}

#[test]
fn the_prompt_completes_options_and_the_arns_of_the_account() {
    let server = server();
    // Once the prompt is there, keys are read in their order.
    let keys = [("Tab completes", "--service-a\tpyth\t--query OperationId --no-cli-pager\r")];
    let Some(shown) = terminal(&server, "--cli-auto-prompt", &[], &keys) else { return };
    assert!(shown.contains("\"17fe9f55\""), "{shown}");
    let asked = server.asked();
    let targets: Vec<&str> = asked.iter().map(|asked| asked.headers["x-amz-target"].as_str()).collect();
    assert_eq!(targets, ["AppRunner.ListServices", "AppRunner.ResumeService"]);
    assert_eq!(asked[1].body, json!({ "ServiceArn": ARN }));
}

const WEB: &str = r#"
timezone = "UTC"
[[service]]
name = "checkout"
arn = "arn:aws:apprunner:eu-west-1:123456789012:service/checkout/11111111111111111111111111111111"
resume = "* * * * *"
"#;

#[test]
fn on_a_terminal_the_log_of_the_daemon_is_a_short_line_for_each_event() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schedule.toml");
    std::fs::write(&file, WEB).unwrap();
    let run = |options: &str, environment: &[(&str, &str)]| {
        let program = env!("CARGO_BIN_EXE_reveille");
        let command = format!(
            "timeout --foreground 120 {program} run --emulator --once {options} -c {}",
            file.display()
        );
        on_a_terminal(&command, environment, &[])
    };
    let Some(shown) = run("", &[]) else { return };
    let plain = |line: &str| {
        let mut parts = line.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        let plain =
            parts.fold(first, |plain, part| plain + part.split_once('m').map_or("", |(_, rest)| rest));
        plain.trim_end().to_owned()
    };
    let lines: Vec<String> = shown.lines().map(plain).collect();
    for what in
        ["· checkout resume sent", "✓ checkout resumed in ", "· emulated App Runner; nothing reaches AWS"]
    {
        assert!(
            lines.iter().any(|line| line.get(9..).is_some_and(|line| line.starts_with(what))),
            "{what}\n{shown}"
        );
    }
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{shown}");
    assert!(!shown.contains("arn:aws") && shown.contains("summary: 1 resume"), "{shown}");
    assert!(shown.contains('\u{1b}') && !lines.iter().any(|line| has_utc(line)), "{shown}");

    let shown = run("", &[("TERM", "dumb")]).unwrap();
    assert!(shown.contains(" ✓ checkout resumed in ") && !shown.contains('\u{1b}'), "{shown:?}");

    let whole = run("--verbose", &[]).unwrap();
    let lines: Vec<String> = whole.lines().map(plain).collect();
    let is_whole = |line: &String| line.contains("Z  INFO resume succeeded") && line.contains(" operation=");
    assert!(lines.iter().any(is_whole), "{whole}");
}

/// Whether a line holds an instant as machines write it: `T08:00:00Z`.
fn has_utc(line: &str) -> bool {
    line.match_indices('T').any(|(at, _)| {
        let time = line.get(at + 1..).unwrap_or_default();
        let is_like = |(c, like): (char, char)| if like == '0' { c.is_ascii_digit() } else { c == like };
        time.len() > 5 && time.chars().zip("00:00".chars()).all(is_like)
    })
}

#[test]
fn next_fits_the_terminal_that_it_is_shown_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schedule.toml");
    let long = "a-service-whose-name-is-much-longer-than-a-column-of-a-narrow-terminal-has-room-for";
    std::fs::write(&file, WEB.replace("\"checkout\"", &format!("\"{long}\""))).unwrap();
    let next = |columns: usize| {
        let program = env!("CARGO_BIN_EXE_reveille");
        let command = format!("stty columns {columns}; {program} next -n 3 -c {}", file.display());
        on_a_terminal(&command, &[], &[])
    };
    for columns in [50, 80, 110] {
        let Some(shown) = next(columns) else { return };
        let widest = shown.lines().map(|line| line.trim_end().chars().count()).max().unwrap();
        assert!((columns - 10..=columns).contains(&widest), "{columns} columns:\n{shown}");
    }
    let shown = next(220).unwrap();
    assert!(shown.contains(long), "{shown}");
}
