//! What counts, when the command line, the environment and the profile each have a setting.

use super::failure::Failure;
use super::options::{OUTPUTS, Options};
use super::profile::Profile;
use std::collections::BTreeMap;
use std::time::Duration;

/// The variables of the environment that count.
pub(crate) const VARIABLES: &[&str] = &[
    "AWS_CA_BUNDLE",
    "AWS_CLI_AUTO_PROMPT",
    "AWS_CLI_ERROR_FORMAT",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_OUTPUT",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_APPRUNNER",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_MAX_ATTEMPTS",
    "AWS_PAGER",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_RETRY_MODE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "HOME",
    "LESS",
    "PAGER",
    "REQUESTS_CA_BUNDLE",
];

/// The default timeout for a connection and for a reply.
const DEFAULT_TIMEOUT_SECONDS: u64 = 60;

/// The default for how often a request is made at most.
const DEFAULT_ATTEMPTS: u32 = 3;

/// How long an operation is followed by default: after twenty minutes, somebody has to look.
const DEFAULT_WAIT_SECONDS: u64 = 20 * 60;

/// The part of the environment that counts.
#[derive(Debug, Default)]
pub(crate) struct Environment(pub(crate) BTreeMap<&'static str, String>);

impl Environment {
    /// A variable, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.set(name).filter(|value| !value.is_empty())
    }

    /// A variable, if it is set at all.
    fn set(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The profile that is asked for, if one is.
    pub(crate) fn profile<'a>(&'a self, options: &'a Options) -> Option<&'a str> {
        let given = options.value("profile").filter(|name| !name.is_empty());
        given.or_else(|| self.get("AWS_PROFILE")).or_else(|| self.get("AWS_DEFAULT_PROFILE"))
    }
}

/// When the options are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AutoPrompt {
    Off,
    /// Prompt before the command line is checked.
    On,
    /// Prompt only if the command line is wrong.
    Partial,
}

/// When the options are asked for. It has to be known before the command line is judged.
pub(crate) fn auto_prompt(
    is_asked: bool,
    is_declined: bool,
    environment: &Environment,
    profile: Option<&Profile>,
) -> Result<AutoPrompt, Failure> {
    if is_asked && is_declined {
        return Err(Failure::CommandLine(
            "--cli-auto-prompt and --no-cli-auto-prompt exclude each other; use only one".into(),
        ));
    }
    let setting = environment.get("AWS_CLI_AUTO_PROMPT").or_else(|| profile?.get("cli_auto_prompt"));
    Ok(match setting {
        _ if is_declined => AutoPrompt::Off,
        _ if is_asked => AutoPrompt::On,
        Some("on") => AutoPrompt::On,
        Some("on-partial") => AutoPrompt::Partial,
        _ => AutoPrompt::Off,
    })
}

/// How the output is shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutputSettings {
    /// One of the output formats.
    pub(crate) output: String,
    /// Colours: on, off, or as the terminal has them.
    pub(crate) colour: String,
    /// The command that shows the output on a terminal, if one is to.
    pub(crate) pager: Option<String>,
    /// Whether instants are printed as they came.
    pub(crate) instants_as_on_the_wire: bool,
    /// The form of a refusal.
    pub(crate) error_format: String,
}

/// How the request travels.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestSettings {
    /// The region it goes to, and is signed for.
    pub(crate) region: String,
    /// The address it goes to.
    pub(crate) endpoint: String,
    /// Whether it is signed.
    pub(crate) sign: bool,
    /// Whether the server's certificate is looked at.
    pub(crate) verify: bool,
    /// The file of the certificates to trust, if it is not the system's.
    pub(crate) ca_bundle: Option<String>,
    /// How long a connection is waited for; `None` for as long as it takes.
    pub(crate) connect_timeout: Option<Duration>,
    /// How long a reply is waited for; `None` for as long as it takes.
    pub(crate) read_timeout: Option<Duration>,
    /// How often it is made at most.
    pub(crate) attempts: u32,
}

