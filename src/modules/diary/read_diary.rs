//! The diary of who asks, newest first, all of it or one kind. Whom a block hides is not in it, until the block ends.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::query_as;

use super::SPEC;
use super::entry::Kind;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{EventId, TypedId};
use crate::modules::media::contract::PhotoId;
use crate::shared::cards::{Card, CardRow};
use crate::shared::paging::{CURSOR, Cursor, Listing, MAX_MOST, PageQuery, Paging};
use crate::web::answer::{Json, Page};
use crate::web::extract::Query;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;
use crate::web::when::When;

/// Which part of a diary.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DiaryQuery {
    /// Items wanted; 20 where it is left out.
    #[schemars(range(min = 1, max = MAX_MOST))]
    max: Option<i64>,
    /// `next` of the page before.
    #[schemars(regex(pattern = CURSOR))]
    from: Option<String>,
    /// Entries of this kind only.
    kind: Option<Kind>,
}

/// Something that she did.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DiaryEntry")]
pub(super) struct Item {
    entry: EventId,
    kind: Kind,
    /// To whom.
    #[serde(flatten)]
    card: Card,
    /// Which one it is about; none where it is not about one, and none that is deleted or private.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<PhotoId>,
    at: DateTime<Utc>,
}

struct Row {
    entry: EventId,
    kind: Kind,
    photo: Option<PhotoId>,
    at: DateTime<Utc>,
    card: CardRow,
}

async fn run(ctx: &Context, actor: &Actor, asked: &DiaryQuery) -> Result<Listing<Item>, Failure> {
    let paging = PageQuery::of(asked.max, asked.from.clone()).parse()?;
    // Two statements, so that each walks the index that is made for it.
    let rows = match asked.kind {
        None => of_all_kinds(ctx, actor, paging).await?,
        Some(kind) => of_kind(ctx, actor, paging, kind).await?,
    };
    let items = rows.into_iter().map(|row| Item {
        entry: row.entry,
        kind: row.kind,
        card: row.card.card(ctx, actor.id),
        photo: row.photo,
        at: row.at,
    });
    Ok(Listing::of(items.collect(), paging, |item| Cursor::new(item.at, item.entry)))
}

async fn of_all_kinds(ctx: &Context, actor: &Actor, paging: Paging) -> Result<Vec<Row>, Failure> {
    let rows = query_as!(
        Row,
        r#"select e.entry as "entry: EventId", e.kind as "kind: Kind", e.at, c as "card!: CardRow",
                  case when g.photo is null then e.photo end as "photo: PhotoId"
           from diary.entry e
           join diary.card c on c.member = e.other
           left join diary.photo g on g.photo = e.photo and (g.deleted or g.private)
           where e.member = $1 and (e.at, e.entry) < ($2, $3)
             and not exists (select from diary.blocked_pair b where b.viewer = $1 and b.other = e.other)
           order by e.at desc, e.entry desc limit $4"#,
        actor.id.uuid(),
        paging.from.at,
        paging.from.id,
        paging.fetch()
    );
    Ok(rows.fetch_all(ctx.pool(&SPEC)).await?)
}

async fn of_kind(ctx: &Context, actor: &Actor, paging: Paging, kind: Kind) -> Result<Vec<Row>, Failure> {
    let rows = query_as!(
        Row,
        r#"select e.entry as "entry: EventId", e.kind as "kind: Kind", e.at, c as "card!: CardRow",
                  case when g.photo is null then e.photo end as "photo: PhotoId"
           from diary.entry e
           join diary.card c on c.member = e.other
           left join diary.photo g on g.photo = e.photo and (g.deleted or g.private)
           where e.member = $1 and e.kind = $5 and (e.at, e.entry) < ($2, $3)
             and not exists (select from diary.blocked_pair b where b.viewer = $1 and b.other = e.other)
           order by e.at desc, e.entry desc limit $4"#,
        actor.id.uuid(),
        paging.from.at,
        paging.from.id,
        paging.fetch(),
        kind.code()
    );
    Ok(rows.fetch_all(ctx.pool(&SPEC)).await?)
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(asked): Query<DiaryQuery>,
) -> Result<Json<Listing<Item>>, Failure> {
    Ok(Json(run(&ctx, &actor, &asked).await?))
}

#[derive(Template)]
#[template(path = "diary/list.html")]
pub(super) struct DiaryPage {
    shell: Layout,
    kinds: Vec<Tab>,
    days: Vec<Day>,
    next: Option<String>,
}

/// A way to one kind, or to all of them.
struct Tab {
    href: String,
    label: &'static str,
    here: bool,
}

/// What she did on one day, the last first.
struct Day {
    label: String,
    entries: Vec<Line>,
}

struct Line {
    card: Card,
    kind: Kind,
    before: &'static str,
    after: &'static str,
}

/// The kinds that a page offers; programs can ask for all.
const TABS: [(Option<Kind>, &str); 5] = [
    (None, "All"),
    (Some(Kind::Visit), "Visits"),
    (Some(Kind::Flirt), "Flirts"),
    (Some(Kind::PhotoLiked), "Likes"),
    (Some(Kind::FavoriteMarked), "Favourites"),
];

fn address(kind: Option<Kind>) -> String {
    kind.map_or_else(|| "/diary".to_owned(), |kind| format!("/diary?kind={}", kind.code()))
}

fn by_day(items: Vec<Item>, when: When) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for Item { kind, card, at, .. } in items {
        let label = when.day_ago(at);
        let (before, after) = kind.sentence();
        let line = Line { card, kind, before, after };
        match days.last_mut().filter(|day| day.label == label) {
            Some(day) => day.entries.push(line),
            None => days.push(Day { label, entries: vec![line] }),
        }
    }
    days
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(asked): Query<DiaryQuery>,
) -> Result<Page<DiaryPage>, Failure> {
    let list = run(&ctx, &actor, &asked).await?;
    let kind = asked.kind.map(|kind| format!("&kind={}", kind.code())).unwrap_or_default();
    let next = list.next_page("/diary").map(|next| next + &kind);
    let tab = |(kind, label)| Tab { href: address(kind), label, here: kind == asked.kind };
    let kinds = TABS.into_iter().map(tab).collect();
    let days = by_day(list.items, shell.when(&ctx));
    Ok(Page::new(DiaryPage { shell: shell.titled("Diary"), kinds, days, next }))
}
