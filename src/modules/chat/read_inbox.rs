//! The conversations of a member, the newest first: one row each, with the last message and what is unread.
//!
//! Whom she has blocked is not in it. Who has blocked her stays, and is never online: she must not notice.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use super::message::Message;
use super::read_thread::PAGE_BYTES;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::shared::cards::{Card, CardRow};
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::web::answer::{Json, Page};
use crate::web::extract::Query;
use crate::web::layout::{Layout, wants_part};
use crate::web::visitor::Actor;
use crate::web::when::When;

/// A conversation, as one of the two has it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Conversation {
    /// The other one.
    #[serde(flatten)]
    card: Card,
    /// The newest message that she sees.
    last: Message,
    /// Messages to her that she has not read.
    unread: i32,
}

pub(super) async fn run(
    ctx: &Context,
    actor: &Actor,
    query: &PageQuery,
) -> Result<Listing<Conversation>, Failure> {
    let mut paging = query.parse()?;
    let rows = query!(
        r#"select c as "card!: CardRow", m.number, m.sender = $1 as "mine!", m.text, m.removed, t.at,
                  t.unread,
                  m.number <= (case when m.sender = $1 then coalesce(o.read_to, 0) else t.read_to end) as "read!",
                  exists (select from chat.blocked_pair p
                          where p.viewer = $1 and p.other = t.other and p.blocker = t.other) as "blocked!"
           from chat.thread t
           join chat.card c on c.member = t.other
           join chat.message m on m.one = least(t.member, t.other) and m.two = greatest(t.member, t.other)
                              and m.number = t.newest
           left join chat.thread o on o.member = t.other and o.other = t.member
           where t.member = $1 and (t.at, t.other) < ($2, $3)
             and not exists (select from chat.blocked_pair p
                             where p.viewer = $1 and p.other = t.other and p.blocker = $1)
           order by t.at desc, t.other desc limit $4"#,
        actor.id.uuid(),
        paging.from.at,
        paging.from.id,
        paging.fetch()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    paging.max = paging.max.min(fitting(rows.iter().map(|row| row.text.len())));
    let conversations = rows.into_iter().map(|row| Conversation {
        card: row.card.card(ctx, actor.id).away_if(row.blocked),
        last: Message {
            number: row.number,
            mine: row.mine,
            text: row.text,
            at: row.at,
            read: row.read,
            removed: row.removed,
        },
        unread: row.unread,
    });
    let place = |of: &Conversation| Cursor::new(of.last.at, of.card.member);
    Ok(Listing::of(conversations.collect(), paging, place))
}

/// How many texts fit into a page: as in a thread.
fn fitting(bytes: impl Iterator<Item = usize>) -> i64 {
    let before = bytes.scan(0, |sum: &mut usize, bytes| {
        let before = *sum;
        *sum += bytes;
        Some(before)
    });
    let most = usize::try_from(PAGE_BYTES).unwrap_or(usize::MAX);
    i64::try_from(before.take_while(|before| *before < most).count()).unwrap_or(i64::MAX).max(1)
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listing<Conversation>>, Failure> {
    Ok(Json(run(&ctx, &actor, &query).await?))
}

/// A row of the inbox as pages show it.
pub(super) struct Row {
    pub(super) card: Card,
    pub(super) text: String,
    pub(super) mine: bool,
    pub(super) read: bool,
    pub(super) unread: i32,
    pub(super) when: String,
    pub(super) datetime: String,
}

/// Characters of a message that a row shows.
const PREVIEW_CHARS: usize = 160;

impl Row {
    pub(super) fn new(of: Conversation, when: When) -> Self {
        Self {
            text: of.last.text.chars().take(PREVIEW_CHARS).collect(),
            mine: of.last.mine,
            read: of.last.read,
            unread: of.unread,
            when: when.ago(of.last.at),
            datetime: of.last.at.to_rfc3339(),
            card: of.card,
        }
    }
}

#[derive(Template)]
#[template(path = "chat/inbox.html")]
pub(super) struct InboxPage {
    shell: Layout,
    rows: Vec<Row>,
    next: Option<String>,
    /// Whose thread is open beside it.
    open: Option<String>,
}

/// The rows alone, for a page that is open already.
#[derive(Template)]
#[template(path = "chat/rows.html")]
pub(super) struct InboxPart {
    rows: Vec<Row>,
    next: Option<String>,
    open: Option<String>,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let shell = shell.titled("Chat").following(&ctx, &actor, &SPEC).await?;
    let list = run(&ctx, &actor, &query).await?;
    let next = list.next_page("/chat");
    let when = shell.when(&ctx);
    let rows = list.items.into_iter().map(|conversation| Row::new(conversation, when)).collect();
    if wants_part(&headers) {
        return Ok(Page::new(InboxPart { rows, next, open: None }).into_response());
    }
    Ok(Page::new(InboxPage { shell, rows, next, open: None }).into_response())
}
