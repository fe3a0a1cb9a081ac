//! The connections to App Runner: how many there are, how long they are waited for, and how much is read.

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use http_body_util::Limited;
use std::num::NonZeroU32;
use std::time::Duration;

/// How long the SDK waits for whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For a connection: the regions' endpoints answer within milliseconds, so three seconds is a lost packet and its
    /// second try.
    pub(super) connect: Duration,
    /// For the head of a reply: pause and resume answer within a second or two.
    pub(super) read: Duration,
    /// For a whole request, credentials and body included: with retries off, an attempt and an operation are one.
    pub(super) request: Duration,
    /// For credentials: shorter than for a request, so that the error can say what timed out.
    pub(super) credentials: Duration,
}

/// The patience with AWS.
pub(super) const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(3),
    read: Duration::from_secs(10),
    request: Duration::from_secs(15),
    credentials: Duration::from_secs(10),
};

/// How long a connection is kept while nothing is asked: less than the minute after which load balancers commonly hang
/// up, so that a request does not run into a connection that is just being closed.
const KEEP_CONNECTION: Duration = Duration::from_secs(50);

/// App Runner is in about so many regions, each with an endpoint of its own.
const REGIONS: usize = 16;

/// The largest reply that is read. App Runner's are a few kilobytes; a server that sends without end would fill the memory.
pub(super) const MAX_REPLY_BYTES: usize = 4 * 1024 * 1024;

/// How the connections that may be open are divided: half of them carry calls, and the others are kept for the next. That
/// is room as well for the connection that a call began to make before it was given one that became free.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Those that carry calls at the same time.
    pub(super) in_use: usize,
    /// Those that are kept for each region.
    kept: usize,
}

impl Room {
    pub(super) fn of(connections: NonZeroU32) -> Self {
        let half = usize::try_from(connections.get() / 2).unwrap_or(usize::MAX).max(1);
        Self { in_use: half, kept: (half / REGIONS).max(1) }
    }
}

/// The patience as the SDK takes it.
pub(super) fn timeouts(patience: Patience) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .read_timeout(patience.read)
        .operation_attempt_timeout(patience.request)
        // The same bound, a little later, so that it is always the attempt that is said to have timed out.
        .operation_timeout(patience.request.saturating_add(Duration::from_secs(1)))
        .build()
}

/// One pool of connections for all regions: the SDK on its own would make one for each client.
pub(super) fn http_client(
    proxy: ProxyConfig,
    trust: TrustStore,
    patience: Patience,
    room: Room,
) -> SharedHttpClient {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(patience.connect)
        .read_timeout(patience.read)
        .build();
    let connector = Connector::builder()
        .connector_settings(settings)
        .proxy_config(proxy)
        .pool_idle_timeout(KEEP_CONNECTION)
        .pool_max_idle_per_host(room.kept)
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
        .tls_context(TlsContext::builder().with_trust_store(trust).build().unwrap_or_default())
        .build();
    let connector = SharedHttpConnector::new(BoundedReplies(SharedHttpConnector::new(connector)));
    http_client_fn(move |_, _| connector.clone())
}

/// Reads no more of a reply than is allowed.
#[derive(Debug)]
struct BoundedReplies(SharedHttpConnector);

impl HttpConnector for BoundedReplies {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let reply = self.0.call(request);
        let bounded = |body| SdkBody::from_body_1_x(Limited::new(body, MAX_REPLY_BYTES));
        HttpConnectorFuture::new(async move { Ok(reply.await?.map(bounded)) })
    }
}
