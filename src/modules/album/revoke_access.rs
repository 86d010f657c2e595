//! Take one's private album back from a member. Who does not see it stays so.
//!
//! The answer is the same for every member and for nobody at all: any other answer would tell of a block, which has taken
//! the album back already.

use axum::extract::State;

use super::SPEC;
use super::contract::PrivateAlbumAccessRevoked;
use super::pair;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::shared::cards;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

async fn run(ctx: &Context, actor: &Actor, member: MemberId) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    if pair::locked(&mut tx, actor.id, member).await?.open {
        let _ = tx.emit(PrivateAlbumAccessRevoked { owner: actor.id, member }).await?;
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
) -> Result<SeeOther, Failure> {
    if let Some(member) = cards::if_named(ctx.pool(&SPEC), &SPEC, &nickname).await? {
        run(&ctx, &actor, member).await?;
    }
    let named = cards::said(&nickname);
    Ok(SeeOther::to("/album").saying(format!("{named} no longer sees your private album.")))
}
