//! The AWS SDK behind the client. The only file that names it.

use super::AppRunner;
use super::classify::{is_about_the_keys, refusal};
use super::credentials::{Build, InHand, Keyring, Keys};
use super::error_text::text;
use super::http_client::{PATIENCE, Patience, Room, http_client, timeouts};
use crate::api::{
    Action, Cause, Operation, OperationId, OperationKind, OperationStatus, Refusal, Reply, Request,
    ServiceArn, ServiceStatus,
};
use crate::clock::Clock;
use crate::config::DaemonSettings;
use crate::planner::LEAVES_WITHIN;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_apprunner::Client;
use aws_sdk_apprunner::config::retry::RetryConfig;
use aws_sdk_apprunner::config::{
    Builder, Credentials, IdentityCache, ProvideCredentials, SharedCredentialsProvider, SharedHttpClient,
    StalledStreamProtectionConfig,
};
use aws_sdk_apprunner::primitives::DateTime;
use aws_sdk_apprunner::types::{OperationSummary, Service};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::TrustStore;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// A request that AWS refused for its keys is repeated with others only so long after it was asked for: with its own
/// timeout it then ends before the daemon gives the call up.
const REPEATED_WITHIN: Duration = Duration::from_secs(10);

/// The largest page of `ListOperations` that App Runner gives.
const OPERATIONS_A_PAGE: i32 = 20;

/// What the SDK puts for a status that is missing in a reply.
const MISSING_STATUS: &str = "no value was set";

/// The example credentials of AWS's documentation, for the emulator, which takes any.
const EXAMPLE_CREDENTIALS: (&str, &str) =
    ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

/// App Runner by the AWS SDK: one client for each region, made when it is first needed and kept.
///
/// All clients share one pool of connections and one cache of credentials.
pub struct Sdk {
    /// Loaded with the first credentials.
    settings: Arc<OnceLock<Settings>>,
    keys: Arc<Keyring>,
    http_client: SharedHttpClient,
    patience: Patience,
    clients: Mutex<BTreeMap<String, Client>>,
    /// A permit for each call that may be on its way, whatever its account; who waits longest is first.
    calls: Semaphore,
    clock: Clock,
}

/// The SDK's own settings: environment, profile, endpoint.
struct Settings {
    config: Builder,
    region: Option<Region>,
}

impl Sdk {
    /// Takes the SDK's own settings from environment and profile, once, and credentials from wherever they say.
    ///
    /// Reads nothing yet: the files may hang, so a thread reads them for the first call. `home_region` is where credentials
    /// are fetched if the settings name no region. Where a call goes is decided by the ARN alone.
    /// `connections` is how many to App Runner may be open at the same time.
    pub fn connect(home_region: &str, connections: NonZeroU32) -> Self {
        let settings = Arc::new(OnceLock::new());
        let (loaded, home) = (Arc::clone(&settings), Region::new(home_region.to_owned()));
        let build: Build = Box::new(move || {
            let (loaded, home) = (Arc::clone(&loaded), home.clone());
            Box::pin(async move {
                if loaded.get().is_none() {
                    // Of two threads, the first to have them has them for all.
                    drop(loaded.set(Settings::load(home).await));
                }
                let mut chain = DefaultCredentialsChain::builder();
                chain.set_region(loaded.get().and_then(|settings| settings.region.clone()));
                SharedCredentialsProvider::new(chain.build().await)
            })
        });
        let keys = Keyring::new(build, profile_files(), PATIENCE.credentials);
        let room = Room::of(connections);
        let http_client = http_client(ProxyConfig::from_env(), TrustStore::default(), PATIENCE, room);
        Self::with(settings, keys, http_client, PATIENCE, room)
    }

    /// Speaks to an emulator at this `http://` URL with AWS's example credentials; takes nothing from the environment.
    pub fn emulator(url: &str) -> Self {
        Self::at(url, PATIENCE, DaemonSettings::default().connections)
    }

    /// Says in plain words what is wrong with the credentials, if anything is. Fetches them to find out.
    pub async fn credentials_problem(&self) -> Option<String> {
        self.keys.credentials().await.err()
    }

    pub(super) fn at(url: &str, patience: Patience, connections: NonZeroU32) -> Self {
        let room = Room::of(connections);
        // No certificate is trusted, so that none is read: nobody needs one on loopback.
        let http_client = http_client(ProxyConfig::disabled(), TrustStore::empty(), patience, room);
        let (settings, keys) = given(bare().endpoint_url(url), example_credentials(), patience);
        Self::with(settings, keys, http_client, patience, room)
    }

    #[cfg(test)]
    pub(super) fn new(
        config: Builder,
        credentials: SharedCredentialsProvider,
        http_client: SharedHttpClient,
        patience: Patience,
    ) -> Self {
        let (settings, keys) = given(config, credentials, patience);
        Self::with(settings, keys, http_client, patience, Room::of(DaemonSettings::default().connections))
    }

