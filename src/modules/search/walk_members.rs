//! One page of a search, and how many match as far as the walk has come: one statement, with work that has a bound.
//!
//! The walk itself reads indexes only, or all members with an interest that few have. The statement then looks at the members that the walk found more closely, in the
//! order of the list, and stops when the page and the count are full.

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, Row, query};

use super::SPEC;
use super::filters::Filters;
use super::search_query::SearchQuery;
use crate::kernel::context::Context;
use crate::kernel::failure::Failure;
use crate::kernel::id::{MemberId, TypedId};
use crate::shared::bounded_scan::{self, Born, Cost, ROWS_MAX, Way};
use crate::shared::calendar;
use crate::shared::cards::CardRow;
use crate::shared::facts::Choice;
use crate::shared::paging::{Cursor, Paging};
use crate::shared::places::{self, Kind};
use crate::web::presence::ONLINE;

/// Who joined since then is new.
const NEW: TimeDelta = TimeDelta::days(30);

/// So many of the newest are looked through first, whatever their age.
const NEWEST_ROWS: i64 = 250;
/// Nobody needs to know more exactly than "100 or more".
pub(super) const COUNT_MAX: i64 = 100;
/// So many matches show that it is more.
pub(super) const COUNTED: i64 = COUNT_MAX + 1;
const WALK: &str = include_str!("walk_members.sql");
const BY_INDEX: &str = include_str!("walk_by_index.sql");
const BY_INTEREST: &str = include_str!("walk_by_interest.sql");

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
    /// Up to [`Walk::count`], or as many as the page takes; none of them after `end`.
    pub matches: i64,
}

/// What a walk goes along.
#[derive(Debug, Clone)]
enum Along {
    /// An index of members, in the order of the list.
    Index(Way),
    /// All who have an interest that few have: nobody is left after them.
    Interest(String),
}

/// What a walk needs to know.
pub(super) struct Walk<'a> {
    pub viewer: MemberId,
    pub filters: &'a Filters,
    pub paging: Paging,
    pub now: DateTime<Utc>,
    /// Matches that are counted, where that is more than the page takes.
    pub count: i64,
}

