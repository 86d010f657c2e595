//! Open one's private album to a member, whether she has asked or not. Twice is the same as once.

use axum::extract::State;

use super::SPEC;
use super::contract::PrivateAlbumAccessGranted;
use super::pair;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::problem::Problem;
use crate::shared::cards;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::left::Left;
use crate::web::visitor::Actor;

pub(super) const SELF: Problem =
    Problem::conflict("album.self", "Your own private album is open to you. Open it to another member.");

async fn run(ctx: &Context, actor: &Actor, member: MemberId) -> Result<(), Failure> {
    if actor.id == member {
        return Err(SELF.failure());
    }
    let mut tx = ctx.begin(&SPEC).await?;
    cards::visible_to(tx.conn(), &SPEC, actor.id, member).await?;
    if !pair::locked(&mut tx, actor.id, member).await?.open {
        let _ = tx.emit(PrivateAlbumAccessGranted { owner: actor.id, member }).await?;
    }
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(member): Path<MemberId>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, member).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
    left: Left,
) -> Result<SeeOther, Failure> {
    let member = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    run(&ctx, &actor, member).await?;
    let said = format!("{nickname} sees your private album now.");
    Ok(SeeOther::to("/album").saying(left.after(said, "opening", "openings")))
}
