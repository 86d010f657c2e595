//! `pancake access-log`: what access to private albums was taken back, and whether each module that keeps a copy of it has
//! applied that. The number is the place of the revocation in the journal of `album`.

use std::collections::HashSet;
use std::sync::Arc;

use clap::Args;

use super::{OperateError, Program, with_program};
use crate::bus::consumer_lease::ConsumerLease;
use crate::bus::journal;
use crate::kernel::config::StoreConfig;
use crate::kernel::event::Event;
use crate::kernel::module::Kit;
use crate::modules::album::contract::PrivateAlbumAccessRevoked;
use crate::shared::access::{Revocation, still_granted};
use crate::store::module_runtime::ModuleRuntime;

#[derive(Debug, Clone, Args)]
pub struct AccessLogArgs {
    /// So many of the newest
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub max: i64,
    #[command(flatten)]
    pub store: StoreConfig,
}

/// A module that keeps a copy of who may see whose album.
struct Holder {
    name: &'static str,
    /// How far it has read the journal of `album`.
    pos: i64,
    /// The numbers of those revocations whose grant is still in its copy.
    granted: HashSet<i64>,
}

impl Holder {
    async fn of(
        program: &Program,
        unit: &Arc<ModuleRuntime>,
        revoked: &[Revocation],
    ) -> Result<Self, OperateError> {
        let lease = ConsumerLease { ctx: program.ctx.clone(), unit: unit.clone() };
        // In this order: what it has read of is in its copy by then.
        let pos = lease.offset(PrivateAlbumAccessRevoked::SOURCE).await?.map_or(0, |offset| offset.pos);
        let granted = still_granted(&unit.background, unit.spec, revoked).await?;
        Ok(Self { name: unit.spec.name, pos, granted })
    }

    fn says(&self, number: i64) -> &'static str {
        match (self.pos >= number, self.granted.contains(&number)) {
            (false, _) => "not yet",
            (true, false) => "applied",
            // Its dead letter waits for the operator, or was dropped.
            (true, true) => "failed",
        }
    }
}

/// The table, the newest first.
///
/// # Errors
/// If a module keeps the album open although it has read that it was closed, or the database does not answer.
pub async fn run(args: AccessLogArgs) -> Result<String, OperateError> {
    with_program(args.store, async |program| report(program, args.max).await).await
}

async fn report(program: &Program, max: i64) -> Result<String, OperateError> {
    let source = PrivateAlbumAccessRevoked::SOURCE;
    let entries = journal::newest(program.unit(source)?, PrivateAlbumAccessRevoked::NAME, max).await?;
    let revoked: Vec<Revocation> = entries.iter().filter_map(Revocation::of).collect();
    if revoked.is_empty() {
        return Ok("Nothing was taken back.\n".to_owned());
    }
    let mut holders = Vec::new();
    for unit in
        program.ctx.units().filter(|unit| unit.spec.name != source && unit.spec.kit.contains(&Kit::Access))
    {
        holders.push(Holder::of(program, unit, &revoked).await?);
    }
    let mut said = format!("{:>8}  {:<20} {:<37} {:<37}", "number", "when", "owner", "member");
    holders.iter().for_each(|holder| said.push_str(&format!("{:<9}", holder.name)));
    let mut needs = Vec::new();
    for Revocation { number, at, owner, member } in &revoked {
        let at = at.format("%Y-%m-%d %H:%M:%S").to_string();
        said.truncate(said.trim_end().len());
        said.push_str(&format!(
            "\n{number:>8}  {at:<20} {:<37} {:<37}",
            owner.to_string(),
            member.to_string()
        ));
        for holder in &holders {
            let says = holder.says(*number);
            said.push_str(&format!("{says:<9}"));
            if says == "failed" {
                needs.push(format!(
                    "{0} still shows album {number}: pancake dead-letter list {0}",
                    holder.name
                ));
            }
        }
    }
    said.truncate(said.trim_end().len());
    said.push('\n');
    if needs.is_empty() {
        Ok(said)
    } else {
        Err(OperateError::NeedsYou(format!("{said}\n{}", needs.join("\n"))))
    }
}
