//! What a shell completes, the manual pages, and what is said of a misspelt command.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use std::path::Path;
use std::process::Command;
use support::{binary, write_config};

const FILE: &str = r#"
timezone = "UTC"

[schedule.office]
hours = "Mon-Fri 08:00-18:00"

[[service]]
name = "checkout"
schedule = "office"
arn = "arn:aws:apprunner:eu-west-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa"

[[service]]
name = "checkout two; three"
schedule = "office"
arn = "arn:aws:apprunner:eu-west-1:123456789012:service/more/1f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"

[[service]]
name = "reports"
schedule = "office"
enabled = false
arn = "arn:aws:apprunner:eu-west-1:123456789012:service/reports/0f3c7b1d9e5a4c2f8b6d4e2a1c3f5b7d"
"#;

fn stdout(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What is offered for the last of these words, as the script for fish asks.
fn offered(config: &Path, words: &[&str]) -> Vec<String> {
    let mut command = binary();
    command.env("REVEILLE_CONFIG", config).env("REVEILLE_COMPLETE", "fish").arg("--").args(words);
    if let Some(folder) = config.parent().filter(|folder| folder.is_dir()) {
        command.current_dir(folder);
    }
    stdout(&mut command).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn a_shell_completes_commands_and_the_names_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), FILE);
    let commands = offered(&config, &["reveille", "re"]);
    assert!(
        commands.contains(&"rehearse".to_owned()) && commands.contains(&"resume".to_owned()),
        "{commands:?}"
    );
    assert_eq!(offered(&config, &["reveille", "resume", "c"]), ["checkout"], "and no name of several words");
    assert_eq!(offered(&config, &["reveille", "pause", "rep"]), ["reports"], "disabled or not");
    assert_eq!(offered(&config, &["reveille", "next", "--schedule", "o"]), ["office"]);
    assert_eq!(offered(&config, &["reveille", "check", "sched"]), ["schedule.toml"], "a file in the folder");
}

#[test]
fn a_variable_that_is_set_by_mistake_keeps_no_command_from_running() {
    for value in ["1", "bash", "fish"] {
        let version = stdout(binary().env("REVEILLE_COMPLETE", value).arg("--version"));
        assert!(version.starts_with("reveille "), "{value}: {version}");
    }
}

#[test]
fn without_a_file_that_is_right_no_name_is_completed_and_nothing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = write_config(folder.path(), "timezone = 1\n");
    for config in [wrong.as_path(), Path::new("/nonexistent/schedule.toml")] {
        assert!(offered(config, &["reveille", "resume", "c"]).is_empty());
    }
}

#[test]
fn bash_completes_with_the_script_that_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), FILE);
    let script = "PATH=\"$1:$PATH\"\n\
        source <(reveille completions bash)\n\
        COMP_WORDS=(reveille resume c) COMP_CWORD=2 COMP_TYPE=9\n\
        $(complete -p reveille | sed 's/.*-F \\([^ ]*\\).*/\\1/') reveille c resume\n\
        echo \"${COMPREPLY[@]}\"\n";
    let built = Path::new(env!("CARGO_BIN_EXE_reveille")).parent().unwrap();
    let mut bash = Command::new("bash");
    let output =
        bash.args(["--norc", "-c", script, "bash"]).arg(built).env("REVEILLE_CONFIG", config).output();
    // Where there is no bash, nobody completes with it.
    let Ok(output) = output else { return };
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "checkout", "{output:?}");
}

#[test]
fn every_shell_has_its_script() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(binary().args(["completions", shell]));
        assert!(script.contains("REVEILLE_COMPLETE"), "{shell}: {script}");
    }
}

#[test]
fn every_command_has_its_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    stdout(binary().args(["man", "--output"]).arg(folder.path()));
    let mut pages: Vec<_> = folder
        .path()
        .read_dir()
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    let expected = [
        "reveille-check.1",
        "reveille-completions.1",
        "reveille-emulate.1",
        "reveille-man.1",
        "reveille-next.1",
        "reveille-pause.1",
        "reveille-rehearse.1",
        "reveille-resume-service.1",
        "reveille-resume.1",
        "reveille-run.1",
        "reveille.1",
    ];
    assert_eq!(pages, expected);
    let page = stdout(binary().args(["man", "run"]));
    assert!(page.contains(".TH reveille-run 1") && page.contains("\\-\\-once"), "{page}");
    assert!(stdout(binary().arg("man")).contains(".TH reveille 1"));
}

#[test]
fn a_page_of_no_command_and_a_folder_that_is_none_are_refused() {
    let refused = |arguments: &[&str], code: i32| {
        let output = binary().arg("man").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(
        refused(&["rum"], 2),
        "reveille man: there is no command `rum`; `reveille --help` lists them\n"
    );
    assert!(
        refused(&["--output", "/nonexistent"], 70)
            .starts_with("reveille man: cannot write to /nonexistent: ")
    );
}

#[test]
fn no_misspelt_command_is_answered_with_the_one_that_puts_services_to_sleep() {
    for (misspelt, suggested) in
        [("paus", None), ("pasue", None), ("paused", None), ("resum", Some("resume"))]
    {
        let output = binary().args([misspelt, "checkout"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("unrecognized subcommand '{misspelt}'")), "{said}");
        assert!(!said.contains("'pause'"), "{said}");
        assert!(suggested.is_none_or(|suggested| said.contains(&format!("'{suggested}'"))), "{said}");
    }
}
