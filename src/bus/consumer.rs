//! Brings other modules' events to a module's listeners: each exactly once, in order, or parked.
//!
//! Entries are at hand first, from the bus or from the source's journal, whose connection is given back;
//! then a [`Turn`] handles them and moves the offset. A gap, an overflow or a silent bus is repaired from the
//! journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sqlx::{AssertSqlSafe, query, query_scalar};

use super::journal::{self, Head};
use super::stretch::Stretch;
use super::turn::{Lane, Offset, Took, Turn};
use super::{Bunch, Entry, Inbound};
use crate::context::Context;
use crate::fail_point::Step;
use crate::failure::Failure;
use crate::store::unit::Unit;

/// After a transient fault: doubled each time, up to [`FAULT_WAIT_MAX`].
const FAULT_WAIT: Duration = Duration::from_millis(50);
const FAULT_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often a stretch is tried again before the consumer goes on and leaves it to the next look.
const TRIES_MAX: u32 = 8;
/// Stretches read from one journal before the other sources have their turn.
const REPAIR_STRETCHES: u32 = 16;
/// Another node has the turn, which may have had it for something else, or the module is being rebuilt: before the next
/// look. Doubled each time, up to [`LEFT_WAIT_MAX`].
const LEFT_WAIT: Duration = Duration::from_millis(100);
const LEFT_WAIT_MAX: Duration = Duration::from_secs(1);
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
    turn: Turn,
    /// The offsets at the last look: a source is repaired when its offset has not moved since.
    last_look: BTreeMap<&'static str, i64>,
    /// Entries were left to whoever has the turn, or a journal could not be looked at: when to look again.
    left: Option<Duration>,
    /// The consumer could not read the head of a journal: until it can, it takes nothing from the bus, which may carry entries of
    /// an earlier epoch.
    blind: bool,
}

impl Consumer {
    pub fn new(ctx: Context, unit: Arc<Unit>) -> Self {
        Self { turn: Turn { ctx, unit }, last_look: BTreeMap::new(), left: None, blind: false }
    }

