//! Brings a consumer what its queue holds, and acknowledges what it has handled.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use lapin::message::Delivery as Message;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Acker, Connection, Consumer};
use tokio::sync::{mpsc, oneshot};

use super::super::{Ack, Delivery, Entry};
use super::{Shared, wire};

/// Entries that may be with a consumer without being handled.
const PREFETCH: u16 = 1000;
/// Between two attempts: doubled each time, up to [`WAIT_MAX`].
const WAIT_MIN: Duration = Duration::from_millis(100);
const WAIT_MAX: Duration = Duration::from_secs(5);

/// One module's queue on this node.
pub(super) struct Subscription {
    pub(super) consumer: &'static str,
    pub(super) sources: Vec<&'static str>,
    pub(super) to: mpsc::Sender<Delivery>,
}

/// Runs until the bus is closed or the consumer goes away. Says when the queue is there for the first time.
pub(super) async fn run(shared: &Arc<Shared>, subscription: &Subscription, ready: oneshot::Sender<()>) {
    let (mut ready, mut wait) = (Some(ready), WAIT_MIN);
    loop {
        let connection = tokio::select! {
            () = subscription.to.closed() => return,
            connection = shared.consuming.here() => connection,
        };
        let work = async {
            let consumer = match open(shared, &connection, subscription).await {
                Ok(consumer) => consumer,
                Err(error) => return Some(error.to_string()),
            };
            if let Some(ready) = ready.take() {
                // Who asked may be gone.
                let _ = ready.send(());
            }
            wait = WAIT_MIN;
            bring(shared, consumer, subscription).await
        };
        let why = match shared.consuming.while_on(&connection, work).await {
            Some(Some(why)) => why,
            Some(None) => return,
            None => "cut off".to_owned(),
        };
        // A queue that was deleted, a channel or a connection that broke: meanwhile the journals are read.
        tracing::info!(consumer = subscription.consumer, why, "the queue is opened again");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(WAIT_MAX);
    }
}

async fn open(
    shared: &Shared,
    connection: &Connection,
    subscription: &Subscription,
) -> lapin::Result<Consumer> {
    let channel = connection.create_channel().await?;
    channel.basic_qos(PREFETCH, BasicQosOptions { global: false }).await?;
    shared.broker.declare_events(&channel).await?;
    shared.broker.declare_queue(&channel, subscription.consumer, &subscription.sources).await?;
    let options = BasicConsumeOptions { no_local: false, no_ack: false, exclusive: false, nowait: false };
    let (queue, tag) = (shared.broker.queue(subscription.consumer), shared.broker.node.to_string());
    channel.basic_consume(queue.into(), tag.into(), options, FieldTable::default()).await
}

/// Until the consumer goes away, or something breaks: then it says what.
async fn bring(shared: &Shared, deliveries: Consumer, subscription: &Subscription) -> Option<String> {
    let mut chunks = deliveries.ready_chunks(usize::from(PREFETCH));
    loop {
        let chunk = tokio::select! {
            () = subscription.to.closed() => return None,
            chunk = chunks.next() => chunk,
        };
        let Some(chunk) = chunk else { return Some("the queue was deleted".to_owned()) };
        let mut entries: Vec<(Entry, Acker)> = Vec::with_capacity(chunk.len());
        for delivery in chunk {
            match delivery {
                Ok(delivery) => match own(shared, subscription, &delivery) {
                    Some(entry) => entries.push((entry, delivery.acker)),
                    None => acknowledge(delivery.acker, false).await,
                },
                Err(error) => return Some(error.to_string()),
            }
        }
        // A delivery is of one source.
        for delivery in entries.chunk_by(|(one, _), (next, _)| one.source == next.source) {
            subscription.to.send(handed(delivery)?).await.ok()?;
        }
    }
}

/// Entries whose ack acknowledges them and all before.
fn handed(delivery: &[(Entry, Acker)]) -> Option<Delivery> {
    let acker = delivery.last()?.1.clone();
    let entries: Arc<[Entry]> = delivery.iter().map(|(entry, _)| entry.clone()).collect();
    Some(Delivery { entries, ack: Ack::new(move || acknowledge(acker, true).boxed()) })
}

/// What is not acknowledged comes again, and is skipped.
async fn acknowledge(acker: Acker, multiple: bool) {
    if let Err(error) = acker.ack(BasicAckOptions { multiple }).await {
        tracing::debug!(%error, "the broker will deliver again");
    }
}

/// The entry, if the message is one of ours. What others write to the queue does no harm.
fn own(shared: &Shared, subscription: &Subscription, delivery: &Message) -> Option<Entry> {
    match wire::decode(delivery, shared.broker.user(), &subscription.sources) {
        Ok(entry) => Some(entry),
        Err(why) => {
            // Counted each time, said with doubling gaps: a flood of them must not become one of log lines.
            let count = shared.figures.foreign.fetch_add(1, Ordering::Relaxed) + 1;
            if count.is_power_of_two() {
                let (consumer, key) = (subscription.consumer, delivery.routing_key.as_str());
                tracing::warn!(consumer, count, key, why, "a message that is none of ours was put aside");
            }
            None
        }
    }
}
