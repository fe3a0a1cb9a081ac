//! The file as a JSON Schema, from the very sections that are read: editors complete and check `schedule.toml` with it.
//!
//! It refuses nothing that a check takes, and as much as it can of what a check refuses (`tests/schedule_schema.rs`). It
//! is written by a test and read by editors alone, so nothing of it is in the binary. Its patterns have only what every
//! dialect of regular expressions means alike.

mod tests;

use super::raw::{
    CLOSED_DAYS, MAX_SERVICES, OneOrMany, RawCalendar, RawDaemon, RawDefaults, RawLimits, RawSchedule,
    RawService, RawTop, Section, TextList,
};
use serde_json::{Map, Value, json};

pub(crate) const ARN: &str =
    "^arn:aws(-[-a-z0-9]*)?:apprunner:[-a-z0-9]+:[0-9]{12}:service/[-_A-Za-z0-9]{4,40}/[0-9A-Fa-f]{32}$";

/// A window has a time in it.
pub(crate) const HOURS: &str = "[0-9]:[0-9][0-9]";

/// No blank at either end.
pub(crate) const LABEL: &str = "^[^ ](.*[^ ])?$";

pub(crate) const LISTEN: &str = "^(off|[0-9.]+:[0-9]+|\\[[0-9A-Fa-f:.%]+\\]:[0-9]+)$";

/// ISO 8601; numbers with units, and hours, minutes and seconds between colons behind them; or the latter alone. Years
/// and months have no length, so there can be none of them.
pub(crate) const CATCH_UP: &str = "^\\+?([Pp][0-9A-Za-z.,]+\
    |(0+\\s*(y(ears?|rs?)?|mo(nths?|s)?),?\\s*)*\
    ([0-9]+([.,][0-9]+)?\\s*(w(eeks?|ks?)?|d(ays?)?|h(ours?|rs?)?|m(in(ute)?s?)?|s(ec(ond)?s?)?\
    |m(illi(second)?s?|secs?|s)|(u|µ)s(ecs?)?|micro(second)?s?|n(ano(second)?s?|secs?|s)),?\\s*)+\
    ([0-9]+:[0-9]+:[0-9]+([.,][0-9]+)?)?\
    |[0-9]+:[0-9]+:[0-9]+([.,][0-9]+)?)$";

/// A section with what is said of its keys.
pub(crate) trait Described {
    /// What the section is for.
    const DESCRIPTION: &'static str;

