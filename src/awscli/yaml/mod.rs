//! YAML, in the layout in which the CLI writes it: members sorted, two spaces, lists not indented in objects, lines
//! folded behind the 80th column, and what occurs twice written once and referred to. Written by hand, because no emitter
//! of the crates we have does any of these.

#![expect(clippy::arithmetic_side_effects, reason = "columns and counts of a text in memory")]

mod scalar;
mod style;

use super::value::{Members, Value, float};
use std::collections::BTreeMap;
use std::rc::Rc;
use style::{Style, is_multiline, style_of};

/// Where a line is folded, if it can be.
const WIDTH: usize = 80;

/// How much deeper each level stands.
const STEP: usize = 2;

/// Longer names stand behind a `?` on a line of their own; their kind counts as five characters of the bound.
const LONGEST_SIMPLE_NAME: usize = 122;

/// Writes a list or an object as a document.
pub(crate) fn document(value: &Value) -> String {
    let mut emitter = Emitter { repeated: repeated(value), ..Emitter::default() };
    emitter.node(value, Place::Root);
    emitter.begin_line();
    emitter.out
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Member,
}

/// A list or an object, told from others that look the same.
type Identity = usize;

fn identity(value: &Value) -> Option<Identity> {
    match value {
        Value::List(items) => Some(Rc::as_ptr(items).addr()),
        Value::Map(members) => Some(Rc::as_ptr(members).addr()),
        _ => None,
    }
}

/// What occurs more than once, each with a number once it has been written.
fn repeated(value: &Value) -> BTreeMap<Identity, Option<usize>> {
    let mut seen = BTreeMap::new();
    count(value, &mut seen);
    seen.into_iter().filter(|(_, times)| *times > 1).map(|(id, _)| (id, None)).collect()
}

fn count(value: &Value, seen: &mut BTreeMap<Identity, usize>) {
    let Some(id) = identity(value) else { return };
    let times = seen.entry(id).or_default();
    *times += 1;
    if *times > 1 {
        return;
    }
    match value {
        Value::List(items) => items.iter().for_each(|item| count(item, seen)),
        Value::Map(members) => members.iter().for_each(|(_, member)| count(member, seen)),
        _ => {}
    }
}

/// Writes, and knows where it is.
#[derive(Debug)]
struct Emitter {
    out: String,
    column: usize,
    /// How deep the current level stands; nothing before the first.
    indent: Option<usize>,
    /// Whether the next word needs no space before it.
    whitespace: bool,
    /// Whether nothing but indentation, and dashes, stands on this line.
    indention: bool,
    /// For each open level, the one around it and whether this is a list.
    levels: Vec<(Option<usize>, bool)>,
    repeated: BTreeMap<Identity, Option<usize>>,
    anchors: usize,
}

impl Default for Emitter {
    fn default() -> Self {
        Self {
            out: String::new(),
            column: 0,
            indent: None,
            whitespace: true,
            indention: true,
            levels: Vec::new(),
            repeated: BTreeMap::new(),
            anchors: 0,
        }
    }
}

impl Emitter {
    fn node(&mut self, value: &Value, place: Place) {
        if self.anchor(value) {
            return;
        }
        match value {
            Value::List(items) if items.is_empty() => self.empty("[", "]"),
            Value::Map(members) if members.is_empty() => self.empty("{", "}"),
            Value::List(items) => self.list(items, place),
            Value::Map(members) => self.map(members),
            Value::Text(text) => self.scalar(text, place, style_of(text, false)),
            Value::Null => self.scalar("null", place, Style::Plain),
            Value::Bool(is) => self.scalar(if *is { "true" } else { "false" }, place, Style::Plain),
            Value::Int(number) => self.scalar(&number.to_string(), place, Style::Plain),
            Value::Float(number) => self.scalar(&plain_float(*number), place, Style::Plain),
        }
    }

    /// Gives what is repeated its name, or refers to it; whether that was all there is to write.
    fn anchor(&mut self, value: &Value) -> bool {
        let known = identity(value).and_then(|id| self.repeated.get_mut(&id));
        let (sign, number) = match known {
            None => return false,
            Some(Some(number)) => ('*', *number),
            Some(unnamed) => {
                self.anchors += 1;
                *unnamed = Some(self.anchors);
                ('&', self.anchors)
            }
        };
        self.indicator(&format!("{sign}id{number:03}"), true, false, false);
        sign == '*'
    }

    fn empty(&mut self, open: &str, close: &str) {
        self.indicator(open, true, true, false);
        self.indicator(close, false, false, false);
        self.break_line("\n");
    }

    fn list(&mut self, items: &[Value], place: Place) {
        let indentless = place == Place::Member && !self.indention;
        self.deeper(true, indentless);
        if let [.., (_, true), (_, true)] = self.levels.as_slice() {
            self.indention = true;
        }
        for item in items {
            self.begin_line();
            self.indicator("-", true, false, true);
            self.node(item, Place::Item);
        }
        self.back();
    }

    fn map(&mut self, members: &Members) {
        self.deeper(false, false);
        let mut sorted: Vec<&(String, Value)> = members.iter().collect();
        sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, value) in sorted {
            self.begin_line();
            let style = style_of(name, true);
            if name.chars().count() <= LONGEST_SIMPLE_NAME && !is_multiline(name) {
                self.name(name, style);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.scalar(name, Place::Member, style_of(name, false));
                self.begin_line();
                self.indicator(":", true, false, true);
            }
            self.node(value, Place::Member);
        }
        self.back();
    }

    /// A name before its colon, which is never folded.
    fn name(&mut self, name: &str, style: Style) {
        self.deeper_scalar();
        self.write_scalar(name, style, false);
        self.back();
    }

    fn scalar(&mut self, text: &str, place: Place, style: Style) {
        self.deeper_scalar();
        if place == Place::Item {
            self.begin_line();
        }
        self.write_scalar(text, style, true);
        self.back();
    }

    fn deeper(&mut self, list: bool, indentless: bool) {
        self.levels.push((self.indent, list));
        self.indent = match self.indent {
            None => Some(0),
            Some(indent) if indentless => Some(indent),
            Some(indent) => Some(indent + STEP),
        };
    }

    fn deeper_scalar(&mut self) {
        self.levels.push((self.indent, false));
        self.indent = self.indent.map(|indent| indent + STEP);
    }

    fn back(&mut self) {
        self.indent = self.levels.pop().and_then(|(around, _)| around);
    }

    /// A sign of the layout.
    fn indicator(&mut self, sign: &str, needs_space: bool, whitespace: bool, indention: bool) {
        if needs_space && !self.whitespace {
            self.write(" ");
        }
        self.write(sign);
        self.whitespace = whitespace;
        self.indention = self.indention && indention;
    }

    /// Goes to the beginning of a line of this level, unless it is there.
    fn begin_line(&mut self) {
        let indent = self.indent.unwrap_or_default();
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.break_line("\n");
        }
        if self.column < indent {
            self.write(&" ".repeat(indent - self.column));
            self.whitespace = true;
        }
    }

    fn break_line(&mut self, with: &str) {
        self.out.push_str(with);
        self.whitespace = true;
        self.indention = true;
        self.column = 0;
    }

    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }
}

fn plain_float(number: f64) -> String {
    match number {
        _ if number.is_nan() => ".nan".into(),
        f64::INFINITY => ".inf".into(),
        f64::NEG_INFINITY => "-.inf".into(),
        _ => float(number),
    }
}
