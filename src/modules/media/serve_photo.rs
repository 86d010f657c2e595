//! Serve a photo to whom it is for: an approved one to members, but not past a block, and where it is private only to those
//! whom its owner lets in; any other one to its owner and to reviewers; a deleted one to nobody, but to
//! reviewers while a report of it waits. For anybody else it is not there.

use axum::extract::State;
use axum::http::HeaderMap;
use moka::sync::Cache;
use sqlx::{query, query_scalar};

use super::SPEC;
use super::contract::PhotoId;
use super::picture::Size;
use super::storage::Storage;
use crate::kernel::config::Config;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::module::ModuleState;
use crate::web::extract::Path;
use crate::web::file::{File, Keep};
use crate::web::visitor::{Actor, TRUSTED};

/// Photos and viewers kept in memory.
const CACHED_MAX: u64 = 200_000;

/// Who may see which approved photo, as far as it was looked up a moment ago. Only what is allowed is kept, and believed
/// as long as a session is: nothing depends on a signal. A private photo is looked up each time, so that access which is
/// taken back ends on every node as soon as this module has read of it.
pub(super) struct Seen(Cache<(PhotoId, MemberId), ()>);

impl ModuleState for Seen {
    fn of(_: &Config) -> Self {
        let seen = Cache::builder().max_capacity(CACHED_MAX).time_to_live(TRUSTED);
        Self(seen.support_invalidation_closures().build())
    }
}

impl Seen {
    /// Nobody gets it any more, on this node.
    pub(super) fn forget(&self, photo: PhotoId) {
        // It fails only where closures are not supported.
        let _ = self.0.invalidate_entries_if(move |(seen, _), ()| *seen == photo);
    }
}

/// How long the viewer may keep it, if she may see it at all.
async fn may_see(ctx: &Context, viewer: &Actor, photo: PhotoId) -> Result<Option<Keep>, Failure> {
    let seen = ctx.state::<Seen>()?;
    if seen.0.contains_key(&(photo, viewer.id)) {
        return Ok(Some(Keep::ForEver));
    }
    let row = query!(
        r#"select p.member as "owner: MemberId", p.state, coalesce(p.photo = any(a.private), false) as "private!",
                  exists (select from media.blocked_pair b where b.viewer = $2 and b.other = p.member) as "blocked!",
                  exists (select from media.access g
                          where g.owner = p.member and g.member = $2 and g.granted > g.blocked) as "opened!"
           from media.upload p left join media.arrangement a on a.member = p.member
           where p.photo = $1"#,
        photo.uuid(),
        viewer.id.uuid()
    )
    .fetch_optional(ctx.pool(&SPEC))
    .await?;
    let judges = viewer.reviewer || viewer.admin;
    let Some(row) = row else {
        let keep = judges && is_evidence(ctx, photo).await?;
        return Ok(keep.then_some(Keep::AskAgain));
    };
    let is_shown = row.state == "approved" && !row.blocked;
    if is_shown && !row.private {
        seen.0.insert((photo, viewer.id), ());
        return Ok(Some(Keep::ForEver));
    }
    // Reviewers judge whomever they have blocked, too.
    let is_for_her = row.owner == viewer.id || judges || (is_shown && row.opened);
    Ok(is_for_her.then_some(Keep::AskAgain))
}

/// It is deleted, and reviewers still have to decide on a report of it.
async fn is_evidence(ctx: &Context, photo: PhotoId) -> Result<bool, Failure> {
    let held = query_scalar!(
        r#"select exists (select from media.evidence where photo = $1 and reported > decided) as "held!""#,
        photo.uuid()
    );
    Ok(held.fetch_one(ctx.pool(&SPEC)).await?)
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    headers: HeaderMap,
    Path((photo, size)): Path<(PhotoId, Size)>,
) -> Result<File, Failure> {
    let keep = may_see(&ctx, &actor, photo).await?.ok_or_else(Failure::not_found)?;
    let bytes = ctx.state::<Storage>()?.get(photo, size).await?.ok_or_else(Failure::not_found)?;
    let tag = format!("\"{photo}-{}\"", size.name());
    Ok(File::new(&headers, "image/jpeg", tag, keep, bytes))
}
