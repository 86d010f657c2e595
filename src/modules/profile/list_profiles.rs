//! The newest members, without those whom the reader does not see.

use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use crate::context::Context;
use crate::failure::Failure;
use crate::id::{MemberId, TypedId};
use crate::kit::cards::{Card, CardRow};
use crate::kit::people::Gender;
use crate::web::answer::Json;
use crate::web::extract::Query;
use crate::web::paging::{Cursor, Listing, PageQuery};
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
    let now = ctx.now();
    let rows = query!(
        r#"select p.member, p.at, c.nickname, c.gender as "gender: Gender", c.birthday, c.place
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
    let newest = rows.into_iter().map(|row| {
        let member = MemberId::of(row.member);
        let card = CardRow {
            member,
            nickname: row.nickname,
            gender: row.gender,
            birthday: row.birthday,
            place: row.place,
        };
        Newest { card: card.card(now), since: row.at }
    });
    Ok(Listing::of(newest.collect(), paging, |newest| Cursor::new(newest.since, newest.card.member)))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listing<Newest>>, Failure> {
    Ok(Json(run(&ctx, &actor, &asked).await?))
}
