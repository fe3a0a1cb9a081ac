//! Waiting for an instant.

use tokio::time::Instant;

/// Waits until an instant; forever where there is none.
pub(super) async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
