//! Sends the request, and again if that may help.

use super::place;
use crate::apprunner::tls::Trust;
use crate::apprunner::wire::{Answer, Destination, Wire};
use crate::apprunner::{NoCredentials, credentials, home_region};
use crate::awscli::failure::Failure;
use crate::awscli::json::compact;
use crate::awscli::options::Options;
use crate::awscli::profile::Profile;
use crate::awscli::refusal::Refusal;
use crate::awscli::settings::{Environment, OutputSettings, RequestSettings, named_region};
use crate::awscli::table::TableStyle;
use crate::awscli::value::Value;
use crate::awscli::{output, settings};
use crate::cli::stdout::print_error;
use crate::clock;
use crate::planner::backoff;
use aws_credential_types::Credentials;

/// What `--debug` logs, on standard error. It is never given a credential.
#[derive(Debug, Clone, Copy)]
pub(super) struct Debug(pub(super) bool);

impl Debug {
    pub(super) fn log(self, line: impl FnOnce() -> String) {
        if self.0 {
            print_error(&format!("{} debug: {}\n", clock::wall(), line()));
        }
    }
}

/// How the request travels.
pub(super) async fn request_settings(
    options: &Options,
    environment: &Environment,
    profile: &Profile,
) -> Result<RequestSettings, Failure> {
    let home = match named_region(options, environment, profile) {
        Some(_) => None,
        None => home_region().await,
    };
    settings::request_settings(options, environment, profile, home)
}

/// An address without the password that it may have.
pub(super) fn without_password(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => address.to_owned(),
    }
}

/// Prepares the way to App Runner, with credentials if the request is to be signed.
pub(super) async fn wire(options: &Options, travel: &RequestSettings) -> Result<Wire, Failure> {
    let credentials = match travel.sign {
        false => None,
        true => Some(key(options, travel).await?),
    };
    let destination = Destination {
        endpoint: &travel.endpoint,
        region: &travel.region,
        credentials,
        trust: trust(travel)?,
        connect_timeout: travel.connect_timeout,
        read_timeout: travel.read_timeout,
    };
    Wire::new(destination).map_err(|error| match &travel.ca_bundle {
        Some(path) if travel.verify => Failure::Other(format!("{error} ({path})")),
        _ => Failure::Other(error.to_string()),
    })
}

async fn key(options: &Options, travel: &RequestSettings) -> Result<Credentials, Failure> {
    let profile = options.value("profile");
    if let (None, Some(missing)) = (profile, place::missing_half_of_a_key()) {
        return Err(Failure::Other(format!(
            "AWS_ACCESS_KEY_ID is set without {missing}; set both or neither"
        )));
    }
    credentials(profile, &travel.region).await.map_err(no_credentials)
}

fn no_credentials(error: NoCredentials) -> Failure {
    match error {
        NoCredentials::None => Failure::Configuration(
            "no credentials found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the \
             machine or the container a role; --no-sign-request needs none"
                .into(),
        ),
        NoCredentials::Broken(why) => Failure::Other(format!("cannot get credentials: {why}")),
    }
}

fn trust(travel: &RequestSettings) -> Result<Trust, Failure> {
    if !travel.endpoint.starts_with("https://") {
        return Ok(Trust::System);
    }
    if !travel.verify {
        print_error(&format!(
            "reveille resume-service: warning: the certificate of {} is not verified (--no-verify-ssl); anybody on \
             the network path can read and answer the request\n",
            without_password(&travel.endpoint)
        ));
        return Ok(Trust::Anybody);
    }
    let Some(path) = &travel.ca_bundle else { return Ok(Trust::System) };
    let pem = place::read(path)
        .map_err(|error| Failure::Other(format!("the certificates in {path} cannot be read: {error}")))?;
    Ok(Trust::Bundle(pem))
}

/// The body of the request.
pub(super) fn body(arn: &str) -> String {
    compact(&Value::map(vec![("ServiceArn".to_owned(), Value::text(arn))]))
}

/// Makes the request until it is taken, refused for good, or made as often as it may be.
pub(super) async fn send(
    wire: &Wire,
    operation: &str,
    body: &str,
    travel: &RequestSettings,
    showing: &OutputSettings,
    debug: Debug,
) -> Result<Answer, Failure> {
    let mut rng = fastrand::Rng::with_seed(clock::seed());
    let mut made = 0_u32;
    loop {
        made = made.saturating_add(1);
        debug.log(|| {
            let signed = if travel.sign { "signed" } else { "unsigned" };
            format!("attempt {made} of {}: {operation} with {body}, {signed}", travel.attempts)
        });
        let is_last = made >= travel.attempts;
        let failure = match wire.ask(operation, body).await {
            Ok(answer) => {
                debug.log(|| summary(&answer));
                if answer.status < 300 {
                    return Ok(answer);
                }
                let refusal = Refusal::read(answer.status, &answer.body, answer.query_error.as_deref());
                let refusal = refusal.ok_or_else(|| unreadable_reply(&answer))?;
                let failure =
                    refusal_failure(&refusal, operation, is_last.then(|| made.saturating_sub(1)), showing);
                if !refusal.is_passing(answer.status) {
                    return Err(failure);
                }
                failure
            }
            Err(error) => {
                debug.log(|| format!("no answer: {error}"));
                Failure::Other(format!(
                    "{} does not answer: {error}; check the address, the network and the proxy",
                    without_password(&travel.endpoint)
                ))
            }
        };
        if is_last {
            return Err(failure);
        }
        let wait = backoff(made, &mut rng);
        debug.log(|| format!("the next attempt is made in {} ms", wait.as_millis()));
        tokio::time::sleep(wait).await;
    }
}

fn summary(answer: &Answer) -> String {
    let id = answer.request_id.as_deref().unwrap_or("no request id");
    format!("HTTP {} ({id}): {}", answer.status, String::from_utf8_lossy(&answer.body))
}

fn unreadable_reply(answer: &Answer) -> Failure {
    Failure::Other(format!(
        "the reply with HTTP status {} is not a JSON object; is the endpoint App Runner's?",
        answer.status
    ))
}

/// A refusal in the form that was asked for.
fn refusal_failure(
    refusal: &Refusal,
    operation: &str,
    retries: Option<u32>,
    showing: &OutputSettings,
) -> Failure {
    let form = showing.error_format.as_str();
    let written = match form {
        "json" | "yaml" | "text" | "table" => {
            let style = TableStyle { width: usize::MAX, colour: false };
            output::write(&refusal.object(), None, form, "error", style).ok()
        }
        _ => None,
    };
    let written = written.unwrap_or_else(|| refusal.line(operation, retries));
    Failure::Refused(written.trim_end().to_owned())
}
