//! `pancake admin`: what only the operator may do, at the command line, on a running site or a stopped one.

use std::sync::Arc;

use crate::bus::memory::MemoryBus;
use crate::bus::settle::settle;
use crate::bus::{self, BusError};
use crate::cli::{Admin, Deed};
use crate::config::{Config, StoreConfig};
use crate::context::Context;
use crate::failure::Failure;
use crate::modules::register::contract::Role;
use crate::modules::register::{Change, change_role};
use crate::modules::{self, review};
use crate::passwords::Passwords;
use crate::store::{self, Store, StoreError};

/// How long a command waits for effects.
const SETTLE_MAX: std::time::Duration = std::time::Duration::from_secs(5);
/// What a command may take to close.
const CLOSE_MAX: std::time::Duration = std::time::Duration::from_secs(2);

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("Nobody is called {0}. She registers first, at /register; then this makes her what you say.")]
    Unknown(String),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Bus(#[from] BusError),
    #[error("It was not done: {0}")]
    Failed(#[from] Failure),
}

/// Does it, and says what was done.
pub async fn run(admin: Admin) -> Result<String, AdminError> {
    let registry = modules::registry();
    let (of, change) = match admin.deed {
        Deed::Grant(of) => (of, Change::Grant),
        Deed::Revoke(of) => (of, Change::Revoke),
    };
    // One connection a pool is enough for a command.
    let connections = u16::try_from(2 * registry.modules().len()).unwrap_or(u16::MAX);
    let config = StoreConfig { connections, ..of.store };
    let Store { units, private } = store::open(&config, &registry).await?;
    let bus = Arc::new(MemoryBus::default());
    let config = Config::for_tools(config);
    let ctx = Context::assemble(config, Arc::new(registry), units, bus, Passwords::new()?);
    bus::start(&ctx).await?;
    let done = run_change(&ctx, &of.nickname, of.role, change).await;
    ctx.stop(CLOSE_MAX).await;
    if let Some(private) = private {
        private.stop().await?;
    }
    done
}

async fn run_change(ctx: &Context, nickname: &str, role: Role, change: Change) -> Result<String, AdminError> {
    let changed = change_role(ctx, nickname, role, change).await;
    let (member, applied) = changed.map_err(|failure| match failure.code() {
        "not-found" => AdminError::Unknown(nickname.to_owned()),
        _ => failure.into(),
    })?;
    // Somebody may have registered a moment ago: then the reviewers' queue has her soon.
    let _ = settled(ctx).await;
    let role = role.with_article();
    let said = match (change, applied.changed()) {
        (Change::Grant, true) => format!("{nickname} is {role} now."),
        (Change::Grant, false) => format!("{nickname} was {role} already."),
        (Change::Revoke, true) => format!("{nickname} is no longer {role}."),
        (Change::Revoke, false) => format!("{nickname} was not {role}."),
    };
    // Who holds a role is a member: the first reviewer cannot wait for a reviewer.
    let approved = change == Change::Grant && review::approve_waiting(ctx, member).await?;
    let approved = if approved { " Her registration is approved." } else { "" };
    let remark = match settled(ctx).await {
        Ok(()) => String::new(),
        Err(unsettled) => format!(" It is not everywhere yet: {unsettled}."),
    };
    Ok(format!("{said}{approved}{remark}"))
}

/// Waits for effects, for a while.
async fn settled(ctx: &Context) -> Result<(), String> {
    match tokio::time::timeout(SETTLE_MAX, settle(ctx)).await {
        Ok(settled) => settled.map_err(|unsettled| unsettled.to_string()),
        Err(_) => Err("the site is busy".to_owned()),
    }
}
