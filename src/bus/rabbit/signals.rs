//! Signals between nodes: small, lossy, never stored. Nothing depends on one arriving.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::StreamExt;
use lapin::message::Delivery as Message;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::super::{Bump, Signal};
use super::{Shared, wire};
use crate::kernel::id::{MemberId, SessionId};

/// After a fault.
const FAULT_WAIT: Duration = Duration::from_millis(200);

/// A signal on its way. Names of modules are looked up where it arrives.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Words {
    SessionEnded(SessionId),
    ActorChanged(MemberId),
    Versions(Vec<(String, MemberId, i64)>),
    Shared(String),
    Seen { member: MemberId, at: DateTime<Utc> },
    Hidden { member: MemberId, hidden: bool },
    Typing { from: MemberId, to: MemberId },
}

impl Words {
    fn of(signal: &Signal) -> Self {
        match signal {
            Signal::SessionEnded(session) => Self::SessionEnded(*session),
            Signal::ActorChanged(member) => Self::ActorChanged(*member),
            Signal::Versions(bumps) => {
                let words = |bump: &Bump| (bump.module.to_owned(), bump.member, bump.version);
                Self::Versions(bumps.iter().map(words).collect())
            }
            Signal::Shared(module) => Self::Shared((*module).to_owned()),
            Signal::Seen { member, at } => Self::Seen { member: *member, at: *at },
            Signal::Hidden { member, hidden } => Self::Hidden { member: *member, hidden: *hidden },
            Signal::Typing { from, to } => Self::Typing { from: *from, to: *to },
        }
    }

    /// Nothing, if it names a module that this program does not have.
    fn signal(self, modules: &[&'static str]) -> Option<Signal> {
        let known = |name: &str| modules.iter().copied().find(|module| *module == name);
        Some(match self {
            Self::SessionEnded(session) => Signal::SessionEnded(session),
            Self::ActorChanged(member) => Signal::ActorChanged(member),
            Self::Versions(bumps) => {
                let bump = |(module, member, version): (String, MemberId, i64)| {
                    Some(Bump { module: known(&module)?, member, version })
                };
                Signal::Versions(bumps.into_iter().filter_map(bump).collect())
            }
            Self::Shared(module) => Signal::Shared(known(&module)?),
            Self::Seen { member, at } => Signal::Seen { member, at },
            Self::Hidden { member, hidden } => Signal::Hidden { member, hidden },
            Self::Typing { from, to } => Signal::Typing { from, to },
        })
    }
}

/// Tells the other nodes, until the bus is closed.
pub(super) async fn send(shared: &Arc<Shared>, mut signals: mpsc::Receiver<Signal>) {
    loop {
        let connection = shared.publishing.here().await;
        let said = async {
            let channel = connection.create_channel().await?;
            shared.broker.declare_signals(&channel).await?;
            while let Some(signal) = signals.recv().await {
                tell(shared, &channel, &signal).await?;
            }
            lapin::Result::Ok(())
        };
        match shared.publishing.while_on(&connection, said).await {
            Some(Ok(())) => return,
            Some(Err(error)) => tracing::debug!(%error, "signals are not sent"),
            None => tracing::debug!("cut off: signals are not sent"),
        }
        tokio::time::sleep(FAULT_WAIT).await;
    }
}

async fn tell(shared: &Shared, channel: &Channel, signal: &Signal) -> lapin::Result<()> {
    // A signal is made of ids and names, which always make JSON.
    let body = serde_json::to_vec(&Words::of(signal)).unwrap_or_default();
    let properties = BasicProperties::default()
        .with_user_id(shared.broker.user().into())
        .with_app_id(wire::APP.into())
        .with_message_id(shared.broker.node.to_string().into());
    let options = BasicPublishOptions { mandatory: false, immediate: false };
    channel.basic_publish(shared.broker.signals().into(), "".into(), options, &body, properties).await?;
    Ok(())
}

/// Hears the other nodes, until the bus is closed.
pub(super) async fn hear(shared: &Arc<Shared>) {
    loop {
        let connection = shared.consuming.here().await;
        let listening = listen(shared, &connection);
        if let Some(Err(error)) = shared.consuming.while_on(&connection, listening).await {
            tracing::debug!(%error, "signals are not heard");
        }
        tokio::time::sleep(FAULT_WAIT).await;
    }
}

async fn listen(shared: &Shared, connection: &Connection) -> lapin::Result<()> {
    let channel = connection.create_channel().await?;
    shared.broker.declare_signals(&channel).await?;
    let queue = shared.broker.declare_ear(&channel).await?;
    // Whoever is too slow for signals loses some: they are not acknowledged, and never come again.
    let options = BasicConsumeOptions { no_local: false, no_ack: true, exclusive: true, nowait: false };
    let mut deliveries =
        channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await?;
    while let Some(delivery) = deliveries.next().await {
        if let Some(signal) = heard(shared, &delivery?) {
            // No receiver is no error: then nobody caches anything.
            let _ = shared.heard.send(signal);
        }
    }
    Ok(())
}

/// What another node of this site said.
fn heard(shared: &Shared, delivery: &Message) -> Option<Signal> {
    let properties = &delivery.properties;
    let is = |said: &Option<lapin::types::ShortString>, wanted: &str| {
        said.as_ref().is_some_and(|said| said.as_str() == wanted)
    };
    if !is(properties.user_id(), shared.broker.user())
        || is(properties.message_id(), &shared.broker.node.to_string())
    {
        return None;
    }
    serde_json::from_slice::<Words>(&delivery.data).ok()?.signal(&shared.broker.modules)
}
