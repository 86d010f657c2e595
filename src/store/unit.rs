//! A module while the program runs: its pools, its listeners, and its SQL with the schema's name in it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::PgPool;
use tokio::sync::{Notify, watch};

use crate::event::AnyListener;
use crate::module::{ModuleSpec, Registry};

/// Listeners of one event, in the order of registration.
pub type Listeners = Arc<[Arc<dyn AnyListener>]>;

/// See the module.
pub struct Unit {
    pub spec: &'static ModuleSpec,
    /// For requests.
    pub pool: PgPool,
    /// For the relay and the consumer, so that neither waits behind requests nor starves them.
    pub background: PgPool,
    /// This module's listeners to its own events, by event.
    own: HashMap<&'static str, Listeners>,
    /// Its listeners to others' events, by source and event.
    foreign: HashMap<(&'static str, &'static str), Listeners>,
    pub sql: UnitSql,
    pub progress: Progress,
}

/// Statements on the tables that every module has (`schemas/spine`).
pub struct UnitSql {
    pub write_outbox: Arc<str>,
    pub lock_head: Arc<str>,
    pub sequence: Arc<str>,
    pub move_head: Arc<str>,
    pub read_head: Arc<str>,
    pub read_journal: Arc<str>,
    pub take_turn: Arc<str>,
    pub read_offset: Arc<str>,
    pub write_offset: Arc<str>,
    pub stop_offset: Arc<str>,
    pub parked: Arc<str>,
    pub park: Arc<str>,
    pub state: Arc<str>,
    pub offsets: Arc<str>,
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
    /// Makes the consumer look at the journals now.
    pub look: Notify,
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

impl Unit {
    /// Puts together what the registry knows of one module.
    pub fn new(spec: &'static ModuleSpec, registry: &Registry, pool: PgPool, background: PgPool) -> Self {
        let mut own: HashMap<_, Vec<_>> = HashMap::new();
        let mut foreign: HashMap<_, Vec<_>> = HashMap::new();
        for record in registry.listeners().iter().filter(|record| record.module == spec.name) {
            if record.source == spec.name {
                own.entry(record.event).or_default().push(record.listener.clone());
            } else {
                foreign.entry((record.source, record.event)).or_default().push(record.listener.clone());
            }
        }
        let handled = foreign.keys().map(|(source, _)| (*source, watch::Sender::new(0))).collect();
        Self {
            spec,
            pool,
            background,
            own: own.into_iter().map(|(event, list)| (event, list.into())).collect(),
            foreign: foreign.into_iter().map(|(event, list)| (event, list.into())).collect(),
            sql: UnitSql::new(spec.schema),
            progress: Progress {
                commits: AtomicU64::new(0),
                wake: Notify::new(),
                relayed: watch::Sender::new((0, 0)),
                handled,
                look: Notify::new(),
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
}

impl UnitSql {
    fn new(m: &str) -> Self {
        Self {
            write_outbox: format!(
                "insert into {m}.outbox (event, name, key, at, subjects, payload)
                 select event, name, key, at, string_to_array(subjects, ',')::uuid[], payload::json
                 from unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[])
                      with ordinality as row (event, name, key, at, subjects, payload, number)
                 order by number"
            )
            .into(),
            lock_head: format!("select pos, epoch from {m}.head for update skip locked").into(),
            sequence: format!(
                "with top as materialized (select id from {m}.outbox order by id limit $1),
                 moved as (delete from {m}.outbox o using top where o.id = top.id returning o.*),
                 placed as (select $2 + row_number() over (order by id) as pos, * from moved)
                 insert into {m}.journal (pos, event, name, key, at, subjects, payload)
                 select pos, event, name, key, at, subjects, payload from placed order by pos
                 returning pos, event, name, key, at, payload"
            )
            .into(),
            move_head: format!("update {m}.head set pos = $1").into(),
            read_head: format!("select pos, epoch from {m}.head").into(),
            read_journal: format!(
                "select pos, event, name, key, at, payload from {m}.journal where pos > $1 order by pos limit $2"
            )
            .into(),
            take_turn: format!("select only_row from {m}.turn for update skip locked").into(),
            read_offset: format!("select pos, epoch from {m}.offsets where source = $1").into(),
            write_offset: format!(
                "insert into {m}.offsets (source, epoch, pos, subscription) values ($1, $2, $3, 1)
                 on conflict (source) do update set epoch = excluded.epoch, pos = excluded.pos"
            )
            .into(),
            stop_offset: format!("update {m}.offsets set epoch = -abs(epoch) where source = $1").into(),
            parked: format!("select distinct key from {m}.dead_letter where source = $1 and key = any($2)").into(),
            park: format!(
                "insert into {m}.dead_letter (source, pos, event, name, key, at, payload, error)
                 values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing"
            )
            .into(),
            state: format!(
                "select pos, not exists (select from {m}.outbox) as drained,
                        (select count(*) from {m}.dead_letter) as parked
                 from {m}.head"
            )
            .into(),
            offsets: format!("select source, pos from {m}.offsets").into(),
        }
    }
}
