//! `--wait`: follows the operation that the request began.

use crate::api::{Action, OperationId, ServiceArn};
use crate::apprunner::wire::Wire;
use crate::awscli::failure::Failure;
use crate::cli::follow::{Bars, OperationFollower};
use std::time::Duration;

/// The ARN, which has to be one for the operation to be found.
pub(super) fn arn(text: &str) -> Result<ServiceArn, Failure> {
    text.parse().map_err(|error| Failure::CommandLine(format!("--wait needs the ARN of a service: {error}")))
}

/// Follows the operation; success is a running service.
pub(super) async fn follow_to_end(
    wire: &Wire,
    arn: &ServiceArn,
    operation: Option<OperationId>,
    within: Duration,
) -> Result<(), Failure> {
    let bar = Bars::new().add(arn.service_name());
    let follower = OperationFollower { client: wire, arn, action: Action::Resume, operation, bar: &bar };
    let ended = follower.follow_to_end(within).await;
    ended.map_err(|unfinished| Failure::Other(format!("{} is not running: {unfinished}", arn.service_name())))
}