/// How the output is shown.
pub(crate) fn output_settings(
    options: &Options,
    environment: &Environment,
    profile: &Profile,
) -> Result<OutputSettings, Failure> {
    let output = options.value("output").or_else(|| environment.get("AWS_DEFAULT_OUTPUT"));
    let output = output.or_else(|| profile.get("output")).unwrap_or("json");
    if !OUTPUTS.contains(&output) {
        return Err(Failure::Other(format!(
            "there is no output format `{output}`; AWS_DEFAULT_OUTPUT and the profile's `output` take {}",
            OUTPUTS.join(", ")
        )));
    }
    let instants_as_on_the_wire = match profile.get("cli_timestamp_format") {
        None | Some("iso8601") => false,
        Some("wire") => true,
        Some(other) => {
            return Err(Failure::Configuration(format!(
                "the profile's `cli_timestamp_format` takes wire or iso8601, not `{other}`"
            )));
        }
    };
    let error_format = options.value("cli-error-format").or_else(|| environment.get("AWS_CLI_ERROR_FORMAT"));
    let error_format = error_format.or_else(|| profile.get("cli_error_format")).unwrap_or("enhanced");
    Ok(OutputSettings {
        output: output.to_owned(),
        colour: options.value("color").unwrap_or("auto").to_owned(),
        pager: pager(options, environment, profile),
        instants_as_on_the_wire,
        error_format: error_format.to_lowercase(),
    })
}

/// The pager: what is set first counts, and what is set to nothing means none.
fn pager(options: &Options, environment: &Environment, profile: &Profile) -> Option<String> {
    if options.has("no-cli-pager") {
        return None;
    }
    let set = environment.set("AWS_PAGER");
    let set = set.or_else(|| profile.set_to("cli_pager")).or_else(|| environment.set("PAGER"));
    let pager = set.unwrap_or("less").trim();
    (!pager.is_empty()).then(|| pager.to_owned())
}

/// How the request travels. `home` is the region that the machine is in, if it knows one.
pub(crate) fn request_settings(
    options: &Options,
    environment: &Environment,
    profile: &Profile,
    home: Option<String>,
) -> Result<RequestSettings, Failure> {
    let region =
        named_region(options, environment, profile).map(str::to_owned).or(home).ok_or_else(|| {
            Failure::Configuration(
                "no region is named; give one with `--region`, in AWS_REGION or in the profile".into(),
            )
        })?;
    check_region(&region)?;
    let ca_bundle = options.value("ca-bundle").or_else(|| environment.get("AWS_CA_BUNDLE"));
    let ca_bundle = ca_bundle.or_else(|| profile.get("ca_bundle"));
    let ca_bundle = ca_bundle.or_else(|| environment.get("REQUESTS_CA_BUNDLE"));
    Ok(RequestSettings {
        endpoint: endpoint(options, environment, profile, &region)?,
        region,
        sign: !options.has("no-sign-request"),
        verify: !options.has("no-verify-ssl"),
        ca_bundle: ca_bundle.map(str::to_owned),
        connect_timeout: timeout(options, "cli-connect-timeout")?,
        read_timeout: timeout(options, "cli-read-timeout")?,
        attempts: attempts(environment, profile)?,
    })
}

/// The region that somebody named.
pub(crate) fn named_region<'a>(
    options: &'a Options,
    environment: &'a Environment,
    profile: &'a Profile,
) -> Option<&'a str> {
    let given = options.value("region").filter(|region| !region.is_empty());
    let given = given.or_else(|| environment.get("AWS_REGION"));
    given.or_else(|| environment.get("AWS_DEFAULT_REGION")).or_else(|| profile.get("region"))
}

/// A region becomes a part of a host name.
fn check_region(region: &str) -> Result<(), Failure> {
    let is_label = region.len() <= 63
        && !region.starts_with('-')
        && region.chars().all(|ch| ch.is_ascii_alphanumeric() || ch == '-');
    if is_label {
        return Ok(());
    }
    Err(Failure::Other(format!("`{region}` is not a valid region; regions look like us-east-1")))
}

