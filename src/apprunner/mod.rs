//! The client of App Runner: a small trait in the vocabulary of `api`, and the SDK behind it.
//!
//! What goes through it are [`Request`], [`Reply`] and [`Refusal`]. A request is made once: whether it is made again
//! is the planner's to decide, so that every attempt is logged and bounded. One that AWS refused for its keys, and so did
//! not carry out, is repeated at once if there are newer keys.

mod classify;
mod credentials;
mod dry_run;
mod error_text;
mod http_client;
mod sdk;
#[cfg(test)]
mod tests;
pub(crate) mod tls;
pub(crate) mod wire;
mod wire_client;

pub(crate) use credentials::end_those_of_all_fetches;
pub use dry_run::DryRun;
pub(crate) use dry_run::unlike_the_schedule;
pub use sdk::Sdk;
pub(crate) use sdk::{NoCredentials, credentials, home_region};

use crate::api::{Refusal, Reply, Request, ServiceArn};
use crate::config::Service;

/// Somebody who carries requests to App Runner.
pub trait AppRunner: Send + Sync + 'static {
    /// Makes one request about one service, once, in the region that its ARN names.
    fn call(
        &self,
        arn: &ServiceArn,
        request: &Request,
    ) -> impl Future<Output = Result<Reply, Refusal>> + Send;

    /// These services are in effect from now on. Only a stand-in that makes states up asks for them.
    fn in_effect(&self, _services: &[Service]) {}
}
