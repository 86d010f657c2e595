//! Who is here now, those who came last first. Who hides sees nobody.
//!
//! The list never has more rows to look through than there are members online.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{query, query_scalar};

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::shared::cards::{Card, CardRow};
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::web::answer::{Json, Page};
use crate::web::extract::Query;
use crate::web::layout::Layout;
use crate::web::presence::ONLINE;
use crate::web::visitor::Actor;

/// Somebody who is here.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OnlineMember")]
pub(super) struct Present {
    #[serde(flatten)]
    card: Card,
    /// Since when.
    since: DateTime<Utc>,
}

/// A page of who is here.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OnlinePage")]
pub(super) struct Online {
    #[serde(flatten)]
    list: Listing<Present>,
    /// True while she hides: then the list is empty.
    hidden: bool,
}

/// Whether she hides, as the tables say.
pub(super) async fn hides(ctx: &Context, actor: &Actor) -> Result<bool, Failure> {
    let hides = query_scalar!(
        r#"select exists (select from online.hidden where member = $1) as "hides!""#,
        actor.id.uuid()
    );
    Ok(hides.fetch_one(ctx.pool(&SPEC)).await?)
}

async fn run(ctx: &Context, actor: &Actor, asked: &PageQuery) -> Result<Online, Failure> {
    let paging = asked.parse()?;
    let hidden = hides(ctx, actor).await?;
    let rows = query!(
        r#"select s.since, c as "card!: CardRow"
           from online.seen s join online.card c on c.member = s.member
           where not $1 and s.at > $2 and s.member <> $3 and (s.since, s.member) < ($4, $5)
             and not exists (select from online.hidden h where h.member = s.member)
             and not exists (select from online.blocked_pair b where b.viewer = $3 and b.other = s.member)
           order by s.since desc, s.member desc limit $6"#,
        hidden,
        ctx.now() - ONLINE,
        actor.id.uuid(),
        paging.from.at,
        paging.from.id,
        paging.fetch()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    let here = rows.into_iter().map(|row| Present { card: row.card.card(ctx, actor.id), since: row.since });
    let list = Listing::of(here.collect(), paging, |here| Cursor::new(here.since, here.card.member));
    Ok(Online { list, hidden })
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Online>, Failure> {
    Ok(Json(run(&ctx, &actor, &asked).await?))
}

#[derive(Template)]
#[template(path = "online/list.html")]
pub(super) struct OnlinePage {
    shell: Layout,
    cards: Vec<Card>,
    next: Option<String>,
    hidden: bool,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(asked): Query<PageQuery>,
) -> Result<Page<OnlinePage>, Failure> {
    let Online { list, hidden } = run(&ctx, &actor, &asked).await?;
    let next = list.next_page("/online");
    let cards = list.items.into_iter().map(|here| here.card).collect();
    Ok(Page::new(OnlinePage { shell: shell.titled("Online"), cards, next, hidden }))
}
