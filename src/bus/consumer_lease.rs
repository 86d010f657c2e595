//! The lease of a module's consumer: its holder handles a range of a journal, and commits effects and offset in one transaction.

use std::collections::HashSet;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, query, query_as, query_scalar};
use uuid::Uuid;

use super::Entry;
use super::journal_range::JournalRange;
use crate::kernel::context::{Context, Tx};
use crate::kernel::failure::Failure;
use crate::kernel::fault_injection::Step;
use crate::kernel::id::MemberId;
use crate::store::module_runtime::{Listeners, ModuleRuntime};

/// Why the later ones of a key are parked.
pub const AFTER_PARKED: &str = "an earlier event of this key is parked";

/// How far a module has read a source.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Offset {
    pub epoch: i64,
    pub pos: i64,
    /// The version of what it listens to ([`ModuleRuntime::subscription`]).
    pub subscription: i32,
    /// While that grows: how far the new types are caught up with, on their way to `pos`.
    pub filled: i64,
    /// Why it reads no more of the source.
    pub stopped: Option<String>,
    /// Something of the source is parked.
    pub letters: bool,
}

/// What became of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// So many entries were handled; none, if they were handled before.
    Done(usize),
    /// Something before it is missing: the journal has it.
    Gap,
    /// Not handled: another node holds the lease, the module is being rebuilt, or it reads no more of this
    /// source.
    Skipped,
}

/// What the entries of a range are to the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Next in order.
    Live,
    /// Of the past, for listeners that came later than this version.
    Backfill { version: i32 },
}

/// A module whose consumer lease this node may take.
#[derive(Clone)]
pub struct ConsumerLease {
    pub ctx: Context,
    pub unit: Arc<ModuleRuntime>,
}