    /// A schema for each key.
    fn properties() -> Vec<(&'static str, Value)>;
}

/// A type that a key may have.
pub(crate) trait InSchema {
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

impl InSchema for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

impl InSchema for TextList {
    fn schema() -> Value {
        json!({ "type": "array", "items": { "type": "string" } })
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
pub(crate) fn property<T: InSchema>(doc: &str, accepts: &str) -> Value {
    let mut schema = T::schema();
    schema["description"] = json!(format!("{} Takes {accepts}.", prose(doc)));
    schema
}

pub(crate) fn with_bounds(mut schema: Value, min: i64, max: i64) -> Value {
    schema["minimum"] = json!(min);
    schema["maximum"] = json!(max);
    schema
}

pub(crate) fn with_values(mut schema: Value, values: &[&str]) -> Value {
    schema["enum"] = json!(values);
    schema
}

pub(crate) fn with_lengths(schema: Value, min: u64, max: u64) -> Value {
    for_each_text(schema, |text| {
        text["minLength"] = json!(min);
        text["maxLength"] = json!(max);
    })
}

pub(crate) fn with_pattern(schema: Value, pattern: &str) -> Value {
    for_each_text(schema, |text| text["pattern"] = json!(pattern))
}

pub(crate) fn with_items(mut schema: Value, min: u64, max: u64) -> Value {
    let list = if schema["anyOf"].is_array() { &mut schema["anyOf"][1] } else { &mut schema };
    list["minItems"] = json!(min);
    list["maxItems"] = json!(max);
    schema
}

/// A text alone, or each of a list of texts.
fn for_each_text(mut schema: Value, set: impl Fn(&mut Value)) -> Value {
    if schema["anyOf"].is_array() {
        set(&mut schema["anyOf"][0]);
        set(&mut schema["anyOf"][1]["items"]);
    } else if schema["items"].is_object() {
        set(&mut schema["items"]);
    } else {
        set(&mut schema);
    }
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

/// What a section has of these keys: one of the first and none of the second.
fn either(wanted: &[&str], unwanted: &[&str]) -> Value {
    json!({ "anyOf": required_any(wanted), "not": { "anyOf": required_any(unwanted) } })
}

/// At least one of these keys, to be put behind `anyOf`.
fn required_any(keys: &[&str]) -> Value {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
}

/// Working hours or rules, not both.
fn schedule() -> Value {
    let mut schema = section::<RawSchedule>(&[]);
    schema["oneOf"] =
        json!([either(&["hours"], &["resume", "pause"]), either(&["resume", "pause"], &["hours"])]);
    schema
}

/// One ARN or several; a schedule, working hours or rules, only one of them. Without any, it is the schedule of
/// `[defaults]`.
fn service() -> Value {
    let mut schema = section::<RawService>(&[]);
    schema["allOf"] = json!([
        { "oneOf": [either(&["arn"], &["arns"]), either(&["arns"], &["arn", "name"])] },
        { "oneOf": [
            { "not": { "anyOf": required_any(&["hours", "resume", "pause", "closed", "timezone"]) } },
            either(&["hours"], &["schedule", "resume", "pause"]),
            either(&["resume", "pause"], &["schedule", "hours"]),
        ] },
    ]);
    schema
}

/// Of its own, or that of `[defaults]`.
fn each_service_has_a_schedule() -> Value {
    let says_when = required_any(&["schedule", "hours", "resume", "pause"]);
    json!([
        { "required": ["defaults"], "properties": { "defaults": { "required": ["schedule"] } } },
        { "properties": { "service": { "items": { "anyOf": says_when } } } },
    ])
}

fn named(mut sections: Value) -> Value {
    sections["propertyNames"] = json!({ "minLength": 1, "maxLength": 100, "pattern": LABEL });
    sections
}

fn closed_days() -> Value {
    let month_and_day = "(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
    let of_a_year = format!("[0-9]{{4}}-{month_and_day}");
    let yearly = format!("--{month_and_day}");
    let or_range = |day: &str| format!("{day}(\\s*\\.\\.\\s*{day})?");
    let pattern = format!("^\\s*({}|{})\\s*$", or_range(&of_a_year), or_range(&yearly));
    let date = json!({ "type": "string", "pattern": pattern });
    named(json!({
        "type": "object",
        "description": format!("Named sets of days on which no service is woken. Each takes {CLOSED_DAYS}."),
        "maxProperties": 1000,
        "additionalProperties": { "anyOf": [
            date,
            { "type": "array", "items": date, "maxItems": 5000 },
            section::<RawCalendar>(&["ics"]),
        ] },
    }))
}

fn schema() -> Value {
    let mut file = section::<RawTop>(&["service"]);
    file["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    file["title"] = json!("schedule.toml of reveille");
    file["description"] = json!("When App Runner services are awake.");
    let properties = &mut file["properties"];
    properties["daemon"] = section::<RawDaemon>(&[]);
    properties["limits"] = section::<RawLimits>(&[]);
    properties["defaults"] = section::<RawDefaults>(&[]);
    properties["closed-days"] = closed_days();
    properties["schedule"] = named(json!({
        "type": "object",
        "description": "Named schedules that services share.",
        "additionalProperties": schedule(),
    }));
    properties["service"] = json!({
        "type": "array",
        "description": "The services.",
        "minItems": 1,
        "maxItems": MAX_SERVICES,
        "items": service(),
    });
    file["anyOf"] = each_service_has_a_schedule();
    file
}
