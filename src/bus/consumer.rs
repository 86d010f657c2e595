//! Brings other modules' events to a module's listeners: each exactly once, in order, or parked.
//!
//! Entries are at hand first, from the bus or from the source's journal, whose connection is given back;
//! then a [`ConsumerLease`] handles them and moves the offset. A gap, an overflow or a silent bus is made good from the
//! journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sqlx::{AssertSqlSafe, query, query_scalar};

use super::consumer_lease::{ConsumerLease, Lane, Offset, Outcome};
use super::journal::{self, Head};
use super::journal_range::JournalRange;
use super::{Delivery, Entry, Inbound};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::fault_injection::Step;
use crate::store::module_runtime::ModuleRuntime;

/// After a transient fault: doubled each time, up to [`FAULT_WAIT_MAX`].
const FAULT_WAIT: Duration = Duration::from_millis(50);
const FAULT_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often a range is tried again before the consumer goes on; the next poll reads the range again.
const TRIES_MAX: u32 = 8;
/// Ranges read from one journal before the other sources are read.
const CATCH_UP_RANGES: u32 = 16;
/// Another node holds the lease, perhaps for another source, or the module is being rebuilt: delay before
/// the next poll. Doubled each time, up to [`RETRY_AFTER_MAX`].
const RETRY_AFTER: Duration = Duration::from_millis(100);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(1);
/// Entries taken from the bus before they are worked on.
const BATCH: usize = 1000;

/// How far a journal is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    /// Until nothing more is in it.
    End,
    /// Until a read is less than full: so far it went when it was told of.
    Known,
}

/// One module's consumer on this node.
pub struct Consumer {
    lease: ConsumerLease,
    /// The offsets at the last poll: the consumer catches up a source whose offset has not moved since.
    last_poll: BTreeMap<&'static str, i64>,
    /// Delay before the next catch-up, set when another node holds the lease or a read failed.
    retry_after: Option<Duration>,
    /// The consumer could not read the head of a journal: until it can, it takes nothing from the bus, which may carry entries of
    /// an earlier epoch.
    blind: bool,
}

impl Consumer {
    pub fn new(ctx: Context, unit: Arc<ModuleRuntime>) -> Self {
        Self {
            lease: ConsumerLease { ctx, unit },
            last_poll: BTreeMap::new(),
            retry_after: None,
            blind: false,
        }
    }

