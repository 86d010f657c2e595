//! Events and those who listen to them.
//!
//! An event is a fact that a module publishes. It is decided in a command, written down by the module's
//! own listener in the same transaction, and reaches every other module exactly once, in order
//! ([`crate::bus`] says how).

use std::any::Any;
use std::future::Future;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bus::types::Entry;
use crate::kernel::context::Tx;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId};

/// A fact, past tense. Its fields are what consumers need, and never a secret.
pub trait Event: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Kebab-case, as on the wire: `flirt-sent`.
    const NAME: &'static str;
    /// The module that publishes it.
    const SOURCE: &'static str;
    /// How long the journal keeps it, where that is not for ever: a rebuild then knows nothing of older ones.
    const RETENTION: Option<TimeDelta> = None;

    /// What it is about: events of one key stay in order even when one of them is parked.
    fn key(&self) -> MemberId;
    /// The members it tells something of, for erasing. Where it is about one, that one.
    fn subjects(&self) -> Vec<MemberId> {
        vec![self.key()]
    }
    /// The sentence that a story prints: `nancy flirted with bob`.
    fn describe(&self, names: &dyn Names) -> String;
}

/// Who a member is, for sentences.
pub trait Names {
    /// The nickname, or the id where nobody is known by it.
    fn name(&self, member: MemberId) -> String;
    /// The age of somebody born on that day, on the day of the story.
    fn age(&self, birthday: NaiveDate) -> i32;
}

/// An event that happened: what, when, and where in its source's journal.
#[derive(Debug, Clone)]
pub struct Recorded<E> {
    pub id: EventId,
    pub at: DateTime<Utc>,
    pub event: E,
}

/// Whether a listener changed anything. A fact that changes nothing in its own module is not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Applied {
    Changed,
    Nothing,
}

impl Applied {
    /// Changed when at least one row was.
    pub fn rows(count: u64) -> Self {
        if count > 0 { Self::Changed } else { Self::Nothing }
    }

    /// Changed when there is at least one.
    pub fn any<T>(changed: &[T]) -> Self {
        if changed.is_empty() { Self::Nothing } else { Self::Changed }
    }

    /// True when there is something to tell others.
    pub fn changed(self) -> bool {
        self == Self::Changed
    }
}

/// Keeps a module's tables true to one kind of event.
///
/// What matters is in the event: no clock, no randomness, no new ids in here, and the same fact twice
/// is the same as once. A slice of facts is in the order of publication.
pub trait Listener: Send + Sync + 'static {
    type Event: Event;
    /// `verb_noun` of the effect, for the graph and the logs.
    fn handle(
        &self,
        tx: &mut Tx,
        facts: &[Recorded<Self::Event>],
    ) -> impl Future<Output = Result<Applied, Failure>> + Send;
}

/// A [`Listener`] whose event type is forgotten, so that a table can hold it. The call costs 20–30 ns.
pub trait AnyListener: Send + Sync {
    /// From the journal or the bus.
    fn batch<'a>(&'a self, tx: &'a mut Tx, entries: &'a [Entry]) -> BoxFuture<'a, Result<Applied, Failure>>;
    /// In the transaction that decided it; `fact` is a `Recorded<L::Event>`.
    fn inline<'a>(
        &'a self,
        tx: &'a mut Tx,
        fact: &'a (dyn Any + Send + Sync),
    ) -> BoxFuture<'a, Result<Applied, Failure>>;
}

impl<L: Listener> AnyListener for L {
    fn batch<'a>(&'a self, tx: &'a mut Tx, entries: &'a [Entry]) -> BoxFuture<'a, Result<Applied, Failure>> {
        async move {
            // An erased entry has no payload: it keeps its position and tells nothing.
            let facts = entries
                .iter()
                .filter_map(|entry| Some((entry, entry.payload.as_deref()?)))
                .map(|(entry, payload)| {
                    let event = serde_json::from_str(payload.get())?;
                    Ok(Recorded { id: entry.id, at: entry.at, event })
                })
                .collect::<Result<Vec<Recorded<L::Event>>, serde_json::Error>>()?;
            if facts.is_empty() {
                return Ok(Applied::Nothing);
            }
            self.handle(tx, &facts).await
        }
        .boxed()
    }

    fn inline<'a>(
        &'a self,
        tx: &'a mut Tx,
        fact: &'a (dyn Any + Send + Sync),
    ) -> BoxFuture<'a, Result<Applied, Failure>> {
        async move {
            let fact = fact
                .downcast_ref::<Recorded<L::Event>>()
                .ok_or_else(|| Failure::internal("a listener was given another event's fact"))?;
            self.handle(tx, std::slice::from_ref(fact)).await
        }
        .boxed()
    }
}

/// An [`Event`] whose type is forgotten: what use cases read from their files.
pub trait AnyEvent: Send + Sync {
    fn name(&self) -> &'static str;
    fn source(&self) -> &'static str;
    fn key(&self) -> MemberId;
    fn describe(&self, names: &dyn Names) -> String;
    /// As it is written into the journal.
    ///
    /// # Errors
    /// If the event cannot be written as JSON, which its tests would have found.
    fn json(&self) -> Result<serde_json::Value, serde_json::Error>;
    /// Publishes it through its own module, the very way a command does.
    fn emit(self: Box<Self>, tx: &mut Tx) -> BoxFuture<'_, Result<Applied, Failure>>;
}

impl<E: Event> AnyEvent for E {
    fn name(&self) -> &'static str {
        E::NAME
    }
    fn source(&self) -> &'static str {
        E::SOURCE
    }
    fn key(&self) -> MemberId {
        Event::key(self)
    }
    fn describe(&self, names: &dyn Names) -> String {
        Event::describe(self, names)
    }
    fn json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(self)
    }
    fn emit(self: Box<Self>, tx: &mut Tx) -> BoxFuture<'_, Result<Applied, Failure>> {
        tx.emit(*self).boxed()
    }
}
