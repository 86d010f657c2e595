//! Take a member off the list of favourites. Who is not on it stays so.
//!
//! Also one whom a block hides: what a member has on her list is hers to take off. The answer is the same for every
//! member and for nobody at all: beside a profile that is not found, any other answer would prove a block.

use axum::extract::State;

use super::SPEC;
use super::contract::FavoriteUnmarked;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::shared::cards;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

async fn run(ctx: &Context, actor: &Actor, favorite: MemberId) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let _ = tx.emit(FavoriteUnmarked { member: actor.id, favorite }).await?;
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(favorite): Path<MemberId>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, favorite).await?;
    Ok(NoContent)
}

/// Goes back to the list and not to the profile, which would be a visit.
pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
) -> Result<SeeOther, Failure> {
    if let Some(favorite) = cards::if_named(ctx.pool(&SPEC), &SPEC, &nickname).await? {
        run(&ctx, &actor, favorite).await?;
    }
    let named = cards::said(&nickname);
    Ok(SeeOther::to("/favorite").saying(format!("{named} is no longer among your favourites.")))
}
