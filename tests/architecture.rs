//! ARCHITECTURE.md describes the code as it stands: every file, constant, function and test that it names exists.
//!
//! In its table of rules and in its walk a name belongs to the file that is named before it, and has to be defined
//! there. A name anywhere else has to occur in the code.

#![expect(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

#[expect(dead_code, reason = "other tests leave the files of tests out")]
#[path = "support/sources.rs"]
mod sources;

use sources::collect_with_tests;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The head of a table of rules.
const RULES: [&str; 3] = ["rule", "where", "tested by"];

/// The heading above the walk.
const WALK: &str = "One occurrence, from the file to the call and back";

/// The most steps of the walk, so that it can be read in one go.
const MOST_STEPS: usize = 12;

/// The most tests that stand for a rule.
const MOST_TESTS: usize = 3;

/// What a row says instead of tests, with the reason behind it.
const UNTESTED: &str = "no test:";

/// What an item can be defined as.
const KINDS: [&str; 8] = ["const", "static", "fn", "struct", "enum", "trait", "type", "macro_rules!"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The code of the repository.
struct Code {
    /// The text of each file, by its path in the repository.
    files: BTreeMap<String, String>,
    /// Every word in them.
    words: BTreeSet<String>,
    /// The functions that are tests.
    tests: BTreeSet<String>,
}

impl Code {
    fn read() -> Self {
        let mut paths = Vec::new();
        for folder in ["src", "tests", "benches"] {
            collect_with_tests(&root().join(folder), &mut paths);
        }
        let files = paths.iter().map(|path| {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            (name, fs::read_to_string(path).unwrap())
        });
        // What is written here is no proof that it exists.
        Self::of(files.filter(|(name, _)| name != "tests/architecture.rs").collect())
    }

    fn of(files: BTreeMap<String, String>) -> Self {
        let words = files.values().flat_map(|text| words(text).map(str::to_owned)).collect();
        let tests = files.values().flat_map(|text| tests(text)).map(str::to_owned).collect();
        Self { files, words, tests }
    }

    /// The path in the repository of what the document names, which may leave `src/` out.
    fn find(&self, named: &str) -> Option<String> {
        let paths = [format!("src/{named}"), named.to_owned()];
        paths.into_iter().find(|path| self.files.contains_key(path) || root().join(path).exists())
    }

    /// Whether a file defines `NAME`, or `Type::name` in a block of that type.
    ///
    /// What a macro defines is not seen.
    fn defines(&self, file: &str, item: &str) -> bool {
        let Some(text) = self.files.get(file) else { return false };
        match item.split_once("::") {
            Some((owner, name)) => {
                blocks_of(text, owner).any(|line| defined(line) == Some(name) || is_variant(line, name))
            }
            None => text.lines().any(|line| defined(line) == Some(item)),
        }
    }
}

fn is_word_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_word_character(c)).filter(|word| !word.is_empty())
}

/// The functions below an attribute that makes them tests.
fn tests(text: &str) -> Vec<&str> {
    let (mut tests, mut is_test) = (Vec::new(), false);
    for line in text.lines().map(str::trim_start) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        if is_test && let Some(name) = line.trim_start_matches("async ").strip_prefix("fn ") {
            tests.extend(words(name).next());
            is_test = false;
        }
    }
    tests
}

/// The name that this line defines, if it does.
fn defined(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    if let Some(public) = rest.strip_prefix("pub") {
        rest = public.split_once(") ").filter(|_| public.starts_with('(')).map_or(public, |(_, rest)| rest);
    }
    for modifier in ["async ", "const fn"] {
        let Some(behind) = rest.trim_start().strip_prefix(modifier) else { continue };
        rest = if modifier == "const fn" { return words(behind).next() } else { behind };
    }
    let (kind, behind) = rest.trim_start().split_once(' ')?;
    KINDS.contains(&kind).then(|| words(behind).next()).flatten()
}

/// Whether this line of an enum is its variant of this name.
fn is_variant(line: &str, name: &str) -> bool {
    let behind = line.strip_prefix("    ").and_then(|line| line.strip_prefix(name));
    behind.is_some_and(|behind| behind.starts_with([',', '(']) || behind.starts_with(" {"))
}

/// The lines of the blocks that implement or define this type or trait.
fn blocks_of<'t>(text: &'t str, owner: &str) -> impl Iterator<Item = &'t str> {
    let mut is_inside = false;
    text.lines().filter(move |line| {
        if let Some(header) = line.strip_prefix("impl") {
            let implementor = header.split_once(" for ").map(|(_, implementor)| implementor);
            let behind_generics = || header.split_once("> ").filter(|_| header.starts_with('<'));
            let owned = implementor.or_else(|| behind_generics().map(|(_, owned)| owned)).unwrap_or(header);
            is_inside |= words(owned).next() == Some(owner);
        }
        is_inside |= line.ends_with('{') && defined(line) == Some(owner) && !line.starts_with(' ');
        is_inside &= *line != "}";
        is_inside
    })
}

