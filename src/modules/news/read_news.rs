//! The feed: what members did who fit her ideal, newest first, with `unread` on what she has not seen yet.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::SPEC;
use super::count_news;
use super::walk_stories::{self, Range};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, TypedId};
use crate::modules::media::contract::PhotoId;
use crate::shared::bounded_scan;
use crate::shared::cards::Card;
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::web::answer::{Json, Page};
use crate::web::extract::Query;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;
use crate::web::when::When;

/// Something that a member did.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Story")]
pub(super) struct Item {
    story: EventId,
    /// What she did: she joined, has a new photo, or a new presentation.
    #[schemars(extend("enum" = ["joined", "photo", "presentation"]))]
    kind: String,
    #[serde(flatten)]
    card: Card,
    /// Which one it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<PhotoId>,
    at: DateTime<Utc>,
    /// True before the reader has seen it.
    unread: bool,
}

/// A page of news, and how many are new over all pages (counted up to 100).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewsPage")]
pub(super) struct Feed {
    #[serde(flatten)]
    list: Listing<Item>,
    /// At most 100.
    new: i64,
    /// In words, for pages.
    #[serde(skip)]
    ideal: Option<String>,
}

async fn run(ctx: &Context, actor: &Actor, query: &PageQuery) -> Result<Feed, Failure> {
    let paging = query.parse()?;
    let place = |item: &Item| Cursor::new(item.at, item.story);
    let Some(reader) = walk_stories::reader(ctx, actor.id).await? else {
        return Ok(Feed { list: bounded_scan::page(Vec::new(), None, paging, place), new: 0, ideal: None });
    };
    let range = Range { from: paging.from, after: Cursor::oldest(), fetch: paging.fetch() };
    let tries = walk_stories::born(ctx, &reader.ideal).tries(paging);
    let (stories, end) = walk_stories::stories(ctx, &reader, range, tries).await?;
    let items = stories.into_iter().map(|story| Item {
        unread: (story.at, story.story.uuid()) > (reader.mark.at, reader.mark.id),
        story: story.story,
        kind: story.kind,
        card: story.card.card(ctx, actor.id),
        photo: story.photo,
        at: story.at,
    });
    let list = bounded_scan::page(items.collect(), end, paging, place);
    let new = count_news::new(ctx, &reader).await?;
    Ok(Feed { list, new, ideal: Some(reader.ideal.sentence()) })
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(query): Query<PageQuery>,
) -> Result<Json<Feed>, Failure> {
    Ok(Json(run(&ctx, &actor, &query).await?))
}

#[derive(Template)]
#[template(path = "news/list.html")]
pub(super) struct NewsPage {
    shell: Layout,
    items: Vec<Row>,
    new: i64,
    next: Option<String>,
    up_to: Option<String>,
    ideal: Option<String>,
}

struct Row {
    id: EventId,
    kind: String,
    text: &'static str,
    /// The new one.
    photo: Option<PhotoId>,
    card: Card,
    when: String,
    datetime: String,
    unread: bool,
}

impl Row {
    fn new(item: Item, when: When) -> Self {
        let text = match item.kind.as_str() {
            "joined" => "is new here",
            "photo" => "has a new photo",
            _ => "has a new presentation",
        };
        Self {
            photo: item.photo,
            id: item.story,
            kind: item.kind,
            text,
            card: item.card,
            when: when.ago(item.at),
            datetime: item.at.to_rfc3339(),
            unread: item.unread,
        }
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(query): Query<PageQuery>,
) -> Result<Page<NewsPage>, Failure> {
    let shell = shell.following(&ctx, &actor, &SPEC).await?;
    let feed = run(&ctx, &actor, &query).await?;
    let next = feed.list.next_page("/news");
    let up_to = feed.list.items.first().map(|newest| newest.story.to_string());
    let when = shell.when(&ctx);
    let items = feed.list.items.into_iter().map(|item| Row::new(item, when)).collect();
    let shell = shell.titled("News");
    Ok(Page::new(NewsPage { shell, items, new: feed.new, next, up_to, ideal: feed.ideal }))
}
