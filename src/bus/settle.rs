//! Waiting until everything that was published has had its effect everywhere: for use cases and tools.

use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use sqlx::{AssertSqlSafe, query_as};
use tokio::time::timeout;

use super::read_your_writes;
use super::status;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::store::module_runtime::ModuleRuntime;

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

/// What the tables of one module say.
#[derive(Debug)]
pub struct Seen {
    pub module: String,
    /// Where its journal ends.
    pub pos: i64,
    /// Committed, and not in the journal yet.
    pub outbox: i64,
    pub parked: i64,
    /// How far it has read each source, and why not further.
    pub offsets: Vec<(String, i64, Option<String>)>,
}

/// Returns when no request's task is left, every outbox is empty, and every consumer has reached the head of
/// each of its sources.
///
/// # Errors
/// If the time is over: the error says what is left.
pub async fn settle(ctx: &Context) -> Result<(), Unsettled> {
    settle_by(ctx, async || look(ctx).await).await
}

/// The same for who can look at all modules' tables at once. Offsets must not be of a later moment than heads.
///
/// # Errors
/// If the time is over, or `look` fails: the error says what is left.
pub async fn settle_by(
    ctx: &Context,
    look: impl AsyncFn() -> Result<Vec<Seen>, Failure>,
) -> Result<(), Unsettled> {
    let mut waiting_for = String::new();
    for round in 1..=LOOKS_MAX {
        // Costs no query as long as all is well; what it does not know of, the tables do.
        let _ = timeout(AHEAD_MAX, read_your_writes::everything(ctx)).await;
        if ctx.tasks_running() > 0 {
            waiting_for = format!("{} tasks are running", ctx.tasks_running());
        } else {
            match open_work(ctx, &look().await?, round > 1)? {
                None if ctx.tasks_running() == 0 => return Ok(()),
                None => {}
                Some(work) => waiting_for = work,
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(Unsettled::Stuck(waiting_for))
}

/// Module by module, each through its own pool.
///
/// Offsets are read first and heads after that: the first entry that came in between would have been in an
/// outbox, or made a head move on, and either is seen.
async fn look(ctx: &Context) -> Result<Vec<Seen>, Failure> {
    let offsets = try_join_all(ctx.units().map(offsets)).await?;
    let states = try_join_all(ctx.units().map(|unit| status::state(unit))).await?;
    let seen = ctx.units().zip(states).zip(offsets).map(|((unit, state), offsets)| Seen {
        module: unit.spec.name.to_owned(),
        pos: state.pos,
        outbox: state.outbox,
        parked: state.parked,
        offsets,
    });
    Ok(seen.collect())
}

/// Something that is left to do, if anything is. Where the bus may have lost something and `nudging`, those who
/// are behind are told to read the journals.
fn open_work(ctx: &Context, seen: &[Seen], nudging: bool) -> Result<Option<String>, Unsettled> {
    let mut open = None;
    for (unit, seen) in ctx.units().filter_map(|unit| Some((unit, of(seen, unit.spec.name)?))) {
        if seen.parked > 0 {
            return Err(Unsettled::Parked { module: unit.spec.name, count: seen.parked });
        }
        if seen.outbox > 0 {
            unit.progress.wake.notify_one();
            open = Some(format!("the outbox of {} is not empty", unit.spec.name));
        }
    }
    let nudging = nudging && !ctx.bus().features().delivers;
    for unit in ctx.units().filter(|unit| !ctx.rehearsal().holds(unit.spec.name)) {
        for source in unit.sources() {
            let offsets = of(seen, unit.spec.name).map_or(&[][..], |seen| &seen.offsets);
            let known = offsets.iter().find(|(name, ..)| name == source);
            if let Some(why) = known.and_then(|(.., stopped)| stopped.clone()) {
                return Err(Unsettled::Stopped(why));
            }
            let at = known.map_or(0, |(_, pos, _)| *pos);
            let head = of(seen, source).map_or(0, |seen| seen.pos);
            if at < head {
                if nudging {
                    unit.progress.catch_up_requests.add(source);
                }
                open = Some(format!("{} has read {source} up to {at} of {head}", unit.spec.name));
            }
        }
    }
    Ok(open)
}

fn of<'s>(seen: &'s [Seen], module: &str) -> Option<&'s Seen> {
    seen.iter().find(|seen| seen.module == module)
}

/// How far a module has read its sources, and why not further.
async fn offsets(unit: &Arc<ModuleRuntime>) -> Result<Vec<(String, i64, Option<String>)>, Failure> {
    if unit.sources().is_empty() {
        return Ok(Vec::new());
    }
    Ok(query_as(AssertSqlSafe(unit.sql.offsets.clone())).fetch_all(&unit.background).await?)
}
