//! Empties a module's projected tables and writes them anew from its own journal and those of its sources.
//!
//! Meanwhile commands of the module are refused and its consumer stands still, on every node. The journals are
//! merged by the time of their entries, each in its own order: what the module decided comes after what it
//! knew by then.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, PgExecutor, query, query_scalar, raw_sql};
use tokio::time::{Duration, sleep};
use uuid::Uuid;

use super::Entry;
use super::consumer_lease::{AFTER_PARKED, ConsumerLease, Lane};
use super::journal::{self, BATCH_MAX};
use super::relay::{self, Pass};
use crate::kernel::context::{Context, Tx};
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::store::module_runtime::ModuleRuntime;

/// Between two tries to drain the outbox while another node's relay is at it.
const DRAIN_WAIT: Duration = Duration::from_millis(5);
/// Such tries, about twenty seconds of them.
const DRAIN_TRIES: u32 = 4_000;
/// Tables up to this size are emptied row by row: a new file for each would take longer.
const SMALL_BYTES: i64 = 256 * 1024;

/// What a rebuild did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Tables that were emptied.
    pub tables: usize,
    /// Entries that were read again.
    pub entries: usize,
    /// Of those, parked.
    pub parked: usize,
}

/// Rebuilds a module. Broken off, it leaves the module refusing commands until it is done again.
///
/// # Errors
/// If another rebuild is under way, a listener fails, or a database does not answer.
pub async fn rebuild(ctx: &Context, unit: &Arc<ModuleRuntime>) -> Result<Rebuilt, Failure> {
    let id = ctx.clock().new_uuid();
    let lease = ConsumerLease { ctx: ctx.clone(), unit: unit.clone() };
    let mut work = Rebuild { lease, id, parked: HashSet::new(), done: Rebuilt::default() };
    work.close().await?;
    work.empty().await?;
    work.write_anew().await?;
    Ok(work.done)
}

/// The tables that a rebuild empties, with their schema.
///
/// # Errors
/// If the database does not answer.
pub async fn projected(unit: &ModuleRuntime, db: impl PgExecutor<'_>) -> Result<Vec<String>, Failure> {
    let tables: Vec<String> = query_scalar(AssertSqlSafe(unit.sql.tables.clone())).fetch_all(db).await?;
    let projected = tables.iter().filter(|table| !unit.spec.owns(table));
    Ok(projected.map(|table| format!("{}.{table}", unit.spec.schema)).collect())
}

struct Rebuild {
    lease: ConsumerLease,
    /// Another rebuild of the module puts its own in this one's place.
    id: Uuid,
    /// Sources and keys of what could not be handled.
    parked: HashSet<(&'static str, MemberId)>,
    done: Rebuilt,
}

/// A journal on its way into the merge.
struct Source<'u> {
    unit: &'u Arc<ModuleRuntime>,
    epoch: i64,
    /// How far it was read.
    read: i64,
    waiting: VecDeque<Entry>,
    /// What comes from now on is the consumer's.
    ended: bool,
}

impl Rebuild {
    /// Refuses commands from now on, and sees to it that those under way are in the journal.
    async fn close(&self) -> Result<(), Failure> {
        let (ctx, unit) = (&self.lease.ctx, &self.lease.unit);
        let mut tx = self.lease.begin().await?;
        query(AssertSqlSafe(unit.sql.set_rebuilding.clone())).bind(self.id).execute(tx.conn()).await?;
        tx.commit().await?;
        let mut tx = self.lease.begin().await?;
        query(AssertSqlSafe(unit.sql.close_outbox.clone())).execute(tx.conn()).await?;
        tx.commit().await?;
        for _ in 0..DRAIN_TRIES {
            match relay::pass(ctx, unit, &mut None).await? {
                Pass::Drained => return Ok(()),
                Pass::More => {}
                Pass::Locked => sleep(DRAIN_WAIT).await,
            }
        }
        Err(Failure::internal("the outbox could not be emptied: another program holds the journal's head"))
    }

    /// Empties what events can restore.
    async fn empty(&mut self) -> Result<(), Failure> {
        let unit = &self.lease.unit;
        let mut tx = self.begin().await?;
        let projected = projected(unit, tx.conn()).await?;
        let large: Vec<String> = query_scalar(
            "select name from unnest($1::text[]) as t (name) where pg_relation_size(name::regclass) > $2",
        )
        .bind(&projected)
        .bind(SMALL_BYTES)
        .fetch_all(tx.conn())
        .await?;
        if !large.is_empty() {
            let truncate = format!("truncate {}", large.join(", "));
            query(AssertSqlSafe(truncate)).execute(tx.conn()).await?;
        }
        // Of a few rows that costs less.
        let small = projected.iter().filter(|table| !large.contains(table));
        let deletes: Vec<String> = small.map(|table| format!("delete from {table};")).collect();
        raw_sql(AssertSqlSafe(deletes.concat())).execute(tx.conn()).await?;
        for sql in [&unit.sql.forget_letters, &unit.sql.forget_offsets] {
            query(AssertSqlSafe(sql.clone())).execute(tx.conn()).await?;
        }
        tx.commit().await?;
        self.done.tables = projected.len();
        Ok(())
    }

