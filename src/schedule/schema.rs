//! The file as a JSON Schema, from the very sections that are read: editors complete and check `schedule.toml` with it.
//!
//! It is written by a test and read by editors alone, so nothing of it is in the binary.

mod tests;

use super::raw::{
    CLOSED_DAYS, OneOrMany, RawCalendar, RawDaemon, RawLimits, RawSchedule, RawService, RawTop, Section,
};
use serde_json::{Map, Value, json};

/// A section with what is said of its keys.
pub(super) trait Described {
    /// What the section is for.
    const DESCRIPTION: &'static str;

    /// A schema for each key.
    fn properties() -> Vec<(&'static str, Value)>;
}

/// A type that a key may have.
pub(super) trait InSchema {
    /// Its schema.
    fn schema() -> Value;
}

impl InSchema for String {
    fn schema() -> Value {
        json!({ "type": "string" })
    }
}

impl InSchema for i64 {
    fn schema() -> Value {
        json!({ "type": "integer" })
    }
}

impl InSchema for OneOrMany {
    fn schema() -> Value {
        json!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
        ] })
    }
}

/// The schema of a key.
pub(super) fn property<T: InSchema>(doc: &str, accepts: &str) -> Value {
    let mut schema = T::schema();
    schema["description"] = json!(format!("{} Takes {accepts}.", prose(doc)));
    schema
}

pub(super) fn with_bounds(mut schema: Value, min: i64, max: i64) -> Value {
    schema["minimum"] = json!(min);
    schema["maximum"] = json!(max);
    schema
}

pub(super) fn with_values(mut schema: Value, values: &[&str]) -> Value {
    schema["enum"] = json!(values);
    schema
}

/// A comment of the source as a sentence.
fn prose(doc: &str) -> String {
    doc.trim().replace("  ", " ")
}

fn section<T: Section + Described>(required: &[&str]) -> Value {
    let properties: Map<String, Value> =
        T::properties().into_iter().map(|(key, schema)| (key.to_owned(), schema)).collect();
    json!({
        "type": "object",
        "description": prose(T::DESCRIPTION),
        "properties": properties,
        "additionalProperties": false,
        "required": required,
    })
}

/// A section in which working hours exclude rules.
fn hours_or_rules<T: Section + Described>(required: &[&str]) -> Value {
    let mut schema = section::<T>(required);
    let both = |rule: &str| json!({ "not": { "required": ["hours", rule] } });
    schema["allOf"] = json!([both("resume"), both("pause")]);
    schema
}

fn closed_days() -> Value {
    let day = "(--)?[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}";
    let date = json!({ "type": "string", "pattern": format!("^({day})(\\.\\.({day}))?$") });
    json!({
        "type": "object",
        "description": format!("Named sets of days on which no service is woken. Each takes {CLOSED_DAYS}."),
        "additionalProperties": { "anyOf": [
            date,
            { "type": "array", "items": date },
            section::<RawCalendar>(&["ics"]),
        ] },
    })
}

/// The whole file.
fn schema() -> Value {
    let mut file = section::<RawTop>(&[]);
    file["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    file["title"] = json!("schedule.toml of reveille");
    file["description"] = json!("When App Runner services are awake.");
    let properties = &mut file["properties"];
    properties["daemon"] = section::<RawDaemon>(&[]);
    properties["limits"] = section::<RawLimits>(&[]);
    properties["closed-days"] = closed_days();
    properties["schedule"] = json!({
        "type": "object",
        "description": "Named schedules that services share.",
        "additionalProperties": hours_or_rules::<RawSchedule>(&[]),
    });
    properties["service"] = json!({
        "type": "array",
        "description": "The services.",
        "items": hours_or_rules::<RawService>(&["arn"]),
    });
    file
}
