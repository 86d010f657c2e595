//! A member's private album, as the reader of her profile may see it.

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::modules::album::contract::ASK_AGAIN;
use crate::modules::media::contract::PhotoId;

/// Photos of one album. Its owner has 20 at most.
const PHOTOS_MAX: i64 = 20;

/// What the reader may do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "PrivateAlbumState")]
pub(super) enum AlbumState {
    /// Ask to see it.
    Closed,
    /// Wait for its owner: she has been asked.
    Asked,
    /// Look at it.
    Open,
}

/// A photo in it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PrivatePhoto")]
pub(super) struct Photo {
    pub(super) photo: PhotoId,
    /// What is to be seen, in her words; empty where she has said nothing.
    pub(super) alt: String,
}

/// What the reader sees of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PrivateAlbum")]
pub(super) struct PrivateAlbum {
    pub(super) state: AlbumState,
    /// Those that are approved, in her order; none before the album is open.
    pub(super) photos: Vec<Photo>,
}

/// Of a member who has private photos that are approved. To herself it is open.
pub(super) async fn read(ctx: &Context, reader: MemberId, owner: MemberId) -> Result<PrivateAlbum, Failure> {
    let row = query!(
        r#"select $1::uuid = $2 or exists (select from profile.access
                                     where owner = $2 and member = $1 and granted > blocked) as "open!",
                  exists (select from profile.asked where member = $1 and owner = $2 and at > $3) as "asked!",
                  array(select photo from profile.photo
                        where member = $2 and approved is not null and not deleted and private
                        order by place nulls last, approved, photo limit $4) as "photos!: Vec<PhotoId>",
                  array(select alt from profile.photo
                        where member = $2 and approved is not null and not deleted and private
                        order by place nulls last, approved, photo limit $4) as "alts!""#,
        reader.uuid(),
        owner.uuid(),
        ctx.now() - ASK_AGAIN,
        PHOTOS_MAX
    )
    .fetch_one(ctx.pool(&SPEC))
    .await?;
    let state = match (row.open, row.asked) {
        (true, _) => AlbumState::Open,
        (false, true) => AlbumState::Asked,
        (false, false) => AlbumState::Closed,
    };
    let photos = row.photos.into_iter().zip(row.alts).map(|(photo, alt)| Photo { photo, alt });
    Ok(PrivateAlbum { state, photos: if row.open { photos.collect() } else { Vec::new() } })
}

/// How many members see the album, for its owner.
pub(super) async fn count_readers(ctx: &Context, owner: MemberId) -> Result<i64, Failure> {
    let readers = sqlx::query_scalar!(
        r#"select count(*) as "readers!" from profile.access where owner = $1 and granted > blocked"#,
        owner.uuid()
    );
    Ok(readers.fetch_one(ctx.pool(&SPEC)).await?)
}