impl Walk<'_> {
    /// Walks further and further, until so many match or nobody is left.
    pub(super) async fn until(&self, ctx: &Context, wanted: i64) -> Result<Walked, Failure> {
        let mut walked = Walked { found: Vec::new(), end: None, matches: 0 };
        for along in self.ways(ctx).await? {
            walked = self.run(ctx, along).await?;
            if walked.matches >= wanted || walked.end.is_none() {
                break;
            }
        }
        Ok(walked)
    }

    async fn run(&self, ctx: &Context, along: Along) -> Result<Walked, Failure> {
        // There is always one row, since what was looked at is told even where nobody was found.
        let rows = self.statement(along).fetch_all(ctx.pool(&SPEC)).await?;
        let (end, matches) = match rows.first() {
            Some(row) => {
                (bounded_scan::end(row.try_get("end_at")?, row.try_get("end_id")?), row.try_get("matches")?)
            }
            None => (None, 0),
        };
        let found = rows.iter().filter_map(|row| Found::of(row).transpose());
        Ok(Walked { found: found.collect::<Result<_, _>>()?, end, matches })
    }

    fn born(&self) -> Born {
        Born::aged(self.filters.from, self.filters.to, self.now)
    }

    async fn ways(&self, ctx: &Context) -> Result<Vec<Along>, Failure> {
        let born = self.born();
        let newest = born.newest(NEWEST_ROWS.max(self.paging.fetch() * 3)).map(Along::Index);
        let further = match self.rare_interest(ctx).await? {
            Some(interest) => vec![Along::Interest(interest)],
            None => born.tries(self.paging).map(|rows| Along::Index(Way::by_year(rows))).collect(),
        };
        Ok(newest.into_iter().chain(further).collect())
    }

    /// Of the interests asked for the one that fewest have, if these are no more than a walk may look at.
    async fn rare_interest(&self, ctx: &Context) -> Result<Option<String>, Failure> {
        if self.filters.interests.is_empty() {
            return Ok(None);
        }
        let rarest = query!(
            r#"select w.interest as "interest!",
                      (select count(*) from (select from search.interested i
                                             where i.interest = w.interest limit $2) as few) as "members!"
               from unnest($1::text[]) as w (interest) order by 2 limit 1"#,
            &self.filters.interests,
            ROWS_MAX + 1
        )
        .fetch_one(ctx.pool(&SPEC))
        .await?;
        Ok(Some(rarest.interest).filter(|_| rarest.members <= ROWS_MAX))
    }

    fn statement(&self, along: Along) -> Query<'static, Postgres, PgArguments> {
        let Filters { online, photo, for_me, new, ref facts, .. } = *self.filters;
        let (shortest, tallest) = facts.height.unzip();
        let born = self.born();
        let (first, last) = born.years();
        let newer_than = if new { self.now - NEW } else { DateTime::UNIX_EPOCH };
        let sql = self.sql(&along);
        let (rows, interest) = match along {
            Along::Index(way) => (way.rows, None),
            // More than there are: the walk ends where they do.
            Along::Interest(interest) => (i64::MAX, Some(interest)),
        };
        query(AssertSqlSafe(sql))
            .bind(self.viewer.uuid())
            .bind(self.filters.genders())
            .bind(first)
            .bind(last)
            .bind(self.filters.place.clone())
            .bind(born.first)
            .bind(born.last)
            .bind(newer_than)
            .bind(photo)
            .bind(online)
            .bind(self.now - ONLINE)
            .bind(for_me)
            .bind(self.paging.from.at)
            .bind(self.paging.from.id)
            .bind(rows)
            .bind(calendar::today(self.now).day)
            .bind(self.paging.fetch())
            .bind(self.count.max(self.paging.fetch()))
            .bind(born.ahead)
            .bind(born.ahead_first)
            .bind(born.ahead_last)
            .bind(facts.are_any())
            .bind(facts.looking_for.map(Choice::code))
            .bind(facts.children_codes())
            .bind(facts.smoking.map(Choice::code))
            .bind(facts.language.map(Choice::code))
            .bind(shortest)
            .bind(tallest)
            .bind(self.filters.interests.clone())
            .bind(interest)
    }

    /// One text for each index: with all of them in one, Postgres would prepare each of them for every page.
    fn sql(&self, along: &Along) -> String {
        let (at, since) = if self.filters.by_seen { ("seen_day", "") } else { ("joined", "and joined > $8") };
        let place = match self.filters.place.as_deref().and_then(places::kind) {
            None => "",
            Some(Kind::County) => "and county = $5",
            Some(Kind::Town) => "and town = $5",
        };
        let by_year = ("cross join generate_series($3::int, $4::int) as y (year)", "and birth_year = y.year");
        let (walked, (years, year)) = match along {
            Along::Index(Way { by_year: true, .. }) => (BY_INDEX, by_year),
            Along::Index(_) => (BY_INDEX, ("", "")),
            Along::Interest(_) => (BY_INTEREST, ("", "")),
        };
        let parts = [
            ("{walked}", walked),
            ("{at}", at),
            ("{since}", since),
            ("{place}", place),
            ("{years}", years),
            ("{year}", year),
        ];
        bounded_scan::filled(WALK, &parts)
    }
}

impl Found {
    fn of(row: &PgRow) -> Result<Option<Self>, sqlx::Error> {
        // A type of the module's own schema, whose name the driver does not compare.
        let Some(card) = row.try_get_unchecked("card")? else { return Ok(None) };
        Ok(Some(Self {
            card,
            joined: row.try_get("joined")?,
            seen_day: row.try_get("seen_day")?,
            at: row.try_get("at")?,
        }))
    }
}

/// What each walk of a search costs, the longest last.
///
/// # Errors
/// If the database does not answer.
pub fn explain<'a>(
    ctx: &'a Context,
    viewer: MemberId,
    query: &'a str,
) -> BoxFuture<'a, Result<Vec<Cost>, Failure>> {
    Box::pin(async move {
        let query: SearchQuery = serde_urlencoded::from_str(query).map_err(Failure::internal)?;
        let (filters, paging, now) = (query.parse()?, query.paging()?, ctx.now());
        let walk = Walk { viewer, filters: &filters, paging, now, count: COUNTED };
        let mut costs = Vec::new();
        for along in walk.ways(ctx).await? {
            costs.push(bounded_scan::explain(ctx.pool(&SPEC), walk.statement(along)).await?);
        }
        Ok(costs)
    })
}
