//! Waiting until everything that was published has had its effect everywhere: for use cases and tools.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use sqlx::{AssertSqlSafe, query_as};
use tokio::time::timeout;

use super::status;
use super::waiting;
use crate::context::Context;
use crate::failure::Failure;
use crate::store::unit::Unit;

/// How long this process's own knowledge is waited for before each look.
const AHEAD_MAX: Duration = Duration::from_millis(100);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Looks after which something must be wrong: a minute or more.
const LOOKS_MAX: u32 = 10_000;

/// Why it does not settle.
#[derive(Debug, thiserror::Error)]
pub enum Unsettled {
    #[error("{module} has {count} dead letters")]
    Parked { module: &'static str, count: i64 },
    #[error("{0}")]
    Stopped(String),
    #[error("still unsettled after {LOOKS_MAX} looks: {0}")]
    Stuck(String),
    #[error("the tables could not be read: {0}")]
    Unreadable(#[from] Failure),
}

/// Returns when no request's task is left, every outbox is empty, and every consumer has reached the head of
/// each of its sources.
pub async fn settle(ctx: &Context) -> Result<(), Unsettled> {
    let mut waiting_for = String::new();
    for look in 1..=LOOKS_MAX {
        // Costs no query as long as all is well; what it does not know of, the tables do.
        let _ = timeout(AHEAD_MAX, waiting::everything(ctx)).await;
        match open_work(ctx, look > 1).await? {
            None => return Ok(()),
            Some(work) => waiting_for = work,
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(Unsettled::Stuck(waiting_for))
}

/// Something that is left to do, if anything is. Where the bus may have lost something and `nudging`, those who
/// are behind are told to read the journals.
///
/// Offsets are read first and heads after that: the first entry that came in between would have been in an
/// outbox, or made a head move on, and either is seen.
async fn open_work(ctx: &Context, nudging: bool) -> Result<Option<String>, Unsettled> {
    if ctx.tasks_running() > 0 {
        return Ok(Some(format!("{} tasks are running", ctx.tasks_running())));
    }
    let offsets = try_join_all(ctx.units().map(offsets)).await?;
    let states = try_join_all(ctx.units().map(|unit| status::state(unit))).await?;
    let mut open = None;
    let mut heads = BTreeMap::new();
    for (unit, state) in ctx.units().zip(states) {
        let module = unit.spec.name;
        if state.parked > 0 {
            return Err(Unsettled::Parked { module, count: state.parked });
        }
        if state.outbox > 0 {
            unit.progress.wake.notify_one();
            open = Some(format!("the outbox of {module} is not empty"));
        }
        heads.insert(module, state.pos);
    }
    let nudging = nudging && !ctx.bus().features().delivers;
    for (unit, offsets) in ctx.units().zip(offsets) {
        if ctx.rehearsal().holds(unit.spec.name) {
            continue;
        }
        for source in unit.sources() {
            let known = offsets.iter().find(|(name, ..)| name == source);
            let at = known.map_or(0, |(_, pos, _)| *pos);
            let head = heads.get(source).copied().unwrap_or_default();
            if let Some(why) = known.and_then(|(.., stopped)| stopped.clone()) {
                return Err(Unsettled::Stopped(why));
            }
            if at < head {
                if nudging {
                    unit.progress.look.notify_one();
                }
                open = Some(format!("{} has read {source} up to {at} of {head}", unit.spec.name));
            }
        }
    }
    if ctx.tasks_running() > 0 {
        open = Some(format!("{} tasks are running", ctx.tasks_running()));
    }
    Ok(open)
}

/// How far a module has read its sources, and why not further.
async fn offsets(unit: &Arc<Unit>) -> Result<Vec<(String, i64, Option<String>)>, Failure> {
    if unit.sources().is_empty() {
        return Ok(Vec::new());
    }
    Ok(query_as(AssertSqlSafe(unit.sql.offsets.clone())).fetch_all(&unit.background).await?)
}
