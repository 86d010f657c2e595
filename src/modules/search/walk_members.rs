//! One page of a search, and how many of those that were looked at match: one statement, with work that has a bound.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures::future::BoxFuture;
use sqlx::postgres::PgArguments;
use sqlx::query::Map;
use sqlx::{Postgres, query_as};
use uuid::Uuid;

use super::SPEC;
use super::filters::{Filters, SearchQuery};
use crate::context::Context;
use crate::failure::Failure;
use crate::id::{MemberId, TypedId};
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
        query_as!(
            Row,
            r#"with me as materialized (
                   select member, gender, town, county, date_part('year', age($18::date, birthday))::int as age
                   from search.member where member = $1
               ),
               walked as materialized (
                   select m.*, m.birthday between $6 and $7 and m.joined > $8 and m.member <> $1
                       and (not $9 or exists (select from search.card c
                                              where c.member = m.member and c.portrait is not null))
                       and (not $10 or (exists (select from search.seen s where s.member = m.member and s.at > $11)
                                        and not exists (select from search.hidden h where h.member = m.member)))
                       and (not $12 or exists (select from search.ideal i, me
                                               where i.member = m.member and i.gender = me.gender
                                                 and me.age between i.youngest and i.oldest
                                                 and (i.place is null or i.place in (me.town, me.county))))
                       and not exists (select from search.blocked_pair b
                                       where b.viewer = $1 and b.other = m.member) as fits
                   from unnest($2::text[]) as g (gender)
                   cross join generate_series($3::int, $4::int) as y (year)
                   -- One index walk each. Of the six ways only the one is taken that is asked for.
                   cross join lateral (
                       (select *, joined as at from search.member
                        where $13 = 0 and not $14 and gender = g.gender and birth_year = y.year
                          and (joined, member) < ($15, $16) and joined > $8
                        order by joined desc, member desc limit $17)
                       union all
                       (select *, joined from search.member
                        where $13 = 1 and not $14 and gender = g.gender and county = $5 and birth_year = y.year
                          and (joined, member) < ($15, $16) and joined > $8
                        order by joined desc, member desc limit $17)
                       union all
                       (select *, joined from search.member
                        where $13 = 2 and not $14 and gender = g.gender and town = $5 and birth_year = y.year
                          and (joined, member) < ($15, $16) and joined > $8
                        order by joined desc, member desc limit $17)
                       union all
                       (select *, seen_day from search.member
                        where $13 = 0 and $14 and gender = g.gender and birth_year = y.year
                          and (seen_day, member) < ($15, $16)
                        order by seen_day desc, member desc limit $17)
                       union all
                       (select *, seen_day from search.member
                        where $13 = 1 and $14 and gender = g.gender and county = $5 and birth_year = y.year
                          and (seen_day, member) < ($15, $16)
                        order by seen_day desc, member desc limit $17)
                       union all
                       (select *, seen_day from search.member
                        where $13 = 2 and $14 and gender = g.gender and town = $5 and birth_year = y.year
                          and (seen_day, member) < ($15, $16)
                        order by seen_day desc, member desc limit $17)
                   ) m
               ),
               -- Where a walk's rows are used up, nothing older than its last is known. The newest of these is the end.
               bound as (
                   select at, member from (
                       select at, member, row_number() over (partition by gender, birth_year
                                                             order by at desc, member desc) as number
                       from walked) numbered
                   where number = $17 order by at desc, member desc limit 1
               )
               select b.at as "end_at?", b.member as "end_id?",
                      (select count(*) from walked where fits) as "matches!",
                      f.at as "at?", f.joined as "joined?", f.seen_day as "seen_day?", f.card as "card?: CardRow"
               from (values (true)) as always
               left join bound b on true
               left join lateral (
                   select w.at, w.member, w.joined, w.seen_day, c as card
                   from walked w join search.card c on c.member = w.member
                   where w.fits and (b.at is null or (w.at, w.member) >= (b.at, b.member))
                   order by w.at desc, w.member desc limit $19
               ) f on true
               order by f.at desc, f.member desc"#,
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
            self.now.date_naive() as NaiveDate,
            self.paging.fetch()
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
