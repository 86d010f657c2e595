//! Rounds, rates, medians and percentiles.

use std::time::Duration;

/// So much was done in so long.
pub(crate) struct Round {
    pub(crate) count: u32,
    pub(crate) elapsed: Duration,
    /// Of each transaction, where somebody waits for it.
    pub(crate) latencies: Vec<Duration>,
}

impl Round {
    /// A second.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.count) / self.elapsed.as_secs_f64()
    }
}

/// Several rounds in short.
pub(crate) struct Figures {
    /// A second: the median of the rounds.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl Figures {
    pub(crate) fn of(rounds: &[Round]) -> Self {
        let mut latencies: Vec<Duration> = rounds.iter().flat_map(|round| round.latencies.clone()).collect();
        latencies.sort_unstable();
        let at = |percent| latencies.get(latencies.len() * percent / 100).copied().unwrap_or_default();
        Self { rate: median(rounds.iter().map(Round::rate)), p50: at(50), p99: at(99) }
    }
}

/// The middle one.
pub(crate) fn median(of: impl IntoIterator<Item = f64>) -> f64 {
    let all = sorted(of);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// From the least to the greatest.
pub(crate) fn sorted(of: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut all: Vec<f64> = of.into_iter().collect();
    all.sort_by(f64::total_cmp);
    all
}
