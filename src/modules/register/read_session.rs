//! Who is logged in, how her application stands, and what she may do.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query_scalar;

use super::SPEC;
use super::contract::Role;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, SessionId, TypedId};
use crate::web::answer::Json;
use crate::web::visitor::{self, Actor};

/// The login of this request.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Session {
    #[serde(rename = "session")]
    id: SessionId,
    member: MemberId,
    nickname: String,
    state: visitor::State,
    /// Why she was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[schemars(with = "Vec<Role>")]
    roles: Vec<&'static str>,
}

pub(super) async fn json(State(ctx): State<Context>, actor: Actor) -> Result<Json<Session>, Failure> {
    let roles = [("reviewer", actor.reviewer), ("admin", actor.admin)];
    Ok(Json(Session {
        id: actor.session,
        member: actor.id,
        reason: reason(&ctx, &actor).await?,
        state: actor.state,
        roles: roles.into_iter().filter(|(_, has)| *has).map(|(role, _)| role).collect(),
        nickname: actor.nickname,
    }))
}

/// Why a member was rejected, if she was.
pub(super) async fn reason(ctx: &Context, actor: &Actor) -> Result<Option<String>, Failure> {
    if actor.state != visitor::State::Rejected {
        return Ok(None);
    }
    let reason = query_scalar!("select reason from register.member where member = $1", actor.id.uuid());
    Ok(reason.fetch_optional(ctx.pool(&SPEC)).await?.flatten())
}
