//! The newest members, without those whom the reader does not see.

use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::shared::cards::{Card, CardRow};
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::web::answer::Json;
use crate::web::extract::Query;
use crate::web::visitor::Actor;

/// A member in the list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewMember")]
pub(super) struct Newest {
    #[serde(flatten)]
    pub card: Card,
    /// Member since.
    since: DateTime<Utc>,
}

pub(super) async fn run(ctx: &Context, actor: &Actor, asked: &PageQuery) -> Result<Listing<Newest>, Failure> {
    let paging = asked.parse()?;
    let rows = query!(
        r#"select p.at, c as "card!: CardRow"
           from profile.profile p join profile.card c on c.member = p.member
           where p.member <> $1 and (p.at, p.member) < ($2, $3)
             and not exists (select from profile.blocked_pair b where b.viewer = $1 and b.other = p.member)
           order by p.at desc, p.member desc limit $4"#,
        actor.id.uuid(),
        paging.from.at,
        paging.from.id,
        paging.fetch()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    let newest = rows.into_iter().map(|row| Newest { card: row.card.card(ctx, actor.id), since: row.at });
    Ok(Listing::of(newest.collect(), paging, |newest| Cursor::new(newest.since, newest.card.member)))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listing<Newest>>, Failure> {
    Ok(Json(run(&ctx, &actor, &asked).await?))
}
