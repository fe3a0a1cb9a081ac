//! The pages for people: their links lead somewhere, their examples are valid, and nothing of the program is missing.

#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

#[path = "support/sources.rs"]
mod sources;

use reveille::config::{CheckContext, Checked, check};
use sources::collect;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The README is what people read first, and has to fit in a few minutes.
const LONGEST_README: usize = 130;

/// A page, by its path in the repository.
struct Page {
    path: PathBuf,
    text: String,
}

impl Page {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        Self { path, text }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The blocks of code, each with what stands behind its opening fence.
    fn blocks(&self) -> Vec<(&str, String)> {
        let mut blocks: Vec<(&str, String)> = Vec::new();
        let mut is_inside = false;
        for line in self.text.lines() {
            if let Some(info) = line.trim_start().strip_prefix("```") {
                is_inside = !is_inside;
                if is_inside {
                    blocks.push((info.trim(), String::new()));
                }
            } else if let Some((_, block)) = blocks.last_mut().filter(|_| is_inside) {
                block.push_str(line);
                block.push('\n');
            }
        }
        assert!(!is_inside, "{}: a block of code has no end", self.name());
        blocks
    }

    /// The lines that are not in blocks of code.
    fn prose(&self) -> Vec<&str> {
        let mut is_inside = false;
        let prose = self.text.lines().filter(|line| {
            let is_fence = line.trim_start().starts_with("```");
            is_inside ^= is_fence;
            !is_inside && !is_fence
        });
        prose.collect()
    }

    /// The targets of its links.
    fn links(&self) -> Vec<String> {
        let prose = self.prose().join("\n");
        // Between an odd backtick and the next is code.
        let text: String = prose.split('`').step_by(2).collect();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        targets.map(str::to_owned).collect()
    }

    /// The anchors of its headings, as GitHub makes them.
    fn anchors(&self) -> BTreeSet<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let prose = self.prose();
        let headings = prose.iter().filter(|line| line.starts_with('#'));
        let anchors = headings.map(|heading| {
            let anchor = anchor(heading.trim_start_matches('#').trim());
            let times = seen.entry(anchor.clone()).or_default();
            let before = *times;
            *times = times.saturating_add(1);
            if before == 0 { anchor } else { format!("{anchor}-{before}") }
        });
        anchors.collect()
    }

    /// Its words; options are words with their hyphens.
    fn words(&self) -> BTreeSet<&str> {
        self.text.split(|c: char| !c.is_alphanumeric() && c != '-').collect()
    }
}

