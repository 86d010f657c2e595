//! A module while the program runs: its pools, its listeners, its SQL, and how far it has come.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgPool;
use tokio::sync::{Notify, watch};

use super::spine::SpineSql;
use crate::kernel::module::{EventRecord, ListenerRecord, ModuleSpec, Registry};

/// Listeners of one event, in the order of registration.
pub type Listeners = Arc<[ListenerRecord]>;

/// The running state of one module on this node.
pub struct ModuleRuntime {
    pub spec: &'static ModuleSpec,
    /// For requests.
    pub pool: PgPool,
    /// For the relay and the consumer, so that neither waits behind requests nor starves them.
    pub background: PgPool,
    /// This module's listeners to its own events, by event.
    own: HashMap<&'static str, Listeners>,
    /// Its listeners to others' events, by source and event.
    foreign: HashMap<(&'static str, &'static str), Listeners>,
    /// What it publishes.
    pub events: Vec<EventRecord>,
    pub sql: SpineSql,
    pub progress: Progress,
}

/// What is known in this process of how far things have come. For waiting only: the tables are the truth.
pub struct Progress {
    /// Commits that left something in the outbox.
    commits: AtomicU64,
    /// Wakes the relay.
    pub wake: Notify,
    /// After a pass that emptied the outbox: how many commits it had seen before, and the head then.
    pub relayed: watch::Sender<(u64, i64)>,
    /// How far this module's consumer has come in each source.
    pub handled: BTreeMap<&'static str, watch::Sender<i64>>,
    /// The consumer has seen what there was when it began.
    pub begun: watch::Sender<bool>,
    /// Makes the consumer look at all journals now.
    pub poll: Notify,
    pub catch_up_requests: CatchUpRequests,
}

/// Makes a consumer read the journals of single sources now.
#[derive(Default)]
pub struct CatchUpRequests {
    sources: Mutex<BTreeSet<&'static str>>,
    wake: Notify,
}

impl CatchUpRequests {
    /// Somebody knows of more in this source's journal than the consumer has handled.
    pub fn add(&self, source: &'static str) {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).insert(source);
        self.wake.notify_one();
    }

    /// Waits for the next, and takes all.
    pub async fn next(&self) -> BTreeSet<&'static str> {
        self.wake.notified().await;
        std::mem::take(&mut *self.sources.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Progress {
    /// Notes a commit and wakes the relay. Returns the commit's number, for waiting.
    pub fn committed(&self) -> u64 {
        let number = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        self.wake.notify_one();
        number
    }

    /// Commits so far.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }
}

impl ModuleRuntime {
    /// Puts together what the registry knows of one module.
    pub fn new(spec: &'static ModuleSpec, registry: &Registry, pool: PgPool, background: PgPool) -> Self {
        let mut own: HashMap<_, Vec<_>> = HashMap::new();
        let mut foreign: HashMap<_, Vec<_>> = HashMap::new();
        for record in registry.listeners().iter().filter(|record| record.module == spec.name) {
            if record.source == spec.name {
                own.entry(record.event).or_default().push(record.clone());
            } else {
                foreign.entry((record.source, record.event)).or_default().push(record.clone());
            }
        }
        let handled = foreign.keys().map(|(source, _)| (*source, watch::Sender::new(0))).collect();
        Self {
            spec,
            pool,
            background,
            own: own.into_iter().map(|(event, list)| (event, list.into())).collect(),
            foreign: foreign.into_iter().map(|(event, list)| (event, list.into())).collect(),
            events: registry.events().filter(|event| event.source == spec.name).copied().collect(),
            sql: SpineSql::new(spec.schema),
            progress: Progress {
                commits: AtomicU64::new(0),
                wake: Notify::new(),
                relayed: watch::Sender::new((0, 0)),
                handled,
                begun: watch::Sender::new(false),
                poll: Notify::new(),
                catch_up_requests: CatchUpRequests::default(),
            },
        }
    }

    /// This module's listeners to its own event; none for an event that use cases play.
    pub fn own(&self, event: &str) -> Option<Listeners> {
        self.own.get(event).cloned()
    }

    /// This module's listeners to another module's event; none for one it does not want.
    pub fn foreign(&self, source: &'static str, event: &str) -> Option<Listeners> {
        // The map's keys are 'static, and an event's name off the wire is not: so compare, do not look up.
        self.foreign.iter().find(|((s, e), _)| *s == source && *e == event).map(|(_, list)| list.clone())
    }

    /// The modules whose events this one wants.
    pub fn sources(&self) -> Vec<&'static str> {
        self.progress.handled.keys().copied().collect()
    }

    /// Notes how far this module has come in a source's journal, for those who wait.
    pub fn handled(&self, source: &str, pos: i64) {
        if let Some(handled) = self.progress.handled.get(source) {
            handled.send_replace(pos);
        }
    }

    /// The version of what this module listens to of a source: it grows with every listener that comes later.
    pub fn subscription(&self, source: &str) -> i32 {
        self.listeners_to(source).map(|(_, record)| record.since).max().unwrap_or_default()
    }

    /// The types of a source that this module listens to since after a version of its subscription.
    pub fn types_since(&self, source: &str, version: i32) -> Vec<&'static str> {
        self.listeners_to(source)
            .filter(|(_, record)| record.since > version)
            .map(|(event, _)| event)
            .collect()
    }

    fn listeners_to(&self, source: &str) -> impl Iterator<Item = (&'static str, &ListenerRecord)> {
        let of = self.foreign.iter().filter(move |((from, _), _)| *from == source);
        of.flat_map(|((_, event), list)| list.iter().map(|record| (*event, record)))
    }
}
