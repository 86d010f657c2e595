//! `pancake admin`: what only the operator may do, at the command line, on a running site or a stopped one.

use super::{OperateError, with_program};
use crate::bus;
use crate::bus::settle::settle;
use crate::cli::{Admin, Deed};
use crate::context::Context;
use crate::modules::register::contract::Role;
use crate::modules::register::{Change, change_role};
use crate::modules::review;

/// How long a command waits for effects.
const SETTLE_MAX: std::time::Duration = std::time::Duration::from_secs(20);

/// Does it, and says what was done.
pub async fn run(admin: Admin) -> Result<String, OperateError> {
    let (of, change) = match admin.deed {
        Deed::Grant(of) => (of, Change::Grant),
        Deed::Revoke(of) => (of, Change::Revoke),
    };
    with_program(of.store, async |program| {
        bus::start(&program.ctx).await?;
        run_change(&program.ctx, &of.nickname, of.role, change).await
    })
    .await
}

async fn run_change(
    ctx: &Context,
    nickname: &str,
    role: Role,
    change: Change,
) -> Result<String, OperateError> {
    let changed = change_role(ctx, nickname, role, change).await;
    let (member, applied) = changed.map_err(|failure| match failure.code() {
        "not-found" => OperateError::Unknown(nickname.to_owned()),
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
