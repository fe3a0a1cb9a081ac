//! JSON, indented by four, in the letters of the language it came in.

use super::value::{Members, Value, float};

/// The whole output: nothing for a reply in which nothing was understood.
pub(crate) fn document(value: &Value) -> String {
    if value.is_empty_map() {
        return String::new();
    }
    format!("{}\n", indented(value))
}

/// The value over several lines.
pub(crate) fn indented(value: &Value) -> String {
    let mut out = String::new();
    write(value, Some(1), &mut out);
    out
}

/// The value in one line without spaces.
pub(crate) fn compact(value: &Value) -> String {
    let mut out = String::new();
    write(value, None, &mut out);
    out
}

/// `depth` is that of the members, or `None` for a single line.
fn write(value: &Value, depth: Option<usize>, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(is) => out.push_str(if *is { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&float(*number)),
        Value::Text(text) => quote(text, out),
        Value::List(items) => write_list(items, depth, out),
        Value::Map(members) => write_map(members, depth, out),
    }
}

fn write_list(items: &[Value], depth: Option<usize>, out: &mut String) {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        separate(place, depth, out);
        write(item, deeper(depth), out);
    }
    close(items.is_empty(), depth, out);
    out.push(']');
}

fn write_map(members: &Members, depth: Option<usize>, out: &mut String) {
    out.push('{');
    for (place, (name, value)) in members.iter().enumerate() {
        separate(place, depth, out);
        quote(name, out);
        out.push_str(if depth.is_some() { ": " } else { ":" });
        write(value, deeper(depth), out);
    }
    close(members.is_empty(), depth, out);
    out.push('}');
}

fn deeper(depth: Option<usize>) -> Option<usize> {
    depth.map(|depth| depth.saturating_add(1))
}

fn separate(place: usize, depth: Option<usize>, out: &mut String) {
    if place > 0 {
        out.push(',');
    }
    begin_line(depth, out);
}

fn close(is_empty: bool, depth: Option<usize>, out: &mut String) {
    if !is_empty {
        begin_line(depth.map(|depth| depth.saturating_sub(1)), out);
    }
}

fn begin_line(depth: Option<usize>, out: &mut String) {
    if let Some(depth) = depth {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for ch in text.chars() {
        match ch {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(ch))),
            _ => out.push(ch),
        }
    }
    out.push('"');
}
