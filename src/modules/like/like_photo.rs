//! Like a photo of another member. Twice is the same as once.

use axum::extract::State;

use super::SPEC;
use super::contract::PhotoLiked;
use super::photo::{self, Owner};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::modules::media::contract::PhotoId;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::left::Left;
use crate::web::visitor::Actor;

async fn run(ctx: &Context, actor: &Actor, photo: PhotoId) -> Result<Owner, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let owner = photo::owner(tx.conn(), actor.id, photo).await?;
    let _ = tx.emit(PhotoLiked { member: actor.id, photo, owner: owner.member }).await?;
    tx.commit().await?;
    Ok(owner)
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(photo): Path<PhotoId>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, photo).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(photo): Path<PhotoId>,
    left: Left,
) -> Result<SeeOther, Failure> {
    let owner = run(&ctx, &actor, photo).await?;
    Ok(SeeOther::to(format!("/member/{}", owner.nickname)).saying(left.after(
        "You like this photo.",
        "like",
        "likes",
    )))
}
