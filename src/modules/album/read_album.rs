//! The private photos of a member who has let the reader in. For anybody else they are not there, nor is she.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{query_as, query_scalar};

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::modules::media::contract::PhotoId;
use crate::web::answer::Json;
use crate::web::extract::Path;
use crate::web::visitor::Actor;

/// Photos of one album. Its owner has 20 at most.
const PHOTOS_MAX: i64 = 20;

/// A photo in a private album.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AlbumPhoto")]
pub(super) struct Photo {
    photo: PhotoId,
    /// What is to be seen, in her words; empty where she has said nothing.
    alt: String,
}

/// A private album: what is approved of it, in its owner's order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PrivatePhotos")]
pub(super) struct Album {
    photos: Vec<Photo>,
}

async fn run(ctx: &Context, actor: &Actor, owner: MemberId) -> Result<Album, Failure> {
    let open = query_scalar!(
        r#"select $1::uuid = $2 or exists (
               select from album.access a join album.card c on c.member = a.owner
               where a.owner = $2 and a.member = $1 and a.granted > a.blocked
                 and not exists (select from album.blocked_pair b where b.viewer = $1 and b.other = $2)) as "open!""#,
        actor.id.uuid(),
        owner.uuid()
    );
    if !open.fetch_one(ctx.pool(&SPEC)).await? {
        return Err(Failure::not_found());
    }
    let photos = query_as!(
        Photo,
        r#"select photo as "photo: PhotoId", alt from album.photo
           where member = $1 and approved is not null and not deleted and private
           order by place nulls last, approved, photo limit $2"#,
        owner.uuid(),
        PHOTOS_MAX
    );
    Ok(Album { photos: photos.fetch_all(ctx.pool(&SPEC)).await? })
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(owner): Path<MemberId>,
) -> Result<Json<Album>, Failure> {
    Ok(Json(run(&ctx, &actor, owner).await?))
}
