//! The options of the drop-in, read as the CLI reads them: a value in the next word or behind `=`, the last of several
//! counts, and any beginning of an option's name will do that no other option begins with.

use super::failure::Failure;
use Takes::{MaybeOneOf, Nothing, OneOf, Value};
use std::collections::BTreeMap;

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing: it is there or not.
    Nothing,
    Value,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these, the first if none is given.
    MaybeOneOf(&'static [&'static str]),
}

/// An option: its name, what it takes, and what it does.
type Option_ = (&'static str, Takes, &'static str);

/// The words that `--output` takes.
pub(crate) const OUTPUTS: &[&str] = &["json", "text", "table", "yaml", "yaml-stream", "off"];

/// The options of every command of the CLI.
const GLOBAL: &[Option_] = &[
    ("debug", Nothing, "Log what is done on standard error, without credentials"),
    ("endpoint-url", Value, "Send the request to this http:// or https:// address"),
    (
        "no-verify-ssl",
        Nothing,
        "Accept any certificate (anybody on the network path can then read and answer the request)",
    ),
    ("no-paginate", Nothing, "Accepted; the reply has no pages"),
    ("output", OneOf(OUTPUTS), "The output format"),
    ("query", Value, "A JMESPath expression that selects from the output"),
    ("profile", Value, "The profile with the settings and credentials"),
    ("region", Value, "The region that the request goes to"),
    ("version", Nothing, "Show the version"),
    ("color", OneOf(&["auto", "on", "off"]), "Colours in a table"),
    ("no-sign-request", Nothing, "Send the request unsigned, without credentials"),
    ("ca-bundle", Value, "A file of certificates to trust instead of the system's"),
    ("cli-read-timeout", Value, "Seconds to wait for a reply; 0 for no limit [60]"),
    ("cli-connect-timeout", Value, "Seconds to wait for a connection; 0 for no limit [60]"),
    (
        "cli-binary-format",
        OneOf(&["base64", "raw-in-base64-out"]),
        "Accepted; the request has no binary values",
    ),
    ("no-cli-pager", Nothing, "Show the output without a pager"),
    ("cli-auto-prompt", Nothing, "Ask for the options"),
    ("no-cli-auto-prompt", Nothing, "Never ask for the options"),
    ("cli-error-format", OneOf(ERROR_FORMATS), "The format of an error on standard error"),
];

/// The forms of a refusal.
const ERROR_FORMATS: &[&str] = &["legacy", "json", "yaml", "text", "table", "enhanced"];

/// The options of this command. The last two are reveille's own.
const OWN: &[Option_] = &[
    ("service-arn", Value, "The service to resume, or file://FILE with its ARN"),
    ("cli-input-json", Value, "The request as JSON, or file://FILE; other options override it"),
    ("cli-input-yaml", Value, "The request as YAML, or file://FILE; other options override it"),
    (
        "generate-cli-skeleton",
        MaybeOneOf(&["input", "yaml-input", "output"]),
        "Show a sample and send nothing",
    ),
    ("wait", Nothing, "Follow the operation to its end; success is a running service"),
    ("wait-timeout", Value, "The most seconds to follow it for [1200]"),
];

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Asked {
    Help,
    Version,
    /// To get on with it.
    Run(Box<Options>),
}

/// The options that were given.
#[derive(Debug, Default)]
pub(crate) struct Options(BTreeMap<&'static str, Option<String>>);

impl Options {
    /// Whether an option was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The value of an option that was given with one.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref()
    }
}

/// Reads the words behind `resume-service`.
pub(crate) fn parse(words: &[String]) -> Result<Asked, Failure> {
    let mut given = Options::default();
    let rest = pass(GLOBAL, words, &mut given)?;
    if given.has("version") {
        return Ok(Asked::Version);
    }
    let rest = pass(OWN, &rest, &mut given)?;
    match rest.as_slice() {
        [] => Ok(Asked::Run(Box::new(given))),
        [word] if word == "help" => Ok(Asked::Help),
        unknown => Err(Failure::CommandLine(format!(
            "unknown: {}; `reveille resume-service help` lists the options",
            unknown.join(", ")
        ))),
    }
}

