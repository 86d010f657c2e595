//! Take a member off the list of favourites. Who is not on it stays so.
//!
//! Also one whom a block hides: what a member has on her list is hers to take off, and the answer is the same for
//! everybody who is a member.

use axum::extract::State;

use super::SPEC;
use super::contract::FavoriteUnmarked;
use crate::context::Context;
use crate::failure::Failure;
use crate::id::MemberId;
use crate::kit::cards;
use crate::web::answer::{Done, Nothing};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

async fn run(ctx: &Context, actor: &Actor, favorite: MemberId) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    cards::known(tx.conn(), &SPEC, favorite).await?;
    let _ = tx.emit(FavoriteUnmarked { member: actor.id, favorite }).await?;
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(favorite): Path<MemberId>,
) -> Result<Nothing, Failure> {
    run(&ctx, &actor, favorite).await?;
    Ok(Nothing)
}

/// Goes back to the list and not to the profile, which would be a visit.
pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
) -> Result<Done, Failure> {
    let favorite = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    run(&ctx, &actor, favorite).await?;
    Ok(Done::to("/favorite").saying(format!("{nickname} is no longer among your favourites.")))
}
