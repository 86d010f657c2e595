//! Finds members: a page of them, how many match, and what to leave out when few do.

use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::query_scalar;

use super::SPEC;
use super::count::{Hint, Matches, hints};
use super::filters::HIDDEN;
use super::search_query::SearchQuery;
use super::walk_members::{COUNTED, Walk};
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::TypedId;
use crate::shared::bounded_scan;
use crate::shared::cards::Card;
use crate::shared::paging::{Cursor, Listing};
use crate::web::answer::Json;
use crate::web::extract::Query;
use crate::web::visitor::Actor;

/// A member who was found.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "FoundMember")]
pub(super) struct Found {
    #[serde(flatten)]
    pub card: Card,
    /// Member since.
    since: DateTime<Utc>,
    /// The day on which she was last here.
    last_seen: NaiveDate,
    #[serde(skip)]
    at: DateTime<Utc>,
}

/// A page of members. It may hold fewer than wanted and still have a next one: each page looks at a bounded number.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SearchPage")]
pub(super) struct SearchResult {
    #[serde(flatten)]
    pub list: Listing<Found>,
    /// With the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<Matches>,
    /// With the first page, where few match: without which wish more would, the greatest hindrance first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<Hint>,
}

pub(super) async fn run(ctx: &Context, actor: &Actor, query: &SearchQuery) -> Result<SearchResult, Failure> {
    let (filters, paging) = (query.parse()?, query.paging()?);
    if filters.online && hides(ctx, actor).await? {
        return Err(HIDDEN.failure());
    }
    let first = query.is_first_page();
    // What the first page tells of all that match costs no longer walk than its list.
    let count = if first { COUNTED } else { 0 };
    let walk = Walk { viewer: actor.id, filters: &filters, paging, now: ctx.now(), count };
    let walked = walk.until(ctx, paging.fetch()).await?;
    let matches = first.then(|| Matches::of(&walked));
    let hints = match matches.filter(|matches| matches.are_few()) {
        Some(few) => hints(ctx, actor, &filters, few).await?,
        None => Vec::new(),
    };
    let found = walked.found.into_iter().map(|found| Found {
        card: found.card.card(ctx, actor.id),
        since: found.joined,
        last_seen: found.seen_day.date_naive(),
        at: found.at,
    });
    let list = bounded_scan::page(found.collect(), walked.end, paging, |found| {
        Cursor::new(found.at, found.card.member)
    });
    Ok(SearchResult { list, matches, hints })
}

/// Who hides does not learn who is online.
async fn hides(ctx: &Context, actor: &Actor) -> Result<bool, Failure> {
    let hides = query_scalar!(
        r#"select exists (select from search.hidden where member = $1) as "hides!""#,
        actor.id.uuid()
    );
    Ok(hides.fetch_one(ctx.pool(&SPEC)).await?)
}

pub(super) async fn json(
    State(ctx): State<Context>,
    actor: Actor,
    Query(query): Query<SearchQuery>,
) -> Result<Json<SearchResult>, Failure> {
    Ok(Json(run(&ctx, &actor, &query).await?))
}
