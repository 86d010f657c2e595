//! Trims journals: events that say how long they are kept are deleted after that, once everybody has read them.
//!
//! A window of positions at a time, from the floor up to the first window with something young in it. What is
//! left out is no gap: positions stay as they are.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, query, query_scalar};

use super::consumer_lease::ConsumerLease;
use super::journal;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::store::module_runtime::ModuleRuntime;

/// Between two rounds.
const EVERY: Duration = Duration::from_hours(1);
/// Positions looked at in one transaction.
const WINDOW: i64 = 10_000;
/// Windows of one round.
const WINDOWS_MAX: u32 = 100;

/// Runs until the program stops.
pub async fn run(ctx: Context, unit: Arc<ModuleRuntime>) {
    if unit.events.iter().all(|event| event.retention.is_none()) {
        return;
    }
    while !ctx.stopping().is_cancelled() {
        match trim(&ctx, &unit).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(module = unit.spec.name, count, "old events left the journal"),
            Err(error) => tracing::warn!(module = unit.spec.name, %error, "the journal was not trimmed"),
        }
        tokio::select! {
            () = ctx.stopping().cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// One round. Returns how many entries were deleted.
///
/// # Errors
/// If the database does not answer.
pub async fn trim(ctx: &Context, unit: &Arc<ModuleRuntime>) -> Result<u64, Failure> {
    let now = ctx.now();
    let (names, before): (Vec<&str>, Vec<DateTime<Utc>>) =
        unit.events.iter().filter_map(|event| Some((event.name, now - event.retention?))).unzip();
    let Some(oldest) = before.iter().min().copied() else { return Ok(0) };
    let read_by_all = read_by_all(ctx, unit).await?;
    let sql = &unit.sql;
    let mut floor: i64 =
        query_scalar(AssertSqlSafe(sql.read_floor.clone())).fetch_one(&unit.background).await?;
    let mut count = 0;
    for _ in 0..WINDOWS_MAX {
        let end = read_by_all.min(floor + WINDOW);
        if end <= floor {
            break;
        }
        let trimmed = query(AssertSqlSafe(sql.trim.clone())).bind(floor).bind(end).bind(&names).bind(&before);
        count += trimmed.execute(&unit.background).await?.rows_affected();
        let old = query_scalar(AssertSqlSafe(sql.is_old.clone())).bind(floor).bind(end).bind(oldest);
        if !old.fetch_one(&unit.background).await? {
            break;
        }
        query(AssertSqlSafe(sql.raise_floor.clone())).bind(end).execute(&unit.background).await?;
        floor = end;
    }
    Ok(count)
}

/// How far everybody who listens has read.
async fn read_by_all(ctx: &Context, unit: &Arc<ModuleRuntime>) -> Result<i64, Failure> {
    let source = unit.spec.name;
    let mut least = journal::head(unit).await?.pos;
    for consumer in ctx.units().filter(|consumer| consumer.sources().contains(&source)) {
        let lease = ConsumerLease { ctx: ctx.clone(), unit: consumer.clone() };
        least = least.min(lease.offset(source).await?.map_or(0, |offset| offset.pos));
    }
    Ok(least)
}
