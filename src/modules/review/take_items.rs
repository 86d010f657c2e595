//! Take the items that have waited longest: for a while they are left to this reviewer.

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{query, query_scalar};

use super::SPEC;
use super::contract::ItemId;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::web::answer::{Json, SeeOther};
use crate::web::visitor::Actor;

/// Items at a time.
const TAKEN_MAX: i64 = 10;
/// How long they are hers. Who is called away keeps nobody waiting for long.
const LEASE: TimeDelta = TimeDelta::minutes(15);

/// What a reviewer has taken.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TakenItems")]
pub(super) struct Taken {
    /// At most 10, those that she had already included.
    items: Vec<ItemId>,
    /// When others may take them.
    until: DateTime<Utc>,
}

async fn run(ctx: &Context, reviewer: MemberId) -> Result<Taken, Failure> {
    let (now, until) = (ctx.now(), ctx.now() + LEASE);
    let mut tx = ctx.begin(&SPEC).await?;
    query!("delete from review.lease where until <= $1", now).execute(tx.conn()).await?;
    // Locked, so that two who take at the same moment take different ones.
    let waiting = query_scalar!(
        "select i.item from review.item i
         where i.decision is null
           and not exists (select from review.lease l where l.item = i.item and l.reviewer <> $1)
         order by i.due, i.item limit $2 for update of i skip locked",
        reviewer.uuid(),
        TAKEN_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    query!(
        "insert into review.lease as held (item, reviewer, until)
         select item, $2, $3 from unnest($1::uuid[]) as waiting (item)
         on conflict (item) do update set until = excluded.until",
        &waiting,
        reviewer.uuid(),
        until
    )
    .execute(tx.conn())
    .await?;
    tx.commit().await?;
    Ok(Taken { items: waiting.into_iter().map(ItemId::of).collect(), until })
}

pub(super) async fn json(State(ctx): State<Context>, actor: Actor) -> Result<Json<Taken>, Failure> {
    Ok(Json(run(&ctx, actor.id).await?))
}

pub(super) async fn form(State(ctx): State<Context>, actor: Actor) -> Result<SeeOther, Failure> {
    let taken = run(&ctx, actor.id).await?.items.len();
    let notice = match taken {
        0 => "Nothing waits that nobody else reads.".to_owned(),
        1 => "One item is yours for a quarter of an hour.".to_owned(),
        _ => format!("{taken} items are yours for a quarter of an hour."),
    };
    Ok(SeeOther::to("/review").saying(notice))
}
