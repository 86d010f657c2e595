//! What Prometheus reads: requests, events, lag. No label ever holds a member's id.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::bus::types::Report;

/// Upper bounds of the request durations, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModuleLabel {
    module: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FeedLabel {
    consumer: &'static str,
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabel {
    method: String,
    /// The route's pattern, not the path: paths hold nicknames.
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FateLabel {
    /// `published` and confirmed; `refused` by a bus that was away or behind; `foreign`, which were none of ours.
    fate: &'static str,
}

/// All counters, gauges and histograms of this process.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabel, Counter>,
    seconds: Family<RouteLabel, Histogram>,
    sequenced: Family<ModuleLabel, Counter>,
    from_bus: Family<ModuleLabel, Counter>,
    from_journal: Family<ModuleLabel, Counter>,
    parked: Family<ModuleLabel, Counter>,
    lag: Family<FeedLabel, Gauge>,
    stopped: Family<FeedLabel, Gauge>,
    outbox: Family<ModuleLabel, Gauge>,
    dead_letters: Family<ModuleLabel, Gauge>,
    nodes: Gauge,
    shed: Counter<u64, AtomicU64>,
    waiting: Gauge,
    bus_works: Gauge,
    bus_messages: Family<FateLabel, Gauge>,
    /// Over all modules.
    bus: AtomicU64,
    journal: AtomicU64,
}

/// Where the entries came from that all consumers of this process have newly handled.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub bus: u64,
    pub journal: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("pancake"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            sequenced: Family::default(),
            from_bus: Family::default(),
            from_journal: Family::default(),
            parked: Family::default(),
            lag: Family::default(),
            stopped: Family::default(),
            outbox: Family::default(),
            dead_letters: Family::default(),
            nodes: Gauge::default(),
            shed: Counter::default(),
            waiting: Gauge::default(),
            bus_works: Gauge::default(),
            bus_messages: Family::default(),
            bus: AtomicU64::new(0),
            journal: AtomicU64::new(0),
        };
        let all = &mut metrics.registry;
        all.register("requests", "Requests answered", metrics.requests.clone());
        all.register("request_seconds", "Time to the answer's head", metrics.seconds.clone());
        all.register("events_sequenced", "Events given a position", metrics.sequenced.clone());
        all.register("entries_from_bus", "Entries taken from the bus", metrics.from_bus.clone());
        all.register("entries_from_journal", "Entries repaired from a journal", metrics.from_journal.clone());
        all.register("entries_parked", "Entries put into dead letters", metrics.parked.clone());
        all.register("lag", "Entries a consumer is behind a source", metrics.lag.clone());
        all.register("stopped", "1 where a consumer reads no more of a source", metrics.stopped.clone());
        all.register("outbox", "Events committed and not yet in the journal", metrics.outbox.clone());
        all.register("dead_letters", "Events parked now", metrics.dead_letters.clone());
        all.register("nodes", "Nodes that run", metrics.nodes.clone());
        all.register(
            "requests_shed",
            "Requests answered 503 since too many were under way",
            metrics.shed.clone(),
        );
        all.register("streams", "Live streams and long polls that wait", metrics.waiting.clone());
        all.register(
            "bus_works",
            "1 where the bus carries, 0 where the journals do",
            metrics.bus_works.clone(),
        );
        all.register("bus_messages", "What became of messages since the start", metrics.bus_messages.clone());
        metrics
    }
}

impl Metrics {
    pub fn request(&self, method: &str, route: &str, status: u16, seconds: f64) {
        let label = RequestLabel { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&label).inc();
        self.seconds.get_or_create(&RouteLabel { route: route.to_owned() }).observe(seconds);
    }

    pub fn sequenced(&self, module: &'static str, count: usize) {
        self.sequenced.get_or_create(&ModuleLabel { module }).inc_by(count as u64);
    }

    pub fn from_bus(&self, module: &'static str, count: usize) {
        self.from_bus.get_or_create(&ModuleLabel { module }).inc_by(count as u64);
        self.bus.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub fn from_journal(&self, module: &'static str, count: usize) {
        self.from_journal.get_or_create(&ModuleLabel { module }).inc_by(count as u64);
        self.journal.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Over all modules, since the start.
    pub fn taken(&self) -> Taken {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Taken { bus: read(&self.bus), journal: read(&self.journal) }
    }

    pub fn parked(&self, module: &'static str, count: usize) {
        self.parked.get_or_create(&ModuleLabel { module }).inc_by(count as u64);
    }

    pub fn lag(&self, consumer: &'static str, source: &'static str, entries: i64) {
        self.lag.get_or_create(&FeedLabel { consumer, source }).set(entries);
    }

    pub fn stopped(&self, consumer: &'static str, source: &'static str, stopped: bool) {
        self.stopped.get_or_create(&FeedLabel { consumer, source }).set(stopped.into());
    }

    /// What a module's tables hold now.
    pub fn tables(&self, module: &'static str, outbox: i64, parked: i64) {
        self.outbox.get_or_create(&ModuleLabel { module }).set(outbox);
        self.dead_letters.get_or_create(&ModuleLabel { module }).set(parked);
    }

    /// Those that said so lately.
    pub fn nodes(&self, count: usize) {
        self.nodes.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub fn shed(&self) {
        self.shed.inc();
    }

    /// Those who wait for news now.
    pub fn waiting(&self, count: usize) {
        self.waiting.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// How the bus is now.
    pub fn bus(&self, report: &Report) {
        self.bus_works.set(report.fault.is_none().into());
        let Report { published, refused, foreign, .. } = *report;
        for (fate, count) in [("published", published), ("refused", refused), ("foreign", foreign)] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.bus_messages.get_or_create(&FateLabel { fate }).set(count);
        }
    }

    /// In the text format of Prometheus.
    ///
    /// # Errors
    /// Never in practice: writing to a string does not fail.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
