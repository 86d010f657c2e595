//! `pancake dead-letter`: events that a module could not handle, listed, tried again, or given up.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};

use super::{OperateError, Program, with_program};
use crate::bus::consumer_lease::ConsumerLease;
use crate::bus::dead_letter::{self, LISTED_MAX, Letter};
use crate::kernel::config::StoreConfig;
use crate::kernel::id::MemberId;

#[derive(Debug, Clone, Subcommand)]
pub enum DeadLetter {
    /// Show what is parked, and why
    List(Listed),
    /// Handle parked events again, those of one key in their order
    Retry(Retried),
    /// Give one up: its effect never happens
    Drop(Dropped),
}

#[derive(Debug, Clone, Args)]
pub struct Listed {
    /// Only this module's
    pub module: Option<String>,
    #[command(flatten)]
    pub store: StoreConfig,
}

#[derive(Debug, Clone, Args)]
pub struct Retried {
    /// Whose letters
    pub module: String,
    /// Only those of this member
    #[arg(long)]
    pub key: Option<MemberId>,
    #[command(flatten)]
    pub store: StoreConfig,
}

#[derive(Debug, Clone, Args)]
pub struct Dropped {
    /// Whose letter
    pub module: String,
    /// The module that published it
    pub source: String,
    /// Its position there
    pub pos: i64,
    #[command(flatten)]
    pub store: StoreConfig,
}

/// Does it, and says what was done.
///
/// # Errors
/// If the module is unknown, the letter or key is not there, or the database does not answer.
pub async fn run(asked: DeadLetter) -> Result<String, OperateError> {
    match asked {
        DeadLetter::List(Listed { module, store }) => {
            with_program(store, async |program| list(program, module.as_deref()).await).await
        }
        DeadLetter::Retry(Retried { module, key, store }) => {
            with_program(store, async |program| retry(program, &module, key).await).await
        }
        DeadLetter::Drop(Dropped { module, source, pos, store }) => {
            with_program(store, async |program| {
                let turn = turn(program, &module)?;
                let dropped = dead_letter::drop_letter(&turn, &source, pos).await?;
                let verb = if dropped { "will never handle" } else { "has not parked" };
                Ok(format!("{module} {verb} {source} {pos}.\n"))
            })
            .await
        }
    }
}

fn turn(program: &Program, module: &str) -> Result<ConsumerLease, OperateError> {
    Ok(ConsumerLease { ctx: program.ctx.clone(), unit: program.unit(module)?.clone() })
}

async fn list(program: &Program, module: Option<&str>) -> Result<String, OperateError> {
    let names: Vec<&str> = match module {
        Some(module) => vec![module],
        None => program.ctx.units().map(|unit| unit.spec.name).collect(),
    };
    let mut said = String::new();
    for name in names {
        let letters = dead_letter::list(&turn(program, name)?).await?;
        let most = usize::try_from(LISTED_MAX).is_ok_and(|most| letters.len() >= most);
        for letter in letters {
            let Letter { source, pos, name: event, key, at, error } = letter;
            let at = at.format("%Y-%m-%d %H:%M:%S");
            said.push_str(&format!("{name}: {source} {pos}  {event}  key {key}  {at}\n    {error}\n"));
        }
        if most {
            said.push_str(&format!("{name}: and more; these are the first {LISTED_MAX}\n"));
        }
    }
    Ok(if said.is_empty() { "Nothing is parked.\n".to_owned() } else { said })
}

/// Every key of the module, or one. A key that fails again does not keep the others.
async fn retry(program: &Program, module: &str, key: Option<MemberId>) -> Result<String, OperateError> {
    let turn = turn(program, module)?;
    let letters = dead_letter::list(&turn).await?;
    let keys: BTreeSet<(&str, MemberId)> = letters
        .iter()
        .filter(|letter| key.is_none_or(|key| key == letter.key))
        .map(|letter| (letter.source.as_str(), letter.key))
        .collect();
    let (mut handled, mut failed) = (0, String::new());
    for (source, key) in keys {
        let retried = dead_letter::retry(&turn, program.unit(source)?.spec.name, key).await?;
        handled += retried.handled;
        if let Some(failure) = retried.failed {
            failed.push_str(&format!("\n{source}, key {key}: {failure}"));
        }
    }
    if failed.is_empty() {
        return Ok(format!("{module} has handled {handled} events that were parked.\n"));
    }
    Err(OperateError::NeedsYou(format!(
        "{module} has handled {handled} events that were parked. These fail again, and keep what comes after them:{failed}"
    )))
}
