//! Not too often: what many share is read again at once, and from then on at a pace however much happens.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When one thing is read again.
pub(super) struct Throttle {
    /// From one reading to the next.
    pace: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Somebody will read what happens until then.
    due: bool,
    last: Option<Instant>,
}

impl Throttle {
    pub(super) fn every(pace: Duration) -> Self {
        Self { pace, state: Mutex::default() }
    }

    /// How long to wait before reading. None where somebody does that already.
    pub(super) fn claim(&self, now: Instant) -> Option<Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut state.due, true) {
            return None;
        }
        Some(state.last.map_or(Duration::ZERO, |last| self.pace.saturating_sub(now - last)))
    }

    /// The reading begins: what happens from now on is for the next one.
    pub(super) fn begin(&self, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.due, state.last) = (false, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Duration = Duration::from_secs(1);

    #[test]
    fn one_reads_for_all_and_once_a_second() {
        let (throttle, noon) = (Throttle::every(PACE), Instant::now());
        assert_eq!(throttle.claim(noon), Some(Duration::ZERO));
        assert_eq!(throttle.claim(noon), None);
        throttle.begin(noon);
        assert_eq!(throttle.claim(noon + PACE / 4), Some(PACE * 3 / 4));
        assert_eq!(throttle.claim(noon + PACE / 2), None);
        throttle.begin(noon + PACE);
        assert_eq!(throttle.claim(noon + PACE * 3), Some(Duration::ZERO));
    }
}
