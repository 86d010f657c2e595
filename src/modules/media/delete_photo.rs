//! Delete a photo of one's own. Nobody gets it from here on, and its files are gone within a minute.

use axum::extract::State;
use sqlx::{query, query_scalar};

use super::SPEC;
use super::contract::{PhotoDeleted, PhotoId};
use super::serve_photo::Seen;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

async fn run(ctx: &Context, member: MemberId, photo: PhotoId) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let own = query_scalar!(
        "select photo from media.upload where photo = $1 and member = $2 for update",
        photo.uuid(),
        member.uuid()
    );
    own.fetch_optional(tx.conn()).await?.ok_or_else(Failure::not_found)?;
    let _ = tx.emit(PhotoDeleted { member, photo }).await?;
    query!("update media.stored set remove_after = $2 where photo = $1", photo.uuid(), ctx.now())
        .execute(tx.conn())
        .await?;
    tx.commit().await?;
    ctx.state::<Seen>()?.forget(photo);
    Ok(())
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(photo): Path<PhotoId>,
) -> Result<NoContent, Failure> {
    run(&ctx, actor.id, photo).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(photo): Path<PhotoId>,
) -> Result<SeeOther, Failure> {
    run(&ctx, actor.id, photo).await?;
    Ok(SeeOther::to("/media").saying("The photo is gone."))
}