    /// Runs until the program stops. A closed bus leaves the journals.
    pub async fn run(mut self, mut inbound: Inbound) {
        let mut every_poll = tokio::time::interval(self.lease.ctx.config().poll());
        every_poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let stopping = self.lease.ctx.stopping().clone();
        let unit = self.lease.unit.clone();
        // What was published while this program was not running.
        self.poll(true).await;
        unit.progress.begun.send_replace(true);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                delivery = inbound.recv(), if !inbound.is_closed() || !inbound.is_empty() => {
                    if let Some(delivery) = delivery {
                        self.receive(delivery, &mut inbound).await;
                    }
                }
                () = unit.progress.poll.notified() => self.poll(true).await,
                sources = unit.progress.catch_up_requests.next() => self.catch_up_requested(sources).await,
                () = tokio::time::sleep(self.retry_after.unwrap_or_default()), if self.retry_after.is_some() => {
                    self.poll_skipped().await;
                }
                _ = every_poll.tick() => self.poll(false).await,
            }
        }
    }

    /// Handles a delivery together with the deliveries that wait behind it, in one transaction where they are contiguous.
    async fn receive(&mut self, delivery: Delivery, inbound: &mut Inbound) {
        let (mut entries, mut ack) = (delivery.entries.to_vec(), delivery.ack);
        while entries.len() < BATCH
            && let Ok(more) = inbound.try_recv()
        {
            entries.extend(more.entries.iter().cloned());
            ack = more.ack;
        }
        if !self.is_held() && !self.blind {
            self.handle(&entries).await;
        }
        // Whatever was not handled will be read from the journal.
        ack.give().await;
        let names = entries.iter().map(|entry| &*entry.name);
        self.lease.ctx.fail_points().reached(Step::Acknowledged, names);
    }

    async fn handle(&mut self, entries: &[Entry]) {
        for range in JournalRange::of_bus(entries) {
            match self.persist(&range, Lane::Live).await {
                Ok(Outcome::Gap) => self.catch_up(range.source, To::End).await,
                Ok(Outcome::Done(new)) => self.lease.ctx.metrics().from_bus(self.name(), new),
                Ok(Outcome::Skipped) => self.retry_after = Some(RETRY_AFTER),
                Err(error) => self.report(range.source, &error),
            }
        }
    }

    /// Compares every source's head with the offset. `now` catches up also with what the bus may still deliver.
    async fn poll(&mut self, now: bool) {
        if self.is_held() {
            return;
        }
        self.blind = false;
        for source in self.lease.unit.sources() {
            match behind(&self.lease, source).await {
                Ok(None) => {}
                Ok(Some(pos)) => {
                    let stuck = self.last_poll.insert(source, pos) == Some(pos);
                    if now || stuck {
                        self.catch_up(source, To::End).await;
                    }
                }
                Err(error) => {
                    self.report(source, &error);
                    self.retry_after = Some(RETRY_AFTER);
                    self.blind = true;
                }
            }
        }
    }

    /// Polls again after skipped entries, with back-off.
    async fn poll_skipped(&mut self) {
        let waited = self.retry_after.take().unwrap_or_default();
        self.poll(true).await;
        if self.retry_after.is_some() {
            self.retry_after = Some((waited * 2).min(RETRY_AFTER_MAX));
        }
    }

    /// Catches up the sources that were asked for.
    async fn catch_up_requested(&mut self, sources: BTreeSet<&'static str>) {
        if !self.is_held() {
            for source in sources {
                // What has come since then is told of as well.
                self.catch_up(source, To::Known).await;
            }
        }
    }

    /// Reads the journal from the offset on, [`CATCH_UP_RANGES`] far at most.
    async fn catch_up(&mut self, source: &'static str, to: To) {
        match self.read_on(source, to).await {
            Ok(Outcome::Skipped) => self.retry_after = Some(RETRY_AFTER),
            Ok(Outcome::Gap | Outcome::Done(_)) => {}
            Err(error) => self.report(source, &error),
        }
    }

    async fn read_on(&self, source: &'static str, to: To) -> Result<Outcome, Failure> {
        let mut count = 0;
        for _ in 0..CATCH_UP_RANGES {
            let Some((range, lane)) = next(&self.lease, source).await? else {
                return Ok(Outcome::Done(count));
            };
            let new = match self.persist(&range, lane).await? {
                Outcome::Done(new) => new,
                other => return Ok(other),
            };
            count += new;
            self.lease.ctx.metrics().from_journal(self.name(), new);
            let seen = to == To::Known && lane == Lane::Live && !journal::is_full(&range.entries);
            if seen || self.lease.ctx.stopping().is_cancelled() {
                return Ok(Outcome::Done(count));
            }
        }
        // The other sources are read before this one goes on.
        self.lease.unit.progress.poll.notify_one();
        Ok(Outcome::Done(count))
    }

    /// Handles a range; tries again with back-off while the fault is not the events' own.
    async fn persist(&self, range: &JournalRange, lane: Lane) -> Result<Outcome, Failure> {
        let mut wait = FAULT_WAIT;
        for _ in 0..TRIES_MAX {
            match self.lease.take(range, lane).await {
                Err(error) if !error.is_poison() && !self.lease.ctx.stopping().is_cancelled() => {
                    tracing::debug!(module = self.name(), source = range.source, %error, "will try again");
                    tokio::select! {
                        () = self.lease.ctx.stopping().cancelled() => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                    wait = (wait * 2).min(FAULT_WAIT_MAX);
                }
                other => return other,
            }
        }
        self.lease.take(range, lane).await
    }

    /// True while use cases choose the order: see [`advance`].
    fn is_held(&self) -> bool {
        self.lease.ctx.rehearsal().holds(self.name())
    }

    fn name(&self) -> &'static str {
        self.lease.unit.spec.name
    }

    fn report(&self, source: &str, error: &Failure) {
        tracing::warn!(module = self.name(), source, %error, "events wait in the journal");
    }
}

/// Handles at most `most` entries of a source, also while the consumer is held: so use cases choose the order.
/// Returns how many there were.
///
/// # Errors
/// If a listener fails, another consumer is at work, or the database does not answer.
pub async fn advance(lease: &ConsumerLease, source: &'static str, most: usize) -> Result<usize, Failure> {
    let Some((mut range, lane)) = next(lease, source).await? else { return Ok(0) };
    if range.entries.len() > most {
        range.entries.truncate(most);
        range.upto = range.entries.last().map_or(range.after, |entry| entry.pos);
    }
    match lease.take(&range, lane).await? {
        Outcome::Done(count) => Ok(count),
        Outcome::Gap | Outcome::Skipped => Err(Failure::internal("another consumer was at work")),
    }
}

