//! Block a member. Twice is the same as once, and she is not told.

use axum::extract::State;

use super::SPEC;
use super::contract::MemberBlocked;
use crate::context::Context;
use crate::failure::Failure;
use crate::id::MemberId;
use crate::kit::cards;
use crate::problem::Problem;
use crate::web::answer::{Done, Nothing};
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
) -> Result<Nothing, Failure> {
    run(&ctx, &actor, blocked).await?;
    Ok(Nothing)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
) -> Result<Done, Failure> {
    if let Some(blocked) = cards::if_named(ctx.pool(&SPEC), &SPEC, &nickname).await? {
        run(&ctx, &actor, blocked).await?;
    }
    let named = cards::said(&nickname);
    Ok(Done::to("/block").saying(format!("You and {named} no longer see each other.")))
}
