//! Waiting until everything that was published has had its effect everywhere: for use cases and tools.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{AssertSqlSafe, query_as};

use super::status;
use crate::context::Context;
use crate::failure::Failure;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Looks after which consumers are told to read the journals: the bus may have lost something.
const PATIENCE: u32 = 200;
/// Looks after which something must be wrong: about a minute.
const LOOKS_MAX: u32 = 30_000;

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

/// Returns when no request's task is left, every outbox is empty, and every consumer has reached the head
/// of each of its sources: twice in a row, since a consumer may publish something itself.
pub async fn settle(ctx: &Context) -> Result<(), Unsettled> {
    let mut last = None;
    let mut waiting_for = String::new();
    for look in 1..=LOOKS_MAX {
        match open_work(ctx).await? {
            Ok(heads) if last.as_ref() == Some(&heads) => return Ok(()),
            Ok(heads) => {
                last = Some(heads);
                continue;
            }
            Err(work) => {
                last = None;
                waiting_for = work;
            }
        }
        if look % PATIENCE == 0 {
            ctx.units().for_each(|unit| unit.progress.look.notify_one());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(Unsettled::Stuck(waiting_for))
}

/// All heads, if nothing is left to do; otherwise what is.
async fn open_work(ctx: &Context) -> Result<Result<BTreeMap<&'static str, i64>, String>, Unsettled> {
    if ctx.tasks_running() > 0 {
        return Ok(Err(format!("{} tasks are running", ctx.tasks_running())));
    }
    let mut heads = BTreeMap::new();
    for unit in ctx.units() {
        let module = unit.spec.name;
        let state = status::state(unit).await?;
        if state.parked > 0 {
            return Err(Unsettled::Parked { module, count: state.parked });
        }
        if state.outbox > 0 {
            unit.progress.wake.notify_one();
            return Ok(Err(format!("the outbox of {module} is not empty")));
        }
        heads.insert(module, state.pos);
    }
    for unit in ctx.units().filter(|unit| !ctx.rehearsal().holds(unit.spec.name)) {
        let offsets: Vec<(String, i64, Option<String>)> = query_as(AssertSqlSafe(unit.sql.offsets.clone()))
            .fetch_all(&unit.background)
            .await
            .map_err(Failure::from)?;
        for source in unit.sources() {
            let known = offsets.iter().find(|(name, ..)| name == source);
            let at = known.map_or(0, |(_, pos, _)| *pos);
            let head = heads.get(source).copied().unwrap_or_default();
            if let Some(why) = known.and_then(|(.., stopped)| stopped.clone()) {
                return Err(Unsettled::Stopped(why));
            }
            if at < head {
                return Ok(Err(format!("{} has read {source} up to {at} of {head}", unit.spec.name)));
            }
        }
    }
    Ok(Ok(heads))
}
