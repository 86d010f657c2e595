//! A bus with every fault that a bus may have: from a seed it drops, repeats, delays and reorders entries.
//!
//! It wraps another bus. What happens to an entry follows from the seed, the consumer, the source and how many
//! entries that source has published since the seed was given: so a seed that finds something finds it again.
//! There is no clock in here: a delayed entry goes out after later ones, or never.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{broadcast, mpsc};
use tokio_util::task::TaskTracker;

use super::{Bus, BusError, Delivery, Entry, Features, Inbound, Report, Signal};

/// Bunches that may wait for one consumer. While they do, the wrapped bus drops.
const WAITING_MAX: usize = 256;
/// Entries of one source held back from one consumer. More are not delayed.
const HELD_MAX: usize = 16;
/// After how many later entries a delayed one goes out, at most.
const DELAY_MAX: u64 = 3;
/// Of a hundred entries.
const DROPPED: u64 = 15;
const REPEATED: u64 = 15;
const DELAYED: u64 = 15;

/// Wraps the channels of a memory bus, and breaks what passes through them.
pub struct FaultyBus {
    inner: Arc<dyn Bus>,
    shared: Arc<Shared>,
    /// Forwarders end with the wrapped bus's subscription, or with their consumer.
    forwarders: TaskTracker,
}

/// What it did to entries so far, and to signals.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Faults {
    pub drops: u64,
    pub repeats: u64,
    /// Entries that went out after a later one.
    pub reorders: u64,
    /// Lost or repeated.
    pub signals: u64,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    drops: AtomicU64,
    repeats: AtomicU64,
    reorders: AtomicU64,
    signals: AtomicU64,
}

#[derive(Default)]
struct State {
    seed: u64,
    /// How many seeds there were before: forwarders forget what they hold of those.
    seeds: u64,
    /// The last position that each source has published.
    published: HashMap<&'static str, i64>,
    /// The same when the seed was given, or before the first since then.
    begun: HashMap<&'static str, i64>,
    signals: i64,
}

/// What happens to an entry. The number is how many later ones go by before.
enum Fate {
    Goes,
    Dropped,
    Repeated(u64),
    Delayed(u64),
}

impl Fate {
    fn of(seed: u64, consumer: &str, source: &str, number: i64) -> Self {
        let mut hasher = DefaultHasher::new();
        (seed, consumer, source, number).hash(&mut hasher);
        let luck = hasher.finish();
        let later = (luck >> 32) % (DELAY_MAX + 1);
        match luck % 100 {
            at if at < DROPPED => Self::Dropped,
            at if at < DROPPED + REPEATED => Self::Repeated(later),
            at if at < DROPPED + REPEATED + DELAYED => Self::Delayed(later.max(1)),
            _ => Self::Goes,
        }
    }
}

/// The entries of one source on their way to one consumer.
#[derive(Default)]
struct Pair {
    held: Vec<Held>,
    /// The last position that went out.
    latest: i64,
}

struct Held {
    entry: Entry,
    /// So many later ones go by before.
    later: u64,
    /// It went out before, too.
    again: bool,
}

impl FaultyBus {
    /// Wraps a bus, beginning with this seed.
    pub fn new(inner: Arc<dyn Bus>, seed: u64) -> Self {
        let bus = Self { inner, shared: Arc::default(), forwarders: TaskTracker::new() };
        bus.reseed(seed);
        bus
    }

    /// Begins anew: what is held back is lost.
    pub fn reseed(&self, seed: u64) {
        let mut state = self.shared.state();
        state.seed = seed;
        state.seeds += 1;
        state.signals = 0;
        let State { published, begun, .. } = &mut *state;
        begun.clone_from(published);
    }

