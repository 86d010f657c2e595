//! Put one's photos in an order, and some of them into the private album. The first that is approved and not private is
//! the portrait.

use std::collections::HashSet;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::{query, query_as};

use super::SPEC;
use super::contract::{PhotoId, PhotosArranged};
use super::read_photos::PHOTOS_MAX;
use super::serve_photo::Seen;
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
pub(super) const OTHERS_PRIVATE: Problem = Problem::field(
    "media.other-private",
    "Name some of your photos, each once. They have changed since: read them again.",
);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PhotoOrder")]
pub(super) struct Input {
    /// All of her photos, the first one first.
    #[schemars(length(max = 20))]
    photos: Vec<PhotoId>,
    /// Those of them that are in her private album; where it is left out, those that are in it now.
    #[serde(default)]
    #[schemars(length(max = 20))]
    private: Option<Vec<PhotoId>>,
}

/// Nobody else uploads or arranges photos of hers until the transaction ends. Of two arrangements at the same moment the
/// later one would otherwise take back what the first has made private.
pub(super) async fn lock(tx: &mut Tx, member: MemberId) -> Result<(), Failure> {
    let locked = query!(
        "select from pg_advisory_xact_lock(hashtextextended('media' || $1::uuid::text, 0))",
        member.uuid()
    );
    locked.execute(tx.conn()).await?;
    Ok(())
}

struct Own {
    photo: PhotoId,
    private: bool,
}

/// Her photos in their order, locked.
async fn own(tx: &mut Tx, member: MemberId) -> Result<Vec<Own>, Failure> {
    lock(tx, member).await?;
    let photos = query_as!(
        Own,
        r#"select u.photo as "photo: PhotoId", coalesce(u.photo = any(a.private), false) as "private!"
           from media.upload u left join media.arrangement a on a.member = u.member
           where u.member = $1
           order by array_position(a.photos, u.photo), u.at, u.photo limit $2"#,
        member.uuid(),
        PHOTOS_MAX
    );
    Ok(photos.fetch_all(tx.conn()).await?)
}

async fn arrange(ctx: &Context, mut tx: Tx, member: MemberId, own: Vec<Own>) -> Result<(), Failure> {
    let private: Vec<_> = own.iter().filter(|own| own.private).map(|own| own.photo).collect();
    let photos = own.into_iter().map(|own| own.photo).collect();
    let _ = tx.emit(PhotosArranged { member, photos, private: private.clone() }).await?;
    tx.commit().await?;
    let seen = ctx.state::<Seen>()?;
    private.into_iter().for_each(|photo| seen.forget(photo));
    Ok(())
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Json(input): Json<Input>,
) -> Result<NoContent, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let own = own(&mut tx, actor.id).await?;
    let named: HashSet<_> = input.photos.iter().collect();
    if input.photos.len() != own.len() || own.iter().any(|own| !named.contains(&own.photo)) {
        return Err(OTHERS.at("photos"));
    }
    let before = own.into_iter().filter(|own| own.private).map(|own| own.photo);
    let private = input.private.unwrap_or_else(|| before.collect());
    let hidden: HashSet<_> = private.iter().collect();
    if hidden.len() != private.len() || !hidden.is_subset(&named) {
        return Err(OTHERS_PRIVATE.at("private"));
    }
    let own = input.photos.iter().map(|photo| Own { photo: *photo, private: hidden.contains(photo) });
    arrange(&ctx, tx, actor.id, own.collect()).await?;
    Ok(NoContent)
}

/// The button beside one of them: this one first, the others as they are.
pub(super) async fn first(
    State(ctx): State<Context>,
    actor: Actor,
    Path(photo): Path<PhotoId>,
) -> Result<SeeOther, Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let mut own = own(&mut tx, actor.id).await?;
    let at = own.iter().position(|own| own.photo == photo).ok_or_else(Failure::not_found)?;
    own[..=at].rotate_right(1);
    arrange(&ctx, tx, actor.id, own).await?;
    Ok(SeeOther::to("/media").saying("This photo comes first now."))
}

pub(super) async fn private(
    State(ctx): State<Context>,
    actor: Actor,
    Path(photo): Path<PhotoId>,
) -> Result<SeeOther, Failure> {
    move_one(&ctx, &actor, photo, true).await?;
    Ok(SeeOther::to("/media").saying("This photo is in your private album now."))
}

pub(super) async fn public(
    State(ctx): State<Context>,
    actor: Actor,
    Path(photo): Path<PhotoId>,
) -> Result<SeeOther, Failure> {
    move_one(&ctx, &actor, photo, false).await?;
    Ok(SeeOther::to("/media").saying("This photo is in your public album now."))
}

async fn move_one(ctx: &Context, actor: &Actor, photo: PhotoId, private: bool) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let mut own = own(&mut tx, actor.id).await?;
    let moved = own.iter_mut().find(|own| own.photo == photo).ok_or_else(Failure::not_found)?;
    moved.private = private;
    arrange(ctx, tx, actor.id, own).await
}
