//! What a file names, however it is written: in any form of `use` or in a path, by another name, or from `super`.

use super::graph::module_of;
use super::source::Source;
use std::collections::BTreeSet;

/// The names that a file brings, and where they come from.
type Brought<'s> = Vec<(&'s str, Vec<String>)>;

/// The paths that a file names, those of its tests among them; one of a `use` ends in `::`, since there may be more
/// behind it.
///
/// A path that begins with a name that the file brings is there twice: as written, and from where the name comes.
pub(crate) fn named(file: &str, text: &str) -> BTreeSet<String> {
    let source = Source::parse_with_tests(text);
    let module = module_of(file);
    let absolute = |path: &[String], inline_modules| absolute(&module, path, inline_modules);
    let imports = source.imports.iter();
    let imports = imports.map(|import| (import.name.as_str(), absolute(&import.path, import.inline_modules)));
    let written: Brought<'_> = imports.collect();
    let brought: Brought<'_> = written
        .iter()
        .flat_map(|(name, path)| with_origins(path, &written).into_iter().map(|path| (*name, path)))
        .collect();
    let mut paths: BTreeSet<String> =
        brought.iter().map(|(_, path)| format!("{}::", path.join("::"))).collect();
    for named in &source.paths {
        let path = absolute(&named.path, named.inline_modules);
        paths.extend(with_origins(&path, &brought).iter().map(|path| path.join("::")));
    }
    paths
}

/// The first of the paths that has this name in it, and not as a part of a longer one. A name that ends in `::` is one
/// of a crate or a module: a variable may have it too.
pub(crate) fn find<'p>(paths: &'p BTreeSet<String>, name: &str) -> Option<&'p str> {
    let bare = name.trim_end_matches("::");
    let end = if bare == name { "::" } else { "" };
    let searched = format!("::{bare}::");
    let has_it = |path: &&String| {
        let takes_all = path.strip_suffix("*::").is_some_and(|all| !all.is_empty() && name.starts_with(all));
        takes_all || path.contains(bare) && format!("::{path}{end}").contains(&searched)
    };
    paths.iter().find(has_it).map(|path| path.trim_end_matches("::"))
}

/// The path from the root of the crate, if it goes up from this file.
fn absolute(module: &str, path: &[String], inline_modules: usize) -> Vec<String> {
    let path = path.strip_prefix(&["self".to_owned()]).unwrap_or(path);
    let ups = path.iter().take_while(|name| *name == "super").count();
    if ups <= inline_modules {
        return path.to_vec();
    }
    let above: Vec<&str> = module.split("::").collect();
    let left = above.len().saturating_sub(ups - inline_modules);
    let above = ["crate"].into_iter().chain(above.into_iter().take(left)).map(str::to_owned);
    above.chain(path.iter().skip(ups).cloned()).collect()
}

/// The path, and what it is if its first name is one that was brought.
fn with_origins(path: &[String], brought: &Brought<'_>) -> Vec<Vec<String>> {
    let mut paths = vec![path.to_vec()];
    if let [first, behind @ ..] = path {
        let origins = brought.iter().filter(|(name, origin)| name == first && origin.first() != Some(first));
        paths.extend(origins.map(|(_, origin)| [origin, behind].concat()));
    }
    paths
}

#[test]
fn a_name_is_told_from_a_longer_one_and_from_a_variable() {
    let has = |code: &str, name: &str| find(&named("a.rs", code), name).is_some();
    assert!(has("use hyper::Request;", "hyper::"));
    assert!(!has("use my_hyper::Request;", "hyper::"));
    assert!(!has("use hyper_util::rt::TokioIo;", "hyper::"));
    assert!(!has("use crate::daemons; fn f() { let hyper = 1; f(hyper) }", "hyper::"));
    assert!(!has("use crate::daemons;", "crate::daemon"));
    assert!(!has("// use hyper::Request;\nconst TEXT: &str = \"a hyper::Request\";", "hyper::"));
}

#[test]
fn a_name_is_seen_however_it_is_written() {
    let written = [
        ("fn f() { use crate::{clock, daemon as d}; }", "crate::daemon"),
        ("use crate::{api::{self, Arn}, daemon::{self}};", "crate::daemon"),
        ("use crate as ours; fn f() { ours::daemon::run() }", "crate::daemon"),
        ("use crate::*;", "crate::daemon"),
        ("use super::super::daemon;", "crate::daemon"),
        ("pub use self::super::super::{daemon::Alarm as Bell};", "crate::daemon"),
        ("fn f() { 0..crate::daemon::MOST }", "crate::daemon"),
        ("use crate::r#daemon;", "crate::daemon"),
        (
            "#[cfg(test)] mod tests { mod deeper { use super::super::super::super::daemon; } }",
            "crate::daemon",
        ),
        ("#[serde(with = \"crate::daemon::text\")] struct S;", "crate::daemon"),
        ("use std::{fs, io::{self, Read}};", "std::fs"),
        ("use std::{fs, io::{self, Read}};", "std::io"),
        ("use s::fs as disk; use std as s;", "std::fs"),
        ("use std::*; fn f() { fs::read() }", "std::fs"),
        ("pub(crate) use ::tokio::{time};", "tokio::"),
        ("use tokio;", "tokio::"),
        ("fn f() { ::tokio\n    ::spawn() }", "tokio::"),
        ("use std::time::{Duration, Instant as Moment};", "Instant"),
        ("use jiff::Timestamp as T; fn f() { T::now() }", "Timestamp::now"),
    ];
    for (code, name) in written {
        let paths = named("schedule/zone.rs", code);
        assert!(find(&paths, name).is_some(), "`{name}` is not seen in: {code}\n{paths:?}");
    }
}

#[test]
fn super_is_the_module_around_it() {
    let code =
        "use super::daemon; mod tests { use super::*; use super::super::daemon; } use super::{self as up};";
    let paths = named("schedule/zone.rs", code);
    assert!(find(&paths, "crate::schedule::daemon").is_some(), "{paths:?}");
    assert!(find(&paths, "crate::daemon").is_none(), "{paths:?}");
}