/// Lower case; letters, digits, `-` and `_` stay, spaces become hyphens, all else goes.
fn anchor(heading: &str) -> String {
    let lower = heading.to_lowercase();
    let kept = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README.md and docs/*.md.
fn manual() -> Vec<Page> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    assert!(files.len() >= 5, "only {files:?}");
    let pages = files.iter().map(|file| file.strip_prefix(root()).unwrap().to_owned());
    std::iter::once("README.md".into()).chain(pages).map(Page::read).collect()
}

/// What is wrong with a link of a page.
fn broken(page: &Page, link: &str) -> Option<String> {
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let path = match file {
        "" => page.path.clone(),
        file => page.path.parent().unwrap_or(Path::new("")).join(file),
    };
    if !root().join(&path).exists() {
        return Some(format!("{}: `{link}` leads to no file", page.name()));
    }
    let anchor = anchor?;
    let has_anchor = Page::read(path).anchors().contains(anchor);
    (!has_anchor).then(|| format!("{}: `{link}` leads to no heading", page.name()))
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let others = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let pages = manual().into_iter().chain(others.map(|path| Page::read(path.into())));
    let (mut links, mut wrong) = (0_usize, Vec::new());
    for page in pages {
        for link in page.links().iter().filter(|link| !link.contains("://")) {
            links = links.saturating_add(1);
            wrong.extend(broken(&page, link));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(links > 50, "only {links} links were found");
}

#[test]
fn a_link_that_leads_nowhere_is_noticed() {
    let page = |text: &str| Page { path: "docs/page.md".into(), text: text.to_owned() };
    let text =
        "[`a`](drop-in.md), [b\nc](emulator.md#faults), `[d](e)`\n```\n[f](g)\n```\n[h](#two--words)\n";
    let found = page(text);
    assert_eq!(found.links(), ["drop-in.md", "emulator.md#faults", "#two--words"]);
    assert_eq!(broken(&found, "drop-in.md"), None);
    assert_eq!(broken(&found, "emulator.md#faults"), None);
    assert!(broken(&found, "nowhere.md").unwrap().ends_with("`nowhere.md` leads to no file"));
    assert!(broken(&found, "emulator.md#fault").unwrap().ends_with("leads to no heading"));
    let headings = page("# Two & `words`\n## Again\n```\n# no heading\n```\n## Again\n").anchors();
    assert_eq!(headings.iter().collect::<Vec<_>>(), ["again", "again-1", "two--words"]);
}

#[test]
fn the_readme_is_short_and_has_the_two_commands_for_a_fresh_machine() {
    let readme = Page::read("README.md".into());
    let lines = readme.text.lines().count();
    assert!(lines <= LONGEST_README, "README.md has {lines} lines, more than {LONGEST_README}");
    let commands: Vec<String> = readme.blocks().into_iter().map(|(_, block)| block).collect();
    for command in ["cargo run --release -- run --emulator --config config/demo.toml\n", "cargo test\n"] {
        assert!(commands.iter().any(|block| block == command), "{command}");
    }
}

#[test]
fn every_schedule_in_the_docs_can_be_pasted() {
    let around = CheckContext { now: Some("2026-11-23T08:00:00Z".parse().unwrap()), files: None };
    let mut whole = BTreeSet::new();
    for page in manual() {
        for (info, text) in page.blocks() {
            match info {
                "toml" => {
                    let Checked { config, problems } = check(text.as_bytes(), around);
                    assert_eq!(problems.render(&page.name(), &text), "");
                    assert!(config.is_some());
                    whole.insert(page.name());
                }
                "toml fragment" => {
                    let parsed = text.parse::<toml::Table>();
                    assert!(parsed.is_ok(), "{}: {}", page.name(), parsed.unwrap_err());
                }
                other => assert!(!other.starts_with("toml"), "{}: a block of `{other}`", page.name()),
            }
        }
    }
    assert!(["README.md", "docs/schedule-file.md"].iter().all(|page| whole.contains(*page)), "{whole:?}");
}

/// What the binary prints with these arguments.
fn help(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
    let output = command.args(args).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The long options that a help text lists.
fn options(help: &str) -> BTreeSet<String> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.flat_map(|line| line.split_whitespace().take_while(|word| word.starts_with('-')));
    let long = words.filter(|word| word.starts_with("--"));
    long.map(|word| word.trim_end_matches(',').to_owned()).collect()
}

/// The subcommands that the help lists.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
    let named = listed.filter(|line| !line.starts_with(' '));
    named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_subcommand_and_every_long_option_is_in_the_docs() {
    let pages = manual();
    let overview = help(&["--help"]);
    let subcommands = subcommands(&overview);
    assert!(subcommands.len() >= 9, "only {subcommands:?}");
    let mut missing = Vec::new();
    let mut look_for = |command: &str, options: BTreeSet<String>| {
        let named = format!("reveille {command}");
        let pages: Vec<&Page> = pages.iter().filter(|page| page.text.contains(named.trim_end())).collect();
        if pages.is_empty() {
            missing.push(named.clone());
        }
        assert!(!options.is_empty(), "no options of `{named}` were found");
        let is_there = |option: &String| pages.iter().any(|page| page.words().contains(option.as_str()));
        let absent = options.iter().filter(|option| !is_there(option));
        missing.extend(absent.map(|option| format!("{named} {option}")));
    };
    look_for("", options(&overview));
    for command in &subcommands {
        let text = match command.as_str() {
            "help" => overview.clone(),
            "resume-service" => help(&["resume-service", "help"]),
            command => help(&[command, "--help"]),
        };
        look_for(command, options(&text));
    }
    assert!(missing.is_empty(), "not in README.md or docs: {missing:#?}");
}

/// The texts of the `tracing::error!` lines of a file, as far as they are the same each time.
fn errors_of(code: &str) -> Vec<String> {
    let macros = code.split("tracing::error!(").skip(1);
    let texts = macros.filter_map(|rest| {
        let (mut depth, mut is_text, mut is_escaped) = (1_usize, false, false);
        let (mut text, mut last) = (String::new(), None);
        for c in rest.chars() {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' if is_text => is_escaped = true,
                '"' if is_text => (is_text, last) = (false, Some(std::mem::take(&mut text))),
                '"' => is_text = true,
                c if is_text => text.push(c),
                '(' => depth = depth.saturating_add(1),
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        last
    });
    let begins = |text: String| text.split(['{', ';', ':']).next().map(words_apart);
    texts.filter_map(begins).collect()
}

/// The words of a text, one space between two.
fn words_apart(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_error_line_of_the_log_is_explained_to_operators() {
    let operating = words_apart(&Page::read("docs/operating.md".into()).text);
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    let errors = files.iter().flat_map(|file| {
        let errors = errors_of(&fs::read_to_string(file).unwrap());
        errors.into_iter().map(move |error| (file.strip_prefix(root()).unwrap().to_owned(), error))
    });
    let errors: Vec<(PathBuf, String)> = errors.collect();
    assert!(errors.len() > 15, "only {errors:#?}");
    let unexplained: Vec<&(PathBuf, String)> =
        errors.iter().filter(|(_, error)| !operating.contains(error.as_str())).collect();
    assert!(unexplained.is_empty(), "not in docs/operating.md: {unexplained:#?}");
}