impl ConsumerLease {
    /// How far the module has read a source; nothing if it never did.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn offset(&self, source: &str) -> Result<Option<Offset>, Failure> {
        let sql = AssertSqlSafe(self.unit.sql.read_offset.clone());
        Ok(query_as(sql).bind(source).fetch_optional(&self.unit.background).await?)
    }

    /// Handles a range. If an entry fails, finds it by halving the range, and parks it.
    ///
    /// # Errors
    /// If a listener fails for a reason that is not the event's own, or the database does not answer.
    pub fn take<'a>(
        &'a self,
        range: &'a JournalRange,
        lane: Lane,
    ) -> BoxFuture<'a, Result<Outcome, Failure>> {
        async move {
            match self.attempt(range, lane, None).await {
                Err(error) if error.is_poison() => {
                    let Some((first, second)) = range.halves() else {
                        tracing::error!(module = self.unit.spec.name, source = range.source, %error,
                            "an event was parked, and with it the later ones of its key: see pancake dead-letter");
                        return self.attempt(range, lane, Some(&error)).await;
                    };
                    match self.take(&first, lane).await? {
                        Outcome::Done(count) => match self.take(&second, lane).await? {
                            Outcome::Done(more) => Ok(Outcome::Done(count + more)),
                            other => Ok(other),
                        },
                        other => Ok(other),
                    }
                }
                other => other,
            }
        }
        .boxed()
    }

    /// One transaction: lease, offset, listeners, offset. With `parking`, the entries are parked instead.
    async fn attempt(
        &self,
        range: &JournalRange,
        lane: Lane,
        parking: Option<&Failure>,
    ) -> Result<Outcome, Failure> {
        let mut tx = self.begin().await?;
        let Some((false, _)) = self.try_acquire(&mut tx).await? else { return Ok(Outcome::Skipped) };
        // A statement of its own: it must see what the last holder of the lease committed.
        let sql = AssertSqlSafe(self.unit.sql.read_offset.clone());
        let offset: Option<Offset> = query_as(sql).bind(range.source).fetch_optional(tx.conn()).await?;
        let at = match self.fits(offset.as_ref(), range, lane) {
            Ok(at) => at,
            Err(took) => return Ok(took),
        };
        let new = range.newer_than(at);
        if let Some(error) = parking {
            self.park(&mut tx, new, &error.to_string()).await?;
        } else {
            // Without letters, as nearly always, there is nothing to ask for.
            let parked = match offset {
                Some(Offset { letters: false, .. }) => HashSet::new(),
                _ => self.parked(&mut tx, range.source, new).await?,
            };
            self.handle(&mut tx, new, &parked, lane).await?;
        }
        self.move_offset(&mut tx, range, lane).await?;
        let reached = |step| self.ctx.fail_points().reached(step, new.iter().map(|entry| &*entry.name));
        reached(Step::Offset);
        tx.commit().await?;
        reached(Step::Consumed);
        if lane == Lane::Live {
            self.unit.handled(range.source, range.upto);
        }
        Ok(Outcome::Done(new.len()))
    }

    /// A transaction on the module, beside its requests.
    ///
    /// # Errors
    /// If no connection is free in time, or the database does not answer.
    pub async fn begin(&self) -> Result<Tx, Failure> {
        Tx::begin(self.ctx.clone(), self.unit.clone(), self.unit.background.clone()).await
    }

    /// Takes the module's lease; nothing if another node holds it. True while the module is being rebuilt.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn try_acquire(&self, tx: &mut Tx) -> Result<Option<(bool, String)>, Failure> {
        let sql = AssertSqlSafe(self.unit.sql.take_lease.clone());
        Ok(query_as(sql).fetch_optional(tx.conn()).await?)
    }

    /// Waits for the module's lease, as long as a statement may take.
    ///
    /// # Errors
    /// If the lease is not free within a statement's time, or the database does not answer.
    pub async fn acquire(&self, tx: &mut Tx) -> Result<Option<Uuid>, Failure> {
        let sql = AssertSqlSafe(self.unit.sql.check_rebuilding.clone());
        Ok(query_scalar(sql).fetch_one(tx.conn()).await?)
    }

    /// Where to begin in the range, or why it is not handled.
    fn fits(&self, offset: Option<&Offset>, range: &JournalRange, lane: Lane) -> Result<i64, Outcome> {
        let Some(offset) = offset else { return Err(Outcome::Gap) };
        let own = self.unit.subscription(range.source);
        if offset.stopped.is_some() || offset.subscription > own {
            return Err(Outcome::Skipped);
        }
        let (at, version) = match lane {
            Lane::Live => (offset.pos, own),
            Lane::Backfill { version } => (offset.filled, version),
        };
        // Another epoch and a subscription that has grown are found where the journal is looked at.
        if offset.epoch != range.epoch || offset.subscription != version || range.after > at {
            return Err(Outcome::Gap);
        }
        // Catching up may have nothing to do, and still ends.
        let old = range.upto < at || (lane == Lane::Live && range.upto == at);
        if old { Err(Outcome::Done(0)) } else { Ok(at) }
    }

    async fn move_offset(&self, tx: &mut Tx, range: &JournalRange, lane: Lane) -> Result<(), Failure> {
        let (sql, own) = (&self.unit.sql, self.unit.subscription(range.source));
        match lane {
            Lane::Live => query(AssertSqlSafe(sql.write_offset.clone())).bind(range.source).bind(range.epoch),
            Lane::Backfill { .. } => query(AssertSqlSafe(sql.fill_offset.clone())).bind(range.source),
        }
        .bind(range.upto)
        .bind(own)
        .execute(tx.conn())
        .await?;
        Ok(())
    }

    /// Which keys of some entries have letters.
    async fn parked(
        &self,
        tx: &mut Tx,
        source: &str,
        entries: &[Entry],
    ) -> Result<HashSet<MemberId>, Failure> {
        let keys: HashSet<MemberId> = entries.iter().map(|entry| entry.key).collect();
        let parked: Vec<MemberId> = query_scalar(AssertSqlSafe(self.unit.sql.parked.clone()))
            .bind(source)
            .bind(keys.into_iter().collect::<Vec<_>>())
            .fetch_all(tx.conn())
            .await?;
        Ok(parked.into_iter().collect())
    }

    /// Runs the listeners, in runs of one type, so that the order between types survives.
    async fn handle(
        &self,
        tx: &mut Tx,
        entries: &[Entry],
        parked: &HashSet<MemberId>,
        lane: Lane,
    ) -> Result<(), Failure> {
        for run in entries.chunk_by(|one, next| {
            one.name == next.name && parked.contains(&one.key) == parked.contains(&next.key)
        }) {
            if parked.contains(&run[0].key) {
                if self.listeners(&run[0]).is_some() {
                    self.park(tx, run, AFTER_PARKED).await?;
                }
            } else {
                self.listen(tx, run, lane).await?;
            }
        }
        Ok(())
    }

    /// Who listens to an entry: the module's own listeners, where it published it itself.
    pub fn listeners(&self, entry: &Entry) -> Option<Listeners> {
        if entry.source == self.unit.spec.name {
            self.unit.own(&entry.name)
        } else {
            self.unit.foreign(entry.source, &entry.name)
        }
    }

    /// Hands a run of one type to its listeners.
    ///
    /// # Errors
    /// The error of the first listener that fails. It is poison if the event cannot be parsed or the tables refuse it.
    pub async fn listen(&self, tx: &mut Tx, run: &[Entry], lane: Lane) -> Result<(), Failure> {
        let Some(first) = run.first() else { return Ok(()) };
        let listeners = self.listeners(first);
        let rehearsal = self.ctx.rehearsal();
        for record in listeners.iter().flat_map(|listeners| listeners.iter()) {
            let wanted = match lane {
                Lane::Live => true,
                Lane::Backfill { version } => record.since > version,
            };
            if !wanted || rehearsal.lacks_listener(record.number) {
                continue;
            }
            if rehearsal.twice() {
                for entry in run {
                    let once = std::slice::from_ref(entry);
                    let _ = record.listener.batch(tx, once).await?;
                    let _ = record.listener.batch(tx, once).await?;
                }
            } else {
                let _ = record.listener.batch(tx, run).await?;
            }
            self.ctx.fail_points().reached(Step::Heard, [&*first.name]);
        }
        Ok(())
    }

    /// Puts entries aside, visibly, with the reason.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn park(&self, tx: &mut Tx, entries: &[Entry], error: &str) -> Result<(), Failure> {
        for entry in entries {
            query(AssertSqlSafe(self.unit.sql.park.clone()))
                .bind(entry.source)
                .bind(entry.pos)
                .bind(entry.id)
                .bind(&*entry.name)
                .bind(entry.key)
                .bind(entry.at)
                .bind(entry.payload.as_deref().map(sqlx::types::Json))
                .bind(error)
                .execute(tx.conn())
                .await?;
        }
        self.ctx.metrics().parked(self.unit.spec.name, entries.len());
        Ok(())
    }
}
