//! Give a role, or take it. Only the command line does so: the first admin has to come from somewhere.

use sqlx::query_scalar;

use super::SPEC;
use super::contract::{Role, RoleGranted, RoleRevoked};
use crate::context::Context;
use crate::event::Applied;
use crate::failure::Failure;
use crate::id::{MemberId, TypedId};
use crate::kit::people::By;

/// What happens to a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Grant,
    Revoke,
}

/// Changes the role of a nickname; tells who that is, and whether anything changed.
pub async fn run(
    ctx: &Context,
    by: By,
    nickname: &str,
    role: Role,
    change: Change,
) -> Result<(MemberId, Applied), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let member =
        query_scalar!("select member from register.member where lower(nickname) = lower($1)", nickname)
            .fetch_optional(tx.conn())
            .await?
            .map(MemberId::of)
            .ok_or_else(Failure::not_found)?;
    let applied = match change {
        Change::Grant => tx.emit(RoleGranted { member, role, by }).await?,
        Change::Revoke => tx.emit(RoleRevoked { member, role, by }).await?,
    };
    tx.commit().await?;
    Ok((member, applied))
}
