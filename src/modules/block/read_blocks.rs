//! The ignore list, newest first.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query_as;

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::cards::hue;
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::web::answer::{Json, Page};
use crate::web::extract::Query;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;

/// A blocked member.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Blocked {
    member: MemberId,
    nickname: String,
    /// Since when.
    at: DateTime<Utc>,
}

async fn run(ctx: &Context, actor: &Actor, query: &PageQuery) -> Result<Listing<Blocked>, Failure> {
    let paging = query.parse()?;
    let rows = query_as!(
        Blocked,
        r#"select b.blocked as "member: MemberId", c.nickname, b.at
           from block.block b join block.card c on c.member = b.blocked
           where b.member = $1 and (b.at, b.blocked) < ($2, $3)
             -- Who had blocked her before is as unknown here as nobody: the list would tell.
             and not exists (select from block.block first
                             where first.member = b.blocked and first.blocked = b.member and first.at < b.at)
           order by b.at desc, b.blocked desc limit $4"#,
        actor.id.uuid(),
        paging.from.at,
        paging.from.id,
        paging.fetch()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    Ok(Listing::of(rows, paging, |row| Cursor::new(row.at, row.member)))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listing<Blocked>>, Failure> {
    Ok(Json(run(&ctx, &actor, &query).await?))
}

#[derive(Template)]
#[template(path = "block/list.html")]
pub(super) struct BlockPage {
    shell: Layout,
    items: Vec<Row>,
    next: Option<String>,
}

struct Row {
    nickname: String,
    hue: u8,
    since: String,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(query): Query<PageQuery>,
) -> Result<Page<BlockPage>, Failure> {
    let list = run(&ctx, &actor, &query).await?;
    let next = list.next_page("/block");
    let when = shell.when(&ctx);
    let row = |b: Blocked| Row { hue: hue(b.member), since: when.day(b.at), nickname: b.nickname };
    let items = list.items.into_iter().map(row).collect();
    Ok(Page::new(BlockPage { shell: shell.titled("Blocked members"), items, next }))
}