    fn with(
        settings: Arc<OnceLock<Settings>>,
        keys: Arc<Keyring>,
        http_client: SharedHttpClient,
        patience: Patience,
        room: Room,
    ) -> Self {
        let calls = Semaphore::new(room.in_use);
        Self { settings, keys, http_client, patience, clients: Mutex::default(), calls, clock: Clock::new() }
    }

    /// The client of a region; none before there are settings.
    fn client(&self, region: &str) -> Option<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(region) {
            return Some(client.clone());
        }
        let config = self.settings.get()?.config.clone();
        let config = config
            .region(Region::new(region.to_owned()))
            .credentials_provider(Keys(Arc::clone(&self.keys)))
            // The keyring is the cache: another would hold on to what it has replaced.
            .identity_cache(IdentityCache::no_cache())
            .http_client(self.http_client.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(self.patience))
            // The timeouts bound a slow body already, and they say so in one way.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let client = Client::from_conf(config.build());
        clients.insert(region.to_owned(), client.clone());
        Some(client)
    }

    /// Makes a request, with the keys in hand.
    async fn send(&self, arn: &ServiceArn, request: &Request) -> Result<Reply, Refusal> {
        let Some(client) = self.client(arn.region()) else {
            return Err(not_sent("the AWS settings are not loaded"));
        };
        match request {
            Request::Act(Action::Resume) => resume(&client, arn).await,
            Request::Act(Action::Pause) => pause(&client, arn).await,
            Request::Describe => describe(&client, arn).await,
            Request::ListOperations { page } => list_operations(&client, arn, page.clone()).await,
        }
    }

    /// Other keys than these, which AWS refused, if there are any in this time.
    async fn others_than(&self, refused: &InHand, within: Duration) -> Option<InHand> {
        self.keys.refused(refused);
        let others = timeout(within, self.keys.credentials()).await.ok()?.ok()?;
        others.is_unlike(refused).then_some(others)
    }
}

/// Settings and credentials that are known from the beginning.
fn given(
    config: Builder,
    credentials: SharedCredentialsProvider,
    patience: Patience,
) -> (Arc<OnceLock<Settings>>, Arc<Keyring>) {
    let build: Build = Box::new(move || Box::pin(std::future::ready(credentials.clone())));
    let settings = OnceLock::from(Settings { config, region: None });
    (Arc::new(settings), Keyring::new(build, Vec::new(), patience.credentials))
}

impl Settings {
    /// Reads files, and may block.
    async fn load(home: Region) -> Self {
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::builder().build())
            .or_else(home);
        let region = region.region().await;
        let settings = aws_config::defaults(BehaviorVersion::latest()).region(region.clone()).load().await;
        Self { config: Builder::from(&settings), region }
    }
}

impl AppRunner for Sdk {
    async fn call(&self, arn: &ServiceArn, request: &Request) -> Result<Reply, Refusal> {
        let asked = self.clock.now();
        let waited = || self.clock.now().since(asked);
        let keys = self.keys.credentials().await;
        let keys = keys.map_err(|message| Refusal { cause: Cause::NoCredentials, message })?;
        // Outside of the request's own time, which begins when it may leave.
        let Ok(_permit) = timeout(LEAVES_WITHIN.saturating_sub(waited()), self.calls.acquire()).await else {
            return Err(not_sent(
                "no connection was free in time for this call: the limit [daemon] connections is reached",
            ));
        };
        if waited() > LEAVES_WITHIN {
            return Err(not_sent("the credentials came too late for this call, which was not made"));
        }
        let reply = self.send(arn, request).await;
        if !reply.as_ref().is_err_and(is_about_the_keys) {
            return reply;
        }
        // It was surely not carried out. With others it is made once more, if it leaves soon enough.
        let left = REPEATED_WITHIN.saturating_sub(waited());
        let Some(others) = self.others_than(&keys, left).await else { return reply };
        tracing::info!(service = arn.service_name(), %arn, "AWS refused the credentials; calling with newer ones");
        let reply = Box::pin(self.send(arn, request)).await;
        if reply.as_ref().is_err_and(is_about_the_keys) {
            self.keys.refused(&others);
        }
        reply
    }
}

fn not_sent(message: &str) -> Refusal {
    Refusal { cause: Cause::NotSent, message: message.to_owned() }
}

async fn resume(client: &Client, arn: &ServiceArn) -> Result<Reply, Refusal> {
    let sent = client.resume_service().service_arn(arn.as_str()).send();
    let reply = sent.await.map_err(|error| refusal(&error))?;
    Ok(Reply::Accepted { operation: operation_id(reply.operation_id()), status: status_of(reply.service()) })
}

