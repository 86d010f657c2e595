//! Take a block back: what was there before shows again. Who is not blocked stays so.

use axum::extract::State;

use super::SPEC;
use super::contract::MemberUnblocked;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::shared::cards;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

async fn run(ctx: &Context, actor: &Actor, unblocked: MemberId) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let _ = tx.emit(MemberUnblocked { member: actor.id, unblocked }).await?;
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(unblocked): Path<MemberId>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, unblocked).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
) -> Result<SeeOther, Failure> {
    if let Some(unblocked) = cards::if_named(ctx.pool(&SPEC), &SPEC, &nickname).await? {
        run(&ctx, &actor, unblocked).await?;
    }
    let named = cards::said(&nickname);
    Ok(SeeOther::to("/block").saying(format!("You and {named} can see each other again.")))
}
