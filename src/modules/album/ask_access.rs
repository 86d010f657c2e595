//! Ask a member to open her private album. Asking again changes nothing for 30 days, whether she has declined or not: the
//! asker is not told.

use axum::extract::State;
use sqlx::query_scalar;

use super::SPEC;
use super::contract::{ASK_AGAIN, PrivateAlbumAccessAsked};
use super::pair::{self, Pair};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::kernel::problem::Problem;
use crate::kernel::tx::Tx;
use crate::shared::cards;
use crate::web::answer::{NoContent, SeeOther};
use crate::web::extract::Path;
use crate::web::left::Left;
use crate::web::visitor::Actor;

pub(super) const SELF: Problem = Problem::conflict(
    "album.ask-self",
    "Your own private album is open to you. You find it on your profile.",
);
pub(super) const EMPTY: Problem = Problem::conflict(
    "album.empty",
    "This member has nothing in her private album. Look at the photos on her profile.",
);

async fn run(ctx: &Context, actor: &Actor, owner: MemberId) -> Result<(), Failure> {
    if actor.id == owner {
        return Err(SELF.failure());
    }
    let mut tx = ctx.begin(&SPEC).await?;
    cards::visible_to(tx.conn(), &SPEC, actor.id, owner).await?;
    // Her profile says it to every member.
    if !has_photos(&mut tx, owner).await? {
        return Err(EMPTY.failure());
    }
    let Pair { open, asked } = pair::locked(&mut tx, owner, actor.id).await?;
    if !open && asked.is_none_or(|asked| asked + ASK_AGAIN <= tx.now()) {
        let _ = tx.emit(PrivateAlbumAccessAsked { owner, member: actor.id }).await?;
    }
    tx.commit().await
}

async fn has_photos(tx: &mut Tx, owner: MemberId) -> Result<bool, Failure> {
    let has = query_scalar!(
        r#"select exists (select from album.photo
                          where member = $1 and approved is not null and not deleted and private) as "has!""#,
        owner.uuid()
    );
    Ok(has.fetch_one(tx.conn()).await?)
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Path(owner): Path<MemberId>,
) -> Result<NoContent, Failure> {
    run(&ctx, &actor, owner).await?;
    Ok(NoContent)
}

pub(super) async fn form(
    State(ctx): State<Context>,
    actor: Actor,
    Path(nickname): Path<String>,
    left: Left,
) -> Result<SeeOther, Failure> {
    let owner = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    run(&ctx, &actor, owner).await?;
    let said = format!("You have asked. If {nickname} opens the album to you, you find it here.");
    Ok(SeeOther::to(format!("/member/{nickname}")).saying(left.after(said, "ask", "asks")))
}
