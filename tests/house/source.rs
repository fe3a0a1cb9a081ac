//! One source file, as far as it says which other files it uses.

use std::collections::BTreeSet;

/// What a file names.
pub(crate) struct Source {
    /// Its `use` declarations, one for each name that they bring.
    pub(crate) imports: Vec<Import>,
    /// The paths and single names in the rest of its code.
    pub(crate) paths: Vec<NamedPath>,
    /// The functions that it has outside of any block.
    pub(crate) functions: BTreeSet<String>,
    /// The depths of blocks at which the inline modules began that are open, while it is read.
    open_modules: Vec<usize>,
}

/// A name that a `use` brings.
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    pub(crate) name: String,
    /// `pub use`, however far it reaches.
    pub(crate) is_public: bool,
    /// How many inline modules are around it.
    pub(crate) inline_modules: usize,
}

/// A path in the code; a single name is one of length 1.
pub(crate) struct NamedPath {
    pub(crate) path: Vec<String>,
    pub(crate) is_called: bool,
    /// How many inline modules are around it.
    pub(crate) inline_modules: usize,
}

impl Source {
    /// What the text names outside of its tests.
    pub(crate) fn parse(text: &str) -> Self {
        Self::of(&without_tests(&tokens(text)))
    }

    pub(crate) fn parse_with_tests(text: &str) -> Self {
        Self::of(&tokens(text))
    }

    fn of(tokens: &[&str]) -> Self {
        let (imports, paths, functions) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut source = Self { imports, paths, functions, open_modules: Vec::new() };
        let (mut rest, mut before, mut depth) = (tokens, "", 0_usize);
        while let [token, behind @ ..] = rest {
            rest = match (*token, behind) {
                ("use", [next, ..]) if *next != "<" => {
                    source.import(behind, &[], matches!(before, "pub" | ")"))
                }
                // Where `pub(in …)` ends is nobody's use.
                ("in", _) if before == "(" => {
                    behind.iter().position(|token| *token == ")").map_or(&[], |end| &behind[end..])
                }
                ("mod", [_, ";", behind @ ..]) => behind,
                ("fn", [name, ..]) if depth == 0 => {
                    source.functions.insert((*name).to_owned());
                    behind
                }
                (text, _) if before == "=" && text.starts_with('"') => {
                    source.quoted_path(text);
                    behind
                }
                (name, _) if is_name(name) && !matches!(before, "." | "fn") => source.path(rest),
                _ => behind,
            };
            match (*token, behind) {
                ("mod", [_, "{", ..]) => source.open_modules.push(depth),
                ("{", _) => depth += 1,
                ("}", _) => {
                    depth -= 1;
                    source.open_modules.pop_if(|began| *began == depth);
                }
                _ => {}
            }
            before = token;
        }
        source
    }

