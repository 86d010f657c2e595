//! Mark a member as a favourite. Twice is the same as once, and she is not told.

use axum::extract::State;
use sqlx::{query, query_scalar};

use super::SPEC;
use super::contract::FavoriteMarked;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;
use crate::shared::cards;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::visitor::Actor;

pub(super) const SELF: Problem = Problem::conflict(
    "favorite.self",
    "Your favourites are other members. You find yourself under your nickname.",
);
pub(super) const FULL: Problem = Problem::conflict(
    "favorite.full",
    "You have 500 favourites, and that is as many as the list holds. Remove one, then mark this one.",
);

/// Favourites of one member that she can see. [`FULL`] says it, too.
const FAVORITES_MAX: i64 = 500;

async fn run(ctx: &Context, actor: &Actor, favorite: MemberId) -> Result<(), Failure> {
    if actor.id == favorite {
        return Err(SELF.failure());
    }
    let mut tx = ctx.begin(&SPEC).await?;
    cards::visible_to(tx.conn(), &SPEC, actor.id, favorite).await?;
    lock(&mut tx, actor.id).await?;
    let applied = tx.emit(FavoriteMarked { member: actor.id, favorite }).await?;
    if applied.changed() && count(&mut tx, actor.id).await? > FAVORITES_MAX {
        return Err(FULL.failure());
    }
    tx.commit().await
}

/// Two marks at the same moment would not count each other.
async fn lock(tx: &mut Tx, member: MemberId) -> Result<(), Failure> {
    query!(
        "select from pg_advisory_xact_lock(hashtextextended('favorite' || $1::uuid::text, 0))",
        member.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Those whom a block hides do not count: she could not remove them, and the number would tell of the block.
async fn count(tx: &mut Tx, member: MemberId) -> Result<i64, Failure> {
    Ok(query_scalar!(
        r#"select count(*) as "count!" from favorite.favorite f
           where f.member = $1
             and not exists (select from favorite.blocked_pair b where b.viewer = $1 and b.other = f.favorite)"#,
        member.uuid()
    )
    .fetch_one(tx.conn())
    .await?)
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(favorite): Path<MemberId>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, favorite).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
) -> Result<SeeOther, Failure> {
    let favorite = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    run(&ctx, &actor, favorite).await?;
    Ok(SeeOther::to(format!("/member/{nickname}"))
        .saying(format!("{nickname} is among your favourites now.")))
}
