//! A bus that delivers nothing: what the site is worth without one. Everything comes from the journals.

use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{broadcast, mpsc};

use super::{Bus, BusError, Delivery, Entry, Features, Inbound, Report, Signal};

/// Takes every entry and delivers none.
pub struct NullBus {
    /// Kept so that subscriptions stay open, and silent.
    subscriptions: Mutex<Vec<mpsc::Sender<Delivery>>>,
    signals: broadcast::Sender<Signal>,
}

impl Default for NullBus {
    fn default() -> Self {
        Self { subscriptions: Mutex::default(), signals: broadcast::channel(1).0 }
    }
}

impl Bus for NullBus {
    /// What does not arrive is in order, and not there twice.
    fn features(&self) -> Features {
        Features { carries: false, delivers: false, ordered: true, once: true, signals: false }
    }

    fn publish<'a>(&'a self, _entries: &'a [Entry]) -> BoxFuture<'a, Result<(), BusError>> {
        async { Ok(()) }.boxed()
    }

    fn subscribe<'a>(
        &'a self,
        _consumer: &'static str,
        _sources: &'a [&'static str],
    ) -> BoxFuture<'a, Result<Inbound, BusError>> {
        let (to, inbound) = mpsc::channel(1);
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).push(to);
        async { Ok(inbound) }.boxed()
    }

    fn signal(&self, _signal: Signal) -> BoxFuture<'_, Result<(), BusError>> {
        async { Ok(()) }.boxed()
    }

    fn signals(&self) -> broadcast::Receiver<Signal> {
        self.signals.subscribe()
    }

    fn report(&self) -> Report {
        Report::within("none")
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).clear();
        async {}.boxed()
    }
}
