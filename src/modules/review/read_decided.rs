//! What was decided, by whom and why, newest first.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query_as;

use super::SPEC;
use super::contract::ItemId;
use super::item::Kind;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::web::answer::{Json, Page};
use crate::web::extract::Query;
use crate::web::layout::Layout;

/// A decision.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Decision")]
pub(super) struct Decided {
    item: ItemId,
    kind: Kind,
    member: MemberId,
    nickname: String,
    #[schemars(extend("enum" = ["approved", "rejected", "upheld", "dismissed"]))]
    decision: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The reviewer's nickname; none where the operator decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    at: DateTime<Utc>,
}

async fn run(ctx: &Context, asked: &PageQuery) -> Result<Listing<Decided>, Failure> {
    let paging = asked.parse()?;
    let rows = query_as!(
        Decided,
        r#"select i.item as "item: ItemId", i.kind as "kind: Kind", i.member as "member: MemberId",
                  coalesce(a.nickname, who.nickname) as "nickname!",
                  i.decision as "decision!", i.reason, c.nickname as "by?", i.decided_at as "at!"
           from review.item i left join review.card c on c.member = i.decided_by
           left join review.item_application a on a.item = i.item
           left join review.card who on who.member = i.member
           where i.decided_at is not null and coalesce(a.nickname, who.nickname) is not null
             and (i.decided_at, i.item) < ($1, $2)
           order by i.decided_at desc, i.item desc limit $3"#,
        paging.from.at,
        paging.from.id,
        paging.fetch()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    Ok(Listing::of(rows, paging, |decided| Cursor::new(decided.at, decided.item)))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listing<Decided>>, Failure> {
    Ok(Json(run(&ctx, &asked).await?))
}

#[derive(Template)]
#[template(path = "review/decided.html")]
pub(super) struct DecidedPage {
    shell: Layout,
    items: Vec<Row>,
    next: Option<String>,
}

struct Row {
    /// Nothing of an application.
    of: &'static str,
    nickname: String,
    decision: String,
    reason: Option<String>,
    by: String,
    at: String,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    shell: Layout,
    Query(asked): Query<PageQuery>,
) -> Result<Page<DecidedPage>, Failure> {
    let list = run(&ctx, &asked).await?;
    let next = list.next_page("/review/decided");
    let when = shell.when(&ctx);
    let row = |decided: Decided| Row {
        of: match decided.kind {
            Kind::Registration => "",
            Kind::Presentation => ", presentation",
            Kind::Photo => ", photo",
            Kind::Report => ", report",
        },
        nickname: decided.nickname,
        decision: decided.decision,
        reason: decided.reason,
        by: decided.by.unwrap_or_else(|| "the operator".to_owned()),
        at: when.ago(decided.at),
    };
    let items = list.items.into_iter().map(row).collect();
    Ok(Page::new(DecidedPage { shell: shell.titled("Decided"), items, next }))
}
