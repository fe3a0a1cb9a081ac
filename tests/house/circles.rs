//! No files of `src/` depend on one another in a circle, so that each can be understood, and moved, without its users.
//!
//! - A file uses another if its code names an item that the other defines, be it in a `use`, in a path, or by a name that
//!   a `pub use` of its own brought. Where an item is re-exported, the file that defines it counts, and none on the way.
//! - `mod x;`, and a `pub use` whose name the file itself does not need, are no use. So a `mod.rs` that declares and
//!   re-exports its children stands in no circle. One with items of its own that its children need does, once it uses
//!   one of theirs.
//! - Tests do not count: what is under `#[cfg(test)]`, and `tests.rs`. Neither do comments.
//! - A method that is called on a value names no file. So a type whose methods are in several files makes a circle only
//!   if these name one another's items besides.
//!
//! What stands in circles for a reason is in [`CIRCLES`].

use super::graph::{circles, uses};
use super::{collect, src};
use std::fs;

/// The circles that there are, and why.
const CIRCLES: &[(&[&str], &str)] = &[(
    &["awscli/query/evaluate.rs", "awscli/query/function.rs"],
    "natural recursion: a function is an expression, and its arguments are",
)];

#[test]
fn no_files_use_one_another_in_a_circle() {
    let uses = uses(&files());
    let known = |circle: &&Vec<&str>| CIRCLES.iter().any(|(files, _)| *files == circle.as_slice());
    let mut told = String::new();
    for circle in circles(&uses).iter().filter(|circle| !known(circle)) {
        told.push_str("\na circle:\n");
        for (file, used) in uses.iter().filter(|(file, _)| circle.contains(&file.as_str())) {
            for (other, items) in used.iter().filter(|(other, _)| circle.contains(&other.as_str())) {
                told.push_str(&format!("  {file} uses of {other}: {items:?}\n"));
            }
        }
    }
    assert!(
        told.is_empty(),
        "{told}Move what they share to a file of its own, or list the circle with its reason."
    );
}

#[test]
fn every_listed_circle_is_still_there() {
    let uses = uses(&files());
    let circles = circles(&uses);
    for (files, why) in CIRCLES {
        assert!(circles.contains(*files), "no circle any more, so not to be listed ({why}): {files:?}");
    }
}

#[test]
fn the_paths_of_src_are_understood() {
    let uses = uses(&files());
    let of =
        |file: &str, used: &str| uses[file].get(used).map(|items| items.iter().map(String::as_str).collect());
    let some = |items: &[&'static str]| Some(items.to_vec());
    assert!(uses.len() > 150, "only {} files use another", uses.len());
    assert_eq!(
        of("emulator/http.rs", "emulator/admin.rs"),
        some(&["PREFIX", "refusal", "respond"]),
        "inline paths"
    );
    assert_eq!(
        of("telemetry/tally.rs", "planner/change.rs"),
        some(&["Change", "Ending", "Severity", "State"]),
        "through a `pub use`"
    );
}

/// The files of `src/` but the binary's, with their paths in it.
fn files() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    collect(&src(), &mut paths);
    let name = |path: &std::path::Path| path.strip_prefix(src()).unwrap().to_str().unwrap().to_owned();
    let files = paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap()));
    files.filter(|(name, _)| name != "main.rs").collect()
}

/// The circles of made-up files, each written as its path, a newline and its code.
fn found(files: &[&str]) -> Vec<String> {
    let split =
        |file: &&str| file.split_once('\n').map(|(path, code)| (path.to_owned(), code.to_owned())).unwrap();
    let uses = uses(&files.iter().chain(&["lib.rs\n"]).map(split).collect::<Vec<_>>());
    circles(&uses).iter().map(|circle| circle.join(" ")).collect()
}

#[test]
fn files_that_use_one_another_are_a_circle() {
    let one = "one.rs\nuse crate::two::Two; pub struct One(Two);";
    assert_eq!(found(&[one, "two.rs\npub struct Two;"]), [""; 0]);
    let uses = ["use super::one::One; pub struct Two;", "pub struct Two(Box<crate::one::One>);"];
    for two in uses.map(|code| format!("two.rs\n{code}")) {
        assert_eq!(found(&[one, &two]), ["one.rs two.rs"], "{two}");
    }
}