/// The arguments that are required and were not given.
pub(crate) fn check_required(given: &Options) -> Result<(), Failure> {
    let instead = ["service-arn", "cli-input-json", "cli-input-yaml", "generate-cli-skeleton"];
    if instead.iter().any(|name| given.has(name)) {
        return Ok(());
    }
    Err(Failure::CommandLine(
        "no service is named; give its ARN with `--service-arn` (`aws apprunner list-services` shows them)"
            .into(),
    ))
}

/// Takes out the options of one table, as one of the CLI's parsers does, and gives back the other words.
fn pass(table: &[Option_], words: &[String], given: &mut Options) -> Result<Vec<String>, Failure> {
    let mut rest = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let Some((option, behind)) = find(table, word)? else {
            rest.push(word.clone());
            continue;
        };
        let (name, takes, _) = *option;
        let value = match (takes, behind) {
            (Nothing, None) => None,
            (Nothing, Some(value)) => {
                return Err(Failure::CommandLine(format!(
                    "--{name} takes no value, but `{value}` was given"
                )));
            }
            (_, Some(value)) => Some(value),
            (_, None) => words.next_if(|next| !is_option(next)).cloned(),
        };
        given.0.insert(name, checked(name, takes, value)?);
        // The version is shown at once, whatever is wrong behind it.
        if name == "version" {
            return Ok(Vec::new());
        }
    }
    Ok(rest)
}

fn checked(name: &str, takes: Takes, value: Option<String>) -> Result<Option<String>, Failure> {
    let wrong = |words: &[&str], value: &str| {
        Failure::CommandLine(format!("--{name} takes {}, but `{value}` was given", words.join(", ")))
    };
    match (takes, value) {
        (Nothing, _) => Ok(None),
        (Value | OneOf(_), None) => Err(Failure::CommandLine(format!("--{name} needs a value after it"))),
        (MaybeOneOf(words), None) => Ok(words.first().map(|word| (*word).to_owned())),
        (OneOf(words) | MaybeOneOf(words), Some(value)) if !words.contains(&value.as_str()) => {
            Err(wrong(words, &value))
        }
        (_, value) => Ok(value),
    }
}

/// The option of the table that a word names, and what stands behind its `=`.
fn find<'a>(table: &'a [Option_], word: &str) -> Result<Option<(&'a Option_, Option<String>)>, Failure> {
    let Some(named) = word.strip_prefix("--").filter(|_| !word.contains(' ') || word.contains('=')) else {
        return Ok(None);
    };
    let (name, value) = match named.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (named, None),
    };
    if name.is_empty() {
        return Ok(None);
    }
    if let Some(option) = table.iter().find(|(known, ..)| *known == name) {
        return Ok(Some((option, value)));
    }
    let begun: Vec<&Option_> = table.iter().filter(|(known, ..)| known.starts_with(name)).collect();
    match begun.as_slice() {
        [] => Ok(None),
        [option] => Ok(Some((option, value))),
        several => {
            let names: Vec<String> = several.iter().map(|(name, ..)| format!("--{name}")).collect();
            Err(Failure::CommandLine(format!("--{name} may mean {}; write it out", names.join(" or "))))
        }
    }
}

/// Whether a word is an option and no value: it begins with `-`, and is neither a number nor several words.
fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-') && !word.contains(' ') && word.parse::<f64>().is_err()
}

/// Every option with what it does: of this command first, then of all.
pub(crate) fn descriptions() -> impl Iterator<Item = (String, &'static str)> {
    OWN.iter().chain(GLOBAL).map(|(name, takes, does)| {
        let value = match takes {
            Nothing => String::new(),
            Value => " VALUE".to_owned(),
            OneOf(words) => format!(" {}", words.join("|")),
            MaybeOneOf(words) => format!(" [{}]", words.join("|")),
        };
        (format!("--{name}{value}"), *does)
    })
}

/// What can be put behind an option: its words, or nothing if it takes none; `None` if it takes any.
pub(crate) fn words_of(name: &str) -> Option<&'static [&'static str]> {
    let (_, takes, _) = OWN.iter().chain(GLOBAL).find(|(known, ..)| *known == name)?;
    match takes {
        Nothing => Some(&[]),
        Value => None,
        OneOf(words) | MaybeOneOf(words) => Some(words),
    }
}

/// The names of all options.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    OWN.iter().chain(GLOBAL).map(|(name, ..)| *name)
}
