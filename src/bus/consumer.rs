//! Brings other modules' events to a module's listeners: each exactly once, in order, or parked.
//!
//! Entries are at hand first, from the bus or from the source's journal, whose connection is given back;
//! then one transaction takes the module's turn, skips what is not newer than the offset, runs the
//! listeners and moves the offset. A gap, an overflow or a silent bus is repaired from the journal.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::{AssertSqlSafe, query, query_as, query_scalar};

use super::journal::{self, Head};
use super::{Entry, Inbound};
use crate::context::{Context, Tx};
use crate::failure::Failure;
use crate::id::MemberId;
use crate::store::unit::Unit;

/// After a transient fault: doubled each time, up to [`FAULT_WAIT_MAX`].
const FAULT_WAIT: Duration = Duration::from_millis(50);
const FAULT_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often a batch is tried again before the consumer goes on and leaves it to the next look.
const TRIES_MAX: u32 = 8;
/// Batches read from one journal before the other sources have their turn.
const REPAIR_BATCHES: u32 = 16;
/// Entries taken from the bus in one transaction.
const BATCH: usize = 1000;
/// Bunches taken from the bus before they are worked on.
const BUNCHES_MAX: usize = 64;

/// One module's consumer on this node.
pub struct Consumer {
    ctx: Context,
    unit: Arc<Unit>,
    /// The offsets at the last look: a source is repaired when its offset has not moved since.
    last_look: BTreeMap<&'static str, i64>,
}

/// How a batch went.
#[derive(Debug, PartialEq, Eq)]
enum Took {
    /// Handled, or already handled.
    Done,
    /// Entries before these are missing.
    Gap,
    /// Another node has the turn: it does the work.
    Busy,
}

impl Consumer {
    pub fn new(ctx: Context, unit: Arc<Unit>) -> Self {
        Self { ctx, unit, last_look: BTreeMap::new() }
    }

