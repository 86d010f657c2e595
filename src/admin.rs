//! `pancake admin`: what only the operator may do, at the command line, on a running site or a stopped one.

use std::sync::Arc;

use crate::bus::memory::MemoryBus;
use crate::bus::settle::{Unsettled, settle};
use crate::bus::{self, BusError};
use crate::cli::{Admin, Deed};
use crate::config::{Config, StoreConfig};
use crate::context::Context;
use crate::failure::Failure;
use crate::id::MemberId;
use crate::modules::register::contract::Role;
use crate::modules::register::{Change, change_role};
use crate::modules::{self, review};
use crate::passwords::Passwords;
use crate::store::{self, Store, StoreError};

/// Connections of a command: one a pool is enough.
const CONNECTIONS: u16 = 24;
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
    #[error("It is done, but not everywhere yet: {0}")]
    Unsettled(#[from] Unsettled),
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
    let config = StoreConfig { connections: CONNECTIONS, ..of.store };
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
    settle(ctx).await?;
    let role = role.with_article();
    let said = match (change, applied.changed()) {
        (Change::Grant, true) => format!("{nickname} is {role} now."),
        (Change::Grant, false) => format!("{nickname} was {role} already."),
        (Change::Revoke, true) => format!("{nickname} is no longer {role}."),
        (Change::Revoke, false) => format!("{nickname} was not {role}."),
    };
    let approved = change == Change::Grant && approve(ctx, member).await?;
    Ok(if approved { format!("{said} Her registration is approved.") } else { said })
}

/// Who holds a role is a member: the first reviewer cannot wait for a reviewer.
async fn approve(ctx: &Context, member: MemberId) -> Result<bool, AdminError> {
    let approved = review::approve_waiting(ctx, member).await?;
    settle(ctx).await?;
    Ok(approved)
}
