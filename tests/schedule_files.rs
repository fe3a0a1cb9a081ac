//! Files that are no schedule.toml, or one that was made to do harm: exit code 78 and a message with a place, soon.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod support;

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use support::binary;

/// What `check` prints of a file that it refuses.
fn refused(file: &Path) -> String {
    let output = binary().arg("check").arg(file).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(78), "{shown}{}", String::from_utf8_lossy(&output.stderr));
    shown
}

#[test]
fn a_path_that_is_not_a_file_is_named_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(refused(&pipe).ends_with(
        "pipe: this is a pipe, a device or a socket, not a file; name the `schedule.toml` itself\n"
    ));
    assert!(refused(folder.path()).contains(": this is a directory, not a file"));
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    symlink(&here, &there).unwrap();
    symlink(&there, &here).unwrap();
    assert!(refused(&here).contains("here: the file cannot be read: "));
    assert!(refused(&folder.path().join("missing")).contains("missing: there is no such file"));
}

#[test]
fn what_a_file_names_is_read_with_the_same_care() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.ics");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let file = folder.path().join("schedule.toml");
    std::fs::write(
        &file,
        "[closed-days]\na = { ics = \"pipe.ics\" }\nb = { ics = \".\" }\nc = { ics = \"c.ics\" }\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("c.ics"), vec![b'x'; 2 << 20]).unwrap();
    let shown = refused(&file);
    for expected in [
        "schedule.toml:2:13: error: pipe.ics: this is a pipe, a device or a socket, not a file; name the calendar itself",
        "schedule.toml:3:13: error: .: this is a directory, not a file; name the calendar itself",
        "schedule.toml:4:13: error: c.ics: the file is larger than 1 MiB, so it is not a calendar",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
}

#[test]
fn a_megabyte_of_anything_has_a_message_with_a_place() {
    const MEGABYTE: usize = 1_000_000;
    let folder = tempfile::tempdir().unwrap();
    let contents: [(&str, Vec<u8>); 5] = [
        ("zeros", vec![0; MEGABYTE]),
        ("no text", vec![0xff; MEGABYTE]),
        ("one text", format!("timezone = \"{}\"", "x".repeat(MEGABYTE)).into()),
        ("lists", format!("a = {}", "[".repeat(MEGABYTE)).into()),
        ("keys", format!("a{} = 1", ".a".repeat(MEGABYTE / 2)).into()),
    ];
    for (name, content) in contents {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        let shown = refused(&file);
        assert!(shown.starts_with(&format!("{}:1:", file.display())), "{shown}");
    }
}
