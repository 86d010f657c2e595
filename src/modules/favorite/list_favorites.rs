//! A member's favourites, those marked last first, with the day on which each was last here.

use askama::Template;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query;

use super::SPEC;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::shared::calendar;
use crate::shared::cards::{Card, CardRow};
use crate::shared::paging::{Cursor, Listing, PageQuery};
use crate::web::answer::{Json, Page};
use crate::web::extract::Query;
use crate::web::layout::Layout;
use crate::web::visitor::Actor;
use crate::web::when;

/// A favourite.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FavoriteMember")]
pub(super) struct Favorite {
    #[serde(flatten)]
    card: Card,
    /// When she was marked.
    since: DateTime<Utc>,
    /// The day on which she was last here where she lives, as far as she shows it; none if that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<NaiveDate>,
}

async fn run(ctx: &Context, actor: &Actor, asked: &PageQuery) -> Result<Listing<Favorite>, Failure> {
    let paging = asked.parse()?;
    let rows = query!(
        r#"select f.at, s.day as "day?", c as "card!: CardRow"
           from favorite.favorite f
           join favorite.card c on c.member = f.favorite
           left join favorite.seen s on s.member = f.favorite
           where f.member = $1 and (f.at, f.favorite) < ($2, $3)
             and not exists (select from favorite.blocked_pair b where b.viewer = $1 and b.other = f.favorite)
           order by f.at desc, f.favorite desc limit $4"#,
        actor.id.uuid(),
        paging.from.at,
        paging.from.id,
        paging.fetch()
    )
    .fetch_all(ctx.pool(&SPEC))
    .await?;
    let marked = rows.into_iter().map(|row| Favorite {
        card: row.card.card(ctx, actor.id),
        since: row.at,
        last_seen: row.day,
    });
    Ok(Listing::of(marked.collect(), paging, |marked| Cursor::new(marked.since, marked.card.member)))
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listing<Favorite>>, Failure> {
    Ok(Json(run(&ctx, &actor, &asked).await?))
}

#[derive(Template)]
#[template(path = "favorite/list.html")]
pub(super) struct FavoritePage {
    shell: Layout,
    items: Vec<Row>,
    next: Option<String>,
}

struct Row {
    card: Card,
    seen: String,
}

impl Row {
    fn new(favorite: Favorite, now: DateTime<Utc>) -> Self {
        let seen = match favorite.last_seen {
            _ if favorite.card.online => "Online now".to_owned(),
            Some(day) => format!("Last here {}", when::day_ago(day, calendar::day(&favorite.card.town, now))),
            None => "Not here lately".to_owned(),
        };
        Self { card: favorite.card, seen }
    }
}

pub(super) async fn page(
    State(ctx): State<Context>,
    actor: Actor,
    shell: Layout,
    Query(asked): Query<PageQuery>,
) -> Result<Page<FavoritePage>, Failure> {
    let list = run(&ctx, &actor, &asked).await?;
    let next = list.next_page("/favorite");
    let now = ctx.now();
    let items = list.items.into_iter().map(|favorite| Row::new(favorite, now)).collect();
    Ok(Page::new(FavoritePage { shell: shell.titled("Favourites"), items, next }))
}
