//! Upload a photo. It is hers alone until a reviewer has looked at it.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{query, query_as, query_scalar};

use super::SPEC;
use super::arrange_photos;
use super::contract::{PhotoId, PhotoUploaded};
use super::picture::FIELD;
use super::read_photos::{PHOTOS_MAX, PhotosPage};
use super::storage::Storage;
use super::workshop::Workshop;
use crate::kernel::context::{Context, Tx};
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::shared::text::read::ReadRules;
use crate::web::answer::{CreatedOrExisting, Page, SeeOther};
use crate::web::extract::{Query, Upload};
use crate::web::idempotency::{IdempotencyKey, SendingKey};
use crate::web::layout::Layout;
use crate::web::submission::FileForm;
use crate::web::visitor::Actor;

/// Bytes of a file.
pub(super) const BYTES_MAX: usize = 15 * 1024 * 1024;
/// How long written files wait to be claimed.
const UNCLAIMED: TimeDelta = TimeDelta::hours(1);

pub(super) const ALT: ReadRules = ReadRules {
    characters: 200,
    lines: 5,
    blank: Problem::field("media.alt-blank", "Say what is to be seen, or leave it out."),
    long: Problem::field("media.alt-long", "A description has at most 200 characters. Shorten it."),
    tall: Problem::field("media.alt-lines", "A description has at most 5 lines. Put some together."),
    marks: Problem::field("media.alt-marks", "A character has at most 8 marks on it. Leave some out."),
};
const MISSING: Problem = Problem::field("media.missing", "Choose a photo first.");
const FULL: Problem =
    Problem::conflict("media.full", "You have 20 photos, and that is the most. Remove one first.");
/// What an upload is refused for, beside what is wrong with the picture.
pub(super) const REFUSALS: &[Problem] = &[ALT.long, ALT.tall, ALT.marks, MISSING, FULL];

/// What is said of a photo that comes as a body.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PhotoWords")]
pub(super) struct Words {
    /// What is to be seen, for who cannot see it: at most 200 characters.
    #[serde(default)]
    alt: String,
}

/// A photo that was uploaded.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UploadedPhoto")]
pub(super) struct Uploaded {
    photo: PhotoId,
    /// Pixels of the size `screen`.
    width: i32,
    height: i32,
    /// A few pixels of it, as a `data:` address.
    blur: String,
}

async fn run(
    ctx: &Context,
    member: MemberId,
    file: Option<Bytes>,
    alt: &str,
    key: Option<SendingKey>,
) -> Result<CreatedOrExisting<Uploaded>, Failure> {
    let alt = if alt.trim().is_empty() { String::new() } else { ALT.parse("alt", alt)?.into_inner() };
    let file = file.filter(|file| !file.is_empty()).ok_or_else(|| MISSING.at(FIELD))?;
    // We ask before the work: an upload that is repeated or that has no room costs nothing.
    if let Some(before) = before_or_room(&mut ctx.begin(&SPEC).await?, member, key.as_ref()).await? {
        return Ok(CreatedOrExisting::Before(before));
    }
    let prints = ctx.state::<Workshop>()?.develop(file).await?;
    let side = |side: u32| i32::try_from(side).map_err(Failure::internal);
    let uploaded = Uploaded {
        photo: ctx.new_id(),
        width: side(prints.width)?,
        height: side(prints.height)?,
        blur: prints.blur.clone(),
    };
    // We write this row before the files. If the process dies now, `remove_files` still finds and removes them.
    let unclaimed = query!(
        "insert into media.stored (photo, remove_after) values ($1, $2)",
        uploaded.photo.uuid(),
        ctx.now() + UNCLAIMED
    );
    unclaimed.execute(ctx.pool(&SPEC)).await?;
    ctx.state::<Storage>()?.put(uploaded.photo, prints).await?;

    let mut tx = ctx.begin(&SPEC).await?;
    arrange_photos::lock(&mut tx, member).await?;
    // Under the lock we ask again: another upload of hers may have come in between.
    if let Some(before) = before_or_room(&mut tx, member, key.as_ref()).await? {
        return Ok(CreatedOrExisting::Before(before));
    }
    claim(&mut tx, uploaded.photo, member, key).await?;
    let Uploaded { photo, width, height, .. } = uploaded;
    let _ = tx.emit(PhotoUploaded { member, photo, alt, width, height, blur: uploaded.blur.clone() }).await?;
    tx.commit().await?;
    Ok(CreatedOrExisting::Now(uploaded))
}

/// What was uploaded with this key before; otherwise she needs room for one more.
async fn before_or_room(
    tx: &mut Tx,
    member: MemberId,
    key: Option<&SendingKey>,
) -> Result<Option<Uploaded>, Failure> {
    if let Some(key) = key
        && let Some(before) = before(tx, member, key).await?
    {
        return Ok(Some(before));
    }
    check_room(tx, member).await.map(|()| None)
}

async fn check_room(tx: &mut Tx, member: MemberId) -> Result<(), Failure> {
    let photos =
        query_scalar!(r#"select count(*) as "photos!" from media.upload where member = $1"#, member.uuid());
    if photos.fetch_one(tx.conn()).await? >= PHOTOS_MAX { Err(FULL.failure()) } else { Ok(()) }
}

/// What was uploaded with this key before.
async fn before(tx: &mut Tx, member: MemberId, key: &SendingKey) -> Result<Option<Uploaded>, Failure> {
    let before = query_as!(
        Uploaded,
        r#"select p.photo as "photo: PhotoId", p.width, p.height, p.blur
           from media.stored s join media.upload p on p.photo = s.photo
           where s.member = $1 and s.key = $2"#,
        member.uuid(),
        key.as_str()
    );
    Ok(before.fetch_optional(tx.conn()).await?)
}

/// From here on the files stay.
async fn claim(
    tx: &mut Tx,
    photo: PhotoId,
    member: MemberId,
    key: Option<SendingKey>,
) -> Result<(), Failure> {
    let claimed = query!(
        "update media.stored set remove_after = null, member = $2, key = $3 where photo = $1",
        photo.uuid(),
        member.uuid(),
        key.as_ref().map(SendingKey::as_str)
    );
    match claimed.execute(tx.conn()).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(Failure::internal("the files of a new photo were removed already")),
    }
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(words): Query<Words>,
    IdempotencyKey(key): IdempotencyKey,
    Upload(file): Upload,
) -> Result<CreatedOrExisting<Uploaded>, Failure> {
    run(&ctx, actor.id, Some(file), &words.alt, key).await
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    FileForm { file, state }: FileForm,
) -> Result<Response, Failure> {
    match run(&ctx, actor.id, file, state.value("alt"), None).await {
        Ok(_) => {
            Ok(SeeOther::to("/media").saying("A reviewer looks at it before others do.").into_response())
        }
        Err(failure) if failure.is_of_a_form() => {
            let page = PhotosPage::load(&ctx, &actor, shell, state.refused(&failure)).await?;
            Ok(Page::again(page, &failure).into_response())
        }
        Err(failure) => Err(failure),
    }
}
