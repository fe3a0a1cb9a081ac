//! Where the command runs: its environment, its files, its time zone.

use crate::awscli::failure::Failure;
use crate::awscli::options::Options;
use crate::awscli::profile::{File, Profile};
use crate::awscli::settings::{Environment, VARIABLES, invalid_endpoint};
use jiff::tz::TimeZone;
use std::io;
use std::path::PathBuf;

/// Reads the variables that count.
#[expect(clippy::disallowed_methods, reason = "this is the drop-in's one reader of the environment")]
pub(super) fn environment() -> Environment {
    let read = |name: &'static str| Some((name, std::env::var_os(name)?.to_string_lossy().into_owned()));
    Environment(VARIABLES.iter().copied().filter_map(read).collect())
}

/// Half of a key in the environment: the name of the other half, which is missing. No value is kept.
#[expect(clippy::disallowed_methods, reason = "this is the drop-in's one reader of the environment")]
pub(super) fn missing_half_of_a_key() -> Option<&'static str> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    (is_set("AWS_ACCESS_KEY_ID") && !is_set("AWS_SECRET_ACCESS_KEY")).then_some("AWS_SECRET_ACCESS_KEY")
}

/// The host's time zone, in which the CLI prints instants, and a terminal shows the log.
#[expect(clippy::disallowed_methods, reason = "people read the time of the place where they are")]
pub(in crate::cli) fn time_zone() -> TimeZone {
    TimeZone::system()
}

/// The profile that is asked for, from AWS's two files.
pub(super) fn profile(options: &Options, environment: &Environment) -> Result<Profile, Failure> {
    let (config, credentials) = files(environment)?;
    Profile::find(environment.profile(options), &config, &credentials)
}

/// The profile that the SDK is to use and that is in neither of AWS's files. The SDK itself names it only where there are
/// others.
pub(in crate::cli) fn missing_profile() -> Option<String> {
    let environment = environment();
    let (config, credentials) = files(&environment).ok()?;
    let name = environment.get("AWS_PROFILE")?;
    Profile::find(Some(name), &config, &credentials).is_err().then(|| name.to_owned())
}

/// What is wrong with the endpoint that the environment names, and what to do. The SDK would fail every call instead.
pub(in crate::cli) fn endpoint_problem() -> Option<String> {
    let environment = environment();
    let (name, url) = invalid_endpoint(&environment)?;
    Some(format!(
        "{name}: `{url}` is not a valid endpoint URL; set it to https://HOST or http://HOST:PORT, or unset it"
    ))
}

fn files(environment: &Environment) -> Result<(File, File), Failure> {
    let config = file(environment, "AWS_CONFIG_FILE", ".aws/config")?;
    Ok((config, file(environment, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")?))
}

/// A file of profiles; one that is not there has none.
fn file(environment: &Environment, variable: &str, usual: &str) -> Result<File, Failure> {
    let home = environment.get("HOME").unwrap_or_default();
    let path = match environment.get(variable) {
        Some(path) => from_home(path, home),
        None if home.is_empty() => return Ok(File::default()),
        None => PathBuf::from(home).join(usual),
    };
    if !path.is_file() {
        return Ok(File::default());
    }
    let name = path.display().to_string();
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::Other(format!("{name} cannot be read: {error}")))?;
    File::parse(&text, &name)
}

/// `~/x` is in the home directory.
fn from_home(path: &str, home: &str) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => PathBuf::from(home).join(rest),
        None => PathBuf::from(path),
    }
}

/// Reads the file that an option's value names.
pub(super) fn read_named(path: &str) -> Result<String, Failure> {
    let path = from_home(path, environment().get("HOME").unwrap_or_default());
    let bytes = read(&path.display().to_string()).map_err(|error| {
        Failure::CommandLine(format!("file://{} cannot be read: {error}", path.display()))
    })?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::CommandLine(format!("file://{} is not valid UTF-8", path.display())))
}

pub(super) fn read(path: &str) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}
