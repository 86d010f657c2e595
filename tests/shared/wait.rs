//! Waits for a condition, and not for a time.

use std::time::{Duration, Instant};

/// Long enough for any machine; a test that waits so long has failed.
const WAIT_MAX: Duration = Duration::from_secs(30);
const TURN: Duration = Duration::from_millis(10);

/// Asks again and again until it is so.
pub(crate) async fn until(what: &str, is_so: impl AsyncFnMut() -> bool) {
    until_within(WAIT_MAX, what, is_so).await;
}

/// The same, for what takes longer.
pub(crate) async fn until_within(most: Duration, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < most, "after {most:?} still not: {what}");
        tokio::time::sleep(TURN).await;
    }
}
