//! The bus of a single node: bounded channels, which drop when full. The journal repairs that.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{broadcast, mpsc};

use super::{Bus, BusError, Delivery, Entry, Features, Inbound, Report, Signal};

/// Bunches that may wait for one consumer. More are dropped and later read from the journal.
const WAITING_MAX: usize = 256;
/// Signals that a slow node may be behind.
const SIGNALS_MAX: usize = 1024;

struct Subscription {
    sources: Vec<&'static str>,
    to: mpsc::Sender<Delivery>,
}

/// One bounded channel for each consumer of this process.
pub struct MemoryBus {
    subscriptions: Mutex<Vec<Subscription>>,
    signals: broadcast::Sender<Signal>,
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self { subscriptions: Mutex::default(), signals: broadcast::channel(SIGNALS_MAX).0 }
    }
}

impl MemoryBus {
    fn deliver(&self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        let delivery: Arc<[Entry]> = entries.into();
        let subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        for subscription in subscriptions.iter().filter(|s| s.sources.contains(&first.source)) {
            if subscription.to.try_send(Delivery::of(delivery.clone())).is_err() {
                tracing::debug!(source = first.source, "a consumer is behind: it will read the journal");
            }
        }
    }
}

impl Bus for MemoryBus {
    fn features(&self) -> Features {
        Features { carries: true, delivers: true, ordered: true, once: true, signals: true }
    }

    fn publish<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<(), BusError>> {
        self.deliver(entries);
        async { Ok(()) }.boxed()
    }

    fn subscribe<'a>(
        &'a self,
        _consumer: &'static str,
        sources: &'a [&'static str],
    ) -> BoxFuture<'a, Result<Inbound, BusError>> {
        let (to, inbound) = mpsc::channel(WAITING_MAX);
        let mut subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
        subscriptions.push(Subscription { sources: sources.to_vec(), to });
        async { Ok(inbound) }.boxed()
    }

    fn signal(&self, signal: Signal) -> BoxFuture<'_, Result<(), BusError>> {
        // No receiver is no error: then nobody caches anything.
        let _ = self.signals.send(signal);
        async { Ok(()) }.boxed()
    }

    fn signals(&self) -> broadcast::Receiver<Signal> {
        self.signals.subscribe()
    }

    fn report(&self) -> Report {
        Report::within("memory")
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).clear();
        async {}.boxed()
    }
}
