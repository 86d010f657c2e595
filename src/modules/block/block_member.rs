//! Block a member. Twice is the same as once, and she is not told.

use axum::extract::State;

use super::SPEC;
use super::contract::MemberBlocked;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::kernel::problem::Problem;
use crate::shared::cards;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

pub(super) const SELF: Problem = Problem::conflict("block.self", "You cannot block yourself.");

async fn run(ctx: &Context, actor: &Actor, blocked: MemberId) -> Result<(), Failure> {
    if actor.id == blocked {
        return Err(SELF.failure());
    }
    let mut tx = ctx.begin(&SPEC).await?;
    // Also one who has blocked her first, and nobody at all: the answer gives nothing away.
    if cards::is_known(tx.conn(), &SPEC, blocked).await? {
        let _ = tx.emit(MemberBlocked { member: actor.id, blocked }).await?;
    }
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(blocked): Path<MemberId>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, blocked).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
) -> Result<SeeOther, Failure> {
    if let Some(blocked) = cards::if_named(ctx.pool(&SPEC), &SPEC, &nickname).await? {
        run(&ctx, &actor, blocked).await?;
    }
    let named = cards::said(&nickname);
    Ok(SeeOther::to("/block").saying(format!("You and {named} no longer see each other.")))
}
