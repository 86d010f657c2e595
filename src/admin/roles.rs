//! `pancake admin`: what only the operator may do, at the command line, on a running site or a stopped one.

use futures::TryStreamExt;

use super::{OperateError, with_program};
use crate::bus;
use crate::bus::settle::settle;
use crate::cli::{Admin, MemberRole, OneHash, OneMember, RoleChange};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::modules::register::contract::Role;
use crate::modules::register::{Change, Verdict, change_role, everybody, member_named, suspend};
use crate::modules::review;
use crate::shared::people::DecidedBy;
use crate::web::secret::Secret;
use crate::web::security_log::hash_of;

/// How long a command waits for effects.
const SETTLE_MAX: std::time::Duration = std::time::Duration::from_secs(20);

/// Does it, and says what was done.
///
/// # Errors
/// If nobody has the nickname, or the change is refused.
pub async fn run(admin: Admin) -> Result<String, OperateError> {
    match admin.deed {
        RoleChange::Grant(of) => change_of(of, Change::Grant).await,
        RoleChange::Revoke(of) => change_of(of, Change::Revoke).await,
        RoleChange::Suspend(of) => decide(of, Verdict::Suspend).await,
        RoleChange::Readmit(of) => decide(of, Verdict::Readmit).await,
        RoleChange::Who(asked) => who(asked).await,
    }
}

async fn change_of(of: MemberRole, change: Change) -> Result<String, OperateError> {
    with_program(of.store, async |program| {
        bus::start(&program.ctx).await?;
        run_change(&program.ctx, &of.nickname, of.role, change).await
    })
    .await
}

async fn decide(of: OneMember, verdict: Verdict) -> Result<String, OperateError> {
    with_program(of.store, async |program| {
        bus::start(&program.ctx).await?;
        let nickname = &of.nickname;
        let member =
            member_named(&program.ctx, nickname).await.map_err(|failure| unknown(nickname, failure))?;
        let mut changed = suspend(&program.ctx, DecidedBy::OPERATOR, member, verdict).await?.changed();
        if verdict == Verdict::Readmit {
            changed |= review::lift_exclusion(&program.ctx, DecidedBy::OPERATOR, member).await?;
        }
        let said = match (verdict, changed) {
            (Verdict::Suspend, true) => {
                format!("{nickname} is suspended and logged out. Running nodes follow within 5 s.")
            }
            (Verdict::Suspend, false) => format!("{nickname} was suspended already."),
            (Verdict::Readmit, true) => format!("{nickname} may log in again."),
            (Verdict::Readmit, false) => format!("{nickname} was neither suspended nor excluded."),
        };
        let _ = settled(&program.ctx).await;
        Ok(said)
    })
    .await
}

/// Looks through all members: a hash cannot be turned back.
async fn who(asked: OneHash) -> Result<String, OperateError> {
    with_program(asked.store, async |program| {
        let hash = asked.hash.trim().to_lowercase();
        let secret = Secret::of(&program.ctx).await?;
        let mut members = everybody(&program.ctx);
        while let Some((member, nickname)) = members.try_next().await.map_err(Failure::from)? {
            if hash_of(secret, member) == hash {
                return Ok(format!("{nickname}, member {member}"));
            }
        }
        Err(OperateError::UnknownHash(asked.hash))
    })
    .await
}

fn unknown(nickname: &str, failure: Failure) -> OperateError {
    match failure.code() {
        "not-found" => OperateError::Unknown(nickname.to_owned()),
        _ => failure.into(),
    }
}

async fn run_change(
    ctx: &Context,
    nickname: &str,
    role: Role,
    change: Change,
) -> Result<String, OperateError> {
    let changed = change_role(ctx, nickname, role, change).await;
    let (member, applied) = changed.map_err(|failure| unknown(nickname, failure))?;
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
