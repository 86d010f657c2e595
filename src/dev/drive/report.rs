//! What a drive tells while it runs and at its end: a bar on a terminal, plain lines elsewhere, then a table.

use std::cell::Cell;
use std::fmt;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Between plain lines.
const SAY_EVERY: Duration = Duration::from_secs(5);
const BAR: &str = "{prefix:12} {bar:40} {pos}/{len} {per_sec:.0} {eta}";

/// Tells what is being done, on standard error, for the table goes to standard output.
pub(crate) fn say(what: &str) {
    eprintln!("{what} …");
}

/// How far a phase has come.
pub(crate) struct Progress {
    what: &'static str,
    all: usize,
    begun: Instant,
    /// Hidden where nobody would see it move.
    bar: ProgressBar,
    plain: bool,
    done: Cell<usize>,
    said: Cell<Instant>,
}

impl Progress {
    pub(crate) fn new(what: &'static str, all: usize) -> Self {
        let plain = !std::io::stderr().is_terminal();
        let bar = if plain { ProgressBar::hidden() } else { ProgressBar::new(all as u64) };
        let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_prefix(what);
        let begun = Instant::now();
        Self { what, all, begun, bar, plain, done: Cell::new(0), said: Cell::new(begun) }
    }

    /// One more is done.
    pub(crate) fn step(&self) {
        self.done.set(self.done.get() + 1);
        self.bar.inc(1);
        if self.plain && self.said.get().elapsed() >= SAY_EVERY {
            self.said.set(Instant::now());
            eprintln!("{}: {} of {}", self.what, self.done.get(), self.all);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        eprintln!("{}: {}", self.what, per_second(self.done.get(), self.begun.elapsed()));
    }
}

/// `3766 in 4.1 s: 918/s`
pub(crate) fn per_second(count: usize, took: Duration) -> String {
    let seconds = took.as_secs_f64().max(1e-9);
    #[expect(clippy::cast_precision_loss, reason = "a rate is read, not reckoned with")]
    let rate = count as f64 / seconds;
    format!("{count} in {seconds:.1} s: {rate:.0}/s")
}

/// How long calls took.
#[derive(Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// What this many percent did not exceed.
    fn percentile(sorted: &[Duration], percent: usize) -> Duration {
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }
}

impl FromIterator<Duration> for Latencies {
    fn from_iter<T: IntoIterator<Item = Duration>>(times: T) -> Self {
        Self(times.into_iter().collect())
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let ms = |percent| Self::percentile(&sorted, percent).as_secs_f64() * 1000.0;
        write!(f, "p50 {:.1}, p95 {:.1}, p99 {:.1}, max {:.1} ms", ms(50), ms(95), ms(99), ms(100))
    }
}

/// Names and values, aligned.
#[derive(Default)]
pub(crate) struct Table(Vec<(&'static str, String)>);

impl Table {
    pub(crate) fn row(&mut self, name: &'static str, value: impl fmt::Display) {
        self.0.push((name, value.to_string()));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        self.0.iter().try_for_each(|(name, value)| writeln!(f, "{name:width$}  {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let mut latencies = Latencies::default();
        (1..=200).rev().for_each(|ms| latencies.add(Duration::from_millis(ms)));
        assert_eq!(latencies.to_string(), "p50 100.0, p95 190.0, p99 198.0, max 200.0 ms");
        assert_eq!(Latencies::default().to_string(), "p50 0.0, p95 0.0, p99 0.0, max 0.0 ms");
    }
}
