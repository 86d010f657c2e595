//! Waiting for effects: who approves and clicks on sees the approved.
//!
//! A request's commits are noted in its task; before its answer leaves, [`effects`] waits until the
//! consumers have caught up with them, here or on another node, or a deadline passes.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use sqlx::{AssertSqlSafe, query_as};
use tokio::time::timeout;

use super::journal::Head;
use crate::kernel::context::Context;
use crate::store::module_runtime::ModuleRuntime;

/// The commits of one request: the module, and the commit's number in it.
type Commits = Vec<(Arc<ModuleRuntime>, u64)>;

/// How long this process's own consumer has before the tables are asked whether another node was faster. Doubled with
/// every question, or a hundred who wait on a busy machine would keep it busy with asking.
const ASK_AFTER: Duration = Duration::from_millis(25);
const ASK_EVERY_MAX: Duration = Duration::from_millis(200);
/// How long a bus that may lose something has before consumers are told to look at the journal.
const NUDGE_AFTER: Duration = Duration::from_millis(1);

tokio::task_local! {
    static COMMITS: RefCell<Commits>;
}

/// Notes a commit that published something. Outside of [`effects`] nobody waits, and nothing is noted.
pub fn published(unit: &Arc<ModuleRuntime>, commit: u64) {
    let _ = COMMITS.try_with(|commits| commits.borrow_mut().push((unit.clone(), commit)));
}

/// Runs `work`, then waits until its effects have arrived in every module, `patience` at most. Also says
/// whether they have.
pub async fn effects<F: Future>(ctx: &Context, patience: Duration, work: F) -> (F::Output, bool) {
    let (output, commits) = COMMITS
        .scope(RefCell::default(), async {
            let output = work.await;
            (output, COMMITS.with(RefCell::take))
        })
        .await;
    if commits.is_empty() || patience.is_zero() {
        return (output, commits.is_empty());
    }
    let arrive = join_all(commits.iter().map(|(unit, commit)| arrived(ctx, unit, *commit)));
    let arrived = tokio::select! {
        // The end of the process waits for the answer, and not for effects.
        () = ctx.stopping().cancelled() => false,
        waited = timeout(patience, arrive) => waited.is_ok(),
    };
    if !arrived {
        tracing::debug!("answered before all effects had arrived");
    }
    (output, arrived)
}

/// Waits until the effects of everything that this process has published so far have arrived.
pub async fn everything(ctx: &Context) {
    let published =
        ctx.units().map(|unit| (unit, unit.progress.commits())).filter(|(_, commits)| *commits > 0);
    join_all(published.map(|(unit, commits)| arrived(ctx, unit, commits))).await;
}

/// Waits for a relay pass that began after the commit, then for every consumer to reach its end.
async fn arrived(ctx: &Context, unit: &Arc<ModuleRuntime>, commit: u64) {
    let mut relayed = unit.progress.relayed.subscribe();
    let Ok((_, end)) = relayed.wait_for(|(seen, _)| *seen >= commit).await.map(|seen| *seen) else { return };
    let free = ctx.units().filter(|consumer| !ctx.rehearsal().holds(consumer.spec.name));
    join_all(free.map(|consumer| caught_up(ctx, consumer, unit.spec.name, end))).await;
}

/// Waits until a consumer has read a source up to `end`, on whatever node.
async fn caught_up(ctx: &Context, consumer: &ModuleRuntime, source: &'static str, end: i64) {
    let Some(handled) = consumer.progress.handled.get(source) else { return };
    let mut seen = handled.subscribe();
    if !ctx.bus().features().delivers && timeout(NUDGE_AFTER, seen.wait_for(|pos| *pos >= end)).await.is_err()
    {
        consumer.progress.catch_up_requests.add(source);
    }
    let mut wait = ASK_AFTER;
    while timeout(wait, seen.wait_for(|pos| *pos >= end)).await.is_err() {
        wait = (wait * 2).min(ASK_EVERY_MAX);
        let sql = AssertSqlSafe(consumer.sql.read_offset.clone());
        let offset: Result<Option<Head>, _> =
            query_as(sql).bind(source).fetch_optional(&consumer.background).await;
        // A database that does not answer is the consumer's to report; this only waits.
        if let Ok(Some(offset)) = offset {
            handled.send_if_modified(|pos| {
                let further = offset.pos > *pos;
                *pos = offset.pos.max(*pos);
                further
            });
        }
        if !ctx.bus().features().delivers {
            consumer.progress.catch_up_requests.add(source);
        }
    }
}
