//! Whether a nickname is free, while it is typed. The application itself decides.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::query_scalar;

use super::{SPEC, person, schemas};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::web::answer::Json;
use crate::web::extract::Query;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[schemars(schema_with = "schemas::nickname")]
    nickname: String,
}

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Nickname {
    nickname: String,
    free: bool,
}

pub(super) async fn json(
    State(ctx): State<Context>,
    Query(asked): Query<Asked>,
) -> Result<Json<Nickname>, Failure> {
    let nickname = person::nickname(&asked.nickname).map_err(|refusal| refusal.at("nickname"))?;
    let taken = query_scalar!(
        r#"select exists (select from register.member where lower(nickname) = lower($1)) as "taken!""#,
        nickname
    )
    .fetch_one(ctx.pool(&SPEC))
    .await?;
    Ok(Json(Nickname { nickname, free: !taken }))
}
