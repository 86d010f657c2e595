//! The bus of many nodes: RabbitMQ.
//!
//! One durable topic exchange takes every event; each consumer has a durable quorum queue, bound by source, which one node
//! at a time reads (single active consumer). Signals go through a fan-out exchange to a queue of each node's own.
//! Publishing and consuming have a connection each, since a broker that is short of memory blocks the one that
//! publishes. Each comes back by itself, for ever; meanwhile the journals carry everything.

mod broker;
mod consume;
mod link;
mod publish;
mod signals;
mod wire;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::broker::{Broker, Figures};
use self::consume::Subscription;
use self::link::Link;
use super::{Bus, BusError, Entry, Features, Inbound, Report, Signal};

pub use self::broker::AddressError;
use crate::kernel::fault_injection::FailPoints;

/// How long the start waits for the broker before the site goes on without it.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// How long a broker that is there may take to declare a queue.
const DECLARE_WAIT: Duration = Duration::from_secs(10);
/// How long the relay waits where the bus is behind; then its consumers read the journal.
const HANDOVER_WAIT: Duration = Duration::from_secs(1);
/// What may be left to say when the program ends.
const FAREWELL_MAX: Duration = Duration::from_millis(500);
/// Deliveries that may wait to be published, or for one consumer. A delivery holds at most a thousand entries.
const WAITING_MAX: usize = 64;
/// Signals that a slow node may be behind, or that may wait to be sent.
const SIGNALS_MAX: usize = 1024;

/// Publishes to and consumes from RabbitMQ, and reconnects to it.
pub struct RabbitBus {
    shared: Arc<Shared>,
    entries: mpsc::Sender<Arc<[Entry]>>,
    outgoing: mpsc::Sender<Signal>,
    tasks: TaskTracker,
}

/// What all tasks of the bus know.
struct Shared {
    broker: Broker,
    publishing: Link,
    consuming: Link,
    /// Signals from the broker and from here.
    heard: broadcast::Sender<Signal>,
    figures: Figures,
    fail_points: FailPoints,
    closing: CancellationToken,
}

impl RabbitBus {
    /// Connects to `amqp://user:password@host:port/vhost`, and goes on trying where that does not work at once.
    /// Everything on the broker is named `<prefix>.…`; `modules` are those whose names may come from it.
    ///
    /// # Errors
    /// If the address is not one. A broker that is away is no error.
    pub async fn open(
        url: &str,
        prefix: &str,
        modules: Vec<&'static str>,
        fail_points: FailPoints,
    ) -> Result<Self, AddressError> {
        let shared = Arc::new(Shared {
            broker: Broker::of(url, prefix, modules)?,
            publishing: Link::new("publishing"),
            consuming: Link::new("consuming"),
            heard: broadcast::channel(SIGNALS_MAX).0,
            figures: Figures::default(),
            fail_points,
            closing: CancellationToken::new(),
        });
        let (entries, to_publish) = mpsc::channel(WAITING_MAX);
        let (outgoing, to_send) = mpsc::channel(SIGNALS_MAX);
        let bus = Self { shared, entries, outgoing, tasks: TaskTracker::new() };
        bus.run(|shared| async move { shared.publishing.keep(&shared.broker).await });
        bus.run(|shared| async move { shared.consuming.keep(&shared.broker).await });
        bus.run(|shared| async move { publish::run(&shared, to_publish).await });
        bus.run(|shared| async move { signals::send(&shared, to_send).await });
        bus.run(|shared| async move { signals::hear(&shared).await });
        let both = async {
            tokio::join!(bus.shared.publishing.tried(), bus.shared.consuming.tried());
        };
        if timeout(CONNECT_WAIT, both).await.is_err() {
            tracing::warn!("the broker does not answer: the site goes on without it, and tries again");
        }
        Ok(bus)
    }

    /// Runs a task until the bus is closed.
    fn run<F: Future<Output = ()> + Send + 'static>(&self, task: impl FnOnce(Arc<Shared>) -> F) {
        let closing = self.shared.closing.clone();
        let task = task(self.shared.clone());
        self.tasks.spawn(async move { closing.run_until_cancelled(task).await });
    }
}

impl Bus for RabbitBus {
    /// As long as the broker takes and brings what there is.
    fn features(&self) -> Features {
        let works = self.shared.publishing.fault().is_none() && self.shared.consuming.fault().is_none();
        // In order and once is what one node publishes to a broker that stays. Several nodes may overtake each other, and
        // a broker that fails delivers again what it had delivered: consumers expect both.
        Features { carries: true, delivers: works, ordered: true, once: true, signals: true }
    }

    fn publish<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<(), BusError>> {
        async move {
            if entries.is_empty() {
                return Ok(());
            }
            let refused = |why: &str| {
                self.shared.figures.refused.fetch_add(entries.len() as u64, Ordering::Relaxed);
                Err(BusError(why.to_owned()))
            };
            if let Some(fault) = self.shared.publishing.fault() {
                return refused(&fault);
            }
            match self.entries.send_timeout(entries.into(), HANDOVER_WAIT).await {
                Ok(()) => Ok(()),
                Err(_) => refused("the broker does not keep up"),
            }
        }
        .boxed()
    }

    fn subscribe<'a>(
        &'a self,
        consumer: &'static str,
        sources: &'a [&'static str],
    ) -> BoxFuture<'a, Result<Inbound, BusError>> {
        async move {
            let (to, inbound) = mpsc::channel(WAITING_MAX);
            let (ready, declared) = oneshot::channel();
            let subscription = Subscription { consumer, sources: sources.to_vec(), to };
            self.run(|shared| async move { consume::run(&shared, &subscription, ready).await });
            // Without the broker it comes later. What it would have brought is in the journal.
            if self.shared.consuming.fault().is_none() && timeout(DECLARE_WAIT, declared).await.is_err() {
                tracing::warn!(consumer, "the broker does not declare the queue; it is tried again");
            }
            Ok(inbound)
        }
        .boxed()
    }

    fn signal(&self, signal: Signal) -> BoxFuture<'_, Result<(), BusError>> {
        // This node hears it whatever the broker does; the broker does not bring it back here.
        let _ = self.shared.heard.send(signal.clone());
        async move {
            match self.shared.publishing.fault() {
                Some(fault) => Err(BusError(fault)),
                None => self.outgoing.try_send(signal).map_err(|full| BusError(full.to_string())),
            }
        }
        .boxed()
    }

    fn signals(&self) -> broadcast::Receiver<Signal> {
        self.shared.heard.subscribe()
    }

    fn report(&self) -> Report {
        let read = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let Figures { published, refused, foreign } = &self.shared.figures;
        let faults = [&self.shared.publishing, &self.shared.consuming].map(Link::fault);
        Report {
            name: "RabbitMQ",
            fault: faults.into_iter().flatten().next(),
            published: read(published),
            refused: read(refused),
            foreign: read(foreign),
        }
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            self.shared.closing.cancel();
            self.tasks.close();
            let farewell = async {
                self.tasks.wait().await;
                tokio::join!(self.shared.publishing.end(), self.shared.consuming.end());
            };
            // A broker that does not answer notices in the end that nobody is there.
            let _ = timeout(FAREWELL_MAX, farewell).await;
        }
        .boxed()
    }
}
