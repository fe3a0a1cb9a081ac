//! The request: what the options and the input files ask for, put together and checked.

use super::failure::Failure;
use super::json::compact;
use super::options::Options;
use super::value::{Members, Value, insert};
use saphyr::{LoadableYamlNode, Scalar, Yaml};

/// The only member of the request.
const SERVICE_ARN: &str = "ServiceArn";

/// An option's value as it stands, or the content of the file that it names.
pub(crate) type ReadFile<'a> = &'a dyn Fn(&str) -> Result<String, Failure>;

/// Puts the members of the request together: the input's, overridden by the options.
pub(crate) fn members(options: &Options, read: ReadFile<'_>) -> Result<Members, Failure> {
    let mut members = match (options.value("cli-input-json"), options.value("cli-input-yaml")) {
        (Some(_), Some(_)) => {
            return Err(Failure::CommandLine(
                "--cli-input-json and --cli-input-yaml exclude each other; use only one".into(),
            ));
        }
        (Some(json), None) => object("--cli-input-json", from_json(&content(json, read)?)?)?,
        (None, Some(yaml)) => object("--cli-input-yaml", from_yaml(&content(yaml, read)?)?)?,
        (None, None) => Members::new(),
    };
    if let Some(arn) = options.value("service-arn") {
        if arn.starts_with("fileb://") {
            return Err(Failure::CommandLine(
                "--service-arn takes text; file://FILE reads it from a file".into(),
            ));
        }
        insert(&mut members, SERVICE_ARN.into(), Value::Text(content(arn, read)?));
    }
    Ok(members)
}

/// The ARN in a request that is right.
pub(crate) fn checked(members: &Members) -> Result<&str, Failure> {
    if let Some((stranger, _)) = members.iter().find(|(name, _)| name != SERVICE_ARN) {
        return Err(Failure::CommandLine(format!(
            "the request has no member `{stranger}`; {SERVICE_ARN} is its only one"
        )));
    }
    let arn = members.iter().find(|(name, _)| name == SERVICE_ARN).map(|(_, value)| value);
    match arn {
        None => Err(Failure::CommandLine(format!("the request needs the member {SERVICE_ARN}"))),
        Some(Value::Text(arn)) if !arn.is_empty() => Ok(arn),
        Some(Value::Text(_)) => {
            Err(Failure::CommandLine(format!("{SERVICE_ARN} is empty; it takes the ARN of a service")))
        }
        Some(other) => Err(Failure::CommandLine(format!(
            "{SERVICE_ARN} takes a string with the ARN of a service, not {}",
            compact(other)
        ))),
    }
}

/// The value itself, or what is in the file behind `file://`.
fn content(value: &str, read: ReadFile<'_>) -> Result<String, Failure> {
    match value.strip_prefix("file://").or_else(|| value.strip_prefix("fileb://")) {
        Some(path) => read(path),
        None => Ok(value.to_owned()),
    }
}

fn object(option: &str, value: Value) -> Result<Members, Failure> {
    match value {
        Value::Map(members) => Ok(members.to_vec()),
        other => Err(Failure::CommandLine(format!(
            "{option} takes an object such as {{\"{SERVICE_ARN}\": \"arn:…\"}}, not {}",
            compact(&other)
        ))),
    }
}

fn from_json(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::CommandLine(format!("--cli-input-json is not valid JSON: {error}")))
}

fn from_yaml(text: &str) -> Result<Value, Failure> {
    let wrong =
        |problem: String| Failure::CommandLine(format!("--cli-input-yaml is not valid YAML: {problem}"));
    let documents = Yaml::load_from_str(text).map_err(|error| wrong(error.to_string()))?;
    match documents.as_slice() {
        [] => Ok(Value::Null),
        [document] => value_of(document).ok_or_else(|| wrong("a value in it cannot be read".into())),
        _ => Err(wrong("there is more than one document in it".into())),
    }
}

fn value_of(yaml: &Yaml<'_>) -> Option<Value> {
    Some(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(is)) => Value::Bool(*is),
        Yaml::Value(Scalar::Integer(number)) => Value::Int((*number).into()),
        Yaml::Value(Scalar::FloatingPoint(number)) => Value::Float(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => Value::text(&**text),
        Yaml::Sequence(items) => Value::list(items.iter().map(value_of).collect::<Option<_>>()?),
        Yaml::Mapping(members) => {
            let mut all = Members::new();
            for (name, value) in members {
                let Value::Text(name) = value_of(name)? else { return None };
                insert(&mut all, name, value_of(value)?);
            }
            Value::map(all)
        }
        Yaml::Tagged(_, inner) => value_of(inner)?,
        _ => return None,
    })
}
