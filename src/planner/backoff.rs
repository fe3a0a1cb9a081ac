//! How long to wait before the next try.

use std::time::Duration;

/// The ceiling of the first wait.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The ceiling that no wait exceeds, and the slowest pace of all tries.
pub(crate) const SLOWEST_WAIT: Duration = Duration::from_secs(60);

/// No wait is shorter: a jitter of nothing would be a tight loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);

/// Full jitter: a random wait up to a ceiling that begins at 1 s and doubles to 60 s.
///
/// `failures` is how many attempts in a row have failed, the latest included.
pub(crate) fn backoff(failures: u32, rng: &mut fastrand::Rng) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let ceiling = FIRST_WAIT.saturating_mul(1 << doublings).min(SLOWEST_WAIT);
    ceiling.mul_f64(rng.f64()).max(SHORTEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_from_one_second_to_sixty_and_is_nearly_reached() {
        let mut rng = fastrand::Rng::with_seed(1);
        for (failures, ceiling) in
            [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (8, 60), (u32::MAX, 60)]
        {
            let waits: Vec<Duration> = (0..1000).map(|_| backoff(failures, &mut rng)).collect();
            let ceiling = Duration::from_secs(ceiling);
            assert!(waits.iter().all(|wait| (SHORTEST_WAIT..=ceiling).contains(wait)), "{failures}");
            assert!(waits.iter().any(|wait| *wait > ceiling.mul_f64(0.95)), "{failures}");
            assert!(waits.iter().any(|wait| *wait < ceiling.mul_f64(0.1)), "{failures}");
        }
    }
}
