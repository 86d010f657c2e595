//! Decline what a member has asked. She is not told, and the answer is the same where nobody has asked.

use axum::extract::State;

use super::SPEC;
use super::contract::PrivateAlbumAccessDeclined;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::shared::cards;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

async fn run(ctx: &Context, actor: &Actor, member: MemberId) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let _ = tx.emit(PrivateAlbumAccessDeclined { owner: actor.id, member }).await?;
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
    Ok(SeeOther::to("/album").saying(format!("Your private album stays closed to {named}, who is not told.")))
}
