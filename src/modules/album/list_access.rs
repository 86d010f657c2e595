//! Who asked to see the private album of who reads this, and whom she let in, the last first. Whom a block hides is not in
//! it: access ends with the block, and an ask shows again after it.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{query, query_scalar};

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::cards::{Card, CardRow};
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::web::answer::{Json, Page};
use crate::web::extract::Query;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;
use crate::web::when::When;

/// A member who asks to see the album, or who sees it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AlbumAccess")]
pub(super) struct Access {
    #[serde(flatten)]
    card: Card,
    /// She `asked`, or the album is `open` to her.
    #[schemars(extend("enum" = ["asked", "open"]))]
    state: String,
    /// When she asked, or since when she sees it.
    at: DateTime<Utc>,
}

async fn run(ctx: &Context, actor: &Actor, asked: &PageQuery) -> Result<Listing<Access>, Failure> {
    let paging = asked.parse()?;
    let rows = query!(
        r#"select l.at as "at!", l.state as "state!", c as "card!: CardRow"
           from (select member, at, 'asked' as state from album.ask where owner = $1 and waiting
                 union all
                 select member, granted, 'open' from album.access where owner = $1 and granted > blocked) as l
           join album.card c on c.member = l.member
           where (l.at, l.member) < ($2, $3)
             and not exists (select from album.blocked_pair b where b.viewer = $1 and b.other = l.member)
           order by l.at desc, l.member desc limit $4"#,
        actor.id.uuid(),
        paging.from.at,
        paging.from.id,
        paging.fetch()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    let items = rows.into_iter().map(|row| Access {
        card: row.card.card(ctx, actor.id),
        state: row.state,
        at: row.at,
    });
    Ok(Listing::of(items.collect(), paging, |item| Cursor::new(item.at, item.card.member)))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listing<Access>>, Failure> {
    Ok(Json(run(&ctx, &actor, &asked).await?))
}

#[derive(Template)]
#[template(path = "album/list.html")]
pub(super) struct AlbumPage {
    shell: Layout,
    /// Photos in it that are approved.
    photos: i64,
    items: Vec<Row>,
    next: Option<String>,
}

struct Row {
    card: Card,
    asks: bool,
    when: String,
}

impl Row {
    fn new(access: Access, when: When) -> Self {
        Self { asks: access.state == "asked", when: when.ago(access.at), card: access.card }
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(asked): Query<PageQuery>,
) -> Result<Page<AlbumPage>, Failure> {
    let list = run(&ctx, &actor, &asked).await?;
    let next = list.next_page("/album");
    let when = shell.when(&ctx);
    let items = list.items.into_iter().map(|access| Row::new(access, when)).collect();
    let photos = count_photos(&ctx, actor.id).await?;
    Ok(Page::new(AlbumPage { shell: shell.titled("Your private album"), photos, items, next }))
}

async fn count_photos(ctx: &Context, owner: MemberId) -> Result<i64, Failure> {
    let photos = query_scalar!(
        r#"select count(*) as "photos!" from album.photo
           where member = $1 and approved is not null and not deleted and private"#,
        owner.uuid()
    );
    Ok(photos.fetch_one(ctx.pool(&SPEC)).await?)
}
