//! One turn of a module's consumer: a stretch of a journal, its effects and the offset, in one transaction.

use std::collections::HashSet;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, query, query_as, query_scalar};
use uuid::Uuid;

use super::Entry;
use super::stretch::Stretch;
use crate::context::{Context, Tx};
use crate::fail_point::Step;
use crate::failure::Failure;
use crate::id::MemberId;
use crate::store::unit::{Listeners, Unit};

/// Why the later ones of a key are parked.
pub const AFTER_PARKED: &str = "an earlier event of this key is parked";

/// How far a module has read a source.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Offset {
    pub epoch: i64,
    pub pos: i64,
    /// The version of what it listens to ([`Unit::subscription`]).
    pub subscription: i32,
    /// While that grows: how far the new types are caught up with, on their way to `pos`.
    pub filled: i64,
    /// Why it reads no more of the source.
    pub stopped: Option<String>,
    /// Something of the source is parked.
    pub letters: bool,
}

/// How a stretch went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Took {
    /// So many entries were handled; none, if they were handled before.
    Done(usize),
    /// Something before it is missing: the journal has it.
    Gap,
    /// It is not for this node, or not for now: another node has the turn, the module is being rebuilt, or it
    /// reads no more of this source.
    Left,
}

/// What the entries of a stretch are to the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Next in order.
    Main,
    /// Of the past, for listeners that came later than this version.
    Fill { version: i32 },
}

/// A module and what a turn of it needs.
#[derive(Clone)]
pub struct Turn {
    pub ctx: Context,
    pub unit: Arc<Unit>,
}

impl Turn {
    /// How far the module has read a source; nothing if it never did.
    pub async fn offset(&self, source: &str) -> Result<Option<Offset>, Failure> {
        let sql = AssertSqlSafe(self.unit.sql.read_offset.clone());
        Ok(query_as(sql).bind(source).fetch_optional(&self.unit.background).await?)
    }

    /// Handles a stretch, or finds the one entry that fails by halving, and parks it.
    pub fn take<'a>(&'a self, stretch: &'a Stretch, lane: Lane) -> BoxFuture<'a, Result<Took, Failure>> {
        async move {
            match self.attempt(stretch, lane, None).await {
                Err(error) if error.is_poison() => {
                    let Some((first, second)) = stretch.halves() else {
                        tracing::error!(module = self.unit.spec.name, source = stretch.source, %error,
                            "an event was parked, and with it the later ones of its key: see pancake dead-letter");
                        return self.attempt(stretch, lane, Some(&error)).await;
                    };
                    match self.take(&first, lane).await? {
                        Took::Done(count) => match self.take(&second, lane).await? {
                            Took::Done(more) => Ok(Took::Done(count + more)),
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

    /// One transaction: turn, offset, listeners, offset. With `parking`, the entries are parked instead.
    async fn attempt(
        &self,
        stretch: &Stretch,
        lane: Lane,
        parking: Option<&Failure>,
    ) -> Result<Took, Failure> {
        let mut tx = self.begin().await?;
        let Some((false, _)) = self.turn(&mut tx).await? else { return Ok(Took::Left) };
        // A statement of its own: it must see what the last holder of the turn committed.
        let sql = AssertSqlSafe(self.unit.sql.read_offset.clone());
        let offset: Option<Offset> = query_as(sql).bind(stretch.source).fetch_optional(tx.conn()).await?;
        let at = match self.fits(offset.as_ref(), stretch, lane) {
            Ok(at) => at,
            Err(took) => return Ok(took),
        };
        let new = stretch.newer_than(at);
        if let Some(error) = parking {
            self.park(&mut tx, new, &error.to_string()).await?;
        } else {
            // Without letters, as nearly always, there is nothing to ask for.
            let parked = match offset {
                Some(Offset { letters: false, .. }) => HashSet::new(),
                _ => self.parked(&mut tx, stretch.source, new).await?,
            };
            self.handle(&mut tx, new, &parked, lane).await?;
        }
        self.move_offset(&mut tx, stretch, lane).await?;
        let reached = |step| self.ctx.fail_points().reached(step, new.iter().map(|entry| &*entry.name));
        reached(Step::Offset);
        tx.commit().await?;
        reached(Step::Consumed);
        if lane == Lane::Main {
            self.unit.handled(stretch.source, stretch.upto);
        }
        Ok(Took::Done(new.len()))
    }

    /// A transaction on the module, beside its requests.
    pub async fn begin(&self) -> Result<Tx, Failure> {
        Tx::begin(self.ctx.clone(), self.unit.clone(), self.unit.background.clone()).await
    }

    /// Takes the module's turn; nothing if another node has it. True while the module is being rebuilt.
    pub async fn turn(&self, tx: &mut Tx) -> Result<Option<(bool, String)>, Failure> {
        let sql = AssertSqlSafe(self.unit.sql.take_turn.clone());
        Ok(query_as(sql).fetch_optional(tx.conn()).await?)
    }

    /// Waits for the module's turn, as long as a statement may take.
    pub async fn wait_for_turn(&self, tx: &mut Tx) -> Result<Option<Uuid>, Failure> {
        let sql = AssertSqlSafe(self.unit.sql.check_rebuilding.clone());
        Ok(query_scalar(sql).fetch_one(tx.conn()).await?)
    }

    /// Where to begin in the stretch, or why it is not handled.
    fn fits(&self, offset: Option<&Offset>, stretch: &Stretch, lane: Lane) -> Result<i64, Took> {
        let Some(offset) = offset else { return Err(Took::Gap) };
        let own = self.unit.subscription(stretch.source);
        if offset.stopped.is_some() || offset.subscription > own {
            return Err(Took::Left);
        }
        let (at, version) = match lane {
            Lane::Main => (offset.pos, own),
            Lane::Fill { version } => (offset.filled, version),
        };
        // Another epoch and a subscription that has grown are found where the journal is looked at.
        if offset.epoch != stretch.epoch || offset.subscription != version || stretch.after > at {
            return Err(Took::Gap);
        }
        // Catching up may have nothing to do, and still ends.
        let old = stretch.upto < at || (lane == Lane::Main && stretch.upto == at);
        if old { Err(Took::Done(0)) } else { Ok(at) }
    }

    async fn move_offset(&self, tx: &mut Tx, stretch: &Stretch, lane: Lane) -> Result<(), Failure> {
        let (sql, own) = (&self.unit.sql, self.unit.subscription(stretch.source));
        match lane {
            Lane::Main => {
                query(AssertSqlSafe(sql.write_offset.clone())).bind(stretch.source).bind(stretch.epoch)
            }
            Lane::Fill { .. } => query(AssertSqlSafe(sql.fill_offset.clone())).bind(stretch.source),
        }
        .bind(stretch.upto)
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
    pub async fn listen(&self, tx: &mut Tx, run: &[Entry], lane: Lane) -> Result<(), Failure> {
        let Some(first) = run.first() else { return Ok(()) };
        let listeners = self.listeners(first);
        let rehearsal = self.ctx.rehearsal();
        for record in listeners.iter().flat_map(|listeners| listeners.iter()) {
            let wanted = match lane {
                Lane::Main => true,
                Lane::Fill { version } => record.since > version,
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
