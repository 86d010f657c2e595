//! Her own photos in her order, with what became of each.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query_as;

use super::SPEC;
use super::contract::PhotoId;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::web::answer::{Json, Page};
use crate::web::form::FormState;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

/// Photos of a member.
pub(super) const PHOTOS_MAX: i64 = 20;

/// One of her photos.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OwnPhoto {
    photo: PhotoId,
    #[schemars(extend("enum" = ["waiting", "approved", "rejected"]))]
    state: String,
    /// What the reviewer says of it; only of a rejected one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What is to be seen, in her words; empty where she has said nothing.
    alt: String,
    /// True for one in her private album: only those see it whom she lets in.
    private: bool,
    /// Pixels of the size `screen`.
    width: i32,
    height: i32,
    /// A few pixels of it, as a `data:` address.
    blur: String,
    /// When she uploaded it.
    at: DateTime<Utc>,
}

/// All of them, at most 20. The first that is approved and not private is her portrait.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OwnPhotos {
    photos: Vec<OwnPhoto>,
}

async fn run(ctx: &Context, member: MemberId) -> Result<OwnPhotos, Failure> {
    let photos = query_as!(
        OwnPhoto,
        r#"select u.photo as "photo: PhotoId", u.state, u.reason, u.alt,
                  coalesce(u.photo = any(a.private), false) as "private!", u.width, u.height, u.blur, u.at
           from media.upload u left join media.arrangement a on a.member = u.member
           where u.member = $1
           order by array_position(a.photos, u.photo), u.at, u.photo limit $2"#,
        member.uuid(),
        PHOTOS_MAX
    );
    Ok(OwnPhotos { photos: photos.fetch_all(ctx.pool(&SPEC)).await? })
}

pub(super) async fn json(State(ctx): State<Context>, actor: Actor) -> Result<Json<OwnPhotos>, Failure> {
    Ok(Json(run(&ctx, actor.id).await?))
}

#[derive(Template)]
#[template(path = "media/photos.html")]
pub(super) struct PhotosPage {
    shell: Layout,
    form: FormState,
    photos: Vec<OwnPhoto>,
    is_full: bool,
    /// What others see first.
    portrait: Option<PhotoId>,
}

impl PhotosPage {
    fn is_portrait(&self, photo: &OwnPhoto) -> bool {
        self.portrait == Some(photo.photo)
    }

    /// With the form as she sent it.
    pub(super) async fn load(
        ctx: &Context,
        actor: &Actor,
        shell: Layout,
        form: FormState,
    ) -> Result<Self, Failure> {
        let OwnPhotos { photos } = run(ctx, actor.id).await?;
        let is_full = i64::try_from(photos.len()).is_ok_and(|photos| photos >= PHOTOS_MAX);
        let portrait =
            photos.iter().find(|photo| photo.state == "approved" && !photo.private).map(|photo| photo.photo);
        Ok(Self { shell: shell.titled("Your photos"), form, photos, is_full, portrait })
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
) -> Result<Page<PhotosPage>, Failure> {
    Ok(Page::new(PhotosPage::load(&ctx, &actor, shell, FormState::default()).await?))
}
