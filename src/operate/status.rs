//! `pancake status`: how far everything has come, and what waits for somebody.

use clap::Args;
use sqlx::{AssertSqlSafe, Executor, query_scalar};

use super::{OperateError, Program, with_program};
use crate::bus::status::{Feed, State, feeds, state};
use crate::config::StoreConfig;
use crate::failure::Failure;
use crate::store::unit::Unit;

#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub store: StoreConfig,
}

/// The tables. It is an error when something waits for the operator, so that programs can ask too.
pub async fn run(args: StatusArgs) -> Result<String, OperateError> {
    with_program(args.store, async |program| report(program).await).await
}

async fn report(program: &Program) -> Result<String, OperateError> {
    let mut said = format!(
        "{:<10} {:>12} {:>6} {:>12} {:>8} {:>13} {:>12}\n",
        "module", "journal", "epoch", "trimmed to", "outbox", "dead letters", "connections"
    );
    let mut needs = Vec::new();
    for unit in program.ctx.units() {
        let name = unit.spec.name;
        let State { pos, epoch, floor, outbox, parked, rebuilding } = state(unit).await?;
        let connections = connections(unit).await?;
        said.push_str(&format!(
            "{name:<10} {pos:>12} {epoch:>6} {floor:>12} {outbox:>8} {parked:>13} {connections:>12}\n"
        ));
        if parked > 0 {
            needs.push(format!("{name} has parked {parked} events: pancake dead-letter list {name}"));
        }
        if rebuilding {
            needs.push(format!(
                "{name} is being rebuilt. If that was broken off, do it again: pancake rebuild {name}"
            ));
        }
    }
    said.push_str(&format!("\n{:<10} {:<10} {:>12} {:>12}\n", "consumer", "source", "read to", "behind"));
    for Feed { consumer, source, pos, lag, remark, stopped } in feeds(&program.ctx).await? {
        let remark = remark.unwrap_or_default();
        if stopped {
            needs.push(remark);
            said.push_str(&format!("{consumer:<10} {source:<10} {pos:>12} {:>12}\n", "stopped"));
        } else {
            said.push_str(&format!("{consumer:<10} {source:<10} {pos:>12} {lag:>12}  {remark}"));
            said.truncate(said.trim_end().len());
            said.push('\n');
        }
    }
    if needs.is_empty() {
        Ok(said)
    } else {
        Err(OperateError::NeedsYou(format!("{said}\n{}", needs.join("\n"))))
    }
}

/// How many connections the module's pools have, all nodes together.
async fn connections(unit: &Unit) -> Result<i64, Failure> {
    let mut conn = unit.background.acquire().await?;
    // The module's role may not look at the sessions of the user that it was entered from.
    conn.execute("set role none").await?;
    let count = query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = $1",
    )
    .bind(format!("pancake {}", unit.spec.name))
    .fetch_one(&mut *conn)
    .await;
    conn.execute(AssertSqlSafe("reset role")).await?;
    Ok(count?)
}
