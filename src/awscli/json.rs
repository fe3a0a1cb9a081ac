//! JSON, indented by four, in the letters of the language it came in.

use super::value::{Value, float};
use serde::ser::{Serialize, Serializer};
use serde_json::ser::PrettyFormatter;
use serde_json::value::RawValue;

/// The whole output: nothing for a reply in which nothing was understood.
pub(crate) fn document(value: &Value) -> String {
    if value.is_empty_map() {
        return String::new();
    }
    format!("{}\n", indented(value))
}

/// The value over several lines.
pub(crate) fn indented(value: &Value) -> String {
    let mut out = Vec::new();
    let layout = PrettyFormatter::with_indent(b"    ");
    // Nothing fails that is written to memory and has only texts for names.
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, layout)).ok();
    String::from_utf8(out).unwrap_or_default()
}

/// The value in one line without spaces.
pub(crate) fn compact(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(is) => serializer.serialize_bool(*is),
            Self::Int(number) => serializer.serialize_i128(*number),
            // serde_json would write `1e22` where the CLI writes `1e+22`. What JSON has no number for is `null`.
            Self::Float(number) => RawValue::from_string(float(*number)).ok().serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items.iter()),
            Self::Map(members) => serializer.collect_map(members.iter().map(|(name, value)| (name, value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn members_keep_their_order_and_each_level_is_indented_by_four() {
        let nested = value(r#"{"z":[1,{"a":null}],"b":true,"none":[],"nothing":{}}"#);
        let lines = "{\n    \"z\": [\n        1,\n        {\n            \"a\": null\n        }\n    ],\n    \
                     \"b\": true,\n    \"none\": [],\n    \"nothing\": {}\n}\n";
        assert_eq!(document(&nested), lines);
        assert_eq!(compact(&nested), r#"{"z":[1,{"a":null}],"b":true,"none":[],"nothing":{}}"#);
        assert_eq!(document(&value("{}")), "");
        assert_eq!(document(&value("[]")), "[]\n");
    }

    #[test]
    fn numbers_are_spelt_as_the_cli_spells_them() {
        let numbers = "[1.0,1605899125.5,1e+22,1.5e-07,9223372036854775807,-1]";
        assert_eq!(compact(&value(numbers)), numbers);
        assert_eq!(compact(&Value::Float(f64::INFINITY)), "null");
    }

    #[test]
    fn text_stays_in_its_language_and_control_characters_are_escaped() {
        let text = Value::text("Zürich \u{1f600} \"\\/\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}");
        let json = "\"Zürich \u{1f600} \\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u{7f}\"";
        assert_eq!(compact(&text), json);
    }
}