/// What a document names and the code does not have.
#[derive(Default)]
struct Check {
    wrong: Vec<String>,
    rules: usize,
    steps: usize,
}

impl Check {
    fn of(document: &str, code: &Code) -> Self {
        let mut check = Self::default();
        for (heading, text) in sections(document) {
            check.names(&text, code);
            check.rules_of(&text, code);
            if heading == WALK {
                check.walk(&text, code);
            }
        }
        check
    }

    fn complain(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// Files have to exist, names have to occur in the code.
    fn names(&mut self, text: &str, code: &Code) {
        for paragraph in paragraphs(text) {
            // In a row about a folder, paths begin in that folder.
            let folder = cells(&paragraph).and_then(|cells| inline(cells.first()?).next()?.strip_suffix('/'));
            for name in inline(&paragraph) {
                // Of a command, its path.
                let path = name.split(' ').next().unwrap_or(name);
                let in_folder = folder.is_some_and(|folder| code.find(&format!("{folder}/{path}")).is_some());
                if is_path(path) && !in_folder && code.find(path).is_none() {
                    self.complain(format!("there is no file `{path}`"));
                } else if is_item(name) && !words(name).all(|word| code.words.contains(word)) {
                    self.complain(format!("`{name}` does not occur in the code"));
                }
            }
        }
    }

    /// The names that follow a path have to be defined in its file; gives back how many functions were.
    fn places(&mut self, text: &str, code: &Code) -> usize {
        let (mut file, mut functions) = (None, 0_usize);
        for name in inline(text) {
            if is_path(name) {
                file = code.find(name);
            } else if let Some(file) = file.as_ref().filter(|_| is_item(name)) {
                if !code.defines(file, name) {
                    self.complain(format!("`{name}` is not defined in {file}"));
                }
                let last = name.rsplit("::").next().unwrap_or(name);
                functions = functions.saturating_add(usize::from(last.starts_with(char::is_lowercase)));
            }
        }
        functions
    }

    fn rules_of(&mut self, text: &str, code: &Code) {
        let is_head = |line: &&str| cells(line).is_some_and(|cells| cells.first() == RULES.first());
        let mut table = text.lines().skip_while(|line| !is_head(line)).take_while(|line| !line.is_empty());
        if let Some(head) = table.next().filter(|head| cells(head).is_none_or(|cells| cells != RULES)) {
            self.complain(format!("the head of a table of rules is not {RULES:?}: {head}"));
        }
        for line in table.skip(1) {
            let cells = cells(line).unwrap_or_default();
            let [rule, place, tests] = cells[..] else {
                self.complain(format!("not a row of three cells: {line}"));
                continue;
            };
            self.rules = self.rules.saturating_add(1);
            if !inline(place).any(is_path) {
                self.complain(format!("`{rule}` names no file"));
            }
            self.places(place, code);
            self.tests_of(rule, tests, code);
        }
    }

    fn tests_of(&mut self, rule: &str, cell: &str, code: &Code) {
        let tests: Vec<&str> = inline(cell).filter(|name| is_item(name)).collect();
        let says_why = cell.starts_with(UNTESTED);
        if tests.is_empty() != says_why || tests.len() > MOST_TESTS {
            self.complain(format!("`{rule}` names {} tests", tests.len()));
        }
        for test in tests.iter().filter(|test| !code.tests.contains(**test)) {
            self.complain(format!("`{rule}`: there is no test `{test}`"));
        }
    }

    fn walk(&mut self, text: &str, code: &Code) {
        let steps = steps(text);
        self.steps = steps.len();
        if steps.is_empty() || steps.len() > MOST_STEPS {
            self.complain(format!("the walk has {} steps", steps.len()));
        }
        for step in steps {
            if self.places(&step, code) == 0 {
                self.complain(format!("no function in this step: {step}"));
            }
        }
    }
}

/// The sections below headings, without blocks of code.
fn sections(document: &str) -> Vec<(&str, String)> {
    let (mut sections, mut is_code) = (vec![("", String::new())], false);
    for line in document.lines() {
        is_code ^= line.starts_with("```");
        if let Some(heading) = line.strip_prefix('#').filter(|_| !is_code) {
            sections.push((heading.trim_start_matches('#').trim(), String::new()));
        } else if let Some((_, text)) = sections.last_mut().filter(|_| !is_code) {
            text.push_str(line);
            text.push('\n');
        }
    }
    sections
}

/// The paragraphs and the rows of tables.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in text.lines() {
        match paragraphs.last_mut().filter(|_| !line.is_empty() && cells(line).is_none()) {
            Some(paragraph) => paragraph.extend([line, " "]),
            None => paragraphs.extend([line.to_owned(), String::new()]),
        }
    }
    paragraphs
}

