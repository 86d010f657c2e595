//! Mark news as read, up to the newest that she has seen. Older ones cannot become unread again.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::query_scalar;

use super::SPEC;
use super::contract::NewsRead;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, TypedId};
use crate::kernel::problem::Problem;
use crate::web::answer::{Json, NoContent, SeeOther};
use crate::web::extract::Form;
use crate::web::visitor::Actor;

pub(super) const UNKNOWN: Problem =
    Problem::field("news.unknown", "Give the `story` of one of your news. This one is gone by now.");

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "NewsSeen")]
pub(super) struct Input {
    /// The newest story that she has seen.
    up_to: EventId,
}

async fn run(ctx: &Context, actor: &Actor, input: &Input) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let at = query_scalar!("select at from news.story where story = $1", input.up_to.uuid())
        .fetch_optional(tx.conn())
        .await?
        .ok_or_else(|| UNKNOWN.at("upTo"))?;
    let _ = tx.emit(NewsRead { member: actor.id, up_to: input.up_to, at }).await?;
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Json(input): Json<Input>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, &input).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Form { input, .. }: Form<Input>,
) -> Result<SeeOther, Failure> {
    run(&ctx, &actor, &input).await?;
    Ok(SeeOther::to("/news"))
}
