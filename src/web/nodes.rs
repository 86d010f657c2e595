//! Which nodes run: each keeps a row of itself, so that whoever looks at the site sees all of them.
//!
//! Nothing depends on it; who does what is for the database to say. A node that ends takes its row along. One that was
//! killed or is frozen is silent soon, and forgotten later.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{query, query_as};

use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{NodeId, TypedId};
use crate::web::limits::SPEC;

/// How often a node says that it runs.
const BEAT_EVERY: Duration = Duration::from_secs(3);
/// Whoever has said nothing for so long is silent.
const SILENT_AFTER: TimeDelta = TimeDelta::seconds(10);
/// Whoever has said nothing for so long is forgotten.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::minutes(10);
/// What taking the row along may take at the end.
const LEAVE_MAX: Duration = Duration::from_millis(200);
/// Nodes that are shown.
const SHOWN_MAX: i64 = 100;

/// One running program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    pub node: NodeId,
    /// Where it serves.
    pub address: String,
    pub version: String,
    /// Its bus, and what is wrong with that.
    pub bus: String,
    pub started: DateTime<Utc>,
    /// When it last said that it runs.
    pub seen: DateTime<Utc>,
    /// It has said nothing for ten seconds: it is frozen, killed, or cut off from the database.
    pub silent: bool,
}

/// Says that this node runs, again and again, until it ends.
pub async fn keep(ctx: Context) {
    let mut well = true;
    while !ctx.stopping().is_cancelled() {
        let beat = beat(&ctx).await;
        if let (Err(error), true) = (&beat, well) {
            tracing::warn!(%error, "this node could not say that it runs");
        }
        well = beat.is_ok();
        tokio::select! {
            () = ctx.stopping().cancelled() => {}
            () = tokio::time::sleep(BEAT_EVERY) => {}
        }
    }
    let gone = query!("delete from limits.node where id = $1", ctx.node().uuid());
    if !matches!(tokio::time::timeout(LEAVE_MAX, gone.execute(&ctx.unit(&SPEC).background)).await, Ok(Ok(_)))
    {
        tracing::debug!("this node is shown as silent for a while");
    }
}

/// Renews the row, and forgets those that nobody renews.
async fn beat(ctx: &Context) -> Result<(), sqlx::Error> {
    let (now, background) = (ctx.now(), &ctx.unit(&SPEC).background);
    query!(
        "insert into limits.node (id, address, version, bus, started, seen) values ($1, $2, $3, $4, $5, $5)
         on conflict (id) do update set bus = excluded.bus, seen = excluded.seen",
        ctx.node().uuid(),
        address(ctx.config().listen),
        env!("CARGO_PKG_VERSION"),
        bus(ctx),
        now,
    )
    .execute(background)
    .await?;
    query!("delete from limits.node where seen < $1", now - FORGOTTEN_AFTER).execute(background).await?;
    Ok(())
}

/// The nodes that are known, the oldest first.
///
/// # Errors
/// If the database does not answer.
pub async fn nodes(ctx: &Context) -> Result<Vec<Node>, Failure> {
    let silent = ctx.now() - SILENT_AFTER;
    Ok(query_as!(
        Node,
        r#"select id as "node: NodeId", address, version, bus, started, seen, seen < $1 as "silent!"
           from limits.node order by started, id limit $2"#,
        silent,
        SHOWN_MAX
    )
    .fetch_all(&ctx.unit(&SPEC).background)
    .await?)
}

/// The bus of this node in a few words.
fn bus(ctx: &Context) -> String {
    let report = ctx.bus().report();
    match report.fault {
        None => report.name.to_owned(),
        Some(fault) => format!("{}: {fault}", report.name),
    }
}

/// What tells two machines apart that serve on all of their addresses.
fn address(listen: SocketAddr) -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match machine.trim() {
        machine if listen.ip().is_unspecified() && !machine.is_empty() => {
            format!("{machine}:{}", listen.port())
        }
        _ => listen.to_string(),
    }
}
