//! The reply in the form that was asked for.

use super::failure::Failure;
use super::query::Query;
use super::table::TableStyle;
use super::value::Value;
use super::{json, table, text, yaml};

/// Narrows a reply by the query and writes it in an output format.
pub(crate) fn write(
    reply: &Value,
    query: Option<&Query>,
    format: &str,
    title: &str,
    style: TableStyle,
) -> Result<String, Failure> {
    let narrowed = match query {
        None => reply.clone(),
        Some(query) => {
            let applied = query.apply(reply);
            applied
                .map_err(|error| Failure::Other(format!("--query cannot be applied to the reply: {error}")))?
        }
    };
    let other = |problem: String| Failure::Other(format!("the reply cannot be shown: {problem}"));
    match format {
        "off" => Ok(String::new()),
        "text" => text::document(&narrowed).map_err(|error| other(error.to_string())),
        "table" => table::document(title, &narrowed, style).map_err(|error| other(error.to_string())),
        "yaml" if narrowed.is_scalar() => Ok(json::document(&narrowed)),
        "yaml" | "yaml-stream" if narrowed.is_empty_map() => Ok(String::new()),
        "yaml" => Ok(yaml::document(&narrowed)),
        "yaml-stream" => Ok(yaml::document(&Value::list(vec![narrowed]))),
        _ => Ok(json::document(&narrowed)),
    }
}