    /// Reads all journals to their ends, and lets the consumer go on from there.
    async fn write_anew(&mut self) -> Result<(), Failure> {
        let unit = self.lease.unit.clone();
        let mut sources: Vec<Source<'_>> = Vec::new();
        let ctx = self.lease.ctx.clone();
        for name in unit.sources().into_iter().chain([unit.spec.name]) {
            if let Some(unit) = ctx.unit_named(name) {
                let waiting = VecDeque::new();
                sources.push(Source { unit, epoch: 0, read: 0, waiting, ended: false });
            }
        }
        loop {
            let batch = merge(&mut sources).await?;
            if batch.is_empty() {
                break;
            }
            self.replay(&batch).await?;
            self.done.entries += batch.len();
        }
        let mut tx = self.begin().await?;
        for source in sources.iter().filter(|source| source.unit.spec.name != unit.spec.name) {
            let name = source.unit.spec.name;
            query(AssertSqlSafe(unit.sql.write_offset.clone()))
                .bind(name)
                .bind(source.epoch)
                .bind(source.read)
                .bind(unit.subscription(name))
                .execute(tx.conn())
                .await?;
        }
        query(AssertSqlSafe(unit.sql.end_rebuilding.clone())).execute(tx.conn()).await?;
        tx.commit().await?;
        sources.iter().for_each(|source| unit.handled(source.unit.spec.name, source.read));
        Ok(())
    }

    /// Handles a batch, or finds the one entry that fails by halving, and parks it.
    fn replay<'a>(&'a mut self, batch: &'a [Entry]) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            let error = match self.attempt(batch, None).await {
                Err(error) if error.is_poison() => error,
                other => return other,
            };
            if let [entry] = batch {
                self.attempt(batch, Some(&error)).await?;
                self.parked.insert((entry.source, entry.key));
                return Ok(());
            }
            let (first, second) = batch.split_at(batch.len() / 2);
            self.replay(first).await?;
            self.replay(second).await
        }
        .boxed()
    }

    /// One transaction, in runs of one type. With `parking`, the entries are parked instead.
    async fn attempt(&mut self, batch: &[Entry], parking: Option<&Failure>) -> Result<(), Failure> {
        let mut tx = self.begin().await?;
        let parked = |entry: &Entry| self.parked.contains(&(entry.source, entry.key));
        let mut count = 0;
        for run in batch.chunk_by(|one, next| {
            one.source == next.source && one.name == next.name && parked(one) == parked(next)
        }) {
            let error = match parking {
                Some(error) => Some(error.to_string()),
                None => parked(&run[0]).then(|| AFTER_PARKED.to_owned()),
            };
            match error {
                None => self.lease.listen(&mut tx, run, Lane::Live).await?,
                Some(error) if self.lease.listeners(&run[0]).is_some() => {
                    self.lease.park(&mut tx, run, &error).await?;
                    count += run.len();
                }
                Some(_) => {}
            }
        }
        tx.commit().await?;
        self.done.parked += count;
        Ok(())
    }

    /// A transaction that holds the module's lease, as long as no other rebuild has begun.
    async fn begin(&self) -> Result<Tx, Failure> {
        let mut tx = self.lease.begin().await?;
        if self.lease.acquire(&mut tx).await? != Some(self.id) {
            return Err(Failure::internal("another rebuild of the module has begun, and this one ends"));
        }
        tx.replay();
        Ok(tx)
    }
}

/// The next entries of all journals, by time; each journal in its own order.
async fn merge(sources: &mut [Source<'_>]) -> Result<Vec<Entry>, Failure> {
    let mut batch = Vec::new();
    while i64::try_from(batch.len()).is_ok_and(|count| count < BATCH_MAX) {
        for source in sources.iter_mut() {
            source.fill().await?;
        }
        let first = sources
            .iter_mut()
            .filter(|source| !source.waiting.is_empty())
            .min_by_key(|source| source.waiting.front().map(|entry| (entry.at, entry.id)));
        match first.and_then(|source| source.waiting.pop_front()) {
            Some(entry) => batch.push(entry),
            None => break,
        }
    }
    Ok(batch)
}

impl Source<'_> {
    /// Reads on when nothing is waiting.
    async fn fill(&mut self) -> Result<(), Failure> {
        while self.waiting.is_empty() && !self.ended {
            let range = journal::read(self.unit, self.read).await?;
            self.ended = !journal::is_full(&range.entries);
            self.epoch = range.epoch;
            self.read = range.upto;
            self.waiting = range.entries.into();
        }
        Ok(())
    }
}