/// What of a source's journal comes next: first what a grown subscription has to catch up with.
async fn next(lease: &ConsumerLease, source: &'static str) -> Result<Option<(JournalRange, Lane)>, Failure> {
    let Some(from) = lease.ctx.unit_named(source) else { return Ok(None) };
    let offset = offset_in(lease, from).await?;
    if offset.subscription < lease.unit.subscription(source) {
        let types = lease.unit.types_since(source, offset.subscription);
        let range = journal::read_types(from, offset.filled, offset.pos, &types).await?;
        return Ok(Some((range, Lane::Backfill { version: offset.subscription })));
    }
    let range = journal::read(from, offset.pos).await?;
    Ok((range.upto > offset.pos).then_some((range, Lane::Live)))
}

/// How far the module has read a source. A module that never read it begins with its first entry, in the epoch the journal is in now:
/// what another site publishes under the same names is of another epoch, and so never the first entry that the module believes.
async fn offset_in(lease: &ConsumerLease, from: &ModuleRuntime) -> Result<Offset, Failure> {
    let source = from.spec.name;
    if let Some(offset) = lease.offset(source).await? {
        return Ok(offset);
    }
    query(AssertSqlSafe(lease.unit.sql.begin_offset.clone()))
        .bind(source)
        .bind(journal::head(from).await?.epoch)
        .bind(lease.unit.subscription(source))
        .execute(&lease.unit.background)
        .await?;
    let begun = lease.offset(source).await?;
    begun.ok_or_else(|| Failure::internal("a rebuild took away the offset that was just begun"))
}

/// The offset, if there is something to do for it: the journal goes on, or the subscription has grown.
///
/// A journal of a later epoch was restored from a backup or moved. The consumer goes on if the journal still has every entry that
/// the consumer has read, as after a restore of the whole site. Otherwise its tables hold effects of lost entries, and it stops
/// until it is rebuilt.
///
/// # Errors
/// If the database of the module or of the source does not answer.
pub async fn behind(lease: &ConsumerLease, source: &'static str) -> Result<Option<i64>, Failure> {
    let (ctx, unit) = (&lease.ctx, &lease.unit);
    let Some(from) = ctx.unit_named(source) else { return Ok(None) };
    // In this order: meanwhile the head can only move on.
    let offset = offset_in(lease, from).await?;
    let head = journal::head(from).await?;
    let at = offset.pos;
    unit.handled(source, at);
    ctx.metrics().lag(unit.spec.name, source, head.pos - at);
    let own = unit.subscription(source);
    let stopped = offset.stopped.is_some() || offset.subscription > own;
    ctx.metrics().stopped(unit.spec.name, source, stopped);
    if stopped {
        return Ok(None);
    }
    if offset.epoch != head.epoch && is_read_in_full(from, &offset, head).await? {
        let sql = AssertSqlSafe(unit.sql.enter_epoch.clone());
        query(sql)
            .bind(source)
            .bind(head.epoch)
            .bind(offset.epoch)
            .bind(offset.pos)
            .execute(&unit.background)
            .await?;
    } else if let Some(why) = restored(unit, source, &offset, head) {
        tracing::error!(module = unit.spec.name, source, "{why}");
        let sql = AssertSqlSafe(unit.sql.stop_offset.clone());
        query(sql).bind(source).bind(why).execute(&unit.background).await?;
        ctx.metrics().stopped(unit.spec.name, source, true);
        return Ok(None);
    }
    Ok((at < head.pos || offset.subscription < own).then_some(at))
}

/// True if nothing that the module has read was lost when later epochs began: what it has read is in the journal still.
async fn is_read_in_full(source: &ModuleRuntime, offset: &Offset, head: Head) -> Result<bool, Failure> {
    let sql = AssertSqlSafe(source.sql.epoch_end.clone());
    let end: Option<i64> = query_scalar(sql).bind(offset.epoch).fetch_one(&source.background).await?;
    Ok(offset.epoch < head.epoch && end.is_some_and(|end| offset.pos <= end))
}

/// The sentence that names the way out, if the journal is not the one that was read.
fn restored(unit: &ModuleRuntime, source: &str, offset: &Offset, head: Head) -> Option<String> {
    (offset.epoch != head.epoch || offset.pos > head.pos).then(|| {
        let (module, at, epoch) = (unit.spec.name, offset.pos, offset.epoch);
        format!(
            "{module} has read {source} up to {at} of epoch {epoch}, but its journal ends at {} of epoch {}: it \
             was restored from a backup. {module} reads no more of it until: pancake rebuild {module}",
            head.pos, head.epoch
        )
    })
}
