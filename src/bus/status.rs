//! How far everything has come: every journal, every consumer in each of its sources.

use sqlx::{AssertSqlSafe, query_as};

use super::consumer_lease::ConsumerLease;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::store::module_runtime::ModuleRuntime;

/// A module's own tables of the spine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct State {
    /// Where its journal ends.
    pub pos: i64,
    pub epoch: i64,
    /// Up to where it was trimmed.
    pub floor: i64,
    /// Events that are committed and have no position yet.
    pub outbox: i64,
    /// Entries of others that it could not handle.
    pub parked: i64,
    pub rebuilding: bool,
}

/// How far a module has read a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    pub consumer: &'static str,
    pub source: &'static str,
    pub pos: i64,
    /// Entries that it has not read yet.
    pub lag: i64,
    /// Why it reads no more, or what it does instead.
    pub remark: Option<String>,
    /// It reads no more until it is rebuilt.
    pub stopped: bool,
}

/// A module's own state.
///
/// # Errors
/// If the database does not answer.
pub async fn state(unit: &ModuleRuntime) -> Result<State, Failure> {
    Ok(query_as(AssertSqlSafe(unit.sql.state.clone())).fetch_one(&unit.background).await?)
}

/// Every consumer's way through each of its sources.
///
/// # Errors
/// If the database of one of the modules does not answer.
pub async fn feeds(ctx: &Context) -> Result<Vec<Feed>, Failure> {
    let mut feeds = Vec::new();
    for unit in ctx.units() {
        let lease = ConsumerLease { ctx: ctx.clone(), unit: unit.clone() };
        for source in unit.sources() {
            let Some(from) = ctx.unit_named(source) else { continue };
            // In this order: meanwhile the head can only move on.
            let offset = lease.offset(source).await?;
            let head = super::journal::head(from).await?.pos;
            let pos = offset.as_ref().map_or(0, |offset| offset.pos);
            let own = unit.subscription(source);
            let stopped = offset.as_ref().is_some_and(|offset| offset.stopped.is_some());
            let remark = offset.and_then(|offset| match offset.stopped {
                Some(why) => Some(why),
                None if offset.subscription > own => Some("a newer program consumes here".to_owned()),
                None if offset.subscription < own => Some(format!("catches up, {} of {pos}", offset.filled)),
                None => None,
            });
            feeds.push(Feed { consumer: unit.spec.name, source, pos, lag: head - pos, remark, stopped });
        }
    }
    Ok(feeds)
}
