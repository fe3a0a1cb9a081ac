//! Which file uses which: paths are followed to the file that defines the item.

use super::source::{Import, Source};
use std::collections::{BTreeMap, BTreeSet};

/// For each file, the files whose items it uses, and which these are.
pub(crate) type Uses = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The files of a crate, by the paths of their modules; the root's is empty.
struct Crate {
    files: BTreeMap<String, (String, Source)>,
}

/// The uses between files, given as their paths and texts.
pub(crate) fn uses(files: &[(String, String)]) -> Uses {
    let parse = |(file, text): &(String, String)| (module_of(file), (file.clone(), Source::parse(text)));
    let files = Crate { files: files.iter().map(parse).collect() };
    let mut uses = Uses::new();
    for (module, (file, source)) in &files.files {
        // A trait is used by its methods, so its import counts by itself; a module, by the paths that begin with it.
        let imported = source.imports.iter().filter(|import| !import.is_public);
        let imported = imported.map(|import| (&import.path, false));
        let named = source.paths.iter().map(|named| (&named.path, named.is_called));
        for (path, is_called) in imported.chain(named) {
            assert!(!path.ends_with(&["*".to_owned()]), "{file} takes whatever there is in {path:?}");
            let Some((user, item)) = files.item(module, path, is_called) else { continue };
            if user != *module {
                let used = files.files[&user].0.clone();
                uses.entry(file.clone()).or_default().entry(used).or_default().insert(item);
            }
        }
    }
    uses
}

/// Files that use one another, each of them all the others, directly or not.
pub(crate) fn circles(uses: &Uses) -> BTreeSet<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        uses.keys().map(|file| (file.as_str(), reach(uses, file))).collect();
    let mut circles = BTreeSet::new();
    for (file, behind) in &reached {
        let back = |other: &&&str| reached.get(**other).is_some_and(|reached| reached.contains(file));
        let circle: Vec<&str> = behind.iter().filter(back).copied().collect();
        if !circle.is_empty() {
            circles.insert(circle);
        }
    }
    circles
}

/// The files that one uses, directly or not.
fn reach<'a>(uses: &'a Uses, file: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        let used = uses.get(file).into_iter().flat_map(BTreeMap::keys);
        next.extend(used.map(String::as_str).filter(|used| reached.insert(*used)));
    }
    reached
}

/// The module that a file is.
pub(crate) fn module_of(file: &str) -> String {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" { String::new() } else { path.replace('/', "::") }
}

fn child(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

fn parent(module: &str) -> &str {
    module.rsplit_once("::").map_or("", |(parent, _)| parent)
}

impl Crate {
    /// The item that a path in a module comes to, and the module of its file. None for a module, and for what is
    /// another crate's.
    fn item(&self, module: &str, path: &[String], is_called: bool) -> Option<(String, String)> {
        let [first, ..] = path else { return None };
        let is_ours = matches!(first.as_str(), "crate" | "self" | "super")
            || self.files.contains_key(&child(module, first))
            || self.imports(module, first).next().is_some();
        if is_ours { self.follow(module, path, is_called) } else { None }
    }

    fn follow(&self, module: &str, path: &[String], is_called: bool) -> Option<(String, String)> {
        let [name, behind @ ..] = path else { return None };
        let (_, source) = self.files.get(module)?;
        let within = child(module, name);
        let has_module = self.files.contains_key(&within);
        let import = self.imports(module, name).next();
        let has_function = import.is_some() || source.functions.contains(name);
        match name.as_str() {
            "crate" => self.follow("", behind, is_called),
            "self" => self.follow(module, behind, is_called),
            "super" => self.follow(parent(module), behind, is_called),
            // A function may have the name of a module.
            _ if has_module && !(has_function && is_called && behind.is_empty()) => {
                self.follow(&within, behind, is_called)
            }
            _ if source.functions.contains(name) => Some((module.to_owned(), name.clone())),
            _ => match import {
                Some(import) if has_module || import.path.first() != Some(name) => {
                    let path: Vec<String> = import.path.iter().chain(behind).cloned().collect();
                    self.item(module, &path, is_called)
                }
                // Another crate has the name that is brought.
                Some(_) => None,
                None => Some((module.to_owned(), name.clone())),
            },
        }
    }

    fn imports<'a>(&'a self, module: &str, name: &'a str) -> impl Iterator<Item = &'a Import> {
        let imports = self.files.get(module).into_iter().flat_map(|(_, source)| &source.imports);
        imports.filter(move |import| import.name == name)
    }
}