fn endpoint(
    options: &Options,
    environment: &Environment,
    profile: &Profile,
    region: &str,
) -> Result<String, Failure> {
    if let Some(url) = options.value("endpoint-url").filter(|url| !url.is_empty()) {
        check_endpoint_option(url)?;
        return checked_url(url);
    }
    let ignored = environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    let ignored = ignored.or_else(|| profile.get("ignore_configured_endpoint_urls"));
    if !is_true(ignored) {
        let set = environment.get("AWS_ENDPOINT_URL_APPRUNNER");
        let set = set.or_else(|| environment.get("AWS_ENDPOINT_URL")).or_else(|| profile.endpoint_url());
        if let Some(url) = set {
            return checked_url(url);
        }
    }
    let fips = environment.get("AWS_USE_FIPS_ENDPOINT").or_else(|| profile.get("use_fips_endpoint"));
    let dual =
        environment.get("AWS_USE_DUALSTACK_ENDPOINT").or_else(|| profile.get("use_dualstack_endpoint"));
    Ok(default_endpoint(region, is_true(fips), is_true(dual)))
}

/// An address on the command line needs a scheme.
pub(crate) fn check_endpoint_option(url: &str) -> Result<(), Failure> {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
    if scheme.is_empty() || !scheme.chars().all(|ch| ch.is_ascii_alphanumeric()) {
        return Err(Failure::CommandLine(format!(
            "--endpoint-url takes an address such as https://HOST or http://HOST:PORT, not `{url}`"
        )));
    }
    Ok(())
}

/// The variable with an endpoint that is not valid, and its value: none where another setting goes before it.
pub(crate) fn invalid_endpoint(environment: &Environment) -> Option<(&'static str, &str)> {
    if is_true(environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) {
        return None;
    }
    let mut names = ["AWS_ENDPOINT_URL_APPRUNNER", "AWS_ENDPOINT_URL"].into_iter();
    let set = names.find_map(|name| Some((name, environment.get(name)?)));
    set.filter(|(_, url)| !is_endpoint(url))
}

fn is_endpoint(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
}

fn checked_url(url: &str) -> Result<String, Failure> {
    if !is_endpoint(url) {
        return Err(Failure::Other(format!(
            "`{url}` is not a valid endpoint URL; use https://HOST or http://HOST:PORT"
        )));
    }
    Ok(url.to_owned())
}

fn default_endpoint(region: &str, fips: bool, dual: bool) -> String {
    let name = if fips { "apprunner-fips" } else { "apprunner" };
    let is_china = region.starts_with("cn-");
    let domain = match (dual, is_china) {
        (false, false) => "amazonaws.com",
        (false, true) => "amazonaws.com.cn",
        (true, false) => "api.aws",
        (true, true) => "api.amazonwebservices.com.cn",
    };
    format!("https://{name}.{region}.{domain}")
}

fn is_true(value: Option<&str>) -> bool {
    value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn timeout(options: &Options, name: &str) -> Result<Option<Duration>, Failure> {
    let Some(value) = options.value(name) else {
        return Ok(Some(Duration::from_secs(DEFAULT_TIMEOUT_SECONDS)));
    };
    let seconds: u64 = value.trim().parse().map_err(|_| {
        Failure::Other(format!("--{name} takes whole seconds, 0 for no limit, not `{value}`"))
    })?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds)))
}

/// How long an operation is followed.
pub(crate) fn wait_timeout(options: &Options) -> Result<Duration, Failure> {
    let Some(value) = options.value("wait-timeout") else {
        return Ok(Duration::from_secs(DEFAULT_WAIT_SECONDS));
    };
    let seconds: Option<u64> = value.trim().parse().ok().filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).ok_or_else(|| {
        Failure::CommandLine(format!("--wait-timeout takes whole seconds from 1, but `{value}` was given"))
    })
}

fn attempts(environment: &Environment, profile: &Profile) -> Result<u32, Failure> {
    let mode = environment.get("AWS_RETRY_MODE").or_else(|| profile.get("retry_mode")).unwrap_or("standard");
    if !matches!(mode, "standard" | "adaptive") {
        return Err(Failure::Other(format!(
            "AWS_RETRY_MODE and the profile's `retry_mode` take standard or adaptive, not `{mode}`"
        )));
    }
    let Some(value) = environment.get("AWS_MAX_ATTEMPTS").or_else(|| profile.get("max_attempts")) else {
        return Ok(DEFAULT_ATTEMPTS);
    };
    let attempts: Option<u32> = value.trim().parse().ok().filter(|attempts| *attempts > 0);
    attempts.ok_or_else(|| {
        Failure::Other(format!(
            "AWS_MAX_ATTEMPTS and the profile's `max_attempts` take whole numbers from 1, but `{value}` was given"
        ))
    })
}