    /// Runs until the program stops. A closed bus leaves the journals.
    pub async fn run(mut self, mut inbound: Inbound) {
        let mut poll = tokio::time::interval(self.turn.ctx.config().poll());
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let stopping = self.turn.ctx.stopping().clone();
        let unit = self.turn.unit.clone();
        // What was published while this program was not running.
        self.look(true).await;
        unit.progress.begun.send_replace(true);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                bunch = inbound.recv(), if !inbound.is_closed() || !inbound.is_empty() => {
                    if let Some(bunch) = bunch {
                        self.receive(bunch, &mut inbound).await;
                    }
                }
                () = unit.progress.look.notified() => self.look(true).await,
                sources = unit.progress.nudges.next() => self.nudged(sources).await,
                () = tokio::time::sleep(self.left.unwrap_or_default()), if self.left.is_some() => {
                    self.look_after_others().await;
                }
                _ = poll.tick() => self.look(false).await,
            }
        }
    }

    /// Takes a bunch and what else is waiting: what belongs together is handled together.
    async fn receive(&mut self, bunch: Bunch, inbound: &mut Inbound) {
        let (mut entries, mut receipt) = (bunch.entries.to_vec(), bunch.receipt);
        while entries.len() < BATCH
            && let Ok(more) = inbound.try_recv()
        {
            entries.extend(more.entries.iter().cloned());
            receipt = more.receipt;
        }
        if !self.is_held() && !self.blind {
            self.handle(&entries).await;
        }
        // Whatever was not handled will be read from the journal.
        receipt.give().await;
        let names = entries.iter().map(|entry| &*entry.name);
        self.turn.ctx.fail_points().reached(Step::Acknowledged, names);
    }

    async fn handle(&mut self, entries: &[Entry]) {
        for stretch in Stretch::of_bus(entries) {
            match self.persist(&stretch, Lane::Main).await {
                Ok(Took::Gap) => self.repair(stretch.source, To::End).await,
                Ok(Took::Done(new)) => self.turn.ctx.metrics().from_bus(self.name(), new),
                Ok(Took::Left) => self.left = Some(LEFT_WAIT),
                Err(error) => self.report(stretch.source, &error),
            }
        }
    }

    /// Compares every source's head with the offset. `now` repairs also what may still be on its way.
    async fn look(&mut self, now: bool) {
        if self.is_held() {
            return;
        }
        self.blind = false;
        for source in self.turn.unit.sources() {
            match behind(&self.turn, source).await {
                Ok(None) => {}
                Ok(Some(pos)) => {
                    let stuck = self.last_look.insert(source, pos) == Some(pos);
                    if now || stuck {
                        self.repair(source, To::End).await;
                    }
                }
                Err(error) => {
                    self.report(source, &error);
                    self.left = Some(LEFT_WAIT);
                    self.blind = true;
                }
            }
        }
    }

    /// Sees whether what was left was handled.
    async fn look_after_others(&mut self) {
        let waited = self.left.take().unwrap_or_default();
        self.look(true).await;
        if self.left.is_some() {
            self.left = Some((waited * 2).min(LEFT_WAIT_MAX));
        }
    }

    /// Reads on where somebody has seen that there is more.
    async fn nudged(&mut self, sources: BTreeSet<&'static str>) {
        if !self.is_held() {
            for source in sources {
                // What has come since then is told of as well.
                self.repair(source, To::Known).await;
            }
        }
    }

    /// Reads the journal from the offset on, [`REPAIR_STRETCHES`] far at most.
    async fn repair(&mut self, source: &'static str, to: To) {
        match self.read_on(source, to).await {
            Ok(Took::Left) => self.left = Some(LEFT_WAIT),
            Ok(Took::Gap | Took::Done(_)) => {}
            Err(error) => self.report(source, &error),
        }
    }

    async fn read_on(&self, source: &'static str, to: To) -> Result<Took, Failure> {
        let mut count = 0;
        for _ in 0..REPAIR_STRETCHES {
            let Some((stretch, lane)) = next(&self.turn, source).await? else { return Ok(Took::Done(count)) };
            let new = match self.persist(&stretch, lane).await? {
                Took::Done(new) => new,
                other => return Ok(other),
            };
            count += new;
            self.turn.ctx.metrics().from_journal(self.name(), new);
            let seen = to == To::Known && lane == Lane::Main && !journal::is_full(&stretch.entries);
            if seen || self.turn.ctx.stopping().is_cancelled() {
                return Ok(Took::Done(count));
            }
        }
        // The other sources have their turn before this one goes on.
        self.turn.unit.progress.look.notify_one();
        Ok(Took::Done(count))
    }

    /// Handles a stretch; tries again with back-off while the fault is not the events' own.
    async fn persist(&self, stretch: &Stretch, lane: Lane) -> Result<Took, Failure> {
        let mut wait = FAULT_WAIT;
        for _ in 0..TRIES_MAX {
            match self.turn.take(stretch, lane).await {
                Err(error) if !error.is_poison() && !self.turn.ctx.stopping().is_cancelled() => {
                    tracing::debug!(module = self.name(), source = stretch.source, %error, "will try again");
                    tokio::select! {
                        () = self.turn.ctx.stopping().cancelled() => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                    wait = (wait * 2).min(FAULT_WAIT_MAX);
                }
                other => return other,
            }
        }
        self.turn.take(stretch, lane).await
    }

    /// True while use cases choose the order: see [`advance`].
    fn is_held(&self) -> bool {
        self.turn.ctx.rehearsal().holds(self.name())
    }

    fn name(&self) -> &'static str {
        self.turn.unit.spec.name
    }

    fn report(&self, source: &str, error: &Failure) {
        tracing::warn!(module = self.name(), source, %error, "events wait in the journal");
    }
}

