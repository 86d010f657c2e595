//! Give a role, or take it: admins do, and the operator at the command line, who makes the first of them.

use axum::extract::State;
use futures::{Stream, TryStreamExt};
use sqlx::{query, query_scalar};

use super::SPEC;
use super::contract::{Role, RoleGranted, RoleRevoked};
use crate::kernel::context::Context;
use crate::kernel::event::Applied;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::shared::people::DecidedBy;
use crate::shared::text::name;
use crate::web::answer::NoContent;
use crate::web::extract::Path;
use crate::web::security_log::{self, About};
use crate::web::visitor::Actor;

/// Another admin can take it: so there always is one.
pub(super) const OWN_ROLE: Problem =
    Problem::conflict("register.own-role", "You cannot take this role from yourself.");

/// What happens to a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Grant,
    Revoke,
}

/// Changes a role; the same again changes nothing.
async fn run(
    ctx: &Context,
    by: DecidedBy,
    member: MemberId,
    role: Role,
    change: Change,
) -> Result<Applied, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    query_scalar!("select nickname from register.member where member = $1", member.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or_else(Failure::not_found)?;
    let applied = match change {
        Change::Grant => tx.emit(RoleGranted { member, role, by }).await?,
        Change::Revoke => tx.emit(RoleRevoked { member, role, by }).await?,
    };
    tx.commit().await?;
    let happened = if change == Change::Grant { "role-granted" } else { "role-revoked" };
    security_log::note(ctx, happened, About { member: Some(member), by: Some(by), from: None }).await;
    Ok(applied)
}

/// For the operator, who knows nicknames. Tells who that is, and whether anything changed.
///
/// # Errors
/// 404 if nobody has the nickname.
pub async fn run_named(
    ctx: &Context,
    nickname: &str,
    role: Role,
    change: Change,
) -> Result<(MemberId, Applied), Failure> {
    let member = member_named(ctx, nickname).await?;
    Ok((member, run(ctx, DecidedBy::OPERATOR, member, role, change).await?))
}

/// Every member, with her nickname, in no order.
pub fn everybody(ctx: &Context) -> impl Stream<Item = Result<(MemberId, String), sqlx::Error>> + Unpin {
    query!("select member, nickname from register.member")
        .fetch(ctx.pool(&SPEC))
        .map_ok(|row| (MemberId::of(row.member), row.nickname))
}

/// Who has this nickname, however it is spelt.
///
/// # Errors
/// 404 if nobody has the nickname.
pub async fn member_named(ctx: &Context, nickname: &str) -> Result<MemberId, Failure> {
    let name = name::kept(nickname);
    query_scalar!("select member from register.member where lower(nickname) = lower($1)", name)
        .fetch_optional(ctx.pool(&SPEC))
        .await?
        .map(MemberId::of)
        .ok_or_else(Failure::not_found)
}

pub(super) async fn grant_role_json(
    State(ctx): State<Context>,
    actor: Actor,
    Path((member, role)): Path<(MemberId, Role)>,
) -> Result<NoContent, Failure> {
    let _ = run(&ctx, DecidedBy::Member(actor.id), member, role, Change::Grant).await?;
    Ok(NoContent)
}

pub(super) async fn revoke_role_json(
    State(ctx): State<Context>,
    actor: Actor,
    Path((member, role)): Path<(MemberId, Role)>,
) -> Result<NoContent, Failure> {
    if actor.id == member && role == Role::Admin {
        return Err(OWN_ROLE.failure());
    }
    let _ = run(&ctx, DecidedBy::Member(actor.id), member, role, Change::Revoke).await?;
    Ok(NoContent)
}
