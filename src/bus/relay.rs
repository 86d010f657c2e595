//! Gives committed events their positions in the journal and hands them to the bus.
//!
//! The head row is lock and counter in one. Outbox rows are found by presence, never by `id > last`, so a
//! late commit is never skipped. A wake after each commit makes it fast; the poll makes it sure.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{AssertSqlSafe, query, query_as, query_scalar};
use tokio::time::Instant;

use super::Entry;
use super::journal::{BATCH_MAX, Head, Row};
use crate::kernel::clock::machine_millis;
use crate::kernel::context::{Context, Tx};
use crate::kernel::failure::Failure;
use crate::kernel::fault_injection::Step;
use crate::store::module_runtime::ModuleRuntime;

/// Delay when another node holds the head, which it does not for long.
const LOCKED_WAIT: Duration = Duration::from_millis(3);
/// Minimum interval between two passes that move something: what is committed meanwhile travels together, and costs relay and consumer one transaction instead of many. The first after a pause does not wait.
const PASS_TIME: Duration = Duration::from_millis(5);
/// Delay after a fault; after more in a row, so many times as long, up to [`FAULTS_MAX`].
const FAULT_WAIT: Duration = Duration::from_millis(200);
const FAULTS_MAX: u32 = 10;

/// Runs until the program stops.
pub async fn run(ctx: Context, unit: Arc<ModuleRuntime>) {
    let poll = ctx.config().poll();
    let mut faults = 0;
    let mut last = None;
    while !ctx.stopping().is_cancelled() {
        let (begun, before) = (Instant::now(), last);
        let wait = match pass(&ctx, &unit, &mut last).await {
            Err(error) => {
                // Said once, or the log would be full of it while the database is away.
                if faults == 0 {
                    tracing::warn!(module = unit.spec.name, %error, "the relay will try until it works");
                }
                faults += 1;
                FAULT_WAIT * faults.min(FAULTS_MAX)
            }
            Ok(passed) => {
                if std::mem::take(&mut faults) > 0 {
                    tracing::info!(module = unit.spec.name, "the relay works again");
                }
                match passed {
                    Pass::Drained => poll,
                    Pass::More => continue,
                    Pass::Locked => LOCKED_WAIT,
                }
            }
        };
        if last != before {
            tokio::time::sleep_until(begun + PASS_TIME).await;
        }
        tokio::select! {
            () = ctx.stopping().cancelled() => {}
            () = unit.progress.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// How a pass went.
#[derive(Debug, PartialEq, Eq)]
pub enum Pass {
    Drained,
    More,
    Locked,
}

/// Moves one batch from the outbox to the journal, then publishes it. `last` is the head after the last pass.
///
/// # Errors
/// If the database does not answer. A bus that does not take the entries is no error: the journal has them.
pub async fn pass(
    ctx: &Context,
    unit: &Arc<ModuleRuntime>,
    last: &mut Option<Head>,
) -> Result<Pass, Failure> {
    // Read before the pass: a commit that comes during it may or may not be in it.
    let seen = unit.progress.commits();
    let mut tx = Tx::begin(ctx.clone(), unit.clone(), unit.background.clone()).await?;
    let head: Option<Head> =
        query_as(AssertSqlSafe(unit.sql.lock_head.clone())).fetch_optional(tx.conn()).await?;
    let Some(mut head) = head else { return Ok(Pass::Locked) };
    if last.is_some_and(|last| last.epoch == head.epoch && last.pos > head.pos) {
        head = raise_epoch(unit, &mut tx).await?;
        tx.commit().await?;
        *last = Some(head);
        return Ok(Pass::More);
    }
    // A second statement, since one that also took the lock would see the rows of before it. The rows themselves
    // are read after the commit: who freezes while a server sends much holds its locks for as long.
    let count: i64 = query_scalar(AssertSqlSafe(unit.sql.sequence.clone()))
        .bind(BATCH_MAX)
        .bind(head.pos)
        .fetch_one(tx.conn())
        .await?;
    if count > 0 {
        let before = head.pos;
        head.pos += count;
        query(AssertSqlSafe(unit.sql.move_head.clone())).bind(head.pos).execute(tx.conn()).await?;
        tx.commit().await?;
        publish(ctx, unit, before, head).await?;
    }
    *last = Some(head);
    if count >= BATCH_MAX {
        return Ok(Pass::More);
    }
    unit.progress.relayed.send_replace((seen, head.pos));
    Ok(Pass::Drained)
}

/// Hands the bus what has got its place between two heads.
async fn publish(ctx: &Context, unit: &ModuleRuntime, after: i64, head: Head) -> Result<(), Failure> {
    let rows: Vec<Row> = query_as(AssertSqlSafe(unit.sql.read_journal.clone()))
        .bind(after)
        .bind(head.pos - after)
        .fetch_all(&unit.background)
        .await?;
    let entries: Vec<Entry> = rows.into_iter().map(|row| row.entry(unit.spec.name, head.epoch)).collect();
    ctx.metrics().sequenced(unit.spec.name, entries.len());
    let reached = |step| ctx.fail_points().reached(step, entries.iter().map(|entry| &*entry.name));
    reached(Step::Sequenced);
    match ctx.bus().publish(&entries).await {
        Ok(()) => reached(Step::Published),
        Err(error) => {
            // The bus itself has said once that it is away; the metrics count what it refuses.
            tracing::debug!(module = unit.spec.name, %error, "consumers will read the journal");
        }
    }
    Ok(())
}

/// The journal has become shorter under a running program: a backup was restored. What comes now must not be
/// taken for what the consumers have read under the same positions.
async fn raise_epoch(unit: &ModuleRuntime, tx: &mut Tx) -> Result<Head, Failure> {
    let head: Head = query_as(AssertSqlSafe(unit.sql.raise_epoch.clone()))
        .bind(machine_millis())
        .fetch_one(tx.conn())
        .await?;
    tracing::error!(
        module = unit.spec.name,
        epoch = head.epoch,
        pos = head.pos,
        "the journal was restored from a backup: a new epoch begins, and whoever read the old one stops"
    );
    Ok(head)
}
