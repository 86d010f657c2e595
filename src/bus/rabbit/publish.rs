//! Hands entries to the broker: pipelined, confirmed, in a bounded window.
//!
//! What is not confirmed is not published again: the journal has it, and consumers repair a gap from there. A broker
//! that confirms nothing for [`CONFIRM_MAX`] gets a new connection.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Connection, Error, PublisherConfirm};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::super::Entry;
use super::{Shared, wire};
use crate::kernel::fault_injection::Step;

/// Entries that the broker has not confirmed yet. While there are so many, nothing more is sent.
const WINDOW: usize = 5_000;
/// How long the broker may take for one.
const CONFIRM_MAX: Duration = Duration::from_secs(5);
/// After a fault.
const FAULT_WAIT: Duration = Duration::from_millis(200);

/// What is on its way, oldest first: until when it has to be confirmed, which event it is, and the confirm.
type Unconfirmed = VecDeque<(Instant, Arc<str>, PublisherConfirm)>;

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Broker(#[from] Error),
    #[error("cut off")]
    CutOff,
    #[error("nothing confirmed within {CONFIRM_MAX:?}")]
    Silent,
    #[error("the broker refused an entry")]
    Refused,
    #[error("the bus is closed")]
    Closed,
}

/// Runs until the bus is closed.
pub(super) async fn run(shared: &Arc<Shared>, mut entries: mpsc::Receiver<Arc<[Entry]>>) {
    loop {
        let connection = shared.publishing.here().await;
        let work = publish(shared, &connection, &mut entries);
        let Err(fault) = shared.publishing.while_on(&connection, work).await.unwrap_or(Err(Fault::CutOff));
        tracing::warn!(%fault, "what was on its way to the broker is in the journal");
        match fault {
            Fault::Closed => return,
            Fault::Silent => drop(connection.close(200, "nothing confirmed".into()).await),
            Fault::Broker(_) | Fault::CutOff | Fault::Refused => {}
        }
        tokio::time::sleep(FAULT_WAIT).await;
    }
}

async fn publish(
    shared: &Shared,
    connection: &Connection,
    entries: &mut mpsc::Receiver<Arc<[Entry]>>,
) -> Result<Infallible, Fault> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions { nowait: false }).await?;
    shared.broker.declare_events(&channel).await?;
    let mut unconfirmed = Unconfirmed::new();
    loop {
        tokio::select! {
            biased;
            confirmed = oldest(&mut unconfirmed), if !unconfirmed.is_empty() => {
                confirmed?;
                if let Some((_, name, _)) = unconfirmed.pop_front() {
                    shared.fail_points.reached(Step::Confirmed, [&*name]);
                }
                shared.figures.published.fetch_add(1, Ordering::Relaxed);
            }
            delivery = entries.recv(), if unconfirmed.len() < WINDOW => {
                for entry in delivery.ok_or(Fault::Closed)?.iter() {
                    let confirm = send(shared, &channel, entry).await?;
                    unconfirmed.push_back((Instant::now() + CONFIRM_MAX, entry.name.clone(), confirm));
                }
            }
        }
    }
}

async fn send(shared: &Shared, channel: &Channel, entry: &Entry) -> Result<PublisherConfirm, Error> {
    let (key, properties) = wire::encode(entry, shared.broker.user());
    let body = entry.payload.as_deref().map_or("", |json| json.get()).as_bytes();
    // Where nobody has a queue for it, nobody has missed it.
    let options = BasicPublishOptions { mandatory: false, immediate: false };
    channel.basic_publish(shared.broker.events().into(), key.into(), options, body, properties).await
}

/// Waits for the oldest to be confirmed. May be dropped at any time.
async fn oldest(unconfirmed: &mut Unconfirmed) -> Result<(), Fault> {
    let Some((until, _, confirm)) = unconfirmed.front_mut() else { return Ok(()) };
    match timeout_at(*until, confirm).await {
        Ok(Ok(confirmation)) if confirmation.is_ack() => Ok(()),
        Ok(Ok(_)) => Err(Fault::Refused),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Fault::Silent),
    }
}
