//! The interests that a member picked.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query_scalar;

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::shared::interests::InterestId;
use crate::web::answer::Json;
use crate::web::visitor::Actor;

/// Her interests.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OwnInterests {
    pub(super) interests: Vec<InterestId>,
}

pub(super) async fn run(ctx: &Context, actor: &Actor) -> Result<OwnInterests, Failure> {
    let interests = query_scalar!(
        r#"select interest as "interest: InterestId" from interest.interested where member = $1 order by interest"#,
        actor.id.uuid()
    );
    Ok(OwnInterests { interests: interests.fetch_all(ctx.pool(&SPEC)).await? })
}

pub(super) async fn json(State(ctx): State<Context>, actor: Actor) -> Result<Json<OwnInterests>, Failure> {
    Ok(Json(run(&ctx, &actor).await?))
}