    /// Runs until the program stops. A closed bus leaves the journals.
    pub async fn run(mut self, mut inbound: Inbound) {
        let mut poll = tokio::time::interval(self.ctx.config().poll());
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let stopping = self.ctx.stopping().clone();
        let unit = self.unit.clone();
        // What was published while this program was not running.
        self.look(true).await;
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                bunch = inbound.recv(), if !inbound.is_closed() || !inbound.is_empty() => {
                    if let Some(bunch) = bunch {
                        self.receive(&bunch, &mut inbound).await;
                    }
                }
                () = unit.progress.look.notified() => self.look(true).await,
                _ = poll.tick() => self.look(false).await,
            }
        }
    }

    /// Takes a bunch and what else is waiting of the same source, as one batch.
    async fn receive(&mut self, bunch: &[Entry], inbound: &mut Inbound) {
        let mut batches: Vec<Vec<Entry>> = vec![bunch.to_vec()];
        while let Ok(more) = inbound.try_recv() {
            match batches.last_mut() {
                Some(last)
                    if last.len() + more.len() <= BATCH
                        && last.last().map(|e| e.source) == more.first().map(|e| e.source) =>
                {
                    last.extend(more.iter().cloned());
                }
                _ => batches.push(more.to_vec()),
            }
            if batches.len() > BUNCHES_MAX {
                break;
            }
        }
        for batch in batches {
            let Some(source) = batch.first().map(|entry| entry.source) else { continue };
            let took = self.persist(source, &batch).await;
            match took {
                Ok(Took::Gap) => self.repair(source).await,
                Ok(Took::Done) => self.ctx.metrics().from_bus(self.unit.spec.name, batch.len()),
                Ok(Took::Busy) => {}
                Err(error) => self.report(source, &error),
            }
        }
    }

    /// Compares every source's head with the offset. `now` repairs also what may still be on its way.
    async fn look(&mut self, now: bool) {
        for source in self.unit.sources() {
            match self.behind(source).await {
                Ok(None) => {}
                Ok(Some(offset)) => {
                    let stuck = self.last_look.insert(source, offset) == Some(offset);
                    if now || stuck {
                        self.repair(source).await;
                    }
                }
                Err(error) => self.report(source, &error),
            }
        }
    }

    /// The offset, if the source's journal goes on after it.
    async fn behind(&self, source: &'static str) -> Result<Option<i64>, Failure> {
        let Some(unit) = self.ctx.unit_named(source) else { return Ok(None) };
        // In this order: meanwhile the head can only move on.
        let offset = self.offset(source).await?;
        let head = journal::head(unit).await?;
        let at = offset.map_or(0, |offset| offset.pos);
        self.handled(source, at);
        self.ctx.metrics().lag(self.unit.spec.name, source, head.pos - at);
        if offset.is_some_and(|offset| offset.epoch != head.epoch || offset.pos > head.pos) {
            self.stop(source).await?;
            return Err(Failure::internal(format!(
                "{} has read {source} up to {at}, but its journal ends at {} (epoch {}): was it restored from a \
                 backup? {} reads no more of it until that is settled",
                self.unit.spec.name, head.pos, head.epoch, self.unit.spec.name
            )));
        }
        Ok((at < head.pos).then_some(at))
    }

    /// Reads the journal from the offset on: to its end, or [`REPAIR_BATCHES`] far.
    async fn repair(&self, source: &'static str) {
        let Some(unit) = self.ctx.unit_named(source) else { return };
        let work = async {
            for _ in 0..REPAIR_BATCHES {
                let head = journal::head(unit).await?;
                let at = self.offset(source).await?.map_or(0, |offset| offset.pos);
                let entries = journal::read(unit, head.epoch, at).await?;
                if entries.is_empty() || self.persist(source, &entries).await? != Took::Done {
                    return Ok(());
                }
                self.ctx.metrics().from_journal(self.unit.spec.name, entries.len());
                if self.ctx.stopping().is_cancelled() {
                    return Ok(());
                }
            }
            // The other sources have their turn before this one goes on.
            self.unit.progress.look.notify_one();
            Ok::<(), Failure>(())
        };
        if let Err(error) = work.await {
            self.report(source, &error);
        }
    }

    /// Handles a batch; tries again with back-off while the fault is not the events' own.
    async fn persist(&self, source: &'static str, entries: &[Entry]) -> Result<Took, Failure> {
        let mut wait = FAULT_WAIT;
        for _ in 0..TRIES_MAX {
            match self.take(source, entries).await {
                Err(error) if !error.is_poison() && !self.ctx.stopping().is_cancelled() => {
                    tracing::debug!(module = self.unit.spec.name, source, %error, "will try again");
                    tokio::select! {
                        () = self.ctx.stopping().cancelled() => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                    wait = (wait * 2).min(FAULT_WAIT_MAX);
                }
                other => return other,
            }
        }
        self.take(source, entries).await
    }

    /// Handles a batch, or finds the one entry that fails by halving, and parks it.
    fn take<'a>(
        &'a self,
        source: &'static str,
        entries: &'a [Entry],
    ) -> BoxFuture<'a, Result<Took, Failure>> {
        async move {
            match self.attempt(source, entries, None).await {
                Err(error) if error.is_poison() => {
                    let (first, second) = entries.split_at(entries.len() / 2);
                    if first.is_empty() {
                        tracing::error!(module = self.unit.spec.name, source, %error,
                            "an event was parked, and with it the later ones of its key");
                        return self.attempt(source, entries, Some(&error)).await;
                    }
                    match self.take(source, first).await? {
                        Took::Done => self.take(source, second).await,
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
        source: &'static str,
        entries: &[Entry],
        parking: Option<&Failure>,
    ) -> Result<Took, Failure> {
        let sql = &self.unit.sql;
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(Took::Done) };
        let pool = self.unit.background.clone();
        let mut tx = Tx::begin(self.ctx.clone(), self.unit.clone(), pool).await?;
        let turn: Option<bool> =
            query_scalar(AssertSqlSafe(sql.take_turn.clone())).fetch_optional(tx.conn()).await?;
        if turn.is_none() {
            return Ok(Took::Busy);
        }
        // A statement of its own: it must see what the last holder of the turn committed.
        let offset: Option<Head> =
            query_as(AssertSqlSafe(sql.read_offset.clone())).bind(source).fetch_optional(tx.conn()).await?;
        if offset.is_some_and(|offset| offset.epoch != first.epoch) {
            return Ok(Took::Gap);
        }
        let at = offset.map_or(0, |offset| offset.pos);
        if last.pos <= at {
            return Ok(Took::Done);
        }
        let new = &entries[entries.partition_point(|entry| entry.pos <= at)..];
        if !new.iter().zip(at + 1..).all(|(entry, pos)| entry.pos == pos) {
            return Ok(Took::Gap);
        }
        match parking {
            Some(error) => self.park(&mut tx, new, &error.to_string()).await?,
            None => self.handle(&mut tx, source, new).await?,
        }
        query(AssertSqlSafe(sql.write_offset.clone()))
            .bind(source)
            .bind(last.epoch)
            .bind(last.pos)
            .execute(tx.conn())
            .await?;
        tx.commit().await?;
        self.handled(source, last.pos);
        Ok(Took::Done)
    }

    /// Runs the listeners, in runs of one type, so that the order between types survives.
    async fn handle(&self, tx: &mut Tx, source: &'static str, entries: &[Entry]) -> Result<(), Failure> {
        let keys: HashSet<MemberId> = entries.iter().map(|entry| entry.key).collect();
        let parked: Vec<MemberId> = query_scalar(AssertSqlSafe(self.unit.sql.parked.clone()))
            .bind(source)
            .bind(keys.into_iter().collect::<Vec<_>>())
            .fetch_all(tx.conn())
            .await?;
        let parked: HashSet<MemberId> = parked.into_iter().collect();
        for run in entries.chunk_by(|one, next| {
            one.name == next.name && parked.contains(&one.key) == parked.contains(&next.key)
        }) {
            let Some(listeners) = self.unit.foreign(source, &run[0].name) else { continue };
            if parked.contains(&run[0].key) {
                self.park(tx, run, "an earlier event of this key is parked").await?;
                continue;
            }
            for listener in listeners.iter() {
                if self.ctx.twice() {
                    for entry in run {
                        let once = std::slice::from_ref(entry);
                        let _ = listener.batch(tx, once).await?;
                        let _ = listener.batch(tx, once).await?;
                    }
                } else {
                    let _ = listener.batch(tx, run).await?;
                }
            }
        }
        Ok(())
    }

    /// Puts entries aside, visibly, with the reason.
    async fn park(&self, tx: &mut Tx, entries: &[Entry], error: &str) -> Result<(), Failure> {
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

    /// An epoch that no journal has keeps the consumer from reading on, also once the positions fit again.
    async fn stop(&self, source: &str) -> Result<(), Failure> {
        let sql = AssertSqlSafe(self.unit.sql.stop_offset.clone());
        query(sql).bind(source).execute(&self.unit.background).await?;
        Ok(())
    }

    async fn offset(&self, source: &str) -> Result<Option<Head>, Failure> {
        let sql = AssertSqlSafe(self.unit.sql.read_offset.clone());
        Ok(query_as(sql).bind(source).fetch_optional(&self.unit.background).await?)
    }

    fn handled(&self, source: &'static str, pos: i64) {
        if let Some(handled) = self.unit.progress.handled.get(source) {
            handled.send_replace(pos);
        }
    }

    fn report(&self, source: &str, error: &Failure) {
        tracing::warn!(module = self.unit.spec.name, source, %error, "events wait in the journal");
    }
}