/// Handles at most `most` entries of a source, whoever holds the consumer: use cases choose the order so.
/// Returns how many there were.
pub async fn advance(turn: &Turn, source: &'static str, most: usize) -> Result<usize, Failure> {
    let Some((mut stretch, lane)) = next(turn, source).await? else { return Ok(0) };
    if stretch.entries.len() > most {
        stretch.entries.truncate(most);
        stretch.upto = stretch.entries.last().map_or(stretch.after, |entry| entry.pos);
    }
    match turn.take(&stretch, lane).await? {
        Took::Done(count) => Ok(count),
        Took::Gap | Took::Left => Err(Failure::internal("another consumer was at work")),
    }
}

/// What of a source's journal comes next: first what a grown subscription has to catch up with.
async fn next(turn: &Turn, source: &'static str) -> Result<Option<(Stretch, Lane)>, Failure> {
    let Some(from) = turn.ctx.unit_named(source) else { return Ok(None) };
    let offset = offset_in(turn, from).await?;
    if offset.subscription < turn.unit.subscription(source) {
        let types = turn.unit.types_since(source, offset.subscription);
        let stretch = journal::read_types(from, offset.filled, offset.pos, &types).await?;
        return Ok(Some((stretch, Lane::Fill { version: offset.subscription })));
    }
    let stretch = journal::read(from, offset.pos).await?;
    Ok((stretch.upto > offset.pos).then_some((stretch, Lane::Main)))
}

/// How far the module has read a source. A module that never read it begins with its first entry, in the epoch the journal is in now:
/// what another site publishes under the same names is of another epoch, and so never the first entry that the module believes.
async fn offset_in(turn: &Turn, from: &Unit) -> Result<Offset, Failure> {
    let source = from.spec.name;
    if let Some(offset) = turn.offset(source).await? {
        return Ok(offset);
    }
    query(AssertSqlSafe(turn.unit.sql.begin_offset.clone()))
        .bind(source)
        .bind(journal::head(from).await?.epoch)
        .bind(turn.unit.subscription(source))
        .execute(&turn.unit.background)
        .await?;
    let begun = turn.offset(source).await?;
    begun.ok_or_else(|| Failure::internal("a rebuild took away the offset that was just begun"))
}

/// The offset, if there is something to do for it: the journal goes on, or the subscription has grown.
///
/// A journal of a later epoch was restored from a backup or moved. The consumer goes on if the journal still has every entry that
/// the consumer has read, as after a restore of the whole site. Otherwise its tables hold effects of lost entries, and it stops
/// until it is rebuilt.
pub async fn behind(turn: &Turn, source: &'static str) -> Result<Option<i64>, Failure> {
    let (ctx, unit) = (&turn.ctx, &turn.unit);
    let Some(from) = ctx.unit_named(source) else { return Ok(None) };
    // In this order: meanwhile the head can only move on.
    let offset = offset_in(turn, from).await?;
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
async fn is_read_in_full(source: &Unit, offset: &Offset, head: Head) -> Result<bool, Failure> {
    let sql = AssertSqlSafe(source.sql.epoch_end.clone());
    let end: Option<i64> = query_scalar(sql).bind(offset.epoch).fetch_one(&source.background).await?;
    Ok(offset.epoch < head.epoch && end.is_some_and(|end| offset.pos <= end))
}

/// The sentence that names the way out, if the journal is not the one that was read.
fn restored(unit: &Unit, source: &str, offset: &Offset, head: Head) -> Option<String> {
    (offset.epoch != head.epoch || offset.pos > head.pos).then(|| {
        let (module, at, epoch) = (unit.spec.name, offset.pos, offset.epoch);
        format!(
            "{module} has read {source} up to {at} of epoch {epoch}, but its journal ends at {} of epoch {}: it \
             was restored from a backup. {module} reads no more of it until: pancake rebuild {module}",
            head.pos, head.epoch
        )
    })
}
