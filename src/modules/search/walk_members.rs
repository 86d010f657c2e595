//! One page of a search, and how many of those that were looked at match: one statement, with work that has a bound.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures::future::BoxFuture;
use sqlx::postgres::PgArguments;
use sqlx::query::Map;
use sqlx::{Postgres, query_file_as};
use uuid::Uuid;

use super::SPEC;
use super::filters::{Filters, SearchQuery};
use crate::context::Context;
use crate::failure::Failure;
use crate::id::{MemberId, TypedId};
use crate::kit::calendar;
use crate::kit::cards::CardRow;
use crate::kit::walk::{self, Born};
use crate::web::paging::{Cursor, Paging};
use crate::web::presence::ONLINE;

/// Who joined since then is new.
const NEW: TimeDelta = TimeDelta::days(30);

/// Somebody who was found.
pub(super) struct Found {
    pub card: CardRow,
    pub joined: DateTime<Utc>,
    pub seen_day: DateTime<Utc>,
    /// Her place in the list.
    pub at: DateTime<Utc>,
}

/// What a walk brought.
pub(super) struct Walked {
    pub found: Vec<Found>,
    /// Nothing after it is known yet.
    pub end: Option<Cursor>,
    /// Of all rows that were looked at.
    pub matches: i64,
}

/// A row of the answer. There is always one, since what was looked at is told even where nothing was found.
struct Row {
    end_at: Option<DateTime<Utc>>,
    end_id: Option<Uuid>,
    matches: i64,
    at: Option<DateTime<Utc>>,
    joined: Option<DateTime<Utc>>,
    seen_day: Option<DateTime<Utc>>,
    card: Option<CardRow>,
}

/// What a walk needs to know.
pub(super) struct Walk<'a> {
    pub viewer: MemberId,
    pub filters: &'a Filters,
    pub paging: Paging,
    pub now: DateTime<Utc>,
    /// Rows of each birth year and gender.
    pub rows: i64,
}

impl Walk<'_> {
    pub(super) async fn run(&self, ctx: &Context) -> Result<Walked, Failure> {
        let rows = self.statement().fetch_all(ctx.pool(&SPEC)).await?;
        let (end, matches) =
            rows.first().map_or((None, 0), |row| (walk::end(row.end_at, row.end_id), row.matches));
        let found = rows.into_iter().filter_map(|row| {
            let (card, joined, seen_day, at) = (row.card?, row.joined?, row.seen_day?, row.at?);
            Some(Found { card, joined, seen_day, at })
        });
        Ok(Walked { found: found.collect(), end, matches })
    }

    fn statement(
        &self,
    ) -> Map<
        'static,
        Postgres,
        impl FnMut(sqlx::postgres::PgRow) -> Result<Row, sqlx::Error> + Send,
        PgArguments,
    > {
        let Filters { from, to, online, photo, for_me, new, by_seen, .. } = *self.filters;
        let born = Born::aged(from, to, self.now);
        let (first, last) = born.years();
        let newer_than = if new { self.now - NEW } else { DateTime::UNIX_EPOCH };
        query_file_as!(
            Row,
            "src/modules/search/walk_members.sql",
            self.viewer.uuid(),
            &self.filters.genders(),
            first,
            last,
            self.filters.place.clone() as _,
            born.first,
            born.last,
            newer_than,
            photo,
            online,
            self.now - ONLINE,
            for_me,
            self.filters.level(),
            by_seen,
            self.paging.from.at,
            self.paging.from.id,
            self.rows,
            calendar::today(self.now).day as NaiveDate,
            self.paging.fetch(),
            born.ahead,
            born.ahead_first,
            born.ahead_last
        )
    }
}

/// What the longest walk of a search costs, as Postgres explains it: `explain (analyze, buffers, format json)`.
pub fn explain<'a>(
    ctx: &'a Context,
    viewer: MemberId,
    query: &'a str,
) -> BoxFuture<'a, Result<serde_json::Value, Failure>> {
    Box::pin(async move {
        let query: SearchQuery = serde_urlencoded::from_str(query).map_err(Failure::internal)?;
        let (filters, paging, now) = (query.parse()?, query.paging()?, ctx.now());
        let born = Born::aged(filters.from, filters.to, now);
        let rows = born.tries(paging).last().unwrap_or_default();
        let walk = Walk { viewer, filters: &filters, paging, now, rows };
        walk::explain(ctx.pool(&SPEC), walk.statement()).await
    })
}
