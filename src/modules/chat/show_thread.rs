//! The page of a thread: the messages, what one writes next, and the inbox beside it where there is room.
//!
//! Looking at it is reading it, which is recorded after the answer: a GET never writes.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;

use super::message::Message;
use super::read_inbox::{self, Row};
use super::read_thread::{self, Reading, Thread, ThreadQuery};
use super::{SPEC, mark_read};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::MemberId;
use crate::shared::cards::{self, Card};
use crate::shared::paging::PageQuery;
use crate::web::answer::Page;
use crate::web::extract::{Path, Query};
use crate::web::form::FormState;
use crate::web::layout::{Layout, wants_part};
use crate::web::session::is_prefetch;
use crate::web::visitor::Actor;
use crate::web::when::When;

/// A message as the page shows it.
struct Line {
    number: i64,
    mine: bool,
    read: bool,
    text: String,
    /// `14:05`, on that day.
    clock: String,
    datetime: String,
    /// The day, above its first message.
    day: Option<String>,
    /// True for the first that she has not read.
    first_new: bool,
    removed: bool,
    /// Where the reader reports it; none of her own, and none of one that was removed.
    report: Option<String>,
}

#[derive(Template)]
#[template(path = "chat/thread.html")]
pub(super) struct ThreadPage {
    shell: Layout,
    card: Card,
    lines: Vec<Line>,
    older: Option<String>,
    newer: Option<String>,
    /// How far the other one has read.
    read_to: i64,
    /// What is said about first messages, where this would be one.
    first: Option<String>,
    /// What she writes next.
    composer: FormState,
    rows: Vec<Row>,
    next: Option<String>,
    open: Option<String>,
}

/// What has come since, for a page that is open already.
#[derive(Template)]
#[template(path = "chat/part.html")]
pub(super) struct ThreadPart {
    lines: Vec<Line>,
    read_to: i64,
    has_more: bool,
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    (mut shell, Path(nickname)): (Layout, Path<String>),
    Query(query): Query<ThreadQuery>,
    (method, headers): (Method, HeaderMap),
) -> Result<Response, Failure> {
    let other = cards::named(ctx.pool(&SPEC), &SPEC, &nickname).await?;
    shell = shell.following(&ctx, &actor, &SPEC).await?;
    if wants_part(&headers) {
        let thread = read_thread::run(&ctx, &actor, other, &query).await?;
        let (read_to, has_more) = (thread.read_to, thread.has_more);
        return Ok(Page::new(ThreadPart { lines: lines(thread, shell.when(&ctx)), read_to, has_more })
            .into_response());
    }
    let thread = read_thread::opened(&ctx, &actor, other, &query).await?;
    if let Some(reading) = thread.reading().filter(|_| !is_prefetch(&method, &headers)) {
        // A message that has come this very moment is not in the shell's numbers yet.
        if reading.all && thread.unread > 0 {
            shell.one_conversation_less();
        }
        record_reading(&ctx, actor.id, other, &reading);
    }
    Ok(Page::new(whole(&ctx, &actor, shell, thread, FormState::default()).await?).into_response())
}

/// The page again, with what was wrong with the message.
pub(super) async fn again(
    ctx: &Context,
    actor: &Actor,
    shell: Layout,
    (other, composer): (MemberId, FormState),
    failure: &Failure,
) -> Result<Page<ThreadPage>, Failure> {
    let shell = shell.following(ctx, actor, &SPEC).await?;
    let thread = read_thread::opened(ctx, actor, other, &ThreadQuery::default()).await?;
    Ok(Page::again(whole(ctx, actor, shell, thread, composer).await?, failure))
}

async fn whole(
    ctx: &Context,
    actor: &Actor,
    shell: Layout,
    thread: Thread,
    composer: FormState,
) -> Result<ThreadPage, Failure> {
    let inbox = read_inbox::run(ctx, actor, &PageQuery::default()).await?;
    let (when, card) = (shell.when(ctx), thread.with.clone());
    let to = |way: &str, number: i64| format!("/chat/{}?{way}={number}", card.nickname);
    let (first, last) = (thread.items.first(), thread.items.last());
    let older = first.filter(|_| thread.older).map(|message| to("from", message.number));
    let newer = last.filter(|_| thread.newer).map(|message| to("after", message.number));
    Ok(ThreadPage {
        shell: shell.titled(card.nickname.clone()),
        older,
        newer,
        read_to: thread.read_to,
        first: thread.first_messages.map(|first| first.sentence(ctx.now())),
        composer,
        next: inbox.next_page("/chat"),
        rows: inbox.items.into_iter().map(|conversation| Row::new(conversation, when)).collect(),
        open: Some(card.nickname.clone()),
        lines: lines(thread, when),
        card,
    })
}

fn lines(thread: Thread, when: When) -> Vec<Line> {
    let mut day: Option<NaiveDate> = None;
    let mut all_read = true;
    let nickname = thread.with.nickname;
    let line = |message: Message| {
        let this = when.date(message.at);
        let new_day = day.replace(this) != Some(this);
        let first_new = !message.mine && !message.read && all_read;
        all_read &= message.mine || message.read;
        Line {
            number: message.number,
            mine: message.mine,
            read: message.read,
            clock: when.clock(message.at),
            datetime: message.at.to_rfc3339(),
            day: new_day.then(|| when.day(message.at)),
            first_new,
            removed: message.removed,
            report: (!message.mine && !message.removed)
                .then(|| format!("/chat/{nickname}/report/{}", message.number)),
            text: message.text,
        }
    };
    thread.items.into_iter().map(line).collect()
}

fn record_reading(ctx: &Context, member: MemberId, with: MemberId, reading: &Reading) {
    let (own, up_to) = (ctx.clone(), reading.up_to);
    ctx.spawn_afterwards(async move {
        if let Err(failure) = mark_read::run(&own, member, with, up_to).await {
            tracing::warn!(%failure, "that a thread was read was not recorded");
        }
    });
}