/// The texts between backticks.
fn inline(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The cells of a row of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.strip_prefix('|')?.strip_suffix('|')?;
    Some(row.split('|').map(str::trim).collect())
}

/// The numbered items, each in one line.
fn steps(text: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if line.starts_with(|c: char| c.is_ascii_digit()) {
            steps.push(line.to_owned());
        } else if let Some(step) = steps.last_mut().filter(|_| line.starts_with(' ')) {
            step.push(' ');
            step.push_str(line.trim_start());
        }
    }
    steps
}

/// Whether it is a path in the repository: `planner/look.rs`, `tests/house/`, `Cargo.toml`.
fn is_path(name: &str) -> bool {
    let is_one_word = name.chars().all(|c| is_word_character(c) || matches!(c, '/' | '.' | '-'));
    let ends = [".rs", ".toml", ".md", "/"];
    is_one_word
        && !name.starts_with('/')
        && (name.contains('/') || ends.iter().any(|end| name.ends_with(end)))
}

/// Whether it is a Rust name or a path of such: `backoff`, `CLOCKS_DIFFER`, `Planner::handle`, `select!`.
fn is_item(name: &str) -> bool {
    let names = name.trim_end_matches("()").trim_end_matches('!').split("::");
    names.into_iter().all(|name| {
        name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(is_word_character)
    })
}

#[test]
fn every_file_constant_function_and_test_that_the_architecture_names_exists() {
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let check = Check::of(&document, &Code::read());
    assert!(check.wrong.is_empty(), "ARCHITECTURE.md: {:#?}", check.wrong);
    assert!(check.rules > 70, "only {} rules were found", check.rules);
    assert!(check.steps > 5, "only {} steps were found", check.steps);
}

#[test]
fn what_does_not_exist_is_noticed() {
    let file = "
pub(super) const LIMIT: u32 = 3;
impl<'a> Iterator for Turn<'a> {
    fn next(&mut self) {}
}
impl Turn<'_> {
    pub(crate) async fn act(self) {}
}
enum State {
    Due,
}
const fn bit() {}
#[tokio::test]
async fn it_acts() {}
";
    let code = Code::of([("src/planner/turn.rs".to_owned(), file.to_owned())].into());
    let check = |document: &str| Check::of(document, &code).wrong;
    let table = |row: &str| check(&format!("| {} |\n|---|---|---|\n{row}\n", RULES.join(" | ")));
    let walk = |step: &str| check(&format!("# {WALK}\n\n{step}\n"));

    let all = "`planner/turn.rs` `LIMIT`, `Turn::act`, `Turn::next`, `State::Due`, `bit`";
    assert_eq!(table(&format!("| acts | {all} | `it_acts` |")), [""; 0]);
    assert_eq!(walk("1. `planner/turn.rs` `Turn::act` acts in `it_acts`."), [""; 0]);
    assert_eq!(check("`Cargo.toml`, `on-manual\nchange`, `State`\n```\n`nothing`\n```\n"), [""; 0]);

    assert_eq!(check("`planner/gone.rs`"), ["there is no file `planner/gone.rs`"]);
    assert_eq!(check("`tests/gone/run all`"), ["there is no file `tests/gone/run`"]);
    assert_eq!(check("| `planner/` | `turn.rs`, `gone.rs` |"), ["there is no file `gone.rs`"]);
    assert_eq!(check("`Turn::gone`"), ["`Turn::gone` does not occur in the code"]);
    let elsewhere = "| acts | `planner/turn.rs` `Iterator::act`, `act::bit`, `Due` | `it_acts` |";
    assert_eq!(
        table(elsewhere),
        [
            "`Iterator::act` is not defined in src/planner/turn.rs",
            "`act::bit` is not defined in src/planner/turn.rs",
            "`Due` is not defined in src/planner/turn.rs"
        ]
    );
    assert_eq!(table("| acts | somewhere | `it_acts` |"), ["`acts` names no file"]);
    assert_eq!(table("| acts | `planner/turn.rs` | `act` |"), ["`acts`: there is no test `act`"]);
    assert_eq!(table("| acts | `planner/turn.rs` | |"), ["`acts` names 0 tests"]);
    assert_eq!(table("| acts | `planner/turn.rs` | no test: it is new |"), [""; 0]);
    assert_eq!(
        table("| acts | `planner/turn.rs` |"),
        ["not a row of three cells: | acts | `planner/turn.rs` |"]
    );
    assert_eq!(check("| rule | tests |\n").len(), 1);
    assert_eq!(
        walk("1. `planner/turn.rs` `Turn::bit` acts."),
        ["`Turn::bit` is not defined in src/planner/turn.rs"]
    );
    assert_eq!(walk("1. Nothing."), ["no function in this step: 1. Nothing."]);
    let long = "1. `planner/turn.rs` `Turn::act` acts.\n".repeat(MOST_STEPS.saturating_add(1));
    assert_eq!(walk(&long), ["the walk has 13 steps"]);
}