async fn pause(client: &Client, arn: &ServiceArn) -> Result<Reply, Refusal> {
    let sent = client.pause_service().service_arn(arn.as_str()).send();
    let reply = sent.await.map_err(|error| refusal(&error))?;
    Ok(Reply::Accepted { operation: operation_id(reply.operation_id()), status: status_of(reply.service()) })
}

async fn describe(client: &Client, arn: &ServiceArn) -> Result<Reply, Refusal> {
    let sent = client.describe_service().service_arn(arn.as_str()).send();
    let reply = sent.await.map_err(|error| refusal(&error))?;
    Ok(Reply::Described { status: status_of(reply.service()) })
}

async fn list_operations(client: &Client, arn: &ServiceArn, page: Option<String>) -> Result<Reply, Refusal> {
    let request = client.list_operations().service_arn(arn.as_str()).max_results(OPERATIONS_A_PAGE);
    let reply = request.set_next_token(page).send().await.map_err(|error| refusal(&error))?;
    Ok(Reply::Operations {
        operations: reply.operation_summary_list().iter().map(operation).collect(),
        next_page: reply.next_token().filter(|token| !token.is_empty()).map(str::to_owned),
    })
}

/// Why there are no credentials.
#[derive(Debug)]
pub(crate) enum NoCredentials {
    /// No source has any.
    None,
    /// A source should have some, and could not give them.
    Broken(String),
}

/// Fetches credentials for one request: of the environment, unless a profile was asked for by name, and then from
/// wherever that profile, the container or the machine has them.
pub(crate) async fn credentials(profile: Option<&str>, region: &str) -> Result<Credentials, NoCredentials> {
    if profile.is_none() {
        match EnvironmentVariableCredentialsProvider::new().provide_credentials().await {
            Err(CredentialsError::CredentialsNotLoaded(_)) => {}
            Err(error) => return Err(no_credentials(&error)),
            Ok(credentials) => return Ok(credentials),
        }
    }
    let region = Region::new(region.to_owned());
    let fetched = match profile {
        None => DefaultCredentialsChain::builder().region(region).build().await.provide_credentials().await,
        Some(name) => {
            let config = ProviderConfig::default().with_region(Some(region));
            let files = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name);
            let container = EcsCredentialsProvider::builder().configure(&config).build();
            let machine = ImdsCredentialsProvider::builder().configure(&config).build();
            CredentialsProviderChain::first_try("profile", files.build())
                .or_else("container", container)
                .or_else("machine", machine)
                .provide_credentials()
                .await
        }
    };
    fetched.map_err(|error| no_credentials(&error))
}

fn no_credentials(error: &CredentialsError) -> NoCredentials {
    if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
        NoCredentials::None
    } else {
        NoCredentials::Broken(text(error))
    }
}

/// The region that the machine is in, when it is one of EC2's.
pub(crate) async fn home_region() -> Option<String> {
    let region = ImdsRegionProvider::builder().build().region().await?;
    Some(region.to_string())
}

fn operation(summary: &OperationSummary) -> Operation {
    Operation {
        id: operation_id(summary.id()),
        kind: summary.r#type().map(|kind| OperationKind::from_wire(kind.as_str())),
        status: summary.status().map(|status| OperationStatus::from_wire(status.as_str())),
        started_at: summary.started_at().and_then(timestamp),
        ended_at: summary.ended_at().and_then(timestamp),
    }
}

fn operation_id(id: Option<&str>) -> Option<OperationId> {
    id.filter(|id| !id.is_empty()).map(OperationId::new)
}

/// The state of the service in a reply; an unknown, empty one if the reply has none.
fn status_of(service: Option<&Service>) -> ServiceStatus {
    let status = service.map(|service| service.status().as_str());
    ServiceStatus::from_wire(status.filter(|status| *status != MISSING_STATUS).unwrap_or_default())
}

fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::from_nanosecond(time.as_nanos()).ok()
}

/// The files of profiles, as the SDK finds them.
#[expect(clippy::disallowed_methods, reason = "the SDK's own settings say where its files are")]
fn profile_files() -> Vec<PathBuf> {
    let home = std::env::home_dir();
    let file = |variable: &str, name: &str| {
        let given = std::env::var_os(variable).map(PathBuf::from);
        let file = given.unwrap_or_else(|| Path::new("~/.aws").join(name));
        match file.strip_prefix("~") {
            Ok(below) => home.as_ref().map(|home| home.join(below)),
            Err(_) => Some(file),
        }
    };
    let files = [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")];
    files.into_iter().filter_map(|(variable, name)| file(variable, name)).collect()
}

/// The settings of a client that knows nothing of the environment.
pub(super) fn bare() -> Builder {
    Builder::new().behavior_version(BehaviorVersion::latest())
}

pub(super) fn example_credentials() -> SharedCredentialsProvider {
    let (id, secret) = EXAMPLE_CREDENTIALS;
    SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "example"))
}