    /// All faults so far, of all seeds.
    pub fn faults(&self) -> Faults {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Shared { drops, repeats, reorders, signals, .. } = &*self.shared;
        Faults {
            drops: read(drops),
            repeats: read(repeats),
            reorders: read(reorders),
            signals: read(signals),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes out when this delivery has come.
    fn pass(&self, consumer: &str, lane: &mut Pair, delivery: &[Entry]) -> Vec<Entry> {
        let mut out = Vec::new();
        for entry in delivery {
            let (seed, begun) = {
                let state = self.state();
                (state.seed, state.begun.get(entry.source).copied().unwrap_or_default())
            };
            let number = entry.pos - begun;
            // What was on its way when the seed was given is not part of it.
            let fate = if number > 0 { Fate::of(seed, consumer, entry.source, number) } else { Fate::Goes };
            match fate {
                Fate::Delayed(later) if lane.held.len() < HELD_MAX => {
                    lane.held.push(Held { entry: entry.clone(), later: later + 1, again: false });
                }
                Fate::Repeated(later) if lane.held.len() < HELD_MAX => {
                    lane.held.push(Held { entry: entry.clone(), later: later + 1, again: true });
                    self.send(lane, entry.clone(), &mut out);
                }
                Fate::Dropped => count(&self.drops),
                Fate::Goes | Fate::Delayed(_) | Fate::Repeated(_) => {
                    self.send(lane, entry.clone(), &mut out);
                }
            }
            self.release(lane, &mut out);
        }
        out
    }

    /// Sends what has been held back long enough.
    fn release(&self, lane: &mut Pair, out: &mut Vec<Entry>) {
        lane.held.iter_mut().for_each(|held| held.later -= 1);
        let (due, held) = std::mem::take(&mut lane.held).into_iter().partition(|held| held.later == 0);
        lane.held = held;
        for held in due {
            if held.again {
                count(&self.repeats);
            }
            self.send(lane, held.entry, out);
        }
    }

    fn send(&self, lane: &mut Pair, entry: Entry, out: &mut Vec<Entry>) {
        if entry.pos < lane.latest {
            count(&self.reorders);
        }
        lane.latest = lane.latest.max(entry.pos);
        out.push(entry);
    }

    /// Runs until the wrapped bus ends the subscription, or the consumer goes away.
    async fn forward(self: Arc<Self>, consumer: &'static str, mut from: Inbound, to: mpsc::Sender<Delivery>) {
        let mut lanes: HashMap<&'static str, Pair> = HashMap::new();
        let mut seeds = 0;
        loop {
            let delivery = tokio::select! {
                () = to.closed() => return,
                delivery = from.recv() => delivery,
            };
            let Some(Delivery { entries, ack }) = delivery else { return };
            let now = self.state().seeds;
            if std::mem::replace(&mut seeds, now) != now {
                lanes.clear();
            }
            let Some(first) = entries.first() else { continue };
            let out = self.pass(consumer, lanes.entry(first.source).or_default(), &entries);
            if out.is_empty() {
                ack.give().await;
            } else if to.send(Delivery { entries: out.into(), ack }).await.is_err() {
                return;
            }
        }
    }
}

impl Bus for FaultyBus {
    fn features(&self) -> Features {
        let Features { carries, .. } = self.inner.features();
        Features { carries, delivers: false, ordered: false, once: false, signals: false }
    }

    fn publish<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<(), BusError>> {
        if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
            let mut state = self.shared.state();
            state.published.insert(last.source, last.pos);
            state.begun.entry(first.source).or_insert(first.pos - 1);
        }
        self.inner.publish(entries)
    }

    fn subscribe<'a>(
        &'a self,
        consumer: &'static str,
        sources: &'a [&'static str],
    ) -> BoxFuture<'a, Result<Inbound, BusError>> {
        async move {
            let from = self.inner.subscribe(consumer, sources).await?;
            let (to, inbound) = mpsc::channel(WAITING_MAX);
            self.forwarders.spawn(self.shared.clone().forward(consumer, from, to));
            Ok(inbound)
        }
        .boxed()
    }

    fn signal(&self, signal: Signal) -> BoxFuture<'_, Result<(), BusError>> {
        let fate = {
            let mut state = self.shared.state();
            state.signals += 1;
            Fate::of(state.seed, "", "signals", state.signals)
        };
        async move {
            match fate {
                Fate::Dropped => count(&self.shared.signals),
                Fate::Repeated(_) => {
                    count(&self.shared.signals);
                    self.inner.signal(signal.clone()).await?;
                    self.inner.signal(signal).await?;
                }
                Fate::Goes | Fate::Delayed(_) => self.inner.signal(signal).await?,
            }
            Ok(())
        }
        .boxed()
    }

    fn signals(&self) -> broadcast::Receiver<Signal> {
        self.inner.signals()
    }

    fn report(&self) -> Report {
        self.inner.report()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

fn count(what: &AtomicU64) {
    what.fetch_add(1, Ordering::Relaxed);
}
