//! Follows an operation to its end, and shows it on a terminal.

use crate::api::{
    Action, DurationEstimate, OperationId, OperationStatus, Outcome, Policy, Refusal, Reply, Request,
    ServiceArn, ServiceStatus, policy,
};
use crate::apprunner::AppRunner;
use crate::text::{humane, in_whole_seconds};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(120);

/// Why the service is not in the state that was asked for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfinished {
    /// The operation did not do what was asked.
    #[error("its operation ended as {0}")]
    Failed(OperationStatus),
    /// The operation succeeded, but the service is in another state.
    #[error("its operation ended, but the service is {0}")]
    WrongStatus(ServiceStatus),
    /// App Runner refuses to report on the operation.
    #[error("its operation cannot be followed: {0}")]
    Refused(Refusal),
    /// It takes too long.
    #[error("its operation has not ended after {} and goes on; --wait-timeout waits longer", humane(*.0))]
    TimedOut(Duration),
}

/// The bars of several services, one below the other. Without a terminal there is nothing to see.
pub(super) struct Bars(MultiProgress);

impl Bars {
    pub(super) fn new() -> Self {
        Self(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
    }

    /// The bar of a service, with its phase and the time that has gone by.
    pub(super) fn add(&self, name: &str) -> ProgressBar {
        let bar = self.0.add(ProgressBar::new_spinner());
        let passed = |state: &ProgressState, out: &mut dyn Write| {
            // A bar that cannot be drawn is drawn again with the next tick.
            out.write_str(&in_whole_seconds(state.elapsed().as_secs()).unwrap_or_default()).ok();
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {passed:>8}  {wide_msg}") {
            bar.set_style(style.with_key("passed", passed));
        }
        bar.set_prefix(name.to_owned());
        bar.enable_steady_tick(TICK);
        bar
    }
}

/// Follows one operation of one service.
pub(super) struct OperationFollower<'a, D> {
    pub(super) client: &'a D,
    /// Whose operation it is.
    pub(super) arn: &'a ServiceArn,
    pub(super) action: Action,
    /// Which it is, if App Runner said so.
    pub(super) operation: Option<OperationId>,
    /// Where its phase is shown.
    pub(super) bar: &'a ProgressBar,
}

impl<D: AppRunner> OperationFollower<'_, D> {
    /// Follows it until the service is in the state that was asked for.
    pub(super) async fn follow_to_end(&self, within: Duration) -> Result<(), Unfinished> {
        self.bar.set_message("begun");
        let ended = timeout(within, self.look_until_it_ends()).await;
        self.bar.finish_and_clear();
        ended.unwrap_or(Err(Unfinished::TimedOut(within)))
    }

    async fn look_until_it_ends(&self) -> Result<(), Unfinished> {
        let mut looks = 0_u32;
        loop {
            sleep(DurationEstimate::default().next_poll(looks)).await;
            looks = looks.saturating_add(1);
            match self.look().await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(Unfinished::Refused(refusal)) if is_transient(&refusal) => {
                    self.bar.set_message(refusal.to_string());
                }
                Err(unfinished) => return Err(unfinished),
            }
        }
    }

    /// Looks once; whether the service is in the state that was asked for.
    async fn look(&self) -> Result<bool, Unfinished> {
        let status = match &self.operation {
            None => None,
            Some(id) => self.operation_status(id).await?,
        };
        // App Runner lists an operation late, or did not name it: then the state of the service decides.
        let Some(status) = status else { return self.has_arrived(false).await };
        match status.outcome() {
            Outcome::Succeeded => self.has_arrived(true).await,
            Outcome::Failed => Err(Unfinished::Failed(status)),
            Outcome::GoesOn => {
                self.bar.set_message(status.to_string());
                Ok(false)
            }
        }
    }

    async fn operation_status(&self, id: &OperationId) -> Result<Option<OperationStatus>, Unfinished> {
        let reply = self.ask(&Request::ListOperations { page: None }).await?;
        let Reply::Operations { operations, .. } = reply else { return Ok(None) };
        Ok(operations
            .into_iter()
            .find(|operation| operation.id.as_ref() == Some(id))
            .and_then(|found| found.status))
    }

    async fn has_arrived(&self, has_ended: bool) -> Result<bool, Unfinished> {
        let Reply::Described { status } = self.ask(&Request::Describe).await? else { return Ok(false) };
        self.bar.set_message(status.to_string());
        if status == ServiceStatus::after(self.action) {
            return Ok(true);
        }
        // The state follows the operation's end within moments; any other state but the way there is an end, too.
        let is_on_the_way = matches!(status, ServiceStatus::OperationInProgress | ServiceStatus::Unknown(_));
        if has_ended && !is_on_the_way { Err(Unfinished::WrongStatus(status)) } else { Ok(false) }
    }

    async fn ask(&self, request: &Request) -> Result<Reply, Unfinished> {
        self.client.call(self.arn, request).await.map_err(Unfinished::Refused)
    }
}

fn is_transient(refusal: &Refusal) -> bool {
    matches!(policy(refusal), Policy::TryAgain | Policy::LookThenAct | Policy::LookNow)
}