#[test]
fn a_circle_of_three_is_found_and_nothing_beside_it() {
    let files = [
        "a.rs\nuse crate::b::{self, X};\nfn f() { b::f() }",
        "b.rs\nuse crate::c as other;\nfn f() { other::deep::f() }",
        "c/mod.rs\nmod deep;",
        "c/deep.rs\npub(crate) fn f() { crate::a::f() }",
        "d.rs\nuse crate::a::f;",
    ];
    assert_eq!(found(&files), ["a.rs b.rs c/deep.rs"]);
}

#[test]
fn a_parent_that_only_re_exports_is_in_no_circle() {
    let child = "p/child.rs\nuse super::other::Other;\npub struct Child(Other);";
    let other = "p/other.rs\npub struct Other;";
    let files = |parent: &str| found(&[parent, child, other]);
    assert_eq!(files("p/mod.rs\nmod child; mod other;\npub use child::Child;"), [""; 0]);
    assert_eq!(files("p/mod.rs\nmod child; mod other;\npub use child::Child;\nfn f(_: Child) {}"), [""; 0]);
}

#[test]
fn a_parent_and_its_child_that_need_one_another_are_a_circle() {
    let child = "p/child.rs\nuse super::Own;\npub struct Child(Own);";
    let files = |parent: &str| found(&[parent, child]);
    assert_eq!(files("p/mod.rs\nmod child;\npub use child::Child;\npub struct Own;"), [""; 0]);
    let uses = [
        "pub use child::Child;\npub struct Own;\nfn f(_: Child) {}",
        "use child::Child;\npub struct Own;",
        "pub struct Own;\nfn f() { child::f() }",
    ];
    for parent in uses.map(|code| format!("p/mod.rs\nmod child;\n{code}")) {
        assert_eq!(files(&parent), ["p/child.rs p/mod.rs"], "{parent}");
    }
}

#[test]
fn a_re_exported_item_counts_for_the_file_that_defines_it() {
    let files = [
        "p/mod.rs\nmod a; mod b;\npub use b::B as Renamed;",
        "p/a.rs\npub(super) struct A(crate::p::Renamed);",
        "p/b.rs\nuse super::a::A;\npub struct B(A);",
    ];
    assert_eq!(found(&files), ["p/a.rs p/b.rs"]);
}

#[test]
fn a_function_is_told_from_the_module_of_the_same_name() {
    let files = |code: &str| {
        let user = format!("p/user.rs\nuse super::keys;\n{code}");
        found(&[
            "p/mod.rs\nmod keys; mod sdk; mod user;\nuse sdk::keys;",
            "p/keys.rs\nfn f() {}",
            &user,
            "p/sdk.rs\nuse super::user::f;\nfn keys() {}",
        ])
    };
    assert_eq!(files("fn f() { keys::f() }"), [""; 0]);
    assert_eq!(files("fn f() { keys() }"), ["p/sdk.rs p/user.rs"]);
}

#[test]
fn tests_comments_texts_and_other_crates_make_no_circle() {
    let unused = [
        "// use crate::b::B;",
        "/* crate::b::B */",
        "const TEXT: &str = \"crate::b::B \\\" crate::b::B\";",
        "const TEXT: &str = r#\"crate::b::B \" crate::b::B\"#;",
        "const QUOTE: char = '\"'; const BACK: char = '\\''; fn f<'a>(_: &'a str) {} // \" crate::b::B",
        "#[cfg(test)]\nmod tests { use crate::b::B; fn f() {} }",
        "#[cfg(test)]\nuse crate::b::{B, C};",
        "#[cfg(test)]\npub(super) fn f<A, B>(a: A, b: crate::b::B) -> A { a }",
        "struct S { #[cfg(test)] b: crate::b::B, c: u8 }",
        "use b::B;",
        "pub(in crate::b) struct S;",
        "mod b;",
    ];
    for code in unused {
        assert_eq!(found(&[&format!("a.rs\n{code}"), "b.rs\nuse crate::a::A;"]), [""; 0], "{code}");
        let used = format!("a.rs\n{code}\nfn used() {{ crate::b::B; }}");
        assert_eq!(
            found(&[&used, "b.rs\nuse crate::a::A;"]),
            ["a.rs b.rs"],
            "what is behind it counts: {code}"
        );
    }
}
