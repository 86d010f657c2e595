//! A connection to the broker that comes back, for ever.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lapin::{Connection, Event};
use tokio::sync::watch;

use super::broker::Broker;

/// Between two attempts: doubled each time, up to [`WAIT_MAX`]; each node somewhat otherwise.
const WAIT_MIN: Duration = Duration::from_millis(200);
const WAIT_MAX: Duration = Duration::from_secs(5);
/// A connection that ended without a word is noticed after this.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const BLOCKED: &str = "the broker takes nothing at the moment: it is short of memory or disk";

/// One connection that is opened again, with back-off, whenever it breaks.
pub(super) struct Link {
    purpose: &'static str,
    now: watch::Sender<Now>,
}

#[derive(Clone)]
enum Now {
    /// No attempt has ended yet.
    Untried,
    Away(Arc<str>),
    Here(Arc<Connection>),
}

impl Link {
    pub(super) fn new(purpose: &'static str) -> Self {
        Self { purpose, now: watch::Sender::new(Now::Untried) }
    }

    /// Connects whenever there is no connection.
    pub(super) async fn keep(&self, broker: &Broker) {
        let mut wait = WAIT_MIN;
        loop {
            let why = match broker.connect(self.purpose).await {
                Ok(connection) => {
                    tracing::info!(purpose = self.purpose, "connected to the broker");
                    wait = WAIT_MIN;
                    let connection = Arc::new(connection);
                    self.now.send_replace(Now::Here(connection.clone()));
                    lost(&connection).await
                }
                Err(why) => why,
            };
            let before = self.now.send_replace(Now::Away(why.clone().into()));
            // Said once, or the log would be full of it while the broker is away.
            if !matches!(before, Now::Away(_)) {
                tracing::warn!(purpose = self.purpose, why, "no broker: the journals carry everything");
            }
            tokio::time::sleep(wait.mul_f64(rand::random_range(0.5..1.5))).await;
            wait = (wait * 2).min(WAIT_MAX);
        }
    }

    /// Waits for the end of the first attempt.
    pub(super) async fn tried(&self) {
        let _ = self.now.subscribe().wait_for(|now| !matches!(now, Now::Untried)).await;
    }

    /// The connection, as soon as there is one.
    pub(super) async fn here(&self) -> Arc<Connection> {
        let mut now = self.now.subscribe();
        loop {
            if let Now::Here(connection) = &*now.borrow_and_update() {
                return connection.clone();
            }
            if now.changed().await.is_err() {
                // Cannot happen, since the sender is here; and then there is nothing to come.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Does something with a connection. lapin may wait for ever for a word on a connection that is over, so the end of it
    /// ends what was being done; then there is nothing to return.
    pub(super) async fn while_on<T>(
        &self,
        connection: &Arc<Connection>,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut now = self.now.subscribe();
        let is_over = |now: &Now| !matches!(now, Now::Here(here) if Arc::ptr_eq(here, connection));
        tokio::select! {
            biased;
            done = work => Some(done),
            _ = now.wait_for(is_over) => None,
        }
    }

    /// Why it does not work now, if it does not.
    pub(super) fn fault(&self) -> Option<String> {
        match &*self.now.borrow() {
            Now::Untried => Some("not connected yet".to_owned()),
            Now::Away(why) => Some(format!("no broker: {why}")),
            Now::Here(connection) if connection.status().blocked() => Some(BLOCKED.to_owned()),
            Now::Here(connection) if !connection.status().connected() => {
                Some("no broker: cut off".to_owned())
            }
            Now::Here(_) => None,
        }
    }

    /// Says farewell.
    pub(super) async fn end(&self) {
        let now = self.now.borrow().clone();
        if let Now::Here(connection) = now {
            let _ = connection.close(200, "the program ends".into()).await;
        }
    }
}

/// Returns why a connection is over.
async fn lost(connection: &Connection) -> String {
    let mut events = connection.events_listener();
    while connection.status().connected() {
        tokio::select! {
            event = events.next() => match event {
                Some(Event::Error(error)) => return error.to_string(),
                Some(Event::ConnectionBlocked(why)) => tracing::warn!(why, "the broker blocks what is published"),
                Some(Event::ConnectionUnblocked) => tracing::info!("the broker takes again what is published"),
                Some(_) => {}
                None => tokio::time::sleep(LOOK_EVERY).await,
            },
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    "cut off".to_owned()
}
