//! Waiting for effects: who approves and clicks on sees the approved.
//!
//! A request's commits are noted in its task; before its answer leaves, [`effects`] waits until the
//! consumers in this process have caught up with them, or a deadline passes.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::context::Context;
use crate::store::unit::Unit;

/// The commits of one request: the module, and the commit's number in it.
type Commits = Vec<(Arc<Unit>, u64)>;

tokio::task_local! {
    static COMMITS: RefCell<Commits>;
}

/// Notes a commit that published something. Outside of [`effects`] nobody waits, and nothing is noted.
pub fn published(unit: &Arc<Unit>, commit: u64) {
    let _ = COMMITS.try_with(|commits| commits.borrow_mut().push((unit.clone(), commit)));
}

/// Runs `work`, then waits until its effects have arrived in every module, `patience` at most.
pub async fn effects<F: Future>(ctx: &Context, patience: Duration, work: F) -> F::Output {
    let (output, commits) = COMMITS
        .scope(RefCell::default(), async {
            let output = work.await;
            (output, COMMITS.with(RefCell::take))
        })
        .await;
    let arrive = async {
        for (unit, commit) in &commits {
            arrived(ctx, unit, *commit).await;
        }
    };
    if !commits.is_empty() && tokio::time::timeout(patience, arrive).await.is_err() {
        tracing::debug!("answered before all effects had arrived");
    }
    output
}

/// Waits for a relay pass that began after the commit, then for every consumer to reach its end.
async fn arrived(ctx: &Context, unit: &Arc<Unit>, commit: u64) {
    let mut relayed = unit.progress.relayed.subscribe();
    let Ok((_, end)) = relayed.wait_for(|(seen, _)| *seen >= commit).await.map(|seen| *seen) else { return };
    for consumer in ctx.units().filter(|consumer| !ctx.rehearsal().holds(consumer.spec.name)) {
        if let Some(handled) = consumer.progress.handled.get(unit.spec.name) {
            let _ = handled.subscribe().wait_for(|pos| *pos >= end).await;
        }
    }
}
