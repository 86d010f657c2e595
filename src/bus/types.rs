//! What a bus carries and what it guarantees: entries for consumers, signals for nodes. It needs only ids, and every folder may know it.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use serde_json::value::RawValue;
use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

use crate::kernel::id::{EventId, MemberId, SessionId};

/// One line of a module's journal.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The module that published it.
    pub source: &'static str,
    /// Changes when the journal was restored from a backup: positions of two epochs do not compare.
    pub epoch: i64,
    /// 1, 2, 3 … without gaps.
    pub pos: i64,
    pub id: EventId,
    /// `flirt-sent`
    pub name: Arc<str>,
    /// Entries of one key are handled in order, or parked together.
    pub key: MemberId,
    pub at: DateTime<Utc>,
    /// JSON; none once a member it tells of was erased.
    pub payload: Option<Arc<RawValue>>,
    /// The request that it followed from, where there was one.
    pub cause: Option<Uuid>,
}

/// Small, lossy, to every node, never journaled. Nothing may depend on one arriving: caches expire too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// This login is over: forget it.
    SessionEnded(SessionId),
    /// Roles, state or nickname of this member changed: read her anew.
    ActorChanged(MemberId),
    /// What these members see of a module has changed: all of one transaction.
    Versions(Arc<[Bump]>),
    /// Something has changed that many members see of this module: all who wait look again.
    Shared(&'static str),
    /// This member is here: the dot on her card.
    Seen { member: MemberId, at: DateTime<Utc> },
    /// This member hides from now on, or no longer.
    Hidden { member: MemberId, hidden: bool },
    /// One member types to another.
    Typing { from: MemberId, to: MemberId },
}

/// What a member sees of a live module has a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bump {
    pub module: &'static str,
    pub member: MemberId,
    pub version: i64,
}

/// A bus could not take it. The journal has it anyway.
#[derive(Debug, thiserror::Error)]
#[error("the bus did not take it: {0}")]
pub struct BusError(pub String);

/// What a consumer receives: entries of its sources, in deliveries, perhaps with gaps and repeats.
pub type Inbound = mpsc::Receiver<Delivery>;

/// Entries of one source, never none, and the way to say that they are handled.
#[derive(Debug)]
pub struct Delivery {
    pub entries: Arc<[Entry]>,
    pub ack: Ack,
}

impl Delivery {
    /// For a bus that need not know what becomes of them.
    pub fn of(entries: Arc<[Entry]>) -> Self {
        Self { entries, ack: Ack(None) }
    }
}

/// Tells the bus that a delivery is handled, and all before it of the same subscription. Without that, a bus that keeps what
/// it delivers delivers it again, to whichever node comes next.
#[must_use]
pub struct Ack(Option<Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>>);

impl Ack {
    pub fn new(tell: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static) -> Self {
        Self(Some(Box::new(tell)))
    }

    /// The delivery is handled, or will be read from the journal.
    pub async fn give(self) {
        if let Some(tell) = self.0 {
            tell().await;
        }
    }
}

impl fmt::Debug for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ack")
    }
}

/// How a bus is, for those who run the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// `RabbitMQ`
    pub name: &'static str,
    /// Why it carries nothing now, if so. The journals do meanwhile.
    pub fault: Option<String>,
    /// Entries that it has taken, since the start.
    pub published: u64,
    /// Entries that it has not taken.
    pub refused: u64,
    /// Messages that were none of this site's.
    pub foreign: u64,
}

impl Report {
    /// Of a bus within this process, which has no faults of its own.
    pub fn within(name: &'static str) -> Self {
        Self { name, fault: None, published: 0, refused: 0, foreign: 0 }
    }
}

/// What a bus guarantees. What is true is proven by the facts in `tests/house/bus.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// Something arrives at all.
    pub carries: bool,
    /// Every entry reaches every consumer that keeps up. Where this is false, a request that waits for effects
    /// tells the consumers to read the journals.
    pub delivers: bool,
    /// What arrives of one source is in the order in which it was published.
    pub ordered: bool,
    /// Nothing arrives twice.
    pub once: bool,
    /// Every signal reaches every node that keeps up, this one included.
    pub signals: bool,
}

/// Carries entries to consumers and signals to nodes.
pub trait Bus: Send + Sync {
    fn features(&self) -> Features;
    /// Hands over entries of one source, in order: perhaps a moment after it has said yes.
    fn publish<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<(), BusError>>;
    /// Everything that `sources` publish from now on, and perhaps what is just being handed over. Also types that the
    /// consumer does not want: it skips them, and so sees every gap.
    fn subscribe<'a>(
        &'a self,
        consumer: &'static str,
        sources: &'a [&'static str],
    ) -> BoxFuture<'a, Result<Inbound, BusError>>;
    /// Tells every node, this one included.
    fn signal(&self, signal: Signal) -> BoxFuture<'_, Result<(), BusError>>;
    /// Signals from now on. A slow reader misses the oldest.
    fn signals(&self) -> broadcast::Receiver<Signal>;
    /// How it is.
    fn report(&self) -> Report;
    /// Ends every subscription.
    fn close(&self) -> BoxFuture<'_, ()>;
}
