//! `pancake rebuild`: a module's tables are emptied and written anew from the journals.

use clap::Args;

use super::{OperateError, Program, with_program};
use crate::bus::rebuild::rebuild;
use crate::bus::status;
use crate::kernel::config::StoreConfig;

/// Which modules.
#[derive(Debug, Clone, Args)]
pub struct RebuildArgs {
    /// Modules to rebuild; their members can change nothing there meanwhile
    #[arg(required_unless_present = "stopped")]
    pub modules: Vec<String>,
    /// All that read no more of a source since its journal was restored from a backup
    #[arg(long, conflicts_with = "modules")]
    pub stopped: bool,
    #[command(flatten)]
    pub store: StoreConfig,
}

/// Rebuilds, and says what was done.
///
/// # Errors
/// If the module is unknown, another rebuild is under way, or an event cannot be handled.
pub async fn run(args: RebuildArgs) -> Result<String, OperateError> {
    with_program(args.store, async |program| {
        let names = if args.stopped { stopped(program).await? } else { args.modules };
        let mut said = String::new();
        for name in &names {
            program.unit(name)?;
        }
        for name in names {
            let done = rebuild(&program.ctx, program.unit(&name)?).await?;
            said.push_str(&format!(
                "{name}: {} tables, written anew from {} events",
                done.tables, done.entries
            ));
            said.push_str(&match done.parked {
                0 => ".\n".to_owned(),
                parked => format!("; {parked} of them are parked: pancake dead-letter list {name}\n"),
            });
        }
        Ok(if said.is_empty() { "No module is stopped.\n".to_owned() } else { said })
    })
    .await
}

/// The modules that read no more of a source, or whose rebuild was broken off.
async fn stopped(program: &Program) -> Result<Vec<String>, OperateError> {
    let feeds = status::feeds(&program.ctx).await?;
    let mut names: Vec<String> =
        feeds.iter().filter(|feed| feed.stopped).map(|feed| feed.consumer.to_owned()).collect();
    for unit in program.ctx.units() {
        if status::state(unit).await?.rebuilding {
            names.push(unit.spec.name.to_owned());
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}