    /// Takes a tree of `use` whose beginning is known, and gives back what is behind it.
    fn import<'a, 't>(
        &mut self,
        mut rest: &'a [&'t str],
        begins: &[String],
        is_public: bool,
    ) -> &'a [&'t str] {
        let mut path = begins.to_vec();
        while let [token, behind @ ..] = rest {
            rest = behind;
            match *token {
                "::" => {}
                "{" => {
                    while let [token, ..] = rest {
                        match *token {
                            "}" => return &rest[1..],
                            "," => rest = &rest[1..],
                            _ => rest = self.import(rest, &path, is_public),
                        }
                    }
                }
                _ => {
                    if *token != "self" || path.is_empty() {
                        path.push((*token).to_owned());
                    }
                    if let ["::", ..] = rest {
                        continue;
                    }
                    let (name, behind) = match rest {
                        ["as", name, behind @ ..] => (*name, behind),
                        _ => (path.last().map_or("", String::as_str), rest),
                    };
                    let name = name.to_owned();
                    let inline_modules = self.open_modules.len();
                    self.imports.push(Import { path, name, is_public, inline_modules });
                    return behind;
                }
            }
        }
        rest
    }

    /// Takes a path that begins here, and gives back what is behind it.
    fn path<'a, 't>(&mut self, mut rest: &'a [&'t str]) -> &'a [&'t str] {
        let mut path = Vec::new();
        while let [name, behind @ ..] = rest {
            path.push((*name).to_owned());
            rest = match behind {
                ["::", name, ..] if is_name(name) => &behind[1..],
                _ => {
                    rest = behind;
                    break;
                }
            };
        }
        self.name(path, matches!(rest, ["(", ..]));
        rest
    }

    /// Takes a path that an attribute quotes: `with = "crate::text"`.
    fn quoted_path(&mut self, text: &str) {
        let path: Vec<String> = text.trim_matches('"').split("::").map(str::to_owned).collect();
        let is_word = |name: &String| is_name(name) && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if path.len() > 1 && path.iter().all(is_word) {
            self.name(path, false);
        }
    }

    fn name(&mut self, path: Vec<String>, is_called: bool) {
        self.paths.push(NamedPath { path, is_called, inline_modules: self.open_modules.len() });
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The tokens without the items for tests.
fn without_tests<'t>(tokens: &[&'t str]) -> Vec<&'t str> {
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let [token, behind @ ..] = rest {
        rest = if let ["#", "[", "cfg", "(", "test", ")", "]", item @ ..] = rest {
            behind_item(item)
        } else {
            kept.push(*token);
            behind
        };
    }
    kept
}

/// What is behind an item or a field: behind its block, or behind the `;` or `,` that ends it.
fn behind_item<'a, 't>(item: &'a [&'t str]) -> &'a [&'t str] {
    let (mut depth, mut kind) = (0, "");
    for (at, token) in item.iter().enumerate() {
        match *token {
            "use" | "fn" | "impl" | "mod" | "struct" | "enum" if kind.is_empty() => kind = token,
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        let is_end = match *token {
            ";" => true,
            "," => kind.is_empty(),
            "}" => kind != "use",
            _ => false,
        };
        if depth < 0 {
            return &item[at..];
        }
        if depth == 0 && is_end {
            return &item[at + 1..];
        }
    }
    &[]
}

/// The tokens of a text, as far as it matters here: names, `::`, `..` and single signs. A text in quotes is one
/// too; a raw one, or a character, is `"`.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, token) = token(rest, first);
        let (taken, behind) = rest.split_at(length);
        tokens.extend(token.or((!first.is_whitespace()).then_some(taken)).filter(|token| !token.is_empty()));
        rest = behind;
    }
    tokens
}

/// How long the next token is, and what stands for it if it is not itself.
fn token(text: &str, first: char) -> (usize, Option<&'static str>) {
    let name = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let behind = &text[name..];
    let is_raw = matches!(&text[..name], "r" | "br");
    let hashes = behind.len() - behind.trim_start_matches('#').len();
    match first {
        '/' if text.starts_with("//") => (text.find('\n').unwrap_or(text.len()), Some("")),
        '/' if text.starts_with("/*") => (text.find("*/").map_or(text.len(), |end| end + 2), Some("")),
        ':' if text.starts_with("::") => (2, None),
        '.' if text.starts_with("..") => (2, None),
        '"' => (quoted(text, '"'), None),
        '\'' => character(text),
        _ if is_raw && behind[hashes..].starts_with('"') => {
            let end = format!("\"{}", "#".repeat(hashes));
            let begin = name + hashes + 1;
            (text[begin..].find(&end).map_or(text.len(), |at| begin + at + end.len()), Some("\""))
        }
        // A raw name is the name.
        'r' if behind.starts_with('#') && name == 1 && is_name(&behind[1..]) => (2, Some("")),
        _ if name > 0 => (name, None),
        _ => (first.len_utf8(), None),
    }
}

/// How long a text between such quotes is.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// A character between quotes, or the sign of a lifetime.
fn character(text: &str) -> (usize, Option<&'static str>) {
    let mut behind = text.chars().skip(1);
    match (behind.next(), behind.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => (quoted(text, '\''), Some("\"")),
        _ => (1, None),
    }
}
