//! Put one's photos in an order. The first that is approved is the portrait.

use std::collections::HashSet;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::query_scalar;

use super::SPEC;
use super::contract::{PhotoId, PhotosArranged};
use super::read_photos::PHOTOS_MAX;
use crate::kernel::context::{Context, Tx};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::web::answer::{Json, NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

pub(super) const OTHERS: Problem = Problem::field(
    "media.other-photos",
    "Name each of your photos once. They have changed since: read them again.",
);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PhotoOrder")]
pub(super) struct Input {
    /// All of her photos, the first one first.
    #[schemars(length(max = 20))]
    photos: Vec<PhotoId>,
}

/// Her photos in their order, locked.
async fn own(tx: &mut Tx, member: MemberId) -> Result<Vec<PhotoId>, Failure> {
    let photos = query_scalar!(
        r#"select u.photo as "photo: PhotoId"
           from media.upload u left join media.arrangement a on a.member = u.member
           where u.member = $1
           order by array_position(a.photos, u.photo), u.at, u.photo limit $2 for update of u"#,
        member.uuid(),
        PHOTOS_MAX
    );
    Ok(photos.fetch_all(tx.conn()).await?)
}

async fn arrange(mut tx: Tx, member: MemberId, photos: Vec<PhotoId>) -> Result<(), Failure> {
    let _ = tx.emit(PhotosArranged { member, photos }).await?;
    tx.commit().await
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Json(input): Json<Input>,
) -> Result<NoContent, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let own = own(&mut tx, actor.id).await?;
    let named: HashSet<_> = input.photos.iter().collect();
    if input.photos.len() != own.len() || own.iter().any(|photo| !named.contains(photo)) {
        return Err(OTHERS.at("photos"));
    }
    arrange(tx, actor.id, input.photos).await?;
    Ok(NoContent)
}

/// The button beside one of them: this one first, the others as they are.
pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(photo): Path<PhotoId>,
) -> Result<SeeOther, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let own = own(&mut tx, actor.id).await?;
    if !own.contains(&photo) {
        return Err(Failure::not_found());
    }
    let others = own.into_iter().filter(|other| *other != photo);
    arrange(tx, actor.id, std::iter::once(photo).chain(others).collect()).await?;
    Ok(SeeOther::to("/media").saying("This photo comes first now."))
}
