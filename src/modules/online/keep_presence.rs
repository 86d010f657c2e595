//! What the dots on all cards are made of: [`crate::web::presence`] asks for it.

use chrono::{DateTime, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::query;

use super::SPEC;
use super::contract::MemberSeen;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::calendar;
use crate::web::presence::{Here, PresenceStore};
use crate::web::visitor::Actor;

pub(super) struct Store;

impl PresenceStore for Store {
    fn note<'a>(&'a self, ctx: &'a Context, actor: &'a Actor) -> BoxFuture<'a, Result<(), Failure>> {
        note(ctx, actor).boxed()
    }

    fn read<'a>(
        &'a self,
        ctx: &'a Context,
        since: DateTime<Utc>,
        max: usize,
    ) -> BoxFuture<'a, Result<Here, Failure>> {
        read(ctx, since, max).boxed()
    }
}

async fn note(ctx: &Context, actor: &Actor) -> Result<(), Failure> {
    let mut tx = ctx.begin(&SPEC).await?;
    let day = calendar::day_in(actor.zone, tx.now());
    let _ = tx.emit(MemberSeen { member: actor.id, day: Some(day) }).await?;
    tx.commit().await
}

async fn read(ctx: &Context, since: DateTime<Utc>, max: usize) -> Result<Here, Failure> {
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let seen =
        query!("select member, at from online.seen where at > $1 order by at desc limit $2", since, max)
            .fetch_all(ctx.pool(&SPEC))
            .await?;
    let hidden = query!("select member from online.hidden").fetch_all(ctx.pool(&SPEC)).await?;
    Ok(Here {
        seen: seen.into_iter().map(|row| (MemberId::of(row.member), row.at)).collect(),
        hidden: hidden.into_iter().map(|row| MemberId::of(row.member)).collect(),
    })
}
