//! Flirt with a member. A second flirt before the answer is the first one: nothing new is published.

use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use super::contract::FlirtSent;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::shared::cards;
use crate::web::answer::{CreatedOrExisting, SeeOther};
use crate::web::extract::Path;
use crate::web::left::Left;
use crate::web::visitor::Actor;

pub(super) const SELF: Problem =
    Problem::conflict("flirt.self", "Nobody flirts with herself here. Find somebody nice!");

/// The flirt that waits for an answer.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Flirt")]
pub(super) struct Sent {
    flirt: EventId,
    /// With whom.
    to: MemberId,
    at: DateTime<Utc>,
}

/// Returns the open flirt, and whether it is a new one.
async fn run(ctx: &Context, actor: &Actor, to: MemberId) -> Result<(Sent, bool), Failure> {
    if actor.id == to {
        return Err(SELF.failure());
    }
    let mut tx = ctx.begin(&SPEC).await?;
    cards::visible_to(tx.conn(), &SPEC, actor.id, to).await?;
    let applied = tx.emit(FlirtSent { from: actor.id, to }).await?;
    let open = query!(
        "select flirt, at from flirt.flirt where sender = $1 and receiver = $2 and not answered",
        actor.id.uuid(),
        to.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    tx.commit().await?;
    Ok((Sent { flirt: EventId::of(open.flirt), to, at: open.at }, applied.changed()))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(to): Path<MemberId>,
) -> Result<CreatedOrExisting<Sent>, Failure> {
    let (sent, new) = run(&ctx, &actor, to).await?;
    Ok(if new { CreatedOrExisting::Now(sent) } else { CreatedOrExisting::Before(sent) })
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
    left: Left,
) -> Result<SeeOther, Failure> {
    let to = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    let (_, new) = run(&ctx, &actor, to).await?;
    let notice =
        if new { "Your flirt is on its way." } else { "You have flirted already: now wait and see." };
    Ok(SeeOther::to(format!("/member/{nickname}")).saying(left.after(notice, "flirt", "flirts")))
}
