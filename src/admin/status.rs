//! `pancake status`: how far everything has come, and what waits for somebody.

use clap::Args;
use sqlx::{AssertSqlSafe, Executor, query_scalar};

use super::{OperateError, Program, with_program};
use crate::bus::status::{Feed, State};
use crate::kernel::config::StoreConfig;
use crate::kernel::failure::Failure;
use crate::store::module_runtime::ModuleRuntime;
use crate::web::nodes::Node;
use crate::web::overview::{Overview, overview};

#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub store: StoreConfig,
}

/// The tables. It is an error when something waits for the operator, so that programs can ask too.
///
/// # Errors
/// If something waits for the operator, or the database does not answer.
pub async fn run(args: StatusArgs) -> Result<String, OperateError> {
    with_program(args.store, async |program| report(program).await).await
}

async fn report(program: &Program) -> Result<String, OperateError> {
    let Overview { nodes, modules, feeds, needs } = overview(&program.ctx).await?;
    let mut said =
        format!("{:<22} {:<8} {:<20} {:<20} {:<7} bus\n", "node", "version", "started", "heard of", "state");
    for Node { address, version, bus, started, seen, silent, .. } in nodes {
        let [started, seen] = [started, seen].map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string());
        let state = if silent { "silent" } else { "runs" };
        said.push_str(&format!("{address:<22} {version:<8} {started:<20} {seen:<20} {state:<7} {bus}\n"));
    }
    said.push_str(&format!(
        "\n{:<10} {:>12} {:>14} {:>12} {:>8} {:>13} {:>12}\n",
        "module", "journal", "epoch", "trimmed to", "outbox", "dead letters", "connections"
    ));
    for (name, State { pos, epoch, floor, outbox, parked, .. }) in modules {
        let Some(unit) = program.ctx.unit_named(name) else { continue };
        let connections = connections(unit).await?;
        said.push_str(&format!(
            "{name:<10} {pos:>12} {epoch:>14} {floor:>12} {outbox:>8} {parked:>13} {connections:>12}\n"
        ));
    }
    said.push_str(&format!("\n{:<10} {:<10} {:>12} {:>12}\n", "consumer", "source", "read to", "behind"));
    for Feed { consumer, source, pos, lag, remark, stopped } in feeds {
        if stopped {
            said.push_str(&format!("{consumer:<10} {source:<10} {pos:>12} {:>12}\n", "stopped"));
        } else {
            let remark = remark.unwrap_or_default();
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
async fn connections(unit: &ModuleRuntime) -> Result<i64, Failure> {
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
