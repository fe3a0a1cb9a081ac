//! The schema in the repository is the one that the sections make, and the examples keep to it.

use super::super::raw::{RawTop, Section};
use super::schema;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn config(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(file)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a developer asks for the new schema by UPDATE_SCHEMA=1")]
fn the_schema_in_the_repository_is_up_to_date() {
    let path = config("schedule.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, format!("{:#}\n", schema())).unwrap();
    }
    let stored: Option<Value> =
        std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let stale = "is stale: `UPDATE_SCHEMA=1 cargo test schema` writes it anew";
    assert!(stored == Some(schema()), "{} {stale}", path.display());
}

#[test]
fn every_section_is_in_the_schema() {
    let schema = schema();
    for name in RawTop::SECTIONS {
        assert!(schema["properties"][name].is_object(), "{name}");
    }
}

#[test]
fn every_key_of_the_examples_is_in_the_schema() {
    for file in ["schedule.toml", "demo.toml"] {
        let text = std::fs::read_to_string(config(file)).unwrap();
        let file: Value = toml::from_str(&text).unwrap();
        assert_fits(&schema(), &file, "");
    }
}

/// Looks up every key; what a key holds is the check's own business.
fn assert_fits(schema: &Value, value: &Value, place: &str) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                let known = [&schema["properties"][key], &schema["additionalProperties"]];
                let inner = known.into_iter().find(|schema| schema.is_object());
                assert!(inner.is_some(), "the schema has no `{key}` in {place}");
                assert_fits(inner.unwrap(), value, &format!("{place}/{key}"));
            }
        }
        Value::Array(list) => list.iter().for_each(|value| assert_fits(&schema["items"], value, place)),
        _ => {}
    }
}

#[test]
fn the_example_names_the_schema_as_editors_read_it() {
    let text = std::fs::read_to_string(config("schedule.toml")).unwrap();
    assert_eq!(text.lines().next(), Some("#:schema ./schedule.schema.json"));
}
